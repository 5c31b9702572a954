/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual CPUs: what they do, where they may run, and how much of the CPUs their domain gets.
 */
#include "internal.h"

#include <public/domctl.h>
#include <public/sysctl.h>

#include <string.h>

int ctrl_vcpu_info(struct ctrl *h, uint32_t domid, uint32_t vcpu, struct ctrl_vcpu_info *info)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_getvcpuinfo, domid);
    const struct xen_domctl_getvcpuinfo *v = &op->u.getvcpuinfo;
    int ret;

    op->u.getvcpuinfo.vcpu = vcpu;
    ret = domctl_call(h, op);
    *info = (struct ctrl_vcpu_info){
        .online = v->online,
        .blocked = v->blocked,
        .running = v->running,
        .cpu_time_ns = v->cpu_time,
        .cpu = v->cpu,
    };
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot get information on vcpu %u of domain %u: %s", vcpu, domid,
                         strerror(-ret));
    return 0;
}

/* Largest CPU set that is passed on; more CPUs than any machine has. */
#define AFFINITY_BYTES_MAX 512

static struct xen_domctl *affinity_get(struct ctrl *h, uint32_t cmd, uint32_t domid, uint32_t vcpu,
                                       size_t bytes, uint8_t **map)
{
    struct xen_domctl *op = domctl_get(h, cmd, domid);

    *map = arena_get(h, bytes);
    op->u.vcpuaffinity.vcpu = vcpu;
    op->u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    op->u.vcpuaffinity.cpumap_hard.bitmap.addr = addr_of(*map);
    op->u.vcpuaffinity.cpumap_hard.nr_bits = bytes * 8;
    return op;
}

int ctrl_vcpu_set_affinity(struct ctrl *h, uint32_t domid, uint32_t vcpu, const uint8_t *map,
                           size_t bytes)
{
    struct xen_domctl *op;
    uint8_t *buf;
    int ret;

    if (bytes == 0 || bytes > AFFINITY_BYTES_MAX)
        return ctrl_fail(h, -EINVAL, "a CPU set of %zu bytes is of no use", bytes);
    op = affinity_get(h, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, bytes, &buf);
    memcpy(buf, map, bytes);
    ret = domctl_call(h, op);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot set the CPUs of vcpu %u of domain %u: %s", vcpu, domid,
                         strerror(-ret));
    return 0;
}

int ctrl_vcpu_get_affinity(struct ctrl *h, uint32_t domid, uint32_t vcpu, uint8_t *map,
                           size_t bytes)
{
    struct xen_domctl *op;
    uint8_t *buf;
    int ret;

    if (bytes == 0 || bytes > AFFINITY_BYTES_MAX)
        return ctrl_fail(h, -EINVAL, "a CPU set of %zu bytes is of no use", bytes);
    op = affinity_get(h, XEN_DOMCTL_getvcpuaffinity, domid, vcpu, bytes, &buf);
    ret = domctl_call(h, op);
    memcpy(map, buf, bytes);
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot get the CPUs of vcpu %u of domain %u: %s", vcpu, domid,
                         strerror(-ret));
    return 0;
}

/* ---- the scheduler ---- */

static const struct {
    uint32_t id;
    const char *name;
} schedulers[] = {
    { XEN_SCHEDULER_CREDIT, "credit" },
    { XEN_SCHEDULER_CREDIT2, "credit2" },
    { XEN_SCHEDULER_ARINC653, "arinc653" },
    { XEN_SCHEDULER_RTDS, "rtds" },
    { XEN_SCHEDULER_NULL, "null" },
};

static int get_sched_id(struct ctrl *h)
{
    struct xen_sysctl *op;
    int ret;

    if (h->sched_id)
        return 0;
    op = sysctl_get(h, XEN_SYSCTL_sched_id);
    ret = sysctl_call(h, op);
    if (ret >= 0)
        h->sched_id = op->u.sched_id.sched_id;
    arena_put(h, op);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot ask which scheduler is in use: %s", strerror(-ret));
    return 0;
}

const char *ctrl_scheduler_name(struct ctrl *h)
{
    if (get_sched_id(h))
        return NULL;
    for (size_t i = 0; i < sizeof(schedulers) / sizeof(schedulers[0]); i++)
        if (schedulers[i].id == h->sched_id)
            return schedulers[i].name;
    return "unknown";
}

/* Both schedulers with shares lay weight and cap out alike, so one of them speaks for both. */
static int sched_op(struct ctrl *h, uint32_t domid, uint32_t cmd, struct ctrl_sched_params *p)
{
    struct xen_domctl *op;
    struct xen_domctl_sched_credit *credit;
    int ret = get_sched_id(h);

    if (ret)
        return ret;
    if (h->sched_id != XEN_SCHEDULER_CREDIT && h->sched_id != XEN_SCHEDULER_CREDIT2)
        return ctrl_fail(h, -EOPNOTSUPP, "the scheduler in use (%s) has no weights and caps",
                         ctrl_scheduler_name(h));
    op = domctl_get(h, XEN_DOMCTL_scheduler_op, domid);
    op->u.scheduler_op.sched_id = h->sched_id;
    op->u.scheduler_op.cmd = cmd;
    credit = &op->u.scheduler_op.u.credit;
    *credit = (struct xen_domctl_sched_credit){ .weight = p->weight, .cap = p->cap };
    ret = domctl_call(h, op);
    *p = (struct ctrl_sched_params){ .weight = credit->weight, .cap = credit->cap };
    arena_put(h, op);
    return ret < 0 ? ret : 0;
}

int ctrl_sched_get(struct ctrl *h, uint32_t domid, struct ctrl_sched_params *p)
{
    int ret;

    *p = (struct ctrl_sched_params){ 0 };
    ctrl_error_clear(h);
    ret = sched_op(h, domid, XEN_DOMCTL_SCHEDOP_getinfo, p);
    if (ret)
        return ctrl_wrap(h, ret, "cannot get the share of domain %u: %s", domid, strerror(-ret));
    return 0;
}

int ctrl_sched_set(struct ctrl *h, uint32_t domid, const struct ctrl_sched_params *p)
{
    struct ctrl_sched_params copy = *p;
    int ret;

    ctrl_error_clear(h);
    ret = sched_op(h, domid, XEN_DOMCTL_SCHEDOP_putinfo, &copy);
    if (ret)
        return ctrl_wrap(h, ret, "cannot set the share of domain %u to weight %u, cap %u: %s",
                         domid, p->weight, p->cap, strerror(-ret));
    return 0;
}
