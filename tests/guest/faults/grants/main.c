/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant operations with each of their allocations failing: the table's growth answers
 * GNTST_general_error and keeps the frames that it already has, a mapping or copy GNTST_no_space
 * without a handle, a pin or a mark in the granter's entry left behind. What is allocated for
 * handles and pins stays until the domain ends.
 */
#include <guest.h>

#define REF       8
#define OTHER_REF 300 /* its pins are apart from REF's */

static domid_t domid;
static uint64_t mfn;
static uint8_t *window, *page;
static grant_entry_v1_t *table;

static long setup(void)
{
    xen_pfn_t frames[3];
    gnttab_setup_table_t op = {.dom = domid, .nr_frames = 3, .frame_list = HANDLE(frames)};
    long result = hyp_grant_table_op(GNTTABOP_setup_table, &op, 1);

    return result ? result : op.status;
}

static gnttab_map_grant_ref_t mapping;

static long map(void)
{
    long result;

    mapping = (gnttab_map_grant_ref_t){.host_addr = (uint64_t)window, .ref = REF, .dom = domid,
                                       .flags = GNTMAP_host_map | GNTMAP_device_map};
    result = hyp_grant_table_op(GNTTABOP_map_grant_ref, &mapping, 1);
    CHECK_EQ(table[REF].flags, mapping.status ? GTF_permit_access
                                              : GTF_permit_access | GTF_reading | GTF_writing);
    return result ? result : mapping.status;
}

static void unmap_again(void)
{
    gnttab_unmap_grant_ref_t op = {.host_addr = (uint64_t)window,
                                   .dev_bus_addr = mapping.dev_bus_addr,
                                   .handle = mapping.handle};

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
    CHECK_EQ(op.status, GNTST_okay);
    CHECK_EQ(table[REF].flags, GTF_permit_access);
}

static long copy(void)
{
    gnttab_copy_t op = {.source = {.u.ref = OTHER_REF, .domid = domid},
                        .dest = {.u.gmfn = virt_to_mfn(page), .domid = DOMID_SELF},
                        .len = 8, .flags = GNTCOPY_source_gref};
    long result = hyp_grant_table_op(GNTTABOP_copy, &op, 1);

    CHECK_EQ(table[OTHER_REF].flags, GTF_permit_access);
    return result ? result : op.status;
}

static const struct fault_case growing = {.name = "setup_table", .act = setup,
                                          .error = GNTST_general_error,
                                          .kept = KEPT_ON_FAILURE | KEPT_ON_SUCCESS};
static const struct fault_case using[] = {
    {.name = "map", .act = map, .undo = unmap_again, .error = GNTST_no_space,
     .kept = KEPT_ON_FAILURE | KEPT_ON_SUCCESS},
    {.name = "copy", .act = copy, .error = GNTST_no_space, .kept = KEPT_ON_SUCCESS},
};

static grant_entry_v1_t *foreign_table(void)
{
    xen_pfn_t frame;
    xen_mem_acquire_resource_t r = {.domid = domid, .type = XENMEM_resource_grant_table,
                                    .nr_frames = 1, .frame_list = HANDLE(&frame)};
    grant_entry_v1_t *t = window_alloc();

    CHECK_EQ(hyp_memory_op(XENMEM_acquire_resource, &r), 0);
    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)t, frame << 12 | PTE_RW, UVMF_INVLPG,
                                               domid), 0);
    t[REF] = t[OTHER_REF] = (grant_entry_v1_t){.frame = (uint32_t)mfn, .flags = GTF_permit_access};
    return t;
}

static void build(void)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = 16};

    CHECK_EQ(domain_create(0, &domid), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    CHECK_EQ(domain_populate(domid, 0, 1, &mfn), 1);
}

/* Dom0's first mapping of all makes its table of handles, which stays. */
GUEST_TEST("grant operations while allocations fail")
{
    struct usage before;

    NEEDS_FAULTS();
    window = window_alloc();
    page = page_alloc();
    for (unsigned round = 0; round < 2; round++) {
        before = usage_now();
        build();
        CHECK(fault_each(&growing) >= 2); /* a frame that came before the failure stays */
        table = foreign_table();
        for (unsigned i = 0; i < ARRAY_SIZE(using); i++)
            CHECK(fault_each(&using[i]) > 0);
        window_free(table);
        CHECK_EQ(domain_destroy(domid), 0);
    }
    usage_same(&before, "all of them");
    page_free(page);
    window_free(window);
}
