/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSAVE state of a PV vcpu to and from its controller (XEN_DOMCTL_getvcpuextstate,
 * setvcpuextstate). In the buffer: XCR0, the components ever switched on, and the XSAVE image that
 * these need, in the standard form. Without XSAVE there is no image and both words are 0.
 */
#include <arch/fpu.h>
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <public/errno.h>

struct xstate_buffer {
    uint64_t xcr0, accum;
    uint8_t image[];
};

#define IMAGE_LEGACY 512 /* bytes; the header with the stored components follows */
#define IMAGE_MIN    (IMAGE_LEGACY + 64)

static unsigned buffer_size(uint64_t accum)
{
    return sizeof(struct xstate_buffer) + (accum ? fpu_area_size(accum) : 0);
}

static long copy_out(const struct vcpu *v, xen_guest_handle_t to, unsigned bytes)
{
    struct xstate_buffer *b = hv_zalloc(bytes);
    uint64_t *stored;
    long rc;

    if (!b)
        return -XEN_ENOMEM;
    if (fpu_xcr0_max()) {
        b->xcr0 = v->arch.xcr0;
        b->accum = v->arch.xcr0_accum;
        fpu_get_xsave(v, b->image, bytes - sizeof(*b));
        /* SSE works, and is stored, without its bit in XCR0; its place is there in any case. What the
         * vcpu never switched on has none: the processor may have stored it, as it was at first */
        stored = (uint64_t *)(b->image + IMAGE_LEGACY);
        *stored &= v->arch.xcr0_accum | XSTATE_SSE;
        b->accum |= *stored;
    }
    rc = copy_to_guest_va(to.addr, b, bytes) ? -XEN_EFAULT : 0;
    hv_free(b);
    return rc;
}

long vcpu_xstate_get(struct vcpu *v, struct xen_domctl_vcpuextstate *x)
{
    uint64_t known = fpu_xcr0_max();
    unsigned bytes = buffer_size(known ? v->arch.xcr0_accum : 0);

    if ((!x->size && !x->xfeature_mask) || guest_handle_is_null(x->buffer)) {
        x->xfeature_mask = known;
        x->size = buffer_size(known); /* enough for any state */
        return 0;
    }
    if (x->size < bytes || x->xfeature_mask != known)
        return -XEN_EINVAL;
    x->size = bytes;
    return copy_out(v, x->buffer, bytes);
}

static long take(struct vcpu *v, const struct xstate_buffer *b, unsigned bytes)
{
    if (!b->accum)
        return b->xcr0 || bytes != sizeof(*b) ? -XEN_EINVAL : 0;
    if (bytes < sizeof(*b) + IMAGE_MIN)
        return -XEN_EINVAL;
    return fpu_set_xsave(v, b->xcr0, b->accum, b->image, bytes - sizeof(*b));
}

long vcpu_xstate_set(struct vcpu *v, const struct xen_domctl_vcpuextstate *x)
{
    struct xstate_buffer *b;
    long rc;

    if (x->size < sizeof(*b) || x->size > buffer_size(fpu_xcr0_max()))
        return -XEN_EINVAL;
    b = hv_zalloc(x->size);
    if (!b)
        return -XEN_ENOMEM;
    rc = copy_from_guest_va(b, x->buffer.addr, x->size) ? -XEN_EFAULT : take(v, b, x->size);
    hv_free(b);
    return rc;
}
