/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_copy: the hypervisor copies between two pages, each named by a grant or a frame of the
 * caller's own.
 */
#include <hv/arch.h>
#include <hv/grant_use.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>

/* One side while it is held. */
struct side {
    struct domain *d;
    grant_ref_t ref;
    mfn_t frame;
    bool is_ref, write;
};

static int hold_own_frame(struct side *s, xen_pfn_t frame)
{
    struct page *pg =
        s->write ? page_get_writable(s->d, gfn(frame)) : page_get_from_gfn(s->d, gfn(frame));

    if (!pg)
        return GNTST_bad_page;
    s->frame = page_to_mfn(pg);
    return GNTST_okay;
}

static int hold_grant(struct side *s)
{
    int status = grant_pin(s->d, s->ref, current->domain->id, s->write, &s->frame);

    if (status)
        return status;
    status = frame_hold(s->d, s->frame, s->write);
    if (status)
        grant_unpin(s->d, s->ref, s->write);
    return status;
}

static int hold(struct side *s, const struct gnttab_copy_ptr *p, bool is_ref, bool write)
{
    s->is_ref = is_ref;
    s->write = write;
    s->d = domain_lookup(p->domid);
    if (!s->d)
        return GNTST_bad_domain;
    if (!is_ref)
        return s->d == current->domain ? hold_own_frame(s, p->u.gmfn) : GNTST_permission_denied;
    s->ref = p->u.ref;
    return hold_grant(s);
}

static void let_go(const struct side *s)
{
    frame_release(s->frame, s->write);
    if (s->is_ref)
        grant_unpin(s->d, s->ref, s->write);
}

/* Within one page the ranges may overlap. */
static void move_bytes(const struct side *dst, unsigned to, const struct side *src, unsigned from,
                       unsigned len)
{
    char *d = (char *)mfn_to_virt(dst->frame) + to;
    const char *s = (const char *)mfn_to_virt(src->frame) + from;

    if (mfn_eq(dst->frame, src->frame))
        __builtin_memmove(d, s, len);
    else
        __builtin_memcpy(d, s, len);
}

static int copy_one(const struct gnttab_copy *op)
{
    struct side src, dst;
    int status;

    if (op->source.offset + op->len > (int)PAGE_SIZE || op->dest.offset + op->len > (int)PAGE_SIZE)
        return GNTST_bad_copy_arg;
    status = hold(&src, &op->source, op->flags & GNTCOPY_source_gref, false);
    if (status)
        return status;
    status = hold(&dst, &op->dest, op->flags & GNTCOPY_dest_gref, true);
    if (!status) {
        move_bytes(&dst, op->dest.offset, &src, op->source.offset, op->len);
        let_go(&dst);
    }
    let_go(&src);
    return status;
}

long grant_copy_array(uint64_t array, uint32_t count, uint32_t *done)
{
    xen_guest_handle_t h = { array };
    struct gnttab_copy op;

    for (uint32_t i = 0; i < count; i++) {
        *done = i;
        if (i && hypercall_preempt_check())
            return -XEN_ERESTART;
        if (copy_from_guest_at(&op, h, i))
            return -XEN_EFAULT;
        op.status = copy_one(&op);
        if (copy_to_guest_va(guest_index(h, i, sizeof(op)) + offsetof(struct gnttab_copy, status),
                             &op.status, sizeof(op.status)))
            return -XEN_EFAULT;
    }
    return 0;
}
