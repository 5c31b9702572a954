/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protocol's operations: a row each in the table. Takes a request apart as its row says and
 * hands it to its handler.
 */
#include "ops.h"
#include "request.h"
#include "perm.h"
#include "quota.h"
#include "records.h"
#include "watch.h"

#include <errno.h>
#include <string.h>

struct table tree;

/* --- the table ------------------------------------------------------------------------------- */

enum {
    PRIVILEGED = 1, /* only from Dom0 */
    NO_TXN = 2,     /* not as part of a transaction */
    REST = 4,       /* what follows the first string is data, not strings */
    GROWS = 8,      /* takes memory; within a transaction nearly all do */
};

static const struct op {
    const char *name;
    int (*serve)(struct request *r);
    int args; /* exact number of strings; with REST: before the data */
    unsigned flags;
} ops[] = {
    [XS_CONTROL] = { "control", op_control, 1, PRIVILEGED | NO_TXN | REST },
    [XS_DIRECTORY] = { "directory", op_directory, 1, 0 },
    [XS_READ] = { "read", op_read, 1, 0 },
    [XS_GET_PERMS] = { "get_perms", op_get_perms, 1, 0 },
    [XS_WATCH] = { "watch", op_watch, 2, NO_TXN | GROWS },
    [XS_UNWATCH] = { "unwatch", op_unwatch, 2, NO_TXN },
    [XS_TRANSACTION_START] = { "transaction_start", op_transaction_start, 1, GROWS },
    [XS_TRANSACTION_END] = { "transaction_end", op_transaction_end, 1, 0 },
    [XS_INTRODUCE] = { "introduce", op_introduce, 3, PRIVILEGED | NO_TXN },
    [XS_RELEASE] = { "release", op_release, 1, PRIVILEGED | NO_TXN },
    [XS_GET_DOMAIN_PATH] = { "get_domain_path", op_get_domain_path, 1, 0 },
    [XS_WRITE] = { "write", op_write, 1, REST | GROWS },
    [XS_MKDIR] = { "mkdir", op_mkdir, 1, GROWS },
    [XS_RM] = { "rm", op_rm, 1, 0 },
    [XS_SET_PERMS] = { "set_perms", op_set_perms, 1, REST | GROWS },
    [XS_IS_DOMAIN_INTRODUCED] = { "is_domain_introduced", op_is_introduced, 1, 0 },
    [XS_RESUME] = { "resume", op_resume, 1, PRIVILEGED | NO_TXN },
    [XS_SET_TARGET] = { "set_target", op_set_target, 2, PRIVILEGED | NO_TXN },
    [XS_RESET_WATCHES] = { "reset_watches", op_reset_watches, 1, NO_TXN },
    [XS_DIRECTORY_PART] = { "directory_part", op_directory_part, 2, 0 },
};

/* Split the body as the operation's row says. */
static int split(struct request *r, const struct op *op)
{
    struct connection *c = r->conn;
    const char *p = c->body, *end = c->body + c->hdr.len;

    while (r->n_args < op->args) {
        const char *zero = memchr(p, '\0', end - p);

        if (!zero)
            return -EINVAL;
        r->arg[r->n_args++] = p;
        p = zero + 1;
    }
    r->rest = p;
    r->rest_len = end - p;
    return r->rest_len > 0 && !(op->flags & REST) ? -EINVAL : 0;
}

static int check_and_serve(struct connection *c)
{
    struct request r = { .conn = c, .view = { &tree, NULL } };
    const struct op *op = c->hdr.type < sizeof(ops) / sizeof(ops[0]) ? &ops[c->hdr.type] : NULL;
    int ret;

    if (!op || !op->serve)
        return -ENOSYS;
    if ((op->flags & PRIVILEGED) && !perm_privileged(c)) {
        quota_denied(c->domain, op->name, "");
        return -EACCES;
    }
    if ((op->flags & NO_TXN) && c->hdr.tx_id != 0)
        return -EINVAL;
    ret = split(&r, op);
    if (ret == 0 && ((op->flags & GROWS) || c->hdr.tx_id != 0) && op->serve != op_transaction_end)
        ret = quota_check_bytes(c, c->hdr.len);
    if (ret < 0)
        return ret;
    if (c->hdr.tx_id != 0) {
        r.view.txn = *find_txn(c, c->hdr.tx_id);
        if (!r.view.txn)
            return -ENOENT;
    }
    ret = op->serve(&r);
    if (ret == -EACCES || ret == -EPERM)
        quota_denied(c->domain, op->name, r.path);
    return ret;
}

void serve_request(struct connection *c)
{
    int ret = check_and_serve(c);
    struct txn *t = ret == -ENOMEM ? *find_txn(c, c->hdr.tx_id) : NULL;

    if (t)
        t->failed = ret; /* perhaps halfway */
    if (ret < 0)
        send_error(c, -ret);
}

/* --- the first nodes ------------------------------------------------------------------------- */

static int first_node(const char *path)
{
    static const struct perm dom0_only = { 0, 0, false, false };
    char parent[XS_ABS_PATH_SIZE + 1];
    struct node *n, *p = NULL;

    if (table_find(&tree, path))
        return 0;
    n = node_new(path);
    if (!n || node_set_value(n, "", 0) < 0 || node_set_perms(n, &dom0_only, 1) < 0)
        goto err;
    if (path[0] == '/' && path[1] != '\0') {
        path_parent(path, parent);
        p = table_find(&tree, parent);
    }
    if (table_insert(&tree, n, p) == 0) {
        keep_node(n);
        return 0;
    }
err:
    node_free(n);
    return -ENOMEM;
}

int tree_first_nodes(void)
{
    static const char *const paths[] = { "/",
                                         "/tool",
                                         "/tool/xenstored",
                                         "/local",
                                         "/local/domain",
                                         "@introduceDomain",
                                         "@releaseDomain" };
    int ret = tree.bucket ? 0 : table_init(&tree);

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && ret == 0; i++)
        ret = first_node(paths[i]);
    return ret;
}

void tell_special(const char *name)
{
    struct view v = { &tree, NULL };

    watch_fire(&v, name, true);
}
