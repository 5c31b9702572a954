/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making a frame a page table, and unmaking it. mm_lock of the owner is held throughout.
 *
 * A table whose count goes from 0 to 1 is checked entry by entry; each present entry takes
 * references to what it points to, which may be tables that have to be checked in turn (at most
 * three deep). A table whose count goes to 0 drops them all. Both can be long and give way between
 * entries. A table left in the middle is PARTIAL: its count is exactly 1, entries [0, PROGRESS)
 * hold their references, and with PARTIAL_CHILD the table behind entry PROGRESS is itself PARTIAL
 * and held by this one. The state says nothing about a direction: it can be continued either way. A
 * failed check is such a state too, always taken apart. Whoever started holds the topmost table in
 * its mm_pending.
 *
 * A checked table of count 1 or more never becomes writable, so entries found here cannot change
 * under our hands.
 */
#include <arch/isolation.h>
#include <arch/frame_va.h>
#include <arch/mm.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/hypercall.h>

static int promote(struct domain *d, struct page *pg, unsigned level);
static int demote(struct domain *d, struct page *pg, unsigned level);

static inline uint64_t progress_of(uint64_t type)
{
    return (type & PGT_PROGRESS_MASK) >> PGT_PROGRESS_SHIFT;
}

static void set_partial(struct page *pg, unsigned level, unsigned progress, bool child)
{
    WRITE_ONCE(pg->type, pgt_table(level) | PGT_PARTIAL | (child ? PGT_PARTIAL_CHILD : 0) |
                             (uint64_t)progress << PGT_PROGRESS_SHIFT | 1);
}

/** The table is none any more: from here on it can be taken as anything. */
static void set_unused(struct page *pg, unsigned level)
{
    smp_mb(); /* the page-table change must be visible before the clock is read */
    __atomic_store_n(&pg->type, pgt_table(level) | tlb_stamp(), __ATOMIC_RELEASE);
}

/** First use as a table: 0, and the count is 1 and the contents are not checked yet. */
static int type_first_table(struct page *pg, unsigned level)
{
    uint64_t old = READ_ONCE(pg->type), want = pgt_table(level);

    do {
        uint64_t count = READ_ONCE(pg->count);

        if (old & PGT_COUNT_MASK)
            return -XEN_EINVAL;
        if ((old & PGT_TYPE_MASK) != want && (old & PGT_TYPE_MASK) != PGT_NONE)
            tlb_flush_before_retype((count & PGC_OWNER_MASK) >> PGC_OWNER_SHIFT, old);
    } while (!try_cmpxchg(&pg->type, &old, want | PGT_LOCKED | 1));
    page_settle(pg, old);
    return 0;
}

/**
 * Take a type reference of a frame that the caller holds a page reference of. 0; -EINVAL, -EBUSY:
 * nothing taken; with *held set on error: the frame is PARTIAL, and the caller holds it.
 */
static int table_type_get(struct domain *d, struct page *pg, unsigned level, bool *held)
{
    uint64_t old = READ_ONCE(pg->type);
    int rc;

    *held = false;
    if (old & PGT_COUNT_MASK) {
        if ((old & PGT_TYPE_MASK) != pgt_table(level))
            return -XEN_EINVAL;
        if (!(old & PGT_VALIDATED) || (old & PGT_COUNT_MASK) == PGT_COUNT_MASK)
            return -XEN_EBUSY;
        WRITE_ONCE(pg->type, old + 1); /* a valid table's word changes under mm_lock only */
        return 0;
    }
    rc = type_first_table(pg, level);
    if (rc)
        return rc;
    rc = promote(d, pg, level);
    *held = rc && level > 1;
    return rc;
}

/** Drop one: 0, or -ERESTART and the frame is PARTIAL with a count of 1, held by the caller. */
static int table_type_put(struct domain *d, struct page *pg, unsigned level)
{
    uint64_t old = READ_ONCE(pg->type);

    BUG_ON((old & PGT_TYPE_MASK) != pgt_table(level) || !(old & PGT_COUNT_MASK));
    if ((old & PGT_COUNT_MASK) > 1) {
        WRITE_ONCE(pg->type, old - 1);
        return 0;
    }
    return demote(d, pg, level);
}

/* --- L1: 512 frames, never left in the middle ------------------------------------------------- */

/**
 * Index of the next group of eight entries that is not all zero, from the group of `i` on; 512 when
 * there is none.
 */
