/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EPT: a radix tree of four levels that the processor walks. An entry that maps nothing is 0. A table
 * stays until the domain ends, with or without entries, so that lookups need no lock.
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
static uint64_t *new_table(struct ept *ept)
{
    uint64_t *t = hv_alloc_page();

    if (t)
        ept->tables++;
    return t;
}

static void link_table(uint64_t *e, uint64_t *table)
{
    __atomic_store_n(e, virt_to_mfn(table).n << PAGE_SHIFT | EPT_RWX, __ATOMIC_RELEASE);
}

/* A large page as a table of smaller ones, which map the same. */
static int split(struct ept *ept, uint64_t *e, unsigned level)
{
    uint64_t *t = new_table(ept), step = 1UL << (PAGE_SHIFT + shift_of(level - 1));
    uint64_t piece = level == 2 ? *e & ~EPT_LEAF : *e;

    if (!t)
        return -XEN_ENOMEM;
    for (unsigned i = 0; i < ENTRIES; i++)
        t[i] = piece + i * step;
    link_table(e, t);
    return 0;
}

/* The entry for `g` in its table of `level`; *found is NULL if `make` is not set and there is none.
 */
static int entry_at(struct ept *ept, gfn_t g, unsigned level, bool make, uint64_t **found)
{
    uint64_t *table = ept->root;

    for (unsigned l = LEVELS; l > level; l--) {
        uint64_t *e = &table[index_of(g, l)];

        *found = NULL;
        if (!*e && !make)
            return 0;
        if (!*e) {
            table = new_table(ept);
            if (!table)
                return -XEN_ENOMEM;
            link_table(e, table);
            continue;
        }
        if (is_leaf(*e, l)) {
            int rc = split(ept, e, l);

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
        unsigned level = largest_level(g.n, m.n, end - g.n);
        uint64_t *e;
        int rc;

        do
            rc = entry_at(&d->arch.hvm->ept, g, level, true, &e);
        while (!rc && *e && !is_leaf(*e, level) && level--);
        if (rc)
            return rc;
        __atomic_store_n(e, m.n << PAGE_SHIFT | access | EPT_TYPE_WB | (level > 1 ? EPT_LEAF : 0),
                         __ATOMIC_SEQ_CST);
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
        int rc = entry_at(&d->arch.hvm->ept, g, 1, false, &e);

        if (rc)
            return rc;
        if (e)
            __atomic_store_n(e, 0, __ATOMIC_SEQ_CST);
        g.n++;
    }
    return 0;
}

int ept_set_access(struct domain *d, gfn_t g, uint64_t access)
{
    uint64_t *e = NULL;
    int rc = in_range(g, 0) ? entry_at(&d->arch.hvm->ept, g, 1, false, &e) : -XEN_EINVAL;

    if (rc || !e || !*e)
        return rc ? rc : -XEN_EINVAL;
    __atomic_fetch_and(e, ~EPT_RWX | access, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(e, access, __ATOMIC_SEQ_CST);
    return 0;
}

/* The entry that maps `g`, of whatever size, or NULL. */
static uint64_t *leaf_of(const struct domain *d, gfn_t g)
{
    uint64_t *table = d->arch.hvm->ept.root;

    for (unsigned level = LEVELS;; level--) {
        uint64_t *e = &table[index_of(g, level)];

        if (!(READ_ONCE(*e) & EPT_RWX))
            return NULL;
        if (is_leaf(*e, level))
            return e;
        table = table_of(*e);
    }
}

void ept_take_dirty(struct domain *d, gfn_t g, uint32_t n, uint8_t *bits)
{
    uint64_t *e, *last = NULL, was = 0;

    memset(bits, 0, (n + 7) / 8);
    for (uint32_t i = 0; i < n; i++) {
        e = in_range(gfn(g.n + i), 0) ? leaf_of(d, gfn(g.n + i)) : NULL;
        if (e && e != last)
            was = vmx.ept_vpid & VMX_EPT_AD
                      ? __atomic_fetch_and(e, ~EPT_DIRTY, __ATOMIC_SEQ_CST) : EPT_DIRTY;
        if (e && (was & EPT_DIRTY))
            bits[i / 8] |= 1U << i % 8;
        last = e;
    }
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
            *access = e & EPT_RWX;
            return true;
        }
        table = table_of(e);
    }
}
