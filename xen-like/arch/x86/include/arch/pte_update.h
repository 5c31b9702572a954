/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way through an L1 update: a RAM frame of the owner takes another's place. The same
 * rules as mm/pte_ref.c, mm/pagetype.c and mm/pte_update.c, without a call in between; whatever is
 * not the plain case goes there. Four locked operations: count and type of the new frame, type and
 * count of the old one.
 */
#ifndef ARCH_PTE_UPDATE_H
#define ARCH_PTE_UPDATE_H

#include <arch/mm.h>
#include <hv/domain.h>
#include <hv/page_alloc.h>

/** Take a reference of a frame that belongs to `d`, as page_get. */
static inline bool frame_ref(struct page *pg, const struct domain *d)
{
    uint64_t seen = READ_ONCE(pg->count);

    do {
        uint32_t twice = (uint32_t)seen * 2; /* the references, without PGC_ALLOCATED above them */

        if (unlikely((uint16_t)(seen >> PGC_OWNER_SHIFT) != d->id ||
                     twice - 2 >= (uint32_t)(PGC_COUNT_MASK - 1) * 2))
            return false;
    } while (unlikely(!try_cmpxchg(&pg->count, &seen, seen + 1)));
    return true;
}
_Static_assert(PGC_COUNT_MASK == 0x7fffffff && PGC_ALLOCATED == 0x80000000 &&
               PGC_OWNER_MASK >> PGC_OWNER_SHIFT == 0xffff,
               "frame_ref takes the word apart");

static inline void frame_unref(struct page *pg)
{
    if (unlikely(!(__atomic_sub_fetch(&pg->count, 1, __ATOMIC_ACQ_REL) & PGC_COUNT_MASK)))
        domain_free_page(pg);
}

/**
 * One more writable use of a frame that is of that type already, in use or not. False: not that
 * simple, nothing taken.
 */
static inline bool writable_ref(struct page *pg)
{
    uint64_t seen = READ_ONCE(pg->type);

    return seen >> PGT_TYPE_SHIFT == PGT_WRITABLE >> PGT_TYPE_SHIFT &&
           (uint32_t)seen != UINT32_MAX &&
           try_cmpxchg(&pg->type, &seen, (seen & ~PGT_STAMP_MASK) + 1);
}

static inline void writable_unref(struct page *pg)
{
    uint64_t seen = READ_ONCE(pg->type), left = seen - 1;

    if ((uint32_t)left == 0) {
        smp_mb(); /* the page-table change must be visible before the clock is read */
        left = PGT_WRITABLE | tlb_stamp();
    }
    if (unlikely((uint32_t)seen == 0 || !try_cmpxchg(&pg->type, &seen, left)))
        page_put_type(pg);
}

/** As leaf_get for RAM of `owner` with ordinary caching. False: nothing taken. */
static inline bool leaf_ref(const struct domain *owner, pte_t e)
{
    struct page *pg = mfn_to_page(pte_mfn(e));

    if (unlikely(!mfn_valid(pte_mfn(e))) || !frame_ref(pg, owner))
        return false;
    if (!(e & PTE_RW) || likely(writable_ref(pg)))
        return true;
    frame_unref(pg);
    return false;
}

/** As leaf_put; what is not RAM of `d` goes there. */
static inline void leaf_unref(struct domain *d, pte_t e)
{
    struct page *pg = mfn_to_page(pte_mfn(e));

    if (unlikely(!mfn_valid(pte_mfn(e)) || page_owner_id(pg) != d->id)) {
        leaf_put(d, e);
        return;
    }
    if (e & PTE_RW)
        writable_unref(pg);
    frame_unref(pg);
}

/** l1_update with UPDATE_PLAIN of an entry that maps frames of `d` itself. */
static inline __attribute__((always_inline)) int l1_update_own(struct domain *d, pte_t *p,
                                                               pte_t new)
{
    pte_t old = READ_ONCE(*p), stored = pte_guest(new);

    if (unlikely(((old ^ stored) & PTE_MFN_MASK) == 0 || (new & (PTE_P | PTE_PKEY |
                                                                 PTE_CACHE)) != PTE_P ||
                 !leaf_ref(d, stored)))
        return l1_update(d, d, p, new, UPDATE_PLAIN);
    WRITE_ONCE(*p, stored);
    if (old & PTE_P)
        leaf_unref(d, old);
    return 0;
}

#endif
