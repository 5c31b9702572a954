/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EPT: a radix tree of four levels that the processor walks. An entry that maps nothing allows
 * nothing. A table stays until the domain ends, with or without entries, so that lookups need no lock.
 *
 * TLBs: an entry that goes may be remembered by CPUs that have run the domain. A frame that is
 * freed carries a stamp of the TLB clock (mm/tlb.c), and whoever gets it next makes those CPUs
 * flush that have not since: a CPU that runs a hardware guest answers by INVEPT, and one that comes
 * back to such a guest begins with it. So removing a mapping costs no flush.
 */
#include <arch/ept.h>
#include <arch/hvm.h>
#include <arch/mm.h>
#include <arch/vmx.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/page_alloc.h>
#include <hv/string.h>
#include <public/errno.h>

#define LEVELS       4
#define ENTRY_BITS   9
#define ENTRIES      (1UL << ENTRY_BITS)
#define POINTER_WALK (3UL << 3) /* four levels */
#define POINTER_WB   6UL
#define POINTER_AD   (1UL << 6)
#define SPARE_TABLES 1024 /* for memory that is not in one piece */

static unsigned shift_of(unsigned level) { return (level - 1) * ENTRY_BITS; }

static unsigned index_of(gfn_t g, unsigned level)
{
    return g.n >> shift_of(level) & (ENTRIES - 1);
}

static bool is_leaf(uint64_t e, unsigned level) { return level == 1 || (e & EPT_LEAF); }

static uint64_t *table_of(uint64_t e) { return mfn_to_virt(mfn((e & EPT_MFN_MASK) >> PAGE_SHIFT)); }

int ept_init(struct domain *d)
{
    d->arch.hvm->ept.root = hv_alloc_page();
    return d->arch.hvm->ept.root ? 0 : -XEN_ENOMEM;
}

static void free_below(uint64_t *table, unsigned level)
{
    for (unsigned i = 0; level > 1 && i < ENTRIES; i++)
        if (table[i] && !is_leaf(table[i], level)) {
            free_below(table_of(table[i]), level - 1);
            hv_free_page(table_of(table[i]));
        }
}

void ept_free(struct domain *d)
{
    struct ept *ept = &d->arch.hvm->ept;

    if (!ept->root)
        return;
    free_below(ept->root, LEVELS);
    hv_free_page(ept->root);
    ept->root = NULL;
}

uint64_t ept_pointer(const struct domain *d)
{
    return virt_to_mfn(d->arch.hvm->ept.root).n << PAGE_SHIFT | POINTER_WALK | POINTER_WB |
           (vmx.ept_vpid & VMX_EPT_AD ? POINTER_AD : 0);
}

/* --- changing --------------------------------------------------------------------------------- */
unsigned long ept_limit(const struct domain *d)
{
    return d->arch.hvm->ept.limit ?: READ_ONCE(d->max_pages) / (ENTRIES / 2) + SPARE_TABLES;
}

static uint64_t *new_table(struct domain *d)
{
    struct ept *ept = &d->arch.hvm->ept;
    uint64_t *t = ept->tables < ept_limit(d) ? hv_alloc_page() : NULL;

    if (t)
        ept->tables++;
    return t;
}

static uint64_t to_table(uint64_t *table) { return virt_to_mfn(table).n << PAGE_SHIFT | EPT_RWX; }

/* A large page as a table of smaller ones, which map the same. The processor may make it dirty
 * meanwhile. */
static int split(struct domain *d, uint64_t *e, unsigned level)
{
    uint64_t *t = new_table(d), step = 1UL << (PAGE_SHIFT + shift_of(level - 1));
    uint64_t old = READ_ONCE(*e);

    if (!t)
        return -XEN_ENOMEM;
    do {
        for (unsigned i = 0; i < ENTRIES; i++)
            t[i] = (level == 2 ? old & ~EPT_LEAF : old) + i * step;
    } while (!try_cmpxchg(e, &old, to_table(t)));
    return 0;
}

/* The entry for `g` in its table of `level`; *found is NULL if `make` is not set and there is none.
 */
static int entry_at(struct domain *d, gfn_t g, unsigned level, bool make, uint64_t **found)
{
    uint64_t *table = d->arch.hvm->ept.root;

    for (unsigned l = LEVELS; l > level; l--) {
        uint64_t *e = &table[index_of(g, l)];

        *found = NULL;
        if (!*e && !make)
            return 0;
        if (!*e) {
            table = new_table(d);
            if (!table)
                return -XEN_ENOMEM;
            __atomic_store_n(e, to_table(table), __ATOMIC_RELEASE);
            continue;
        }
        if (is_leaf(*e, l)) {
            int rc = split(d, e, l);

            if (rc)
                return rc;
        }
        table = table_of(*e);
    }
    *found = &table[index_of(g, level)];
    return 0;
}

