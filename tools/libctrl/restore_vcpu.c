/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vcpu of a saved PV guest: its registers, with the frames where they are now.
 */
#include "restore.h"

#include <public/domctl.h>

#include <string.h>

static int set_context(struct ctrl *h, const struct restore *r, uint32_t id,
                       const struct vcpu_guest_context *from)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_setvcpucontext, r->domid);
    struct vcpu_guest_context *c = arena_get(h, sizeof(*c));
    uint64_t bad;
    int ret;

    *c = *from;
    op->u.vcpucontext.vcpu = id;
    op->u.vcpucontext.ctxt.addr = addr_of(c);
    if (!pv_registers_translate(&r->frames, c, pv_frames_mfn, &bad))
        ret = record_wrong(h, r->reader, "its registers name frames that are not there");
    else
        ret = domctl_call(h, op);
    arena_put(h, op);
    return ret;
}

static int set_callbacks(struct ctrl *h, const struct restore *r, const struct save_vcpu *v)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_set_ext_vcpucontext, r->domid);
    int ret;

    op->u.ext_vcpucontext = (struct xen_domctl_ext_vcpucontext){
        .vcpu = v->id,
        .size = sizeof(op->u.ext_vcpucontext),
        .syscall32_callback_eip = v->syscall32_callback,
        .sysenter_callback_eip = v->sysenter_callback,
        .syscall32_callback_cs = v->syscall32_callback_cs,
        .sysenter_callback_cs = v->sysenter_callback_cs,
        .syscall32_disables_events = v->syscall32_disables_events,
        .sysenter_disables_events = v->sysenter_disables_events,
    };
    ret = domctl_call(h, op);
    arena_put(h, op);
    return ret;
}

static int set_xstate(struct ctrl *h, const struct restore *r, const struct save_vcpu *v,
                      const void *from)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_setvcpuextstate, r->domid);
    void *buffer = arena_get(h, v->xstate_size);
    int ret;

    memcpy(buffer, from, v->xstate_size);
    op->u.vcpuextstate.vcpu = v->id;
    op->u.vcpuextstate.size = v->xstate_size;
    op->u.vcpuextstate.xfeature_mask = v->xfeature_mask;
    op->u.vcpuextstate.buffer.addr = addr_of(buffer);
    ret = domctl_call(h, op);
    arena_put(h, op);
    return ret;
}

int restore_vcpu(struct ctrl *h, struct restore *r)
{
    const struct save_vcpu *v = (const void *)r->reader->body;
    const struct vcpu_guest_context *c = (const void *)(v + 1);
    int ret;

    if (!r->shared_info_mfn)
        return record_wrong(h, r->reader, "memory is not complete before it");
    if (r->reader->size < sizeof(*v) + sizeof(*c) || v->xstate_size > ARENA_SIZE / 2 ||
        r->reader->size != sizeof(*v) + sizeof(*c) + v->xstate_size || v->id >= r->dom->max_vcpus)
        return record_wrong(h, r->reader, "it has another size, or the vcpu another number");
    ret = set_context(h, r, v->id, c);
    if (ret >= 0)
        ret = set_callbacks(h, r, v);
    if (ret >= 0 && v->xstate_size)
        ret = set_xstate(h, r, v, c + 1);
    if (ret == -EBADMSG)
        return ret;
    if (ret < 0)
        return ctrl_fail(h, ret, "the hypervisor refuses the registers of vcpu %u: %s", v->id,
                         strerror(-ret));
    r->has_vcpu0 |= v->id == 0;
    return 0;
}
