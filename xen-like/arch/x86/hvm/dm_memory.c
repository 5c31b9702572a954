/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device model and its guest's memory: what guest frames are, which of a screen were written, and
 * moving them. Long operations note in the device model's own buffer how far they are, as the ABI
 * has it.
 */
#include <arch/dm_op.h>
#include <arch/hvm.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/physmap.h>
#include <public/errno.h>
#include <public/hvm/hvm_op.h>

#define MAX_TRACKED (64UL << (20 - PAGE_SHIFT)) /* frames, in one go */

/* --- what a frame is -------------------------------------------------------------------------- */
unsigned hvm_mem_type(struct domain *d, gfn_t g)
{
    uint64_t access;
    mfn_t m;

    if (!ept_lookup(d, g, &m, &access))
        return HVMMEM_mmio_dm;
    return access & EPT_WRITE ? HVMMEM_ram_rw : HVMMEM_ram_ro;
}

/* Memory can be made read-only and back; what is no memory is the device model's anyway. */
static int set_type(struct domain *d, gfn_t g, unsigned type)
{
    bool ram = hvm_mem_type(d, g) != HVMMEM_mmio_dm;

    if (type == HVMMEM_mmio_dm)
        return ram ? -XEN_EOPNOTSUPP : 0;
    if (type != HVMMEM_ram_rw && type != HVMMEM_ram_ro)
        return type == HVMMEM_ioreq_server ? -XEN_EOPNOTSUPP : -XEN_EINVAL;
    return ram ? ept_set_access(d, g, type == HVMMEM_ram_rw ? EPT_RWX : EPT_RWX & ~EPT_WRITE)
               : -XEN_EINVAL;
}

long dm_set_mem_type(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra)
{
    struct xen_dm_op_set_mem_type *s = &op->u.set_mem_type;
    long rc = 0;

    if (s->pad || s->first_pfn + s->nr < s->first_pfn)
        return -XEN_EINVAL;
    while (!rc && s->nr) {
        spin_lock(&d->arch.mm_lock);
        rc = set_type(d, gfn(s->first_pfn), s->mem_type);
        spin_unlock(&d->arch.mm_lock);
        if (rc)
            break;
        s->first_pfn++;
        if (--s->nr && hypercall_preempt_check())
            rc = -XEN_ERESTART;
    }
    if (s->mem_type == HVMMEM_ram_ro)
        tlb_flush_domain(d);
    return rc;
}

/* Memory is cached, whatever the guest says, since no device of the machine sees it. */
long dm_pin_memory_cacheattr(struct domain *d, struct xen_dm_op *op,
                             const struct xen_dm_op_buf *extra)
{
    const struct xen_dm_op_pin_memory_cacheattr *p = &op->u.pin_memory_cacheattr;

    if (p->pad || p->start > p->end)
        return -XEN_EINVAL;
    return p->type == XEN_DMOP_MEM_CACHEATTR_WB || p->type == XEN_DMOP_DELETE_MEM_CACHEATTR
               ? 0 : -XEN_EOPNOTSUPP;
}

/* --- a screen --------------------------------------------------------------------------------- */
/*
 * Processors without accessed and dirty bits in EPT do not tell: all is dirty then. The bits are
 * cleared before the device model looks at the screen, so what is written meanwhile is seen the
 * next time.
 */
long dm_track_dirty_vram(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra)
{
    const struct xen_dm_op_track_dirty_vram *t = &op->u.track_dirty_vram;
    uint8_t bits[256];

    if (t->pad || t->nr > MAX_TRACKED || t->first_pfn + t->nr < t->first_pfn)
        return -XEN_EINVAL;
    if (t->nr && (!extra || extra->size < (t->nr + 7) / 8))
        return -XEN_EINVAL;
    for (uint32_t at = 0; at < t->nr; at += sizeof(bits) * 8) {
        uint32_t n = MIN(t->nr - at, (uint32_t)sizeof(bits) * 8);

        spin_lock(&d->arch.mm_lock);
        ept_take_dirty(d, gfn(t->first_pfn + at), n, bits, EPT_SCREEN, true, 0);
        spin_unlock(&d->arch.mm_lock);
        if (copy_to_guest_bytes(guest_index(extra->h, at / 8, 1), bits, (n + 7) / 8))
            return -XEN_EFAULT;
    }
    if (t->nr)
        tlb_flush_domain(d);
    return 0;
}

/* Extents that are done are counted in `opaque`; one that is done in part gives way to its rest. */
long dm_modified_memory(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra)
{
    struct xen_dm_op_modified_memory *m = &op->u.modified_memory;
    struct xen_dm_op_modified_memory_extent e;

    if (m->opaque > m->nr_extents ||
        (m->nr_extents && (!extra || extra->size / sizeof(e) < m->nr_extents)))
        return -XEN_EINVAL;
    for (; m->opaque < m->nr_extents; m->opaque++) {
        if (copy_from_guest_at(&e, extra->h, m->opaque))
            return -XEN_EFAULT;
        if (e.pad || e.first_pfn + e.nr < e.first_pfn)
            return -XEN_EINVAL;
        while (e.nr) {
            ept_mark_dirty(d, gfn(e.first_pfn++));
            if (!(--e.nr % 512) && e.nr && hypercall_preempt_check())
                return copy_to_guest_at(extra->h, m->opaque, &e) ? -XEN_EFAULT : -XEN_ERESTART;
        }
        if (m->opaque + 1 < m->nr_extents && hypercall_preempt_check()) {
            m->opaque++;
            return -XEN_ERESTART;
        }
    }
    return 0;
}

/* --- moving ----------------------------------------------------------------------------------- */
long dm_relocate_memory(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra)
{
    struct xen_dm_op_relocate_memory *r = &op->u.relocate_memory;
    long rc = 0;

    if (r->pad)
        return -XEN_EINVAL;
    while (!rc && r->size) {
        rc = physmap_move(d, gfn(r->src_gfn), gfn(r->dst_gfn));
        if (rc)
            break;
        r->src_gfn++;
        r->dst_gfn++;
        if (--r->size && hypercall_preempt_check())
            rc = -XEN_ERESTART;
    }
    return rc;
}
