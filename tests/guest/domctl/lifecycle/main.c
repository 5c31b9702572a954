/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's life without running: created (with a chosen id and a free one), seen by getdomaininfo
 * and the list, given memory up to its limit, paused and unpaused, destroyed with its memory coming
 * back. Ids that are taken are -EEXIST; a domain that is gone is -ESRCH everywhere.
 */
#include <guest.h>

static void check_info(domid_t domid)
{
    struct xen_domctl_getdomaininfo info;

    if (!CHECK(domain_info(domid, &info)))
        return;
    CHECK_EQ(info.domain, domid);
    CHECK_EQ(info.tot_pages, 0);
    CHECK_EQ(info.nr_online_vcpus, 0);
    CHECK_EQ(info.flags & XEN_DOMINF_paused, XEN_DOMINF_paused);
    CHECK_EQ(info.flags & (XEN_DOMINF_dying | XEN_DOMINF_hvm_guest | XEN_DOMINF_shutdown), 0);
    CHECK(info.handle[0] == 0x7e && info.handle[1] == 0x57);
}

static void check_memory(domid_t domid)
{
    static uint64_t mfns[64];
    struct xen_domctl op = {.u.max_mem.max_memkb = 64 * 4};
    struct xen_domctl_getdomaininfo info;
    struct xen_memory_domain who = {domid};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    CHECK_EQ(domain_populate(domid, 0, 64, mfns), 64);
    CHECK(domain_info(domid, &info));
    CHECK_EQ(info.tot_pages, 64);
    CHECK_EQ(info.max_pages, 64);
    CHECK_EQ(hyp_memory_op(XENMEM_current_reservation, &who), 64);
    CHECK_EQ(mfn_to_pfn(mfns[5]), 5);
    CHECK_EQ(domain_populate(domid, 64, 1, mfns), 0); /* at the limit */
}

static void check_pause(domid_t domid)
{
    struct xen_domctl op = {0};
    struct xen_domctl_getdomaininfo info;

    CHECK_EQ(domctl(&op, XEN_DOMCTL_pausedomain, domid), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_unpausedomain, domid), 0);
    CHECK(domain_info(domid, &info));
    CHECK(info.flags & XEN_DOMINF_paused); /* the creator's pause is left */
}

static void check_gone(domid_t domid)
{
    static const unsigned commands[] = {
        XEN_DOMCTL_destroydomain, XEN_DOMCTL_pausedomain, XEN_DOMCTL_unpausedomain,
        XEN_DOMCTL_max_mem,       XEN_DOMCTL_max_vcpus,   XEN_DOMCTL_getvcpuinfo,
        XEN_DOMCTL_resumedomain,  XEN_DOMCTL_get_address_size};

    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        struct xen_domctl op = {0};

        if (domctl(&op, commands[i], domid) != -XEN_ESRCH)
            failure("domctl %u of a domain that is gone is not -ESRCH", commands[i]);
    }
}

GUEST_TEST("a domain from creation to destruction")
{
    domid_t chosen, any, again;

    NEEDS_DOM0();
    CHECK_EQ(domain_create(4321, &chosen), 0);
    CHECK_EQ(chosen, 4321);
    CHECK_EQ(domain_create(0, &any), 0);
    CHECK(any != 0 && any != chosen && any < DOMID_FIRST_RESERVED);
    CHECK_EQ(domain_create(4321, &again), -XEN_EEXIST);
    check_info(chosen);
    check_memory(chosen);
    check_pause(chosen);
    CHECK_EQ(domain_destroy(chosen), 0);
    CHECK_EQ(domain_destroy(any), 0);
    check_gone(chosen);
}
