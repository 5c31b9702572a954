/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pinning holds a page as a table of one level (MMUEXT_PIN_Ln_TABLE): validated with all it names,
 * recursively. Here a tree L4 > L3 > L2 > L1 > page is built from scratch, pinned at the top, used
 * as the address space, and taken down in every order: top first, bottom pinned on its own, pinned
 * twice, unpinned twice, while in use as the base.
 */
#include <guest.h>

static uint64_t *l1, *l2, *l3, *l4;
static uint8_t *page;
#define TEST_SLOT 5
#define TEST_VA ((uint64_t)TEST_SLOT << 39)

static void build(void)
{
    page = page_alloc();
    l1 = page_alloc();
    l2 = page_alloc();
    l3 = page_alloc();
    l4 = page_alloc();
    l1[0] = virt_to_mfn(page) << 12 | PTE_RW;
    l2[0] = virt_to_mfn(l1) << 12 | PTE_RW;
    l3[0] = virt_to_mfn(l2) << 12 | PTE_RW;
    l4[TEST_SLOT] = virt_to_mfn(l3) << 12 | PTE_RW;
    l4[511] = ((uint64_t *)start_info->pt_base)[511];
    CHECK_EQ(page_protect(l1, PTE_RO), 0);
    CHECK_EQ(page_protect(l2, PTE_RO), 0);
    CHECK_EQ(page_protect(l3, PTE_RO), 0);
    CHECK_EQ(page_protect(l4, PTE_RO), 0);
}

static void take_down(void)
{
    CHECK_EQ(page_protect(l4, PTE_RW), 0);
    CHECK_EQ(page_protect(l3, PTE_RW), 0);
    CHECK_EQ(page_protect(l2, PTE_RW), 0);
    CHECK_EQ(page_protect(l1, PTE_RW), 0);
    page_free(l1);
    page_free(l2);
    page_free(l3);
    page_free(l4);
    page_free(page);
}

static void check_use(void)
{
    uint64_t mfn = virt_to_mfn(l4);

    CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, mfn, 0), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, mfn, 0), -XEN_EINVAL); /* twice */
    CHECK_EQ(mmuext(MMUEXT_NEW_BASEPTR, mfn, 0), 0);
    *(volatile uint32_t *)TEST_VA = 0x12345;
    CHECK_EQ(*(uint32_t *)page, 0x12345);
    CHECK(can_read((void *)MACH2PHYS_VIRT_START)); /* the hypervisor's slots came along */
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0); /* in use as base all the same */
    CHECK_EQ(*(volatile uint32_t *)TEST_VA, 0x12345);
    CHECK(page_protect(l4, PTE_RW) < 0);
    CHECK(page_protect(l1, PTE_RW) < 0);
    CHECK_EQ(mmuext(MMUEXT_NEW_BASEPTR, top_table_mfn(), 0), 0);
    CHECK(!can_read((void *)TEST_VA));
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), -XEN_EINVAL);
}

/* The lower table stays one when the upper is gone, if it is pinned itself. */
static void check_orders(void)
{
    CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(l1), 0), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L3_TABLE, virt_to_mfn(l3), 0), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4), 0), 0);
    CHECK(page_protect(l2, PTE_RW) < 0);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l4), 0), 0);
    CHECK(page_protect(l3, PTE_RW) < 0);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l3), 0), 0);
    CHECK_EQ(page_protect(l2, PTE_RW), 0);
    CHECK(page_protect(l1, PTE_RW) < 0);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l1), 0), 0);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l2), 0), -XEN_EINVAL);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, ~0UL, 0), -XEN_EINVAL);
    CHECK(mmuext(MMUEXT_PIN_L1_TABLE, ~0UL, 0) < 0);
}

/* Entries of a pinned, unused tree can be changed; what they name is let go or taken. */
static void check_updates(void)
{
    CHECK_EQ(page_protect(l2, PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4), 0), 0);
    CHECK_EQ(pte_write(virt_to_mfn(l2) << 12, 0), 0);
    CHECK_EQ(page_protect(l1, PTE_RW), 0); /* nobody names it now */
    CHECK(pte_write(virt_to_mfn(l2) << 12, virt_to_mfn(l1) << 12 | PTE_RW) < 0);
    CHECK_EQ(page_protect(l1, PTE_RO), 0);
    CHECK_EQ(pte_write(virt_to_mfn(l2) << 12, virt_to_mfn(l1) << 12 | PTE_RW), 0);
    CHECK_EQ(pte_write(virt_to_mfn(l2) << 12, virt_to_mfn(l1) << 12 | PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l4), 0), 0);
}

GUEST_TEST("pin and unpin a tree in every order")
{
    build();
    check_use();
    check_orders();
    check_updates();
    take_down();
}
