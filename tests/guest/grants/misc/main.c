/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rest of grant_table_op: device mappings (the frame's address, and a reference that holds the
 * page), both parts at once and taken away one by one (advisory 224), cache flushes of own frames
 * only, status frames that version 1 has not, transfers refused, the dump for people.
 */
#include <guest.h>

#define REF 13

static uint8_t *page, *window;

static void check_device(void)
{
    gnttab_map_grant_ref_t map = {.host_addr = (uint64_t)window,
                                  .flags = GNTMAP_host_map | GNTMAP_device_map,
                                  .ref = REF, .dom = own_domid()};
    gnttab_unmap_grant_ref_t part = {0};

    grant(REF, page, own_domid(), 0);
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, &map, 1), 0);
    CHECK_EQ(map.status, GNTST_okay);
    part.handle = map.handle;
    part.host_addr = (uint64_t)window; /* the host's part first */
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &part, 1), 0);
    CHECK_EQ(part.status, GNTST_okay);
    CHECK(!can_read(window));
    CHECK(grant_table()[REF].flags & GTF_reading); /* the device's is left */
    part.host_addr = 0;
    part.dev_bus_addr = map.dev_bus_addr;
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &part, 1), 0);
    CHECK_EQ(part.status, GNTST_okay);
    CHECK(grant_end(REF));
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &part, 1), 0);
    CHECK(part.status < 0);
}

static void check_flush(void)
{
    gnttab_cache_flush_t flush = {.a.dev_bus_addr = virt_to_mfn(page) << 12, .length = 64,
                                  .op = GNTTAB_CACHE_CLEAN};
    long result = hyp_grant_table_op(GNTTABOP_cache_flush, &flush, 1);

    CHECK(result == 0 || result == -XEN_EOPNOTSUPP || result == -XEN_EPERM);
    flush.offset = 4095;
    CHECK(hyp_grant_table_op(GNTTABOP_cache_flush, &flush, 1) < 0);
    flush = (gnttab_cache_flush_t){.a.dev_bus_addr = ~0UL << 12, .length = 64,
                                   .op = GNTTAB_CACHE_CLEAN};
    CHECK(hyp_grant_table_op(GNTTABOP_cache_flush, &flush, 1) < 0);
}

static void check_refused(void)
{
    gnttab_transfer_t transfer = {.mfn = ~0UL, .domid = 0x7000, .status = 99};
    gnttab_get_status_frames_t status = {.nr_frames = 1, .dom = DOMID_SELF, .status = 99};
    long result = hyp_grant_table_op(GNTTABOP_transfer, &transfer, 1);

    CHECK(result < 0 || transfer.status < 0);
    result = hyp_grant_table_op(GNTTABOP_get_status_frames, &status, 1);
    CHECK(result < 0 || status.status < 0);
}

GUEST_TEST("grants: devices, caches, what is left out")
{
    page = page_alloc();
    window = window_alloc();
    check_device();
    check_flush();
    check_refused();
    window_free(window);
    page_free(page);
}
