/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vcpus of a PV guest that is saved.
 */
#include "save.h"

#include <public/domctl.h>

#include <string.h>

int save_get_context(struct ctrl *h, uint32_t domid, uint32_t vcpu, struct vcpu_guest_context *out)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_getvcpucontext, domid);
    struct vcpu_guest_context *c = arena_get(h, sizeof(*c));
    int ret;

    op->u.vcpucontext.vcpu = vcpu;
    op->u.vcpucontext.ctxt.addr = addr_of(c);
    ret = domctl_call(h, op);
    *out = *c;
    arena_put(h, op);
    return ret;
}

static int get_callbacks(struct ctrl *h, const struct saving *s, struct save_vcpu *v)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_get_ext_vcpucontext, s->domid);
    const struct xen_domctl_ext_vcpucontext *c = &op->u.ext_vcpucontext;
    int ret;

    op->u.ext_vcpucontext.vcpu = v->id;
    ret = domctl_call(h, op);
    v->syscall32_callback = c->syscall32_callback_eip;
    v->sysenter_callback = c->sysenter_callback_eip;
    v->syscall32_callback_cs = c->syscall32_callback_cs;
    v->sysenter_callback_cs = c->sysenter_callback_cs;
    v->syscall32_disables_events = c->syscall32_disables_events;
    v->sysenter_disables_events = c->sysenter_disables_events;
    arena_put(h, op);
    return ret;
}

static int put_vcpu(struct ctrl *h, const struct saving *s, const struct vcpu_guest_context *c,
                    struct save_vcpu *v)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_getvcpuextstate, s->domid);
    struct iovec body[] = { { v, sizeof(*v) }, { (void *)c, sizeof(*c) }, { NULL, 0 } };
    int ret;

    op->u.vcpuextstate.vcpu = v->id;
    ret = domctl_call(h, op);
    if (ret >= 0 && op->u.vcpuextstate.size) {
        body[2].iov_base = arena_get(h, op->u.vcpuextstate.size);
        op->u.vcpuextstate.buffer.addr = addr_of(body[2].iov_base);
        ret = domctl_call(h, op);
    }
    v->xstate_size = body[2].iov_len = op->u.vcpuextstate.size;
    v->xfeature_mask = op->u.vcpuextstate.xfeature_mask;
    if (ret < 0)
        ctrl_fail(h, ret, "cannot get the floating-point registers of vcpu %u: %s", v->id,
                  strerror(-ret));
    else
        ret = record_write(h, s->cfg->fd, SAVE_VCPU, body, 3);
    arena_put(h, op);
    return ret;
}

/* A vcpu that was never started has nothing to be saved. */
static int save_vcpu(struct ctrl *h, const struct saving *s, uint32_t id)
{
    struct save_vcpu v = { .id = id };
    struct vcpu_guest_context c;
    uint64_t bad;
    int ret = save_get_context(h, s->domid, id, &c);

    if (ret == -ENODATA)
        return 0;
    if (ret >= 0)
        ret = get_callbacks(h, s, &v);
    if (ret < 0)
        return ctrl_fail(h, ret, "cannot get the registers of vcpu %u: %s", id, strerror(-ret));
    if (id == 0) /* the argument of its call that suspends, which is known already */
        c.user_regs.rdx = 0;
    if (!pv_registers_translate(&s->frames, &c, pv_frames_pfn, &bad))
        return ctrl_fail(h, -EINVAL, "machine frame %#llx, which a register names, is not its own",
                         (unsigned long long)bad);
    return put_vcpu(h, s, &c, &v);
}

int save_put_vcpus(struct ctrl *h, const struct saving *s)
{
    int ret = 0;

    for (uint32_t i = 0; !ret && i <= s->info.max_vcpu_id; i++)
        ret = save_vcpu(h, s, i);
    return ret;
}