static inline unsigned next_used_group(const pte_t *t, unsigned i)
{
    for (; i < PT_ENTRIES; i += 8)
        if (t[i] | t[i + 1] | t[i + 2] | t[i + 3] | t[i + 4] | t[i + 5] | t[i + 6] | t[i + 7])
            break;
    return i;
}

static void drop_leaves(struct domain *d, pte_t *t, unsigned end)
{
    for (unsigned g = next_used_group(t, 0); g < end; g = next_used_group(t, g + 8))
        for (unsigned i = g; i < g + 8 && i < end; i++)
            if (t[i] & PTE_P)
                leaf_put(d, t[i]);
}

static int take_leaf(struct domain *d, pte_t *p)
{
    pte_t e = *p;
    int rc;

    if (!(e & PTE_P))
        return pte_absent_ok(e) ? 0 : -XEN_EINVAL;
    if (!pte_flags_ok(1, e))
        return -XEN_EINVAL;
    rc = leaf_get(d, d, e);
    if (!rc && e != pte_guest(e))
        *p = pte_guest(e);
    return rc;
}

static int promote_l1(struct domain *d, struct page *pg)
{
    pte_t *t = frame_va(page_to_mfn(pg));

    for (unsigned g = next_used_group(t, 0); g < PT_ENTRIES; g = next_used_group(t, g + 8))
        for (unsigned i = g; i < g + 8; i++) {
            int rc = take_leaf(d, &t[i]);

            if (rc) {
                drop_leaves(d, t, i);
                set_unused(pg, 1);
                return rc;
            }
        }
    return 0;
}

/* --- L2 to L4 --------------------------------------------------------------------------------- */

/**
 * Take what a present upper entry holds. *held as in table_type_get: the child is partial, with
 * both references.
 */
static int child_get(struct domain *d, pte_t e, unsigned level, bool *held)
{
    struct page *child = mfn_to_page(pte_mfn(e));
    int rc;

    *held = false;
    if (!pte_flags_ok(level, e) || !mfn_valid(pte_mfn(e)) || !page_get(child, d))
        return -XEN_EINVAL;
    if (READ_ONCE(child->count) & PGC_HV)
        rc = -XEN_EINVAL;
    else
        rc = table_type_get(d, child, level - 1, held);
    if (rc && !*held)
        page_put(child);
    return rc;
}

static int child_resume(struct domain *d, pte_t e, unsigned level, bool *held)
{
    int rc = promote(d, mfn_to_page(pte_mfn(e)), level - 1);

    *held = rc != 0;
    return rc;
}

/**
 * Check entries from PROGRESS on. 0: the table is valid; else it is PARTIAL (-ERESTART or what is
 * wrong with it).
 */
static int promote_upper(struct domain *d, struct page *pg, unsigned level)
{
    uint64_t type = READ_ONCE(pg->type);
    pte_t *t = frame_va(page_to_mfn(pg));
    bool held = type & PGT_PARTIAL_CHILD;

    for (unsigned i = progress_of(type); i < PT_ENTRIES; i++) {
        int rc;

        if (level == 4 && hv_slot(i))
            continue;
        if (!(t[i] & PTE_P)) {
            if (likely(pte_absent_ok(t[i])))
                continue;
            set_partial(pg, level, i, false);
            return -XEN_EINVAL;
        }
        rc = held ? child_resume(d, t[i], level, &held) : child_get(d, t[i], level, &held);
        if (rc) {
            set_partial(pg, level, i, held);
            return rc;
        }
        t[i] = pte_guest(t[i]);
        if (i + 1 < PT_ENTRIES && hypercall_preempt_check()) {
            set_partial(pg, level, i + 1, false);
            return -XEN_ERESTART;
        }
    }
    if (level == 4)
        l4_fill_hv_slots(d, t);
    return 0;
}

static int promote(struct domain *d, struct page *pg, unsigned level)
{
    int rc = level == 1 ? promote_l1(d, pg) : promote_upper(d, pg, level);

    if (!rc)
        __atomic_store_n(&pg->type, pgt_table(level) | PGT_VALIDATED | 1, __ATOMIC_RELEASE);
    return rc;
}

