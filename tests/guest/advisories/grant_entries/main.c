/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings by the machine address of a page-table entry, and what an unmap takes for granted:
 * XSA-227 (row 17): the address was not checked for its alignment, so a mapping could be written
 * across two entries. XSA-234 (row 18): the handle of a read-only mapping, used where a writable
 * one stands, dropped a reference that it did not have. XSA-316 (row 21): an error of a mapping was
 * answered as a positive number, which backends take for success.
 *
 * Here: every address that is not that of an L1 entry of the caller's, for map and for unmap; each
 * handle where the other's mapping stands. All answers are negative, no entry of the table changes,
 * no mark stays, and the page can become a table: nobody holds it writable.
 */
#include <guest.h>

#define REF 30

static uint8_t *page, *window, *second;

static int16_t map(uint64_t at, uint32_t flags, grant_handle_t *handle)
{
    gnttab_map_grant_ref_t arg = {.host_addr = at, .flags = GNTMAP_host_map | flags, .ref = REF,
                                  .dom = own_domid(), .status = 99};

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, &arg, 1), 0);
    *handle = arg.handle;
    return arg.status;
}

static int16_t unmap_grant(uint64_t at, grant_handle_t handle)
{
    gnttab_unmap_grant_ref_t arg = {.host_addr = at, .handle = handle, .status = 99};

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &arg, 1), 0);
    return arg.status;
}

/* Nobody holds the page: it can be a table. */
static void check_free(void)
{
    CHECK(grant_end(REF));
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page), 0), 0);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page), 0), 0);
    CHECK_EQ(page_protect(page, PTE_RW), 0);
}

static void check_addresses(void)
{
    uint64_t entry = entry_maddr(window, 1), before[512];
    const uint64_t *table = (uint64_t *)((uint64_t)entry_of(window, 1) & PAGE_MASK);
    const uint64_t wrong[] = {entry + 1, entry + 2, entry + 4, entry + 7, (entry | 0xfff) - 3,
                              entry | 0xfff, entry_maddr(window, 2), entry_maddr(window, 4),
                              virt_to_mfn(page) << 12, 0, ~7UL, 1UL << 51,
                              top_table_mfn() << 12 | 256 * 8};
    grant_handle_t handle;

    grant(REF, page, own_domid(), 0);
    memcpy(before, table, sizeof(before));
    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++)
        CHECK(map(wrong[i], GNTMAP_contains_pte, &handle) < 0);
    CHECK(!memcmp(before, table, sizeof(before)));
    CHECK_EQ(map(entry, GNTMAP_contains_pte, &handle), GNTST_okay);
    memcpy(before, table, sizeof(before));
    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++)
        CHECK(unmap_grant(wrong[i], handle) < 0);
    CHECK(!memcmp(before, table, sizeof(before)));
    CHECK_EQ(unmap_grant(entry, handle), GNTST_okay);
    check_free();
}

/* Writable in the window, read-only in the second; each handle at the other's place. */
static void check_access(void)
{
    grant_handle_t writable, readable;

    grant(REF, page, own_domid(), 0);
    CHECK_EQ(map((uint64_t)window, 0, &writable), GNTST_okay);
    CHECK_EQ(map((uint64_t)second, GNTMAP_readonly, &readable), GNTST_okay);
    CHECK(unmap_grant((uint64_t)window, readable) < 0);
    CHECK(unmap_grant((uint64_t)second, writable) < 0);
    CHECK(can_write(window) && can_read(second) && !can_write(second));
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    CHECK(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page), 0) < 0); /* the window may write it */
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    CHECK_EQ(unmap_grant((uint64_t)second, readable), GNTST_okay);
    CHECK_EQ(grant_table()[REF].flags & (GTF_reading | GTF_writing), GTF_reading | GTF_writing);
    CHECK_EQ(unmap_grant((uint64_t)window, writable), GNTST_okay);
    check_free();
}

/* What the guest makes of a mapping by other means is no mapping of the handle's. */
static void check_changed(void)
{
    grant_handle_t handle;

    grant(REF, page, own_domid(), 0);
    CHECK_EQ(map((uint64_t)window, GNTMAP_readonly, &handle), GNTST_okay);
    CHECK_EQ(map_mfn(window, virt_to_mfn(page), PTE_RW), 0); /* it is the guest's own page */
    CHECK(unmap_grant((uint64_t)window, handle) < 0);
    CHECK_EQ(map_mfn(window, virt_to_mfn(page), PTE_RO), 0);
    CHECK_EQ(unmap_grant((uint64_t)window, handle), GNTST_okay);
    check_free();
}

GUEST_TEST("XSA-227, 234, 316: where a grant's mapping stands, and how")
{
    page = page_alloc();
    window = window_alloc();
    second = window_alloc();
    check_addresses();
    check_access();
    check_changed();
    window_free(second);
    window_free(window);
    page_free(page);
}
