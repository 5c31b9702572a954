/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The type word of a frame: what it is used as, and how often.
 *
 * A frame changes its type only while the count is 0, and only after every TLB has forgotten the
 * former use: a stale writable translation would let a guest rewrite a table after its check, a
 * stale pointer to a former table would let it forge entries. So the order is: flush, then compare-
 * and-exchange; a word that changed in between starts over. The stamp in the word (ticks of the TLB
 * clock) makes a use that came and went in between visible.
 *
 * This file handles the types that may be taken without the domain's mm_lock: WRITABLE, and SEG
 * with its check of descriptors. Tables are in promote.c.
 */
#include <arch/ept.h>
#include <arch/frame_va.h>
#include <arch/mm.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <public/errno.h>

static bool type_cas(struct page *pg, uint64_t *old, uint64_t new)
{
    return try_cmpxchg(&pg->type, old, new);
}

/** One more use of a frame that already has the type. */
static int type_more(struct page *pg, uint64_t old)
{
    if (unlikely((old & PGT_COUNT_MASK) == PGT_COUNT_MASK))
        return -XEN_EBUSY;
    return type_cas(pg, &old, old + 1) ? 0 : -XEN_EAGAIN;
}

static bool descriptors_ok(struct page *pg)
{
    uint64_t *desc = frame_va(page_to_mfn(pg));

    for (unsigned i = 0; i < PAGE_SIZE / sizeof(*desc); i++)
        if (!descriptor_fix(&desc[i]))
            return false;
    return true;
}

static void type_last_use_ended(struct page *pg, uint64_t type)
{
    smp_mb(); /* the page-table change must be visible before the clock is read */
    __atomic_store_n(&pg->type, (type & PGT_TYPE_MASK) | tlb_stamp(), __ATOMIC_RELEASE);
}

/*
 * A foreign mapping marks the frame while it holds a WRITABLE count, so no mark is set meanwhile,
 * and the stamp that the locker found is not older than what the mark stands for.
 */
void page_settle(struct page *pg, uint64_t old)
{
    uint64_t count = READ_ONCE(pg->count);

    if (unlikely(count & PGC_FOREIGN_STALE)) {
        tlb_flush_foreign_use(old);
        __atomic_fetch_and(&pg->count, ~PGC_FOREIGN_STALE, __ATOMIC_SEQ_CST);
    }
    if (unlikely(count & PGC_NONCOHERENT))
        cache_flush_frame(page_to_mfn(pg));
}

/** First use as `type`. -EAGAIN: the word changed, look again. */
static int type_first(struct page *pg, uint64_t old, uint64_t type)
{
    uint64_t count = READ_ONCE(pg->count);

    if ((old & PGT_TYPE_MASK) != type && (old & PGT_TYPE_MASK) != PGT_NONE)
        tlb_flush_before_retype((count & PGC_OWNER_MASK) >> PGC_OWNER_SHIFT, old);
    if (type == PGT_WRITABLE)
        return type_cas(pg, &old, PGT_WRITABLE | 1) ? 0 : -XEN_EAGAIN;

    if (!type_cas(pg, &old, type | PGT_LOCKED | 1))
        return -XEN_EAGAIN;
    page_settle(pg, old);
    if (!descriptors_ok(pg)) {
        type_last_use_ended(pg, type);
        return -XEN_EINVAL;
    }
    __atomic_store_n(&pg->type, type | PGT_VALIDATED | 1, __ATOMIC_RELEASE);
    return 0;
}

int page_get_type(struct page *pg, uint64_t type)
{
    int rc;

    ASSERT(type == PGT_WRITABLE || type == PGT_SEG);
    do {
        uint64_t old = __atomic_load_n(&pg->type, __ATOMIC_ACQUIRE);

        if (!(old & PGT_COUNT_MASK))
            rc = type_first(pg, old, type);
        else if ((old & PGT_TYPE_MASK) != type)
            rc = -XEN_EINVAL;
        else if (unlikely(old & PGT_LOCKED)) {
            cpu_relax();
            rc = -XEN_EAGAIN;
        } else
            rc = type_more(pg, old);
    } while (unlikely(rc == -XEN_EAGAIN));
    if (unlikely(READ_ONCE(ept_logging)) && !rc && type == PGT_WRITABLE)
        ept_mark_held(pg);
    return rc;
}

void page_put_type(struct page *pg)
{
    uint64_t old = READ_ONCE(pg->type), new;

    ASSERT((old & PGT_TYPE_MASK) == PGT_WRITABLE || (old & PGT_TYPE_MASK) == PGT_SEG);
    do {
        BUG_ON(!(old & PGT_COUNT_MASK));
        if ((old & PGT_COUNT_MASK) == 1) {
            smp_mb(); /* the page-table change must be visible before the clock is read */
            new = (old & PGT_TYPE_MASK) | tlb_stamp();
        } else
            new = old - 1;
    } while (!type_cas(pg, &old, new));
}

int page_get_and_type(struct page *pg, const struct domain *d, uint64_t type)
{
    int rc;

    if (!page_get(pg, d))
        return -XEN_EPERM;
    rc = page_get_type(pg, type);
    if (rc)
        page_put(pg);
    return rc;
}