/* Level of the largest page that begins at `g` (and `m`) and is not larger than `frames`. */
static unsigned largest_level(uint64_t g, uint64_t m, uint64_t frames)
{
    unsigned level = 1;

    while (level < 3 && !((g | m) & ((1UL << shift_of(level + 1)) - 1)) &&
           frames >= 1UL << shift_of(level + 1) &&
           (vmx.ept_vpid & (level == 1 ? VMX_EPT_2M : VMX_EPT_1G)))
        level++;
    return level;
}

static bool in_range(gfn_t g, unsigned order)
{
    return g.n < EPT_GFN_LIMIT && EPT_GFN_LIMIT - g.n >= 1UL << order;
}

int ept_map(struct domain *d, gfn_t g, mfn_t m, unsigned order, uint64_t access)
{
    uint64_t end = g.n + (1UL << order);

    if (!in_range(g, order))
        return -XEN_EINVAL;
    while (g.n < end) {
        unsigned level = d->arch.hvm->ept.logs ? 1 : largest_level(g.n, m.n, end - g.n);
        uint64_t *e;
        int rc;

        do
            rc = entry_at(d, g, level, true, &e);
        while (!rc && *e && !is_leaf(*e, level) && level--);
        if (rc)
            return rc;
        __atomic_store_n(e, m.n << PAGE_SHIFT | access | EPT_TYPE_WB | EPT_DIRTY |
                                (level > 1 ? EPT_LEAF : 0), __ATOMIC_SEQ_CST);
        g.n += 1UL << shift_of(level);
        m.n += 1UL << shift_of(level);
    }
    return 0;
}

int ept_unmap(struct domain *d, gfn_t g, unsigned order)
{
    uint64_t end = g.n + (1UL << order);

    if (!in_range(g, order))
        return -XEN_EINVAL;
    while (g.n < end) {
        uint64_t *e;
        int rc = entry_at(d, g, 1, false, &e);

        if (rc)
            return rc;
        if (e)
            __atomic_store_n(e, d->arch.hvm->ept.logs ? EPT_DIRTY : 0, __ATOMIC_SEQ_CST);
        g.n++;
    }
    return 0;
}

/* One change to an entry that others, and the processor, change at the same time. */
static void change(uint64_t *e, uint64_t clear, uint64_t set)
{
    uint64_t old = READ_ONCE(*e);

    while (!try_cmpxchg(e, &old, (old & ~clear) | set))
        ;
}

static bool tells_dirty(void) { return vmx.ept_vpid & VMX_EPT_AD; }

int ept_set_access(struct domain *d, gfn_t g, uint64_t access)
{
    uint64_t *e = NULL;
    int rc = in_range(g, 0) ? entry_at(d, g, 1, false, &e) : -XEN_EINVAL;

    if (rc || !e || !(*e & EPT_RWX))
        return rc ? rc : -XEN_EINVAL;
    change(e, EPT_RWX | EPT_PROTECTED,
           access | ((access & EPT_WRITE) && !tells_dirty() ? EPT_DIRTY : 0));
    return 0;
}

/* --- who has written -------------------------------------------------------------------------- */
/*
 * A write makes an entry dirty: the processor does so, or refuses it to a page that is protected. That
 * is all that is kept of it. A log of the processor's (PML) would say the same again, for an exit every
 * 512 pages; it would spare a look at entries that are clean, some 75 instructions each with what others
 * may have written, which has to be looked at anyway.
 */
/* The entry of a page or larger page for `g`, which may be empty; NULL: there is no table for it. */
static uint64_t *place_of(const struct domain *d, gfn_t g, unsigned *level)
{
    uint64_t *table = d->arch.hvm->ept.root;

    if (!in_range(g, 0))
        return NULL;
    for (*level = LEVELS;; --*level) {
        uint64_t *e = &table[index_of(g, *level)], value = READ_ONCE(*e);

        if (*level == 1)
            return e;
        if (!(value & EPT_RWX))
            return NULL;
        if (is_leaf(value, *level))
            return e;
        table = table_of(value);
    }
}

uint64_t ept_next(const struct domain *d, gfn_t g)
{
    unsigned level;

    while (g.n < EPT_GFN_LIMIT) {
        uint64_t *table = d->arch.hvm->ept.root, e = 0;

        for (level = LEVELS; level > 1; level--) {
            e = READ_ONCE(table[index_of(g, level)]);
            if (!(e & EPT_RWX))
                break;
            if (is_leaf(e, level))
                return g.n;
            table = table_of(e);
        }
        if (level == 1)
            return g.n;
        g.n = (g.n | ((1UL << shift_of(level)) - 1)) + 1;
    }
    return EPT_GFN_LIMIT;
}

