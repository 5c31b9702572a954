/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSA-148 and XSA-182 (rows 1 and 2): an update that leaves the frame as it is took a short way,
 * which did not look at all bits. So a guest set PSE in an L2 entry and had its own page tables in
 * a writable superpage; or made a read-only mapping of a table writable together with a bit that
 * was thought harmless.
 *
 * Here: every bit that an upper entry may not have, added to an entry that stands, by each kind of
 * mmu_update; and a read-only mapping of a table of each level made writable, alone and together
 * with each harmless bit, by each way to write an L1 entry. Refused, and the entry stays as it was.
 */
#include <guest.h>

#define TEST_SLOT 6

static uint64_t *tables[5]; /* by level; [0] is the page that the L1 maps */

static void build(void)
{
    for (int level = 0; level <= 4; level++)
        tables[level] = page_alloc();
    for (int level = 1; level <= 4; level++) {
        tables[level][TEST_SLOT] = virt_to_mfn(tables[level - 1]) << 12 | PTE_RW;
        CHECK_EQ(page_protect(tables[level], PTE_RO), 0);
    }
    CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(tables[4]), 0), 0);
}

static void take_down(void)
{
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(tables[4]), 0), 0);
    for (int level = 4; level >= 0; level--) {
        CHECK_EQ(page_protect(tables[level], PTE_RW), 0);
        page_free(tables[level]);
    }
}

static void refused(uint64_t maddr, const volatile uint64_t *entry, uint64_t value)
{
    uint64_t before = *entry;

    for (unsigned kind = 0; kind < 4; kind++) { /* as mmu_update's commands */
        mmu_update_t request = {maddr | kind, value};

        if (kind == MMU_MACHPHYS_UPDATE)
            continue;
        if (hyp_mmu_update(&request, 1, NULL, DOMID_SELF) >= 0 || *entry != before)
            failure("update %u of %lx with %lx: now %lx", kind, before, value, *entry);
    }
}

static void check_upper(int level)
{
    static const uint64_t bits[] = {PTE_PSE, PTE_PCD, PTE_PWT, PTE_G, PTE_PSE | PTE_AVL,
                                    PTE_PSE | PTE_NX, 1UL << 59, 1UL << 62};
    uint64_t maddr = virt_to_mfn(tables[level]) << 12 | TEST_SLOT * 8;

    for (unsigned i = 0; i < ARRAY_SIZE(bits); i++)
        refused(maddr, &tables[level][TEST_SLOT], tables[level][TEST_SLOT] | bits[i]);
    CHECK_EQ(pte_write(maddr, tables[level][TEST_SLOT] ^ PTE_AVL), 0); /* these may change */
    CHECK_EQ(pte_write(maddr, tables[level][TEST_SLOT] ^ PTE_NX), 0);
}

static void store(volatile uint64_t *entry, uint64_t value)
{
    *entry = value;
}

static void check_writable(int level)
{
    static const uint64_t with[] = {0, PTE_AVL, PTE_NX, 1UL << 52, PTE_AVL | PTE_NX};
    uint8_t *window = window_alloc();
    volatile uint64_t *entry = entry_of(window, 1);
    uint64_t maddr = entry_maddr(window, 1), before;

    CHECK_EQ(map_mfn(window, virt_to_mfn(tables[level]), PTE_RO), 0);
    before = *entry;
    for (unsigned i = 0; i < ARRAY_SIZE(with); i++) {
        uint64_t value = (before | PTE_W | PTE_D) ^ with[i];

        refused(maddr, entry, value);
        CHECK(hyp_update_va_mapping((uint64_t)window, value, UVMF_INVLPG) < 0);
        CHECK_FAULT(FAULT(VEC_PF, PF_PROT | PF_WRITE), store(entry, value));
        CHECK_FAULT(FAULT(VEC_PF, PF_PROT | PF_WRITE),
                    asm volatile("lock orq %1, %0" : "+m"(*entry) : "r"(value)));
        CHECK_FAULT(FAULT(VEC_PF, PF_PROT | PF_WRITE),
                    asm volatile("lock btsq $1, %0" : "+m"(*entry)));
    }
    CHECK_EQ(*entry & ~(PTE_A | PTE_D), before & ~(PTE_A | PTE_D));
    if (level > 1) /* a store to an L1 is carried out, after a check */
        CHECK_FAULT(FAULT(VEC_PF, PF_PROT | PF_WRITE), store((uint64_t *)window, 0));
    window_free(window);
}

GUEST_TEST("XSA-148, 182: bits of an entry whose frame stays")
{
    build();
    for (int level = 2; level <= 4; level++)
        check_upper(level);
    for (int level = 1; level <= 4; level++)
        check_writable(level);
    take_down();
}
