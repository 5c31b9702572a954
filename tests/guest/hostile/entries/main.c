/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a page-table entry may say, as one table: entries of each level, naming a frame of each kind
 * (an ordinary page, a table of each level, the table itself, a descriptor table, the guest's
 * shared pages, a frame of the hypervisor's, of nobody), with each flag; written by mmu_update into
 * a table that is pinned, found in a page that is to be pinned, and for L1 tables written by
 * update_va_mapping and by a plain store, which is emulated.
 *
 * Expected: an L1 entry maps what is the guest's own, writable only what is no table, uncached only
 * for Dom0, which has devices; an entry
 * above names a table of the next lower level, without a size, cache, global or protection-key bit.
 * All else is refused: no superpages, no tables that name themselves or each other in a circle. All
 * ways in agree, and every page is an ordinary one afterwards.
 */
#include <guest.h>

#define SLOT 7
#define PKEY (1UL << 59)
#define CACHE (PTE_PWT | PTE_PCD | PTE_PSE) /* of an L1 entry, where PSE means another bit */

enum target { PLAIN, TABLE_1, TABLE_2, TABLE_3, TABLE_4, SELF, GDT, SHARED, GRANTS, HYPERVISOR,
              NOBODY, NR_TARGETS };

static const char *const target_names[] = {"a plain page", "an L1", "an L2", "an L3", "an L4",
                                           "itself", "a GDT", "shared_info", "a grant table",
                                           "the hypervisor's frame", "nobody's frame"};

static const uint64_t flags[] = {
    PTE_RW, PTE_RO, PTE_P, PTE_RW | PTE_NX, PTE_RW | PTE_AVL, PTE_RW | 1UL << 52,
    PTE_RW | PTE_PWT, PTE_RW | PTE_PCD, PTE_RW | PTE_PSE, PTE_RO | PTE_PSE, PTE_RW | PTE_G,
    PTE_RW | PKEY, PTE_RO | PKEY << 3,
};

static uint64_t targets[NR_TARGETS];
static uint64_t *plain, *tables[5], *gdt; /* tables[level]: pinned and empty */
static uint64_t *page; /* the table whose entry is tried */
static uint8_t *window;

static bool expected(unsigned level, enum target target, uint64_t flag)
{
    if (flag & (15 * PKEY))
        return false;
    if (level > 1)
        return (int)target == TABLE_1 + (int)level - 2 &&
               !(flag & (PTE_PSE | PTE_PWT | PTE_PCD | PTE_G));
    if (target == HYPERVISOR || target == NOBODY)
        return false;
    if ((flag & CACHE) && !is_dom0())
        return false;
    return !(flag & PTE_W) || target == PLAIN || target == SHARED || target == GRANTS;
}

static uint64_t entry_for(enum target target, uint64_t flag)
{
    return (target == SELF ? virt_to_mfn(page) : targets[target]) << 12 | flag;
}

/* ---- the ways in: 0 if the entry was let in, and taken back */

static long pin(unsigned level)
{
    return mmuext(MMUEXT_PIN_L1_TABLE + level - 1, virt_to_mfn(page), 0);
}

static long unpin(void)
{
    return mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page), 0);
}

static long by_pin(unsigned level, uint64_t entry)
{
    long rc;

    CHECK_EQ(page_protect(page, PTE_RW), 0);
    page[SLOT] = entry;
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    rc = pin(level);
    if (!rc)
        CHECK_EQ(unpin(), 0);
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    page[SLOT] = 0;
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    return rc;
}

static long by_update(unsigned level, uint64_t entry)
{
    uint64_t maddr = virt_to_mfn(page) << 12 | SLOT * 8;
    long rc;

    CHECK_EQ(pin(level), 0);
    rc = pte_write(maddr, entry);
    if (!rc)
        CHECK_EQ(pte_write(maddr, 0), 0);
    CHECK_EQ(page[SLOT], 0);
    CHECK_EQ(unpin(), 0);
    return rc;
}

