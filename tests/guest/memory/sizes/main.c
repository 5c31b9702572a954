/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Figures of a domain's memory (memory.h): current and maximum reservation, highest frame of the
 * machine and of the domain (what a PV guest wrote into shared_info.arch.max_pfn), sharing (there
 * is none: 0), claims, populate on demand. Unknown domains are -ESRCH (an error for a claim), and
 * operations beyond the list -ENOSYS.
 */
#include <guest.h>

static void check_claim(void)
{
    xen_memory_reservation_t r = {.nr_extents = 16, .domid = DOMID_SELF};

    if (!is_dom0())
        return;
    r.extent_order = 1;
    CHECK_EQ(hyp_memory_op(XENMEM_claim_pages, &r), -XEN_EINVAL);
    r.extent_order = 0;
    r.extent_start = HANDLE(&r);
    CHECK_EQ(hyp_memory_op(XENMEM_claim_pages, &r), -XEN_EINVAL);
    r.extent_start = HANDLE(0);
    r.domid = 0x7000;
    CHECK(hyp_memory_op(XENMEM_claim_pages, &r) < 0);
    r.domid = 0;
    r.nr_extents = 0;
    CHECK_EQ(hyp_memory_op(XENMEM_claim_pages, &r), 0);
}

GUEST_TEST("sizes: reservations, highest frames, claims")
{
    struct xen_memory_domain me = {DOMID_SELF}, nobody = {0x7000};
    xen_vnuma_topology_info_t vnuma = {.domid = DOMID_SELF};
    long current = hyp_memory_op(XENMEM_current_reservation, &me);

    CHECK(current >= (long)start_info->nr_pages);
    CHECK(hyp_memory_op(XENMEM_maximum_reservation, &me) >= current);
    CHECK_EQ(hyp_memory_op(XENMEM_current_reservation, &nobody), -XEN_ESRCH);
    CHECK_EQ(hyp_memory_op(XENMEM_maximum_reservation, &nobody), -XEN_ESRCH);
    CHECK_EQ(hyp_memory_op(XENMEM_maximum_gpfn, &nobody), -XEN_ESRCH);
    CHECK_EQ(hyp_memory_op(XENMEM_current_reservation, NULL), -XEN_EFAULT);
    CHECK(hyp_memory_op(XENMEM_maximum_ram_page, NULL) > 0x1000);
    shared_info->arch.max_pfn = start_info->nr_pages;
    CHECK_EQ(hyp_memory_op(XENMEM_maximum_gpfn, &me), start_info->nr_pages - 1);
    CHECK_EQ(hyp_memory_op(XENMEM_get_sharing_freed_pages, NULL), 0);
    CHECK_EQ(hyp_memory_op(XENMEM_get_sharing_shared_pages, NULL), 0);
    CHECK_EQ(hyp_memory_op(XENMEM_get_vnumainfo, &vnuma), -XEN_EOPNOTSUPP);
    CHECK_EQ(hyp_memory_op(63, NULL), -XEN_ENOSYS);
    check_claim();
}
