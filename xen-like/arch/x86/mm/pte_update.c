/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing one entry of a valid page table: every way of doing so (mmu_update, update_va_mapping,
 * emulated writes) ends here. The new entry's references are taken first, then it is written, then
 * the old one's are dropped. mm_lock is held, so only the processor changes the entry meanwhile,
 * and only its accessed and dirty bits.
 */
#include <arch/hvm.h>
#include <arch/isolation.h>
#include <arch/mm.h>
#include <hv/arch.h>
#include <public/errno.h>

/** Write; false (nothing written) if the entry is not what an exact update expects. */
static inline bool write_entry(pte_t *p, pte_t old, pte_t new, enum update_mode mode)
{
    if (likely(mode <= UPDATE_MACHINE)) {
        WRITE_ONCE(*p, new);
        return true;
    }
    if (mode == UPDATE_EXACT)
        return try_cmpxchg(p, &old, new);
    while (!try_cmpxchg(p, &old, new | (old & (PTE_A | PTE_D))))
        ;
    return true;
}

/** The old entry is gone: so may what it held. */
static void put_old(struct domain *d, pte_t old)
{
    if (old & PTE_P)
        leaf_put(d, old);
}

/**
 * Writability of a frame of `d` itself changes, harmless bits too. -ENOENT: not a case for this
 * short way.
 */
static int l1_change_rw(struct domain *d, pte_t *p, pte_t old, pte_t new, enum update_mode mode)
{
    struct page *pg = mfn_to_page(pte_mfn(old));
    uint64_t count;
    bool written;

    if (!mfn_valid(pte_mfn(old)))
        return -XEN_ENOENT;
    count = READ_ONCE(pg->count);
    if ((count & PGC_RESERVED) || (count & PGC_OWNER_MASK) >> PGC_OWNER_SHIFT != d->id)
        return -XEN_ENOENT;
    if (new & PTE_RW) {
        int rc = page_get_type(pg, PGT_WRITABLE);

        if (rc)
            return rc;
    }
    written = write_entry(p, old, new, mode);
    if (!(new & PTE_RW) == written)
        page_put_type(pg); /* of the old entry, or of the new one that did not come to be */
    return written ? 0 : -XEN_EAGAIN;
}

/** The new entry is present, and more than writability changes (or there was none). */
static int l1_change_frame(struct domain *d, struct domain *owner, pte_t *p, pte_t old, pte_t new,
                           enum update_mode mode)
{
    int rc = leaf_get(d, owner, new);

    if (unlikely(rc))
        return rc;
    if (unlikely(!write_entry(p, old, new, mode))) {
        put_old(d, new);
        return -XEN_EAGAIN;
    }
    put_old(d, old);
    return 0;
}

static int l1_change(struct domain *d, struct domain *owner, pte_t *p, pte_t old, pte_t new,
                     enum update_mode mode)
{
    pte_t diff = old ^ new;

    if (!(new & PTE_P)) {
        if (unlikely(!pte_absent_ok(new)))
            return -XEN_EINVAL;
        if (!write_entry(p, old, new, mode))
            return -XEN_EAGAIN;
        put_old(d, old);
        return 0;
    }
    if (!(diff & ~PTE_HARMLESS))
        return write_entry(p, old, new, mode) ? 0 : -XEN_EAGAIN;
    if (!(diff & ~(PTE_HARMLESS | PTE_RW))) {
        int rc = l1_change_rw(d, p, old, new, mode);

        if (rc != -XEN_ENOENT)
            return rc;
    }
    return l1_change_frame(d, owner, p, old, new, mode);
}

/*
 * Frames of a hardware guest are named as it names them itself. The frame that is found is looked at
 * once more by leaf_get, so it need not be held.
 */
static int translate(struct domain *owner, pte_t *e)
{
    struct page *pg = page_get_from_gfn(owner, gfn(pte_mfn(*e).n));

    if (!pg)
        return -XEN_EINVAL;
    *e = (*e & ~PTE_MFN_MASK) | mfn_to_maddr(page_to_mfn(pg));
    page_put(pg);
    return 0;
}

int l1_update(struct domain *d, struct domain *owner, pte_t *p, pte_t new, enum update_mode mode)
{
    if (new & PTE_P) {
        if (unlikely(!pte_flags_ok(1, new)))
            return -XEN_EINVAL;
        new = pte_guest(new);
        if (unlikely(is_hvm_domain(owner)) && mode != UPDATE_MACHINE) {
            int rc = translate(owner, &new);

            if (rc)
                return rc;
        }
    }
    return l1_change(d, owner, p, READ_ONCE(*p), new, mode);
}

int l1_update_exact(struct domain *d, pte_t *p, pte_t old, pte_t new)
{
    if (new & PTE_P) {
        if (!pte_flags_ok(1, new))
            return -XEN_EINVAL;
        new = pte_guest(new);
    }
    return READ_ONCE(*p) == old ? l1_change(d, d, p, old, new, UPDATE_EXACT) : -XEN_EAGAIN;
}

int upper_update(struct domain *d, unsigned level, pte_t *p, pte_t new, enum update_mode mode,
                 struct mm_pending *pending)
{
    pte_t old = READ_ONCE(*p);
    int rc;

    if (new & PTE_P) {
        if (!pte_flags_ok(level, new))
            return -XEN_EINVAL;
        new = pte_guest(new);
        if ((old & PTE_P) && !((old ^ new) & ~(PTE_HARMLESS | PTE_RW))) {
            write_entry(p, old, new, mode);
            if (level == 4)
                isolation_l4_changed(d);
            return 0;
        }
        rc = table_get(d, pte_mfn(new), level - 1, pending);
        if (rc)
            return rc;
    } else if (!pte_absent_ok(new))
        return -XEN_EINVAL;
    write_entry(p, old, new, mode);
    if (level == 4)
        isolation_l4_changed(d);
    if (old & PTE_P)
        table_put(d, mfn_to_page(pte_mfn(old)), pending);
    return 0;
}
