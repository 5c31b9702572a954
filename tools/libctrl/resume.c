/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that has suspended goes on where it is. One that did so by itself is told.
 */
#include "build_hardware.h"

#include <public/domctl.h>
#include <public/hvm/params.h>
#include <public/vcpu.h>

#include <string.h>

/* The guest takes a 1 from its call as "it was only for a moment". */
static int say_cancelled(struct ctrl *h, uint32_t domid)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_getvcpucontext, domid);
    struct vcpu_guest_context *c = arena_get(h, sizeof(*c));
    int ret;

    op->u.vcpucontext.ctxt.addr = addr_of(c);
    ret = domctl_call(h, op);
    if (ret >= 0) {
        c->user_regs.rax = 1;
        op->cmd = XEN_DOMCTL_setvcpucontext;
        ret = domctl_call(h, op);
    }
    arena_put(h, op);
    return ret;
}

/* A PV vcpu's vector registers are lost when the others are set, but for their lower halves. */
static int say_cancelled_pv(struct ctrl *h, uint32_t domid)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_getvcpuextstate, domid);
    int ret = domctl_call(h, op);

    if (ret >= 0 && op->u.vcpuextstate.size) {
        op->u.vcpuextstate.buffer.addr = addr_of(arena_get(h, op->u.vcpuextstate.size));
        ret = domctl_call(h, op);
    }
    if (ret >= 0)
        ret = say_cancelled(h, domid);
    if (ret >= 0 && op->u.vcpuextstate.size) {
        op->cmd = XEN_DOMCTL_setvcpuextstate;
        ret = domctl_call(h, op);
    }
    arena_put(h, op);
    return ret;
}

/* An HVM guest with drivers for it says where its events are to be told. */
static int has_pv_drivers(struct ctrl *h, const struct ctrl_domain_info *info)
{
    uint64_t callback = 1;
    int ret = info->pc ? hardware_get_param(h, info->domid, HVM_PARAM_CALLBACK_IRQ, &callback) : 0;

    return ret ? ret : callback != 0;
}

int ctrl_guest_has_pv_drivers(struct ctrl *h, uint32_t domid)
{
    struct ctrl_domain_info info;
    int ret = ctrl_domain_info(h, domid, &info);

    return ret ? ret : has_pv_drivers(h, &info);
}

int ctrl_guest_resume(struct ctrl *h, uint32_t domid)
{
    struct ctrl_domain_info info;
    struct xen_domctl *op;
    int ret = ctrl_domain_info(h, domid, &info);

    if (ret)
        return ret;
    ret = has_pv_drivers(h, &info);
    if (ret < 0)
        return ret;
    if (ret > 0 && info.shutdown)
        ret = info.hvm ? say_cancelled(h, domid) : say_cancelled_pv(h, domid);
    if (ret >= 0) {
        op = domctl_get(h, XEN_DOMCTL_resumedomain, domid);
        ret = domctl_call(h, op);
        arena_put(h, op);
    }
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot let domain %u go on: %s", domid, strerror(-ret));
    return 0;
}
