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
#define MOST_TABLES  4096 /* that ept_next() goes through */

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

    ept_set_logs(d, false);
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

static uint64_t to_table(uint64_t *table)
{
    return virt_to_mfn(table).n << PAGE_SHIFT | EPT_RWX | EPT_DIRTY;
}

/* One of a table's entries is dirty or held: so the table is looked at. */
static void mark_table(uint64_t *e)
{
    if (!(READ_ONCE(*e) & EPT_DIRTY))
        __atomic_fetch_or(e, EPT_DIRTY, __ATOMIC_SEQ_CST);
}

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

/* The entry for `g` in its table of `level`, which is about to change; *found is NULL if `make` is not
 * set and there is none. */
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
        mark_table(e);
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
    uint64_t end = g.n + (1UL << order), held = d->arch.hvm->ept.logs ? EPT_HELD : 0;

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
                                held | (level > 1 ? EPT_LEAF : 0), __ATOMIC_SEQ_CST);
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
 * A write makes an entry dirty: the processor does so, or refuses it to a page that is protected. A
 * reader looks at the entries of those tables only whose own entry is dirty. The processor does not make
 * that so: it is known from its log of pages that became dirty (vmx/pml.c), and of refused writes. With
 * neither, every table is looked at.
 *
 * Entries change under mm_lock, but for those bits that whoever writes sets: first in the entry, then in
 * its table's. A reader clears them in the other order.
 */
unsigned ept_logging;

static bool tells_tables(void) { return vmx_uses(VMX_PML) || !tells_dirty(); }

void ept_set_logs(struct domain *d, bool on)
{
    struct ept *ept = &d->arch.hvm->ept;

    if (ept->logs == on)
        return;
    WRITE_ONCE(ept->logs, on);
    __atomic_fetch_add(&ept_logging, on ? 1 : -1, __ATOMIC_SEQ_CST);
}

/* An entry, and that of the table that it is in. */
struct place {
    uint64_t *e, *above;
    unsigned level;
};

/* The entry of a page or larger page for `g`, which may be empty; NULL: there is no table for it. */
static uint64_t *find(const struct domain *d, gfn_t g, struct place *p)
{
    uint64_t *table = d->arch.hvm->ept.root;

    p->e = NULL;
    if (!in_range(g, 0))
        return NULL;
    for (p->level = LEVELS;; p->level--) {
        uint64_t *e = &table[index_of(g, p->level)], value = READ_ONCE(*e);

        p->above = p->e;
        p->e = e;
        if (p->level == 1)
            return e;
        if (!(value & EPT_RWX))
            return p->e = NULL;
        if (is_leaf(value, p->level))
            return e;
        table = table_of(value);
    }
}

static bool has_news(uint64_t table) { return !tells_tables() || (table & EPT_DIRTY); }

