/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a present L1 entry holds: one page reference, and one WRITABLE type reference if it maps
 * writable. Frames that are not RAM (device memory, the hypervisor's shared read-only tables) are
 * not counted: they never change their use.
 */
#include <arch/mm.h>
#include <hv/arch.h>
#include <hv/rangeset.h>
#include <public/errno.h>

/** Device memory: outside the frame table, or a hole in it. */
static bool frame_is_io(mfn_t m)
{
    return !mfn_valid(m) || page_owner_id(mfn_to_page(m)) == DOMID_IO;
}

/** A frame that is not RAM of any domain. */
static int uncounted_get(struct domain *d, struct domain *owner, pte_t e)
{
    mfn_t m = pte_mfn(e);

    if (frame_is_io(m))
        return rangeset_contains(d->iomem_caps, m.n, m.n) ? 0 : -XEN_EPERM;
    if (page_owner_id(mfn_to_page(m)) == DOMID_XEN && owner == dom_hv && !(e & PTE_RW))
        return 0;
    return -XEN_EPERM;
}

/**
 * May a table of `d` map RAM with other than write-back caching? Only a domain with devices has a
 * use for it (XSA-402).
 */
static bool may_be_noncoherent(const struct domain *d)
{
    return !rangeset_is_empty(d->iomem_caps) || !rangeset_is_empty(d->arch.ioport_caps);
}

/**
 * What the guest writes by such a mapping may stand in memory while the hypervisor reads an older
 * cached line. The mark makes a later change to a table flush the frame first.
 */
static void note_noncoherent(struct page *pg)
{
    if (!(READ_ONCE(pg->count) & PGC_NONCOHERENT))
        __atomic_fetch_or(&pg->count, PGC_NONCOHERENT, __ATOMIC_SEQ_CST);
}

int leaf_get(struct domain *d, struct domain *owner, pte_t e)
{
    mfn_t m = pte_mfn(e);
    struct page *pg;

    if (unlikely(e & PTE_CACHE) && !may_be_noncoherent(d))
        return -XEN_EINVAL;
    if (unlikely(!mfn_valid(m)))
        return uncounted_get(d, owner, e);
    pg = mfn_to_page(m);
    if (unlikely(!page_get(pg, owner)))
        return READ_ONCE(pg->count) & PGC_RESERVED ? uncounted_get(d, owner, e) : -XEN_EINVAL;
    if (e & PTE_RW) {
        int rc = page_get_type(pg, PGT_WRITABLE);

        if (unlikely(rc)) {
            page_put(pg);
            return rc;
        }
    }
    if (unlikely(e & PTE_CACHE))
        note_noncoherent(pg);
    return 0;
}

/**
 * Another domain may go on writing by what its TLBs remember: before the frame becomes a table, they
 * forget. The hypervisor's own never become one.
 */
static void note_foreign_stale(struct page *pg)
{
    if (!(READ_ONCE(pg->count) & (PGC_FOREIGN_STALE | PGC_HV)))
        __atomic_fetch_or(&pg->count, PGC_FOREIGN_STALE, __ATOMIC_SEQ_CST);
}

void leaf_put(struct domain *d, pte_t e)
{
    mfn_t m = pte_mfn(e);
    struct page *pg;
    uint64_t count;

    if (unlikely(!mfn_valid(m)))
        return;
    pg = mfn_to_page(m);
    count = READ_ONCE(pg->count);
    if (unlikely(count & PGC_RESERVED))
        return;
    if (e & PTE_RW) {
        if ((count & PGC_OWNER_MASK) >> PGC_OWNER_SHIFT != d->id)
            note_foreign_stale(pg);
        page_put_type(pg);
    }
    page_put(pg);
}