static long by_store(unsigned level, uint64_t entry)
{
    volatile uint64_t *at = &page[SLOT];
    uint64_t fault;

    CHECK_EQ(pin(level), 0);
    fault = FAULT_OF(*at = entry);
    if (fault == NO_FAULT)
        CHECK_FAULT(NO_FAULT, *at = 0);
    CHECK_EQ(*at, 0);
    CHECK_EQ(unpin(), 0);
    return fault == NO_FAULT ? 0 : -XEN_EFAULT;
}

/* Into the table of this address space, which is never the one that is tried. */
static long by_va_mapping(unsigned level, uint64_t entry)
{
    long rc = hyp_update_va_mapping((uint64_t)window, entry, UVMF_INVLPG);

    (void)level;
    if (!rc)
        CHECK_EQ(unmap(window), 0);
    return rc;
}

static const struct way {
    const char *name;
    unsigned levels; /* 1 to this one */
    long (*run)(unsigned level, uint64_t entry);
} ways[] = {
    {"pin", 4, by_pin},
    {"mmu_update", 4, by_update},
    {"store", 1, by_store},
    {"update_va_mapping", 1, by_va_mapping},
};

static void try_entry(unsigned level, enum target target, uint64_t flag)
{
    uint64_t entry = entry_for(target, flag);
    bool good = expected(level, target, flag);

    for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
        /* not a table while update_va_mapping is tried: it may be mapped as the page it is */
        if (level > ways[i].levels || (target == SELF && ways[i].run == by_va_mapping))
            continue;
        if ((ways[i].run(level, entry) == 0) != good)
            failure("L%u entry that names %s, flags %lx, by %s: %s", level, target_names[target],
                    flag, ways[i].name, good ? "refused" : "let in");
    }
}

static void make_targets(void)
{
    plain = page_alloc();
    gdt = page_alloc();
    page = page_alloc();
    window = window_alloc();
    for (unsigned level = 1; level <= 4; level++) {
        tables[level] = page_alloc();
        CHECK_EQ(page_protect(tables[level], PTE_RO), 0);
        targets[TABLE_1 + level - 1] = virt_to_mfn(tables[level]);
        CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE + level - 1, virt_to_mfn(tables[level]), 0), 0);
    }
    CHECK_EQ(page_protect(gdt, PTE_RO), 0);
    targets[PLAIN] = virt_to_mfn(plain);
    targets[GDT] = virt_to_mfn(gdt);
    CHECK_EQ(hyp_set_gdt(&targets[GDT], 512), 0);
    targets[SHARED] = start_info->shared_info >> 12;
    targets[GRANTS] = (*entry_of(grant_table(), 1) & PTE_MFN) >> 12;
    targets[NOBODY] = 1UL << 39;
    CHECK_EQ(page_protect(page, PTE_RO), 0);
}

/* A frame of the hypervisor's own: one that its own entries of the top table name. */
static void find_hypervisor(void)
{
    const uint64_t *l4 = (const uint64_t *)start_info->pt_base;

    for (unsigned i = 257; i < 272 && !targets[HYPERVISOR]; i++)
        if (l4[i] & PTE_P)
            targets[HYPERVISOR] = (l4[i] & PTE_MFN) >> 12;
    CHECK(targets[HYPERVISOR] != 0);
}

static void end_targets(void)
{
    CHECK_EQ(hyp_set_gdt(NULL, 0), 0);
    for (unsigned level = 1; level <= 4; level++) {
        CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(tables[level]), 0), 0);
        CHECK_EQ(page_protect(tables[level], PTE_RW), 0);
        page_free(tables[level]);
    }
    CHECK_EQ(page_protect(gdt, PTE_RW), 0);
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    page_free(gdt);
    page_free(page);
    page_free(plain);
    window_free(window);
}

GUEST_TEST("entries of every level, naming everything, with every flag")
{
    make_targets();
    find_hypervisor();
    for (unsigned level = 1; level <= 4; level++)
        for (unsigned target = 0; target < NR_TARGETS; target++)
            for (unsigned i = 0; i < ARRAY_SIZE(flags); i++)
                try_entry(level, target, flags[i]);
    end_targets();
}
