/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on domains, and those on the daemon itself.
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

static int domid_arg(const char *s, uint32_t *domid)
{
    uint64_t id;

    if (!xs_parse_number(s, 0x7fef, &id))
        return -EINVAL;
    *domid = id;
    return 0;
}

int op_introduce(struct request *r)
{
    uint64_t ring, port;
    uint32_t domid;
    int ret = domid_arg(r->arg[0], &domid);

    if (ret < 0)
        return ret;
    if (!xs_parse_number(r->arg[1], UINT64_MAX, &ring) ||
        !xs_parse_number(r->arg[2], UINT32_MAX, &port) || domid == 0)
        return -EINVAL;
    ret = domain_introduce(domid, ring, port);
    if (ret == 0)
        send_ok(r->conn, XS_INTRODUCE);
    return ret;
}

int op_release(struct request *r)
{
    uint32_t domid;
    int ret = domid_arg(r->arg[0], &domid);

    if (ret == 0)
        ret = domid == 0 ? -EINVAL : domain_release(domid);
    if (ret == 0)
        send_ok(r->conn, XS_RELEASE);
    return ret;
}

int op_is_introduced(struct request *r)
{
    struct domain *d;
    uint32_t domid;
    int ret = domid_arg(r->arg[0], &domid);

    if (ret < 0)
        return ret;
    d = domain_life(domid) ? domain_get(domid) : NULL;
    send_reply(r->conn, XS_IS_DOMAIN_INTRODUCED, domid == 0 || (d && d->introduced) ? "T" : "F", 2);
    return 0;
}

int op_get_domain_path(struct request *r)
{
    char buf[40];
    uint32_t domid;
    int ret = domid_arg(r->arg[0], &domid);

    if (ret == 0)
        send_reply(r->conn, XS_GET_DOMAIN_PATH, buf,
                   snprintf(buf, sizeof(buf), "/local/domain/%u", domid) + 1);
    return ret;
}

int op_resume(struct request *r)
{
    struct domain *d;
    uint32_t domid;
    int ret = domid_arg(r->arg[0], &domid);

    if (ret < 0)
        return ret;
    d = domain_life(domid) ? domain_get(domid) : NULL;
    if (!d || !d->introduced)
        return -ENOENT;
    d->shutdown_told = false;
    keep_domain(d);
    send_ok(r->conn, XS_RESUME);
    return 0;
}

int op_set_target(struct request *r)
{
    struct domain *d, *target;
    uint32_t domid, tid;
    int ret = domid_arg(r->arg[0], &domid);

    if (ret == 0)
        ret = domid_arg(r->arg[1], &tid);
    if (ret < 0)
        return ret;
    d = domain_life(domid) ? domain_get(domid) : NULL;
    target = domain_get(tid);
    if (!target)
        return -ENOMEM;
    if (!d || !d->conn)
        return -ENOENT;
    d->conn->target = tid;
    d->conn->target_life = target->life;
    keep_connection(d->conn);
    send_ok(r->conn, XS_SET_TARGET);
    return 0;
}
