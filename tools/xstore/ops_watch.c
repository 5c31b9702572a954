/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on watches.
 */
#include "ops.h"
#include "request.h"
#include "domain.h"
#include "perm.h"
#include "quota.h"
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The path of a watch: special ones need rights on the special node. */
static int watch_path(struct request *r, bool *relative)
{
    *relative = r->arg[0][0] != '/' && r->arg[0][0] != '@';
    return absolute_path(r->conn, r->arg[0], r->path);
}

int op_watch(struct request *r)
{
    struct connection *c = r->conn;
    bool relative;
    int ret = watch_path(r, &relative);

    if (ret == 0 && strlen(r->path) + strlen(r->arg[1]) + 2 > XENSTORE_PAYLOAD_MAX)
        ret = -E2BIG;
    if (ret == 0)
        ret = watch_add(c, r->path, r->arg[1], relative);
    if (ret < 0)
        return ret;
    send_ok(c, XS_WATCH);
    send_event(c, c->watches, r->path); /* the new one stands first */
    return 0;
}

int op_unwatch(struct request *r)
{
    bool relative;
    int ret = watch_path(r, &relative);

    if (ret == 0)
        ret = watch_remove(r->conn, r->path, r->arg[1]);
    if (ret == 0)
        send_ok(r->conn, XS_UNWATCH);
    return ret;
}

int op_reset_watches(struct request *r)
{
    watch_remove_all(r->conn);
    txn_remove_all(r->conn);
    send_ok(r->conn, XS_RESET_WATCHES);
    return 0;
}
