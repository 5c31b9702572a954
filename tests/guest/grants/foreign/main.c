/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grants between two domains. Dom0 makes a domain with one page, writes a grant of that page into
 * the domain's table (acquire_resource), maps it, and sees that both names mean the same page.
 *
 * Then the domain is destroyed while its page is mapped: it must stay, dying, with that one page,
 * and the mapping must go on working. When the mapping goes, the domain and its memory go too. A
 * copy from a grant of a domain that is gone is GNTST_bad_domain.
 */
#include <guest.h>

#define REF 8

static domid_t domid;
static uint64_t mfn;
static uint8_t *window, *direct;

static grant_entry_v1_t *foreign_table(void)
{
    xen_pfn_t frame = 0;
    xen_mem_acquire_resource_t request = {
        .domid = domid, .type = XENMEM_resource_grant_table, .nr_frames = 1,
        .id = XENMEM_resource_grant_table_id_shared, .frame_list = HANDLE(&frame)};
    grant_entry_v1_t *table = window_alloc();

    CHECK_EQ(hyp_memory_op(XENMEM_acquire_resource, &request), 0);
    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)table, frame << 12 | PTE_RW, UVMF_INVLPG,
                                               domid), 0);
    return table;
}

static void build(void)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = 16};

    CHECK_EQ(domain_create(0, &domid), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    CHECK_EQ(domain_populate(domid, 0, 1, &mfn), 1);
    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)direct, mfn << 12 | PTE_RW, UVMF_INVLPG,
                                               domid), 0);
}

static gnttab_map_grant_ref_t map(void)
{
    gnttab_map_grant_ref_t arg = {.host_addr = (uint64_t)window, .flags = GNTMAP_host_map,
                                  .ref = REF, .dom = domid, .status = 99};

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, &arg, 1), 0);
    return arg;
}

static grant_handle_t check_shared(grant_entry_v1_t *table)
{
    gnttab_map_grant_ref_t m;

    table[REF] = (grant_entry_v1_t){.domid = 77, .frame = (uint32_t)mfn,
                                    .flags = GTF_permit_access};
    CHECK_EQ(map().status, GNTST_general_error); /* for somebody else */
    table[REF].domid = 0;
    m = map();
    CHECK_EQ(m.status, GNTST_okay);
    CHECK_EQ(m.dev_bus_addr, mfn << 12);
    window[3] = 0x31;
    CHECK_EQ(direct[3], 0x31);
    CHECK(table[REF].flags & GTF_writing);
    return m.handle;
}

static void check_dying(grant_handle_t handle)
{
    struct xen_domctl_getdomaininfo info = {0};
    struct xen_domctl op = {0};
    gnttab_unmap_grant_ref_t unmap_arg = {.host_addr = (uint64_t)window, .handle = handle};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_destroydomain, domid), 0);
    CHECK(WAIT_FOR(!domain_info(domid, &info) || info.tot_pages <= 1));
    sleep(20 * MS); /* a domain that does not wait for the last page would be gone */
    CHECK(domain_info(domid, &info));
    CHECK(info.flags & XEN_DOMINF_dying);
    CHECK_EQ(info.tot_pages, 1);
    window[4] = 0x41;
    CHECK_EQ(window[3], 0x31);
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap_arg, 1), 0);
    CHECK_EQ(unmap_arg.status, GNTST_okay);
    CHECK(WAIT_FOR(!domain_info(domid, &info)));
}

GUEST_TEST("a grant of another domain, mapped beyond its end")
{
    gnttab_copy_t copy = {.source = {.u.ref = REF}, .dest = {.domid = DOMID_SELF}, .len = 8,
                          .flags = GNTCOPY_source_gref, .status = 99};
    grant_entry_v1_t *table;
    grant_handle_t handle;
    uint8_t *page;

    NEEDS_DOM0();
    window = window_alloc();
    direct = window_alloc();
    build();
    table = foreign_table();
    handle = check_shared(table);
    window_free(table);
    window_free(direct);
    check_dying(handle);
    page = page_alloc();
    copy.source.domid = domid;
    copy.dest.u.gmfn = virt_to_mfn(page);
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_copy, &copy, 1), 0);
    CHECK_EQ(copy.status, GNTST_bad_domain);
    page_free(page);
    window_free(window);
}
