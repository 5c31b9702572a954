/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grant table itself (grant_table.h): its size and limit, growing it, version 1 only or at
 * least by default, wrong domains, more frames than the limit, lists that cannot be written.
 */
#include <guest.h>

static void check_query(void)
{
    gnttab_query_size_t query = {.dom = DOMID_SELF};

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_query_size, &query, 1), 0);
    CHECK_EQ(query.status, GNTST_okay);
    CHECK(query.nr_frames >= 1 && query.nr_frames <= query.max_nr_frames);
    CHECK(query.max_nr_frames >= 4);
    query.dom = 0x7000;
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_query_size, &query, 1), 0);
    CHECK_EQ(query.status, GNTST_bad_domain);
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_query_size, &query, 2), -XEN_EINVAL);
}

static int16_t setup(domid_t domid, unsigned frames, const void *list, long want)
{
    gnttab_setup_table_t arg = {.dom = domid, .nr_frames = frames, .frame_list = HANDLE(list),
                                .status = 99};

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_setup_table, &arg, 1), want);
    return arg.status;
}

static void check_setup(void)
{
    xen_pfn_t frames[4] = {0};

    CHECK_EQ(setup(DOMID_SELF, 2, frames, 0), GNTST_okay);
    CHECK(frames[0] && frames[1] && frames[0] != frames[1]);
    CHECK_EQ(setup(0x7000, 1, frames, 0), GNTST_bad_domain);
    CHECK_EQ(setup(DOMID_SELF, 100000, frames, 0), GNTST_general_error);
    CHECK_EQ(setup(DOMID_SELF, ~0U, frames, 0), GNTST_general_error);
    CHECK(setup(DOMID_SELF, 1, (void *)0x1000, 0) < 0);
}

static void check_version(void)
{
    gnttab_get_version_t get = {.dom = DOMID_SELF};
    gnttab_set_version_t set = {.version = 3};

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_get_version, &get, 1), 0);
    CHECK_EQ(get.version, 1);
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_set_version, &set, 1), -XEN_EINVAL);
    set.version = 1;
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_set_version, &set, 1), 0);
    CHECK_EQ(set.version, 1);
}

GUEST_TEST("grant table: size, set-up, version")
{
    check_query();
    check_setup();
    check_version();
    CHECK_EQ(hyp_grant_table_op(99, NULL, 1), -XEN_ENOSYS);
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, NULL, 1), -XEN_EFAULT);
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, (void *)HYPERVISOR_VIRT_START, 1),
             -XEN_EFAULT);
    CHECK(hyp_grant_table_op(GNTTABOP_map_grant_ref, NULL, 0x80000000) < 0);
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, NULL, 0), 0);
}