/** Drop what entries [0, i) hold, first of all the partial child at i if it is `held`. */
static int demote_upper(struct domain *d, struct page *pg, unsigned level, unsigned i, bool held)
{
    pte_t *t = frame_va(page_to_mfn(pg));

    while (held || i) {
        struct page *child;

        if (!held) {
            i--;
            if (!(t[i] & PTE_P) || (level == 4 && hv_slot(i)))
                continue;
        }
        child = mfn_to_page(pte_mfn(t[i]));
        if (table_type_put(d, child, level - 1)) {
            set_partial(pg, level, i, true);
            return -XEN_ERESTART;
        }
        page_put(child);
        held = false;
        if (i && hypercall_preempt_check()) {
            set_partial(pg, level, i, false);
            return -XEN_ERESTART;
        }
    }
    return 0;
}

/** The last use ends. 0, or -ERESTART and the table is PARTIAL. */
static int demote(struct domain *d, struct page *pg, unsigned level)
{
    uint64_t type = READ_ONCE(pg->type);
    int rc = 0;

    if (level == 1)
        drop_leaves(d, frame_va(page_to_mfn(pg)), PT_ENTRIES);
    else if (type & PGT_PARTIAL)
        rc = demote_upper(d, pg, level, progress_of(type), type & PGT_PARTIAL_CHILD);
    else
        rc = demote_upper(d, pg, level, PT_ENTRIES, false);
    if (!rc && level == 4)
        isolation_l4_gone();
    if (!rc)
        set_unused(pg, level);
    return rc;
}

/* --- the topmost table, held by mm_pending ---------------------------------------------------- */

/** Nothing is held any more; what the call has to be told stays. */
static void pending_clear(struct mm_pending *p)
{
    domain_put(p->owner);
    p->owner = NULL;
    p->undo = false;
}

/** The error that an earlier check of this table ended with, if its call has not been told yet. */
static int pending_error(struct mm_pending *p, mfn_t m, unsigned level)
{
    int error = mfn_eq(p->table, m) && p->level == level ? p->error : 0;

    p->error = 0;
    return error;
}

int mm_pending_undo(struct mm_pending *p)
{
    struct page *pg;

    if (!p->owner)
        return 0;
    pg = mfn_to_page(p->table);
    p->undo = true;
    if (table_type_put(p->owner, pg, p->level))
        return -XEN_ERESTART;
    page_put(pg);
    pending_clear(p);
    return 0;
}

static void pending_set(struct mm_pending *p, struct domain *d, struct page *pg, unsigned level)
{
    BUG_ON(p->owner || !domain_get(d));
    *p = (struct mm_pending){ .owner = d, .table = page_to_mfn(pg), .level = level };
}

/** The check of the table in `p` has stopped with `rc`: keep it for later, or take it apart. */
static int pending_stopped(struct mm_pending *p, int rc)
{
    if (rc == -XEN_ERESTART)
        return rc;
    p->error = rc;
    return mm_pending_undo(p) ? -XEN_ERESTART : pending_error(p, p->table, p->level);
}

static int pending_resume(struct mm_pending *p)
{
    int rc = promote(p->owner, mfn_to_page(p->table), p->level);

    if (rc)
        return pending_stopped(p, rc);
    pending_clear(p);
    return 0;
}

int table_get(struct domain *d, mfn_t m, unsigned level, struct mm_pending *p)
{
    struct page *pg = mfn_to_page(m);
    bool held;
    int rc;

    if (p->owner) {
        if (p->owner == d && mfn_eq(p->table, m) && p->level == level && !p->undo)
            return pending_resume(p);
        if (mm_pending_undo(p))
            return -XEN_ERESTART;
    }
    rc = pending_error(p, m, level);
    if (rc)
        return rc;
    if (!mfn_valid(m) || !page_get(pg, d))
        return -XEN_EINVAL;
    rc = READ_ONCE(pg->count) & PGC_HV ? -XEN_EINVAL : 0;
    held = false;
    if (!rc)
        rc = table_type_get(d, pg, level, &held);
    if (held) {
        pending_set(p, d, pg, level);
        return pending_stopped(p, rc);
    }
    if (rc)
        page_put(pg);
    return rc;
}

void table_put(struct domain *d, struct page *pg, struct mm_pending *p)
{
    unsigned level = READ_ONCE(pg->type) >> PGT_TYPE_SHIFT;

    if (table_type_put(d, pg, level)) {
        pending_set(p, d, pg, level);
        p->undo = true;
        return;
    }
    page_put(pg);
}
