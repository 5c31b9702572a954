/* SPDX-License-Identifier: GPL-2.0-only */
#include "reference.h"

#include <hv/arch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum use { USE_L1 = 1, USE_L2, USE_L3, USE_L4, USE_SEG, USE_WRITABLE, USES };

static unsigned refs[FRAMES];
static unsigned uses[FRAMES][USES];
unsigned foreign_writable[FRAMES];
static const char *last_step;
static const struct outside_refs *outside_refs;

static void fail(unsigned n, const char *what)
{
    fprintf(stderr, "after %s: frame %u: %s (count %#lx type %#lx; expected refs %u, uses",
            last_step, n, what,
            frame_table[n].count, frame_table[n].type, refs[n]);
    for (unsigned u = 1; u < USES; u++)
        fprintf(stderr, " %u", uses[n][u]);
    fprintf(stderr, ")\n");
    abort();
}

static bool counted(mfn_t m) { return m.n < FRAMES && !(frame_table[m.n].count & PGC_RESERVED); }

static void use(mfn_t m, enum use as)
{
    refs[m.n]++;
    uses[m.n][as]++;
}

/* With cache attributes: only of domains with devices; what it writes may pass the cache. */
static void count_uncached(unsigned n, pte_t e)
{
    const struct domain *d = &domains[page_owner_id(&frame_table[n])];

    if (!d->iomem_caps && !d->arch.ioport_caps)
        fail(n, "maps uncached for a domain without devices");
    if ((e & PTE_RW) && counted(pte_mfn(e)))
        cache_stale[pte_mfn(e).n] = true;
}

static void count_entry(unsigned n, unsigned level, pte_t e)
{
    if (!(e & PTE_P)) {
        if (!pte_absent_ok(e))
            fail(n, "holds an absent entry that names a frame");
        return;
    }
    if (!pte_flags_ok(level, e) || !(e & PTE_US) || (e & PTE_G))
        fail(n, "holds an entry that breaks the rules");
    if (level == 1 && (e & PTE_CACHE))
        count_uncached(n, e);
    if (level > 1) {
        use(pte_mfn(e), level - 1);
        return;
    }
    if (!counted(pte_mfn(e)))
        return;
    if ((e & PTE_RW) && page_owner_id(&frame_table[n]) == 1 &&
        page_owner_id(&frame_table[pte_mfn(e).n]) == 0 &&
        !outside_refs->granted_writable[pte_mfn(e).n])
        fail(n, "maps a frame of the control domain writable without leave");
    refs[pte_mfn(e).n]++;
    if ((e & PTE_RW) && page_owner_id(&frame_table[n]) != page_owner_id(&frame_table[pte_mfn(e).n]))
        foreign_writable[pte_mfn(e).n]++;
    if (e & PTE_RW)
        uses[pte_mfn(e).n][USE_WRITABLE]++;
}

/** Entries that hold references now: all of a valid table, the first ones of a partial one. */
static void count_table(unsigned n)
{
    uint64_t type = frame_table[n].type;
    unsigned level = type >> PGT_TYPE_SHIFT, end = PT_ENTRIES;

    if (!(type & PGT_COUNT_MASK) || level < 1 || level > 4)
        return;
    if (type & PGT_PINNED)
        use(mfn(n), level);
    if (type & PGT_LOCKED)
        fail(n, "is left locked");
    if (type & PGT_PARTIAL) {
        end = (type & PGT_PROGRESS_MASK) >> PGT_PROGRESS_SHIFT;
        if (level == 1 || (type & (PGT_VALIDATED | PGT_PINNED)) || (type & PGT_COUNT_MASK) != 1)
            fail(n, "is partial in a wrong way");
        if (type & PGT_PARTIAL_CHILD)
            use(pte_mfn(frame_at(n)[end]), level - 1);
    } else if (!(type & PGT_VALIDATED))
        fail(n, "is a table that nobody checked");
    for (unsigned i = 0; i < end; i++)
        if (level < 4 || !hv_slot(i))
            count_entry(n, level, frame_at(n)[i]);
}

static void count_pending(const struct mm_pending *p)
{
    if (p->owner)
        use(p->table, p->level);
}

static void count_domain(const struct domain *d)
{
    for (unsigned i = 0; i < d->max_vcpus; i++) {
        const struct arch_vcpu *a = &d->vcpu[i]->arch;

        if (a->guest_table.n)
            use(a->guest_table, USE_L4);
        if (a->guest_table_user.n)
            use(a->guest_table_user, USE_L4);
        count_pending(&a->mm_pending);
    }
    count_pending(&d->arch.relinquish);
    if (d->arch.relinquish_at.n)
        refs[d->arch.relinquish_at.n]++;
}

static void compare(unsigned n)
{
    const struct page *pg = &frame_table[n];
    unsigned used_as = 0, kinds = 0;

    for (unsigned u = 1; u < USES; u++)
        if (uses[n][u]) {
            kinds++;
            used_as = u;
        }
    if (kinds > 1)
        fail(n, "is used in two ways at once");
    if ((pg->count & PGC_COUNT_MASK) != refs[n])
        fail(n, "has a wrong count");
    if ((pg->type & PGT_COUNT_MASK) != (used_as ? uses[n][used_as] : 0))
        fail(n, "has a wrong type count");
    if (used_as && pg->type >> PGT_TYPE_SHIFT != used_as)
        fail(n, "has a wrong type");
    if (used_as && used_as != USE_WRITABLE && cache_stale[n])
        fail(n, "was checked while the cache differed from memory");
    if (used_as && used_as != USE_WRITABLE && foreign_stale[n])
        fail(n, "was checked while another domain's TLB let that write to it");
    if ((pg->count & PGC_FREE) && refs[n])
        fail(n, "is free and used");
}

void reference_check(const struct outside_refs *outside, const char *after)
{
    last_step = after;
    outside_refs = outside;
    memset(refs, 0, sizeof(refs));
    memset(uses, 0, sizeof(uses));
    memset(foreign_writable, 0, sizeof(foreign_writable));
    for (unsigned n = 1; n < FRAMES; n++) {
        if (frame_table[n].count & PGC_ALLOCATED)
            refs[n]++;
        refs[n] += outside->plain[n] + outside->writable[n] + outside->segment[n];
        uses[n][USE_WRITABLE] += outside->writable[n];
        uses[n][USE_SEG] += outside->segment[n];
        count_table(n);
    }
    for (unsigned i = 0; i < NR_DOMAINS; i++)
        count_domain(&domains[i]);
    for (unsigned n = 1; n < FRAMES; n++)
        if (counted(mfn(n)))
            compare(n);
}