uint64_t ept_next(const struct domain *d, gfn_t g, uint64_t end, bool news)
{
    for (unsigned n = 0; n < MOST_TABLES && g.n < end; n++) {
        uint64_t *table = d->arch.hvm->ept.root, e = 0;
        unsigned level;

        for (level = LEVELS; level > 1; level--) {
            e = READ_ONCE(table[index_of(g, level)]);
            if (!(e & EPT_RWX))
                break;
            if (is_leaf(e, level))
                return g.n;
            if (level == 2 && news && !has_news(e))
                break;
            table = table_of(e);
        }
        if (level == 1)
            return g.n;
        g.n = (g.n | ((1UL << shift_of(level)) - 1)) + 1;
    }
    return g.n;
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

/* An entry stays held as long as others may write: who begins to while it is being looked at is seen
 * here, or sets it again. */
static bool take_held(struct place *p, bool clean, uint64_t since)
{
    if (clean)
        __atomic_fetch_and(p->e, ~EPT_HELD, __ATOMIC_SEQ_CST);
    if (!others_wrote(READ_ONCE(*p->e), since))
        return false;
    if (clean)
        __atomic_fetch_or(p->e, EPT_HELD, __ATOMIC_SEQ_CST);
    mark_table(p->above);
    return true;
}

/* There is nothing to be taken from most entries of a table. */
static uint64_t worth_a_look(enum ept_reader who)
{
    return who == EPT_SCREEN && !tells_dirty() ? EPT_RWX : EPT_DIRTY | EPT_HELD | EPT_TAKEN(who);
}

unsigned ept_take_dirty(struct domain *d, gfn_t g, uint32_t n, uint8_t *bits, enum ept_reader who,
                        bool clean, uint64_t since)
{
    struct place p = { .e = NULL };
    uint64_t *last = NULL, was = 0, worth = worth_a_look(who);
    unsigned found = 0;

    memset(bits, 0, (n + 7) / 8);
    for (uint32_t i = 0; i < n; i++) {
        gfn_t at = gfn(g.n + i);

        if (!i || !index_of(at, 1)) {
            find(d, at, &p);
            if (who == EPT_LOG && clean && p.e && p.level == 1 && n == ENTRIES)
                __atomic_fetch_and(p.above, ~EPT_DIRTY, __ATOMIC_SEQ_CST);
        } else if (p.e && p.level == 1) {
            p.e++;
        }
        if (!p.e || (p.e != last && !(READ_ONCE(*p.e) & worth)))
            continue;
        if (p.e != last)
            was = take(p.e, who, clean);
        last = p.e;
        if ((who == EPT_LOG && (*p.e & EPT_HELD) && take_held(&p, clean, since)) || was) {
            bits[i / 8] |= 1U << i % 8;
            found++;
        }
    }
    return found;
}

void ept_mark_dirty(struct domain *d, gfn_t g)
{
    struct place p;

    if (!find(d, g, &p))
        return;
    __atomic_fetch_or(p.e, EPT_DIRTY, __ATOMIC_SEQ_CST);
    if (p.level == 1)
        mark_table(p.above);
}

void ept_mark_tables(struct domain *d, const uint64_t *addresses, unsigned n)
{
    uint64_t last = ~0UL;

    for (unsigned i = 0; i < n; i++) {
        gfn_t g = gfn(addresses[i] >> PAGE_SHIFT);
        struct place p;

        if (g.n >> ENTRY_BITS == last)
            continue;
        last = g.n >> ENTRY_BITS;
        if (find(d, g, &p) && p.level == 1)
            mark_table(p.above);
    }
}

/* If the frame is elsewhere meanwhile, whoever has put it there has set this. */
void ept_mark_held(const struct page *pg)
{
    struct domain *d = domain_lookup(page_owner_id(pg));
    mfn_t m = page_to_mfn(pg);
    struct place p;
    uint64_t old;

    if (!d || !is_hvm_domain(d) || !find(d, gfn(get_m2p(m).n), &p) || p.level != 1)
        return;
    old = READ_ONCE(*p.e);
    do {
        if (!(old & EPT_RWX) || (old & EPT_MFN_MASK) != m.n << PAGE_SHIFT)
            return;
    } while (!(old & EPT_HELD) && !try_cmpxchg(p.e, &old, old | EPT_HELD));
    mark_table(p.above);
}

static void log_entry(uint64_t *e, bool on, uint64_t since)
{
    if (on) {
        take(e, EPT_LOG, true);
        if (others_wrote(READ_ONCE(*e), since))
            __atomic_fetch_or(e, EPT_HELD, __ATOMIC_SEQ_CST);
    } else if (!(*e & EPT_RWX)) {
        *e = 0;
    } else {
        change(e, EPT_TAKEN(EPT_LOG) | EPT_PROTECTED | EPT_HELD,
               *e & EPT_PROTECTED ? EPT_WRITE : 0);
    }
}

int ept_log(struct domain *d, gfn_t g, bool on, uint64_t since)
{
    struct place p;
    uint64_t *e;
    int rc = on ? entry_at(d, g, 1, false, &e) : 0;

    if (rc || !find(d, g, &p))
        return rc;
    for (unsigned i = 0; i < (p.level == 1 ? ENTRIES : 1); i++)
        log_entry(p.e + i, on, since);
    return 0;
}

bool ept_unprotect(struct domain *d, gfn_t g)
{
    struct place p;
    uint64_t old = find(d, g, &p) ? READ_ONCE(*p.e) : 0;

    do {
        if (!(old & EPT_PROTECTED))
            return false;
    } while (!try_cmpxchg(p.e, &old, (old & ~EPT_PROTECTED) | EPT_WRITE | EPT_DIRTY));
    if (p.level == 1)
        mark_table(p.above);
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
