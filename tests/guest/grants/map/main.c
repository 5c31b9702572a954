/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mapping grants, from the domain to itself by its real id (DOMID_SELF is refused for mappings):
 * writable, read-only, by linear address and by the machine address of a page-table entry, twice,
 * and the marks that the hypervisor sets in the entry (GTF_reading, GTF_writing) and takes away. A
 * mapping that is gone faults. unmap_and_replace puts another mapping in its place.
 */
#include <guest.h>

#define REF 10

static uint8_t *page, *window, *second;

static gnttab_map_grant_ref_t map(uint64_t at, uint32_t flags, grant_ref_t ref)
{
    gnttab_map_grant_ref_t arg = {.host_addr = at, .flags = flags, .ref = ref,
                                  .dom = own_domid(), .status = 99};

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, &arg, 1), 0);
    return arg;
}

static int16_t unmap_grant(uint64_t at, grant_handle_t handle)
{
    gnttab_unmap_grant_ref_t arg = {.host_addr = at, .handle = handle, .status = 99};

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &arg, 1), 0);
    return arg.status;
}

static void check_writable(void)
{
    gnttab_map_grant_ref_t m;

    grant(REF, page, own_domid(), 0);
    m = map((uint64_t)window, GNTMAP_host_map, REF);
    CHECK_EQ(m.status, GNTST_okay);
    CHECK_EQ(m.dev_bus_addr, virt_to_mfn(page) << 12);
    CHECK_EQ(grant_table()[REF].flags & (GTF_reading | GTF_writing), GTF_reading | GTF_writing);
    window[9] = 0x77;
    CHECK_EQ(page[9], 0x77);
    CHECK(!grant_end(REF));
    CHECK_EQ(unmap_grant((uint64_t)window, m.handle), GNTST_okay);
    CHECK(!can_read(window));
    CHECK_EQ(grant_table()[REF].flags, GTF_permit_access);
    CHECK_EQ(unmap_grant((uint64_t)window, m.handle), GNTST_bad_handle);
    CHECK(grant_end(REF));
}

static void check_read_only(void)
{
    gnttab_map_grant_ref_t m;

    grant(REF, page, own_domid(), GTF_readonly);
    m = map((uint64_t)window, GNTMAP_host_map, REF);
    CHECK_EQ(m.status, GNTST_general_error); /* not to be written */
    m = map((uint64_t)window, GNTMAP_host_map | GNTMAP_readonly, REF);
    CHECK_EQ(m.status, GNTST_okay);
    CHECK_EQ(grant_table()[REF].flags & (GTF_reading | GTF_writing), GTF_reading);
    CHECK(can_read(window) && !can_write(window));
    CHECK_EQ(unmap_grant((uint64_t)window, m.handle), GNTST_okay);
    CHECK(grant_end(REF));
}

static void check_by_entry(void)
{
    uint64_t entry = entry_maddr(window, 1);
    gnttab_map_grant_ref_t m;

    grant(REF, page, own_domid(), 0);
    m = map(entry, GNTMAP_host_map | GNTMAP_contains_pte, REF);
    CHECK_EQ(m.status, GNTST_okay);
    CHECK(can_write(window));
    CHECK_EQ(unmap_grant(entry, m.handle), GNTST_okay);
    CHECK(!can_read(window));
    m = map(entry + 4, GNTMAP_host_map | GNTMAP_contains_pte, REF); /* advisory 227 */
    CHECK_EQ(m.status, GNTST_general_error);
    m = map(virt_to_mfn(page) << 12, GNTMAP_host_map | GNTMAP_contains_pte, REF);
    CHECK(m.status < 0); /* not a page table */
    CHECK(grant_end(REF));
}

static void check_twice(void)
{
    gnttab_map_grant_ref_t a, b;

    grant(REF, page, own_domid(), 0);
    a = map((uint64_t)window, GNTMAP_host_map, REF);
    b = map((uint64_t)second, GNTMAP_host_map | GNTMAP_readonly, REF);
    CHECK(!a.status && !b.status && a.handle != b.handle);
    CHECK(unmap_grant((uint64_t)second, a.handle) < 0); /* not where it is */
    CHECK_EQ(unmap_grant((uint64_t)window, a.handle), GNTST_okay);
    CHECK_EQ(grant_table()[REF].flags & (GTF_reading | GTF_writing), GTF_reading);
    CHECK_EQ(unmap_grant((uint64_t)second, b.handle), GNTST_okay);
    CHECK(grant_end(REF));
}

static void check_replace(void)
{
    gnttab_map_grant_ref_t m;
    gnttab_unmap_and_replace_t arg;
    uint8_t *other = page_alloc();

    *other = 0x42;
    grant(REF, page, own_domid(), 0);
    m = map((uint64_t)window, GNTMAP_host_map, REF);
    CHECK_EQ(map_mfn(second, virt_to_mfn(other), PTE_RW), 0);
    arg = (gnttab_unmap_and_replace_t){.host_addr = (uint64_t)window,
                                       .new_addr = (uint64_t)second, .handle = m.handle};
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_and_replace, &arg, 1), 0);
    CHECK_EQ(arg.status, GNTST_okay);
    CHECK_EQ(*window, 0x42);
    CHECK(!can_read(second));
    CHECK(grant_end(REF));
    unmap(window);
    page_free(other);
}

GUEST_TEST("grants: map and unmap")
{
    page = page_alloc();
    window = window_alloc();
    second = window_alloc();
    check_writable();
    check_read_only();
    check_by_entry();
    check_twice();
    check_replace();
    window_free(second);
    window_free(window);
    page_free(page);
}
