/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Version 2 of grant tables, and transitive grants, which only it has: the root of XSA-226 and 318
 * (row 16: a copy through a chain of grants recursed without bound), 255 (row 20: going back to
 * version 1 freed status pages that were mapped) and 384, 486, 501 (row 22: the version changed
 * while somebody used what belonged to it).
 *
 * There is only version 1 here, for all of a domain's life. Every door to version 2 is tried:
 * setting it, its status frames by two ways, entries of its types, a domain created with it. Each
 * answers with an error, and what was there stays.
 */
#include <guest.h>

#define REF 32

static void check_versions(void)
{
    static const uint32_t versions[] = {0, 2, 3, ~0U};
    gnttab_get_version_t get = {.dom = DOMID_SELF};
    gnttab_set_version_t set = {.version = 1};

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_set_version, &set, 1), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(versions); i++) {
        set.version = versions[i];
        CHECK(hyp_grant_table_op(GNTTABOP_set_version, &set, 1) < 0);
        CHECK_EQ(hyp_grant_table_op(GNTTABOP_get_version, &get, 1), 0);
        CHECK_EQ(get.version, 1);
    }
}

static void check_status_frames(void)
{
    uint64_t list[4] = {77, 77, 77, 77};
    gnttab_get_status_frames_t get = {.nr_frames = 4, .dom = DOMID_SELF, .frame_list = HANDLE(list),
                                      .status = 99};
    xen_mem_acquire_resource_t resource = {
        .domid = DOMID_SELF, .type = XENMEM_resource_grant_table,
        .id = XENMEM_resource_grant_table_id_status, .nr_frames = 1, .frame_list = HANDLE(list)};

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_get_status_frames, &get, 1), 0);
    CHECK(get.status < 0);
    CHECK(hyp_memory_op(XENMEM_acquire_resource, &resource) < 0);
    CHECK_EQ(list[0], 77);
}

/* Type 3 is version 2's transitive grant; other bits are its sub-page grants. */
static void check_entries(void)
{
    uint8_t *page = page_alloc(), *window = window_alloc();
    gnttab_map_grant_ref_t map = {.host_addr = (uint64_t)window, .flags = GNTMAP_host_map,
                                  .ref = REF, .dom = own_domid()};
    gnttab_copy_t copy = {.source = {.u.ref = REF, .domid = own_domid()},
                          .dest = {.u.gmfn = virt_to_mfn(page), .domid = DOMID_SELF},
                          .len = 8, .flags = GNTCOPY_source_gref};

    for (unsigned type = 0; type < 4; type++) {
        grant(REF, page, own_domid(), 0);
        grant_table()[REF].flags = (uint16_t)type;
        if (type == GTF_permit_access)
            continue;
        CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, &map, 1), 0);
        CHECK(map.status < 0);
        CHECK_EQ(hyp_grant_table_op(GNTTABOP_copy, &copy, 1), 0);
        CHECK(copy.status < 0);
        CHECK_EQ(grant_table()[REF].flags, type);
    }
    grant_table()[REF].flags = 0;
    window_free(window);
    page_free(page);
}

static void check_creation(void)
{
    struct xen_domctl op = {.u.createdomain = {.max_vcpus = 1, .max_evtchn_port = 1023,
                                               .max_grant_frames = 1, .max_maptrack_frames = 1}};

    for (unsigned version = 0; version < 32; version++) {
        if (version == 1)
            continue;
        op.u.createdomain.grant_opts = version;
        CHECK_EQ(domctl(&op, XEN_DOMCTL_createdomain, 0), -XEN_EINVAL);
    }
}

GUEST_TEST("XSA-226, 255, 318, 384, 486, 501: version 2 of grants is not there")
{
    check_versions();
    check_status_frames();
    check_entries();
    if (is_dom0())
        check_creation();
}