/* What one reader clears the other has still to be told. */
static uint64_t take(uint64_t *e, enum ept_reader who, bool clean)
{
    uint64_t own = EPT_TAKEN(who), old = READ_ONCE(*e), new;

    do {
        new = old & ~(EPT_DIRTY | own);
        if (old & EPT_DIRTY)
            new |= EPT_TAKEN(!who);
        if (who == EPT_LOG && (old & EPT_WRITE) && !tells_dirty())
            new = (new & ~EPT_WRITE) | EPT_PROTECTED;
    } while (clean && new != old && !try_cmpxchg(e, &old, new));
    if (who == EPT_SCREEN && !tells_dirty())
        return old & EPT_RWX;
    return old & (EPT_DIRTY | own);
}

/* Others write to what they hold as writable, and the hypervisor to its own pages at any time. */
static bool others_wrote(uint64_t e, uint64_t since)
{
    mfn_t m = mfn((e & EPT_MFN_MASK) >> PAGE_SHIFT);
    uint64_t type;

    if (!(e & EPT_RWX) || !mfn_valid(m))
        return false;
    type = READ_ONCE(mfn_to_page(m)->type);
    return (READ_ONCE(mfn_to_page(m)->count) & PGC_HV) ||
           ((type & PGT_TYPE_MASK) == PGT_WRITABLE &&
            ((type & PGT_COUNT_MASK) || tlb_ended_since(type, since)));
}

unsigned ept_take_dirty(struct domain *d, gfn_t g, uint32_t n, uint8_t *bits, enum ept_reader who,
                        bool clean, uint64_t since)
{
    uint64_t *e = NULL, *last = NULL, was = 0;
    unsigned level = 0, found = 0;

    memset(bits, 0, (n + 7) / 8);
    for (uint32_t i = 0; i < n; i++) {
        gfn_t at = gfn(g.n + i);

        if (!i || !index_of(at, 1))
            e = place_of(d, at, &level);
        else if (e && level == 1)
            e++;
        if (!e)
            continue;
        if (e != last)
            was = take(e, who, clean);
        last = e;
        if (was || (who == EPT_LOG && others_wrote(*e, since))) {
            bits[i / 8] |= 1U << i % 8;
            found++;
        }
    }
    return found;
}

void ept_mark_dirty(struct domain *d, gfn_t g)
{
    unsigned level;
    uint64_t *e = place_of(d, g, &level);

    if (e)
        __atomic_fetch_or(e, EPT_DIRTY, __ATOMIC_SEQ_CST);
}

int ept_log(struct domain *d, gfn_t g, bool on)
{
    unsigned level;
    uint64_t *e;
    int rc = on ? entry_at(d, g, 1, false, &e) : 0;

    e = rc ? NULL : place_of(d, g, &level);
    for (unsigned i = 0; e && i < (level == 1 ? ENTRIES : 1); i++, e++)
        if (on)
            take(e, EPT_LOG, true);
        else if (!(*e & EPT_RWX))
            *e = 0;
        else
            change(e, EPT_TAKEN(EPT_LOG) | EPT_PROTECTED, *e & EPT_PROTECTED ? EPT_WRITE : 0);
    return rc;
}

bool ept_unprotect(struct domain *d, gfn_t g)
{
    unsigned level;
    uint64_t *e = place_of(d, g, &level), old = e ? READ_ONCE(*e) : 0;

    do {
        if (!(old & EPT_PROTECTED))
            return false;
    } while (!try_cmpxchg(e, &old, (old & ~EPT_PROTECTED) | EPT_WRITE | EPT_DIRTY));
    __atomic_fetch_add(&d->arch.hvm->ept.faults, 1, __ATOMIC_RELAXED);
    return true;
}

/* --- looking ---------------------------------------------------------------------------------- */
/* A table may have lost all of its entries. */
static bool highest_below(const uint64_t *table, unsigned level, uint64_t first, uint64_t *found)
{
    for (unsigned i = ENTRIES; i-- > 0;) {
        uint64_t e = READ_ONCE(table[i]), g = first + ((uint64_t)i << shift_of(level));

        if (!(e & EPT_RWX))
            continue;
        if (!is_leaf(e, level)) {
            if (highest_below(table_of(e), level - 1, g, found))
                return true;
            continue;
        }
        *found = g + (1UL << shift_of(level)) - 1;
        return true;
    }
    return false;
}

uint64_t ept_highest(const struct domain *d)
{
    uint64_t found = 0;

    highest_below(d->arch.hvm->ept.root, LEVELS, 0, &found);
    return found;
}

bool ept_lookup(const struct domain *d, gfn_t g, mfn_t *m, uint64_t *access)
{
    uint64_t *table = d->arch.hvm->ept.root, e;

    if (!in_range(g, 0))
        return false;
    for (unsigned level = LEVELS;; level--) {
        e = READ_ONCE(table[index_of(g, level)]);
        if (!(e & EPT_RWX))
            return false;
        if (is_leaf(e, level)) {
            *m = mfn(((e & EPT_MFN_MASK) >> PAGE_SHIFT) + (g.n & ((1UL << shift_of(level)) - 1)));
            *access = (e & EPT_RWX) | (e & EPT_PROTECTED ? EPT_WRITE : 0);
            return true;
        }
        table = table_of(e);
    }
}
