/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must not be mapped or unmapped: DOMID_SELF as granter, unknown domains, references beyond
 * the table, not granted, granted to somebody else, of a page that is a page table (writable),
 * handles that were never given, addresses in the hypervisor's range or without a page table. Each
 * has its own status; no mark stays in any entry.
 */
#include <guest.h>

#define REF 12

static uint8_t *page, *window;

static int16_t map(domid_t dom, uint64_t at, uint32_t flags, grant_ref_t ref)
{
    gnttab_map_grant_ref_t arg = {.host_addr = at, .flags = flags, .ref = ref, .dom = dom,
                                  .status = 99};

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, &arg, 1), 0);
    return arg.status;
}

static void check_maps(void)
{
    domid_t me = own_domid();
    uint64_t at = (uint64_t)window;

    grant(REF, page, me, 0);
    CHECK_EQ(map(DOMID_SELF, at, GNTMAP_host_map, REF), GNTST_bad_domain);
    CHECK_EQ(map(0x7000, at, GNTMAP_host_map, REF), GNTST_bad_domain);
    CHECK_EQ(map(me, at, 0, REF), GNTST_bad_gntref);
    CHECK_EQ(map(me, at, GNTMAP_host_map, 10000000), GNTST_bad_gntref);
    CHECK_EQ(map(me, at, GNTMAP_host_map, ~0U), GNTST_bad_gntref);
    CHECK_EQ(map(me, at, GNTMAP_host_map, REF + 1), GNTST_general_error);
    CHECK(map(me, HYPERVISOR_VIRT_START, GNTMAP_host_map, REF) < 0);
    CHECK(map(me, 0x1000, GNTMAP_host_map, REF) < 0);
    CHECK(map(me, 0x8000000000000000UL, GNTMAP_host_map, REF) < 0);
    CHECK_EQ(grant_table()[REF].flags & (GTF_reading | GTF_writing), 0);
    CHECK(grant_end(REF));
}

static void check_grants(void)
{
    domid_t me = own_domid();
    uint64_t at = (uint64_t)window;

    grant(REF, page, me + 1, 0); /* somebody else's */
    CHECK_EQ(map(me, at, GNTMAP_host_map, REF), GNTST_general_error);
    grant_end(REF);
    grant(REF, page, me, 0);
    grant_table()[REF].frame = (uint32_t)top_table_mfn();
    CHECK(map(me, at, GNTMAP_host_map, REF) < 0);
    grant_table()[REF].frame = 0xffffffff;
    CHECK(map(me, at, GNTMAP_host_map, REF) < 0);
    CHECK_EQ(grant_table()[REF].flags & (GTF_reading | GTF_writing), 0);
    grant_table()[REF].flags = GTF_accept_transfer;
    CHECK_EQ(map(me, at, GNTMAP_host_map, REF), GNTST_general_error);
    grant_end(REF);
}

static void check_handles(void)
{
    static const grant_handle_t handles[] = {0, 1, 1000, 0x7fffffff, 0xffffffff};

    for (unsigned i = 0; i < ARRAY_SIZE(handles); i++) {
        gnttab_unmap_grant_ref_t arg = {.host_addr = (uint64_t)window, .handle = handles[i],
                                        .status = 99};

        CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &arg, 1), 0);
        CHECK_EQ(arg.status, GNTST_bad_handle);
    }
}

/* Its handle cannot be told: nothing is mapped, and the granter can end the grant. */
static void check_read_only_result(void)
{
    gnttab_map_grant_ref_t *arg = page_alloc(), *view = window_alloc();

    CHECK_EQ(map_mfn(view, virt_to_mfn(arg), PTE_RO), 0);
    for (unsigned flags = GNTMAP_device_map; flags <= 3; flags++) {
        grant(REF, page, own_domid(), 0);
        *arg = (gnttab_map_grant_ref_t){.host_addr = (uint64_t)window, .flags = flags, .ref = REF,
                                        .dom = own_domid()};
        CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, view, 1), -XEN_EFAULT);
        CHECK_FAULT(FAULT(VEC_PF, 0), (void)*(volatile uint8_t *)window);
        CHECK_EQ(grant_table()[REF].flags & (GTF_reading | GTF_writing), 0);
        CHECK(grant_end(REF));
    }
    window_free(view);
    page_free(arg);
}

static void check_swap(void)
{
    gnttab_swap_grant_ref_t swap = {.ref_a = REF, .ref_b = REF + 1, .status = 99};

    grant(REF, page, 3, 0);
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_swap_grant_ref, &swap, 1), 0);
    CHECK_EQ(swap.status, GNTST_okay);
    CHECK_EQ(grant_table()[REF + 1].domid, 3);
    CHECK_EQ(grant_table()[REF + 1].flags, GTF_permit_access);
    CHECK_EQ(grant_table()[REF].flags, 0);
    swap.ref_b = 10000000;
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_swap_grant_ref, &swap, 1), 0);
    CHECK_EQ(swap.status, GNTST_bad_gntref);
    grant_end(REF + 1);
}

GUEST_TEST("grants: what is refused")
{
    page = page_alloc();
    window = window_alloc();
    check_maps();
    check_grants();
    check_handles();
    check_read_only_result();
    check_swap();
    window_free(window);
    page_free(page);
}
