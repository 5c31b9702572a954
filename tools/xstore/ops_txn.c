/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Beginning and end of transactions.
 */
#include "ops.h"
#include "request.h"
#include "domain.h"
#include "perm.h"
#include "quota.h"
#include "records.h"
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct txn **find_txn(struct connection *c, uint32_t id)
{
    struct txn **t = &c->txns;

    while (*t && (*t)->id != id)
        t = &(*t)->next;
    return t;
}

static void unlink_txn(struct connection *c, struct txn **slot)
{
    struct txn *t = *slot;

    keep_txn(c, t->id, false);
    *slot = t->next;
    c->n_txns--;
}

static void link_txn(struct connection *c, struct txn *t)
{
    t->next = c->txns;
    c->txns = t;
    c->n_txns++;
    keep_txn(c, t->id, true);
}

void txn_remove_all(struct connection *c)
{
    while (c->txns)
        txn_end(c, c->txns->id);
}

void txn_end(struct connection *c, uint32_t id)
{
    struct txn **slot = find_txn(c, id), *t = *slot;

    if (!t)
        return;
    unlink_txn(c, slot);
    txn_free(t);
}

/* What it has read and changed went with the daemon that was killed. */
int txn_restore(struct connection *c, uint32_t id)
{
    struct txn *t;

    if (*find_txn(c, id))
        return 0;
    t = txn_new(id);
    if (!t)
        return -ENOMEM;
    t->failed = -EAGAIN;
    c->next_txn = id;
    link_txn(c, t);
    return 0;
}

int op_transaction_start(struct request *r)
{
    struct connection *c = r->conn;
    struct txn *t;
    char buf[16];
    int len;

    if (c->hdr.tx_id != 0)
        return -EBUSY;
    if (!perm_privileged(c) && c->n_txns >= quota.txns) {
        quota_refused(c->domain, "transactions", c->n_txns + 1);
        return -ENOSPC;
    }
    do
        c->next_txn++;
    while (c->next_txn == 0 || *find_txn(c, c->next_txn));
    t = txn_new(c->next_txn);
    if (!t)
        return -ENOMEM;
    link_txn(c, t);
    len = snprintf(buf, sizeof(buf), "%u", t->id);
    send_reply(c, XS_TRANSACTION_START, buf, len + 1);
    return 0;
}

int op_transaction_end(struct request *r)
{
    struct connection *c = r->conn;
    struct txn **slot = find_txn(c, c->hdr.tx_id), *t = *slot;
    bool commit = strcmp(r->arg[0], "T") == 0;
    int ret = 0;

    if (!commit && strcmp(r->arg[0], "F") != 0)
        return -EINVAL;
    if (!t)
        return -ENOENT;
    unlink_txn(c, slot);
    if (commit)
        ret = txn_check(t, &tree);
    if (ret == 0)
        send_ok(c, XS_TRANSACTION_END);
    if (commit && ret == 0) {
        watch_fire_changes(&tree, &t->changes, true);
        txn_apply(t, &tree);
        watch_fire_changes(&tree, &t->changes, false);
    }
    txn_free(t);
    return ret;
}
