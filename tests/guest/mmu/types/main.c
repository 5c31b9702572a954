/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rule that all PV memory safety hangs on: a page is at any time a page table of one level, a
 * segment page, or writable, never two of them.
 *
 * Attempts to break it: a page table mapped writable (at L1, and its own recursively at every
 * level), a page pinned as two levels, a page pinned while mapped writable, superpages, entries
 * with reserved bits, an L2 that names an ordinary writable page, hypervisor slots of an L4
 * overwritten, read-only linear (self-referencing) mappings, which are allowed for Dom0 and must
 * not be writable. Everything is refused and every page is usable afterwards.
 */
#include <guest.h>

static void check_table_not_writable(void)
{
    uint8_t *window = window_alloc();

    for (int level = 1; level <= 4; level++) {
        uint64_t mfn = entry_maddr(window, level) >> 12;

        CHECK(map_mfn(window, mfn, PTE_RW) < 0);
        CHECK_EQ(map_mfn(window, mfn, PTE_RO), 0);
        CHECK(!can_write(window) || level == 1);
        CHECK_EQ(unmap(window), 0);
    }
    window_free(window);
}

/* A table must be mapped read-only before it is one, and writable only after. */
static void check_exclusive(void)
{
    uint8_t *page = page_alloc();
    uint64_t mfn = virt_to_mfn(page);

    CHECK(mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0) < 0);
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0), 0);
    CHECK(page_protect(page, PTE_RW) < 0);
    CHECK(mmuext(MMUEXT_PIN_L2_TABLE, mfn, 0) < 0);
    CHECK(mmuext(MMUEXT_PIN_L3_TABLE, mfn, 0) < 0);
    CHECK(mmuext(MMUEXT_PIN_L4_TABLE, mfn, 0) < 0);
    CHECK_EQ(mmuext(MMUEXT_CLEAR_PAGE, mfn, 0), -XEN_EINVAL);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0);
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    CHECK(can_write(page));
    page_free(page);
}

/* A table with a bad entry is not accepted, and is an ordinary page afterwards. */
static void check_bad_content(unsigned pin, uint64_t entry, int line)
{
    uint64_t *page = page_alloc();

    page[7] = entry;
    page_protect(page, PTE_RO);
    if (mmuext(pin, virt_to_mfn(page), 0) >= 0)
        report(STATUS_FAILURE, __FILE__, line, "accepted as a table: %lx", entry);
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    CHECK_EQ(page[7], entry);
    page_free(page);
}

static void check_contents(void)
{
    uint8_t *other = page_alloc();
    uint64_t mfn = virt_to_mfn(other) << 12;
    uint64_t l1 = entry_maddr(other, 1) & ~0xfffUL, l4 = top_table_mfn() << 12;

    check_bad_content(MMUEXT_PIN_L1_TABLE, l1 | PTE_RW, __LINE__);
    check_bad_content(MMUEXT_PIN_L1_TABLE, l4 | PTE_RW, __LINE__);
    check_bad_content(MMUEXT_PIN_L1_TABLE, 1UL << 50 | PTE_RW, __LINE__);
    check_bad_content(MMUEXT_PIN_L2_TABLE, mfn | PTE_RW, __LINE__); /* writable, no L1 */
    check_bad_content(MMUEXT_PIN_L2_TABLE, mfn | PTE_RW | PTE_PSE, __LINE__);
    check_bad_content(MMUEXT_PIN_L2_TABLE, l4 | PTE_RW, __LINE__);
    check_bad_content(MMUEXT_PIN_L2_TABLE, l1 | PTE_RW | PTE_PCD, __LINE__);
    check_bad_content(MMUEXT_PIN_L2_TABLE, l1 | PTE_RW | PTE_PWT, __LINE__);
    check_bad_content(MMUEXT_PIN_L2_TABLE, l1 | PTE_RW | PTE_G, __LINE__);
    check_bad_content(MMUEXT_PIN_L3_TABLE, l1 | PTE_RW, __LINE__);
    check_bad_content(MMUEXT_PIN_L3_TABLE, mfn | PTE_RW | PTE_PSE, __LINE__);
    check_bad_content(MMUEXT_PIN_L4_TABLE, l1 | PTE_RW, __LINE__);
    check_bad_content(MMUEXT_PIN_L4_TABLE, mfn | PTE_RW | PTE_PSE, __LINE__);
    page_free(other);
}

/* Live tables: superpages, changed permissions, hypervisor slots. */
static void check_live(void)
{
    uint8_t *window = window_alloc();
    uint64_t l4 = top_table_mfn() << 12;

    CHECK(pte_write(entry_maddr(window, 2), PTE_RW | PTE_PSE) < 0);
    CHECK(pte_write(entry_maddr(window, 3), PTE_RW | PTE_PSE) < 0);
    CHECK(pte_write(l4 + 256 * 8, l4 | PTE_RW) < 0);
    CHECK(pte_write(l4 + 256 * 8, 0) < 0);
    CHECK(pte_write(l4 + 271 * 8, 0) < 0);
    CHECK(pte_write(l4 + 300 * 8, l4 | PTE_RW) < 0); /* a writable linear map */
    CHECK(pte_write(l4 + 300 * 8, l4 | PTE_RW | 1UL << 52) < 0);
    window_free(window);
}

/* Some hypervisors let an L4 name itself read-only; if so, nothing can be written through it. */
static void check_linear(void)
{
    uint64_t l4 = top_table_mfn() << 12;
    uint64_t va = 300UL << 39 | 0xffffUL << 48;

    if (pte_write(l4 + 300 * 8, l4 | PTE_RO)) {
        printk("linear page tables are refused here\n");
        return;
    }
    va |= 300UL << 30 | 300UL << 21 | 300UL << 12;
    CHECK(can_read((void *)va));
    CHECK(!can_write((void *)va));
    CHECK(pte_write(l4 + 300 * 8, l4 | PTE_RW) < 0);
    CHECK_EQ(pte_write(l4 + 300 * 8, 0), 0);
}

GUEST_TEST("page types: a page is never two things")
{
    check_table_not_writable();
    check_exclusive();
    check_contents();
    check_live();
    check_linear();
}
