/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rest of memory_op: populate-on-demand targets (there are none: figures only), reserved device
 * memory (none here), batches of physical map changes, claims for a domain to come: a claim sets
 * free memory aside, shows in physinfo and goes away with 0.
 */
#include <guest.h>

static void check_pod(void)
{
    xen_pod_target_t target = {.domid = 0x7000};

    CHECK(hyp_memory_op(XENMEM_get_pod_target, &target) < 0);
    CHECK(hyp_memory_op(XENMEM_set_pod_target, NULL) < 0);
}

static void check_reserved(void)
{
    xen_reserved_device_memory_t entries[4];
    xen_reserved_device_memory_map_t map = {.flags = XENMEM_RDM_ALL, .nr_entries = 4,
                                            .buffer = HANDLE(entries)};
    long result = hyp_memory_op(XENMEM_reserved_device_memory_map, &map);

    CHECK(result == 0 || result == -XEN_ENOSYS || result == -XEN_EOPNOTSUPP);
    if (!result)
        CHECK(map.nr_entries <= 4);
}

static void check_batch(void)
{
    xen_add_to_physmap_batch_t batch = {.domid = 0x7000, .space = XENMAPSPACE_gmfn_foreign,
                                        .size = 1};

    CHECK(hyp_memory_op(XENMEM_add_to_physmap_batch, &batch) < 0);
    CHECK(hyp_memory_op(XENMEM_add_to_physmap_batch, NULL) < 0);
}

static void check_claim(void)
{
    domid_t domid;
    struct xen_sysctl host = {0};
    struct xen_domctl op = {.u.max_mem.max_memkb = 8192};
    xen_memory_reservation_t claim = {.nr_extents = 1024};

    CHECK_EQ(domain_create(0, &domid), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    claim.domid = domid;
    CHECK_EQ(hyp_memory_op(XENMEM_claim_pages, &claim), 0);
    CHECK_EQ(sysctl(&host, XEN_SYSCTL_physinfo), 0);
    CHECK_EQ(host.u.physinfo.outstanding_pages, 1024);
    claim.nr_extents = 1UL << 40;
    CHECK(hyp_memory_op(XENMEM_claim_pages, &claim) < 0);
    claim.nr_extents = 0;
    CHECK_EQ(hyp_memory_op(XENMEM_claim_pages, &claim), 0);
    CHECK_EQ(sysctl(&host, XEN_SYSCTL_physinfo), 0);
    CHECK_EQ(host.u.physinfo.outstanding_pages, 0);
    CHECK_EQ(domain_destroy(domid), 0);
}

GUEST_TEST("memory_op: the rest")
{
    check_pod();
    check_batch();
    NEEDS_DOM0();
    check_reserved();
    check_claim();
}
