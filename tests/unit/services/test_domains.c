/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Life and death of domains, and memory reservations.
 */
#include "svc_machine.h"

#include <string.h>

#include <hv/arch.h>
#include <hv/event_channel.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <public/errno.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/sysctl.h>
#include <public/vcpu.h>
#include <public/version.h>

static struct domain *dom0(void)
{
    return hardware_domain;
}

static long domctl(unsigned cmd, domid_t id, struct xen_domctl *op)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = id;
    return CALL(domctl, (uint64_t)op, 0, 0);
}

/* --- life cycle ------------------------------------------------------------------------------- */

START_TEST(destroyed_domain_leaves_nothing)
{
    struct svc_account before = svc_account();
    struct domain *d = svc_domain(4, 200);
    domid_t id = d->id;

    svc_destroy(d);
    ck_assert_ptr_null(domain_lookup(id));
    svc_check_account(before);
}
END_TEST

START_TEST(teardown_is_preemptible_anywhere)
{
    for (unsigned every = 1; every < 12; every++) {
        struct svc_account before = svc_account();
        struct domain *d = svc_domain(3, 50);

        svc_preempt_every = every;
        svc_destroy(d);
        svc_preempt_every = 0;
        svc_check_account(before);
    }
}
END_TEST

static struct xen_domctl small_domain(unsigned vcpus)
{
    return (struct xen_domctl){ .u.createdomain = { .max_vcpus = vcpus, .max_evtchn_port = 1023,
                                                    .grant_opts = XEN_DOMCTL_GRANT_version(1) } };
}

START_TEST(creation_that_fails_leaves_nothing)
{
    struct svc_account before = svc_account();
    struct xen_domctl op;
    long rc = -1;

    for (unsigned n = 0; rc; n++) {
        op = small_domain(2);
        fake_alloc_fail_after = n;
        rc = domctl(XEN_DOMCTL_createdomain, 0, &op);
        fake_alloc_fail_after = ~0UL;
        if (rc) {
            ck_assert_int_eq(rc, -XEN_ENOMEM);
            svc_check_account(before);
        }
        ck_assert_uint_lt(n, 100);
    }
    svc_destroy(domain_lookup(op.domain));
    svc_check_account(before);
}
END_TEST

/* Vcpus of which only some could be made, and no memory. */
START_TEST(half_built_domain_can_be_destroyed)
{
    struct svc_account before = svc_account();

    for (unsigned n = 0; n < 12; n++) {
        struct xen_domctl op = small_domain(4);
        domid_t id;

        ck_assert_int_eq(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
        id = op.domain;
        fake_alloc_fail_after = n;
        op.u.max_vcpus.max = 4;
        domctl(XEN_DOMCTL_max_vcpus, id, &op);
        fake_alloc_fail_after = ~0UL;
        svc_destroy(domain_lookup(id));
        svc_check_account(before);
    }
}
END_TEST

START_TEST(small_domain_takes_little)
{
    struct svc_account before = svc_account();
    struct domain *d = svc_domain(1, 1);

    ck_assert_uint_le(before.free_pages - free_page_count() - 1, 4);
    svc_destroy(d);
}
END_TEST

START_TEST(ids_are_not_reused_at_once)
{
    struct domain *a = svc_domain(1, 1), *b;
    domid_t first = a->id;

    svc_destroy(a);
    b = svc_domain(1, 1);
    ck_assert_uint_eq(b->id, first + 1);
    svc_destroy(b);
}
END_TEST

START_TEST(given_id_is_taken_once)
{
    struct xen_domctl op = small_domain(1);

    ck_assert_int_eq(domctl(XEN_DOMCTL_createdomain, 77, &op), 0);
    ck_assert_uint_eq(op.domain, 77);
    op = small_domain(1);
    ck_assert_int_eq(domctl(XEN_DOMCTL_createdomain, 77, &op), -XEN_EEXIST);
    for (unsigned opts = 0; opts < 0x20; opts++) {
        op.u.createdomain.grant_opts = opts == 1 ? 0x101 : opts;
        ck_assert_int_eq(domctl(XEN_DOMCTL_createdomain, 78, &op), -XEN_EINVAL);
    }
    op = small_domain(0);
    op.u.createdomain.max_vcpus = 0;
    ck_assert_int_eq(domctl(XEN_DOMCTL_createdomain, 78, &op), -XEN_EINVAL);
    op.u.createdomain.max_vcpus = MAX_VCPUS_PV + 1;
    ck_assert_int_eq(domctl(XEN_DOMCTL_createdomain, 78, &op), -XEN_EINVAL);
    op.u.createdomain.max_vcpus = 1;
    op.u.createdomain.flags = 0x100;
    ck_assert_int_eq(domctl(XEN_DOMCTL_createdomain, 78, &op), -XEN_EINVAL);
    svc_destroy(domain_lookup(77));
}
END_TEST

START_TEST(list_is_in_order_of_ids)
{
    static const domid_t ids[] = { 40, 7, 300, 8, 296, 39 }; /* 40 and 296: one hash slot */
    struct xen_domctl_getdomaininfo info[8];
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_getdomaininfolist,
                             .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
    domid_t last = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
        struct xen_domctl c = small_domain(1);
        ck_assert_int_eq(domctl(XEN_DOMCTL_createdomain, ids[i], &c), 0);
    }
    op.u.getdomaininfolist.first_domain = 1;
    op.u.getdomaininfolist.max_domains = 8;
    op.u.getdomaininfolist.buffer.addr = (uint64_t)info;
    ck_assert_int_eq(CALL(sysctl, (uint64_t)&op, 0, 0), 0);
    ck_assert_uint_eq(op.u.getdomaininfolist.num_domains, ARRAY_SIZE(ids));
    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
        ck_assert_uint_gt(info[i].domain, last);
        ck_assert_uint_eq(info[i].flags & XEN_DOMINF_paused, XEN_DOMINF_paused);
        last = info[i].domain;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++)
        svc_destroy(domain_lookup(ids[i]));
    ck_assert_uint_eq(domain_count(), 1);
}
END_TEST

START_TEST(domain_cannot_be_its_own_killer)
{
    struct xen_domctl op = { 0 };

    ck_assert_int_eq(domctl(XEN_DOMCTL_destroydomain, 0, &op), -XEN_EINVAL);
    ck_assert_int_eq(domctl(XEN_DOMCTL_pausedomain, 0, &op), -XEN_EINVAL);
    ck_assert_int_eq(domctl(XEN_DOMCTL_destroydomain, 5, &op), -XEN_ESRCH);
}
END_TEST

START_TEST(unprivileged_domains_control_nothing)
{
    struct domain *d = svc_domain(1, 2);
    struct xen_domctl op = { 0 };
    struct xen_sysctl s = { .cmd = XEN_SYSCTL_physinfo,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION };

    svc_become(d, 0);
    for (unsigned cmd = 0; cmd < 90; cmd++)
        ck_assert_int_eq(domctl(cmd, d->id, &op), -XEN_EPERM);
    ck_assert_int_eq(CALL(sysctl, (uint64_t)&s, 0, 0), -XEN_EPERM);
    svc_become(dom0(), 0);
    svc_destroy(d);
}
END_TEST

START_TEST(shutdown_holds_vcpus_and_tells_the_reason)
{
    struct domain *d = svc_domain(2, 2);
    struct sched_shutdown s = { SHUTDOWN_reboot };
    struct xen_domctl op = { 0 };

    svc_become(d, 0);
    ck_assert_int_eq(CALL(sched_op, SCHEDOP_shutdown, (uint64_t)&s, 0), 0);
    s.reason = SHUTDOWN_crash; /* too late */
    ck_assert_int_eq(CALL(sched_op, SCHEDOP_shutdown, (uint64_t)&s, 0), 0);
    svc_become(dom0(), 0);
    ck_assert_int_eq(d->vcpu[0]->pause_count, 1);
    ck_assert_int_eq(d->vcpu[1]->pause_count, 1);
    ck_assert_int_eq(domctl(XEN_DOMCTL_getdomaininfo, d->id, &op), 0);
    ck_assert_uint_eq(op.u.getdomaininfo.flags & XEN_DOMINF_shutdown, XEN_DOMINF_shutdown);
    ck_assert_uint_eq(op.u.getdomaininfo.flags >> XEN_DOMINF_shutdownshift &
                          XEN_DOMINF_shutdownmask,
                      SHUTDOWN_reboot);
    ck_assert_int_eq(domctl(XEN_DOMCTL_resumedomain, d->id, &op), 0);
    ck_assert_int_eq(d->vcpu[0]->pause_count, 0);
    ck_assert(!d->is_shut_down);
    svc_destroy(d);
}
END_TEST

static unsigned reason_of(struct domain *d)
{
    struct xen_domctl op = { 0 };

    ck_assert_int_eq(domctl(XEN_DOMCTL_getdomaininfo, d->id, &op), 0);
    return op.u.getdomaininfo.flags & XEN_DOMINF_shutdown ?
               op.u.getdomaininfo.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask :
               ~0U;
}

static void stops(struct domain *d, unsigned vcpu)
{
    svc_become(d, vcpu);
    vcpu_stopped();
    svc_become(dom0(), 0);
}

/* Vcpus in the middle of something stop after it: shut down is the domain with the last of them. */
START_TEST(a_suspended_domain_comes_to_rest)
{
    struct domain *d = svc_domain(2, 2);
    struct sched_remote_shutdown s = { d->id, SHUTDOWN_suspend };
    struct xen_domctl op = { 0 };

    stops(d, 0); /* nobody has asked it to */
    ck_assert_int_eq(d->vcpu[0]->pause_count, 0);
    fake_stops_later = true;
    ck_assert_int_eq(CALL(sched_op, SCHEDOP_remote_shutdown, (uint64_t)&s, 0), 0);
    ck_assert_uint_eq(reason_of(d), ~0U);
    stops(d, 1);
    stops(d, 1);
    ck_assert_int_eq(d->vcpu[0]->pause_count, 0);
    ck_assert_int_eq(d->vcpu[1]->pause_count, 1);
    ck_assert_uint_eq(reason_of(d), ~0U);
    ck_assert_int_eq(domctl(XEN_DOMCTL_resumedomain, d->id, &op), 0); /* not now */
    ck_assert_int_eq(d->vcpu[1]->pause_count, 0);
    stops(d, 0);
    ck_assert_int_eq(d->vcpu[0]->pause_count, 0);
    ck_assert_int_eq(CALL(sched_op, SCHEDOP_remote_shutdown, (uint64_t)&s, 0), 0);
    stops(d, 0);
    stops(d, 1);
    ck_assert_uint_eq(reason_of(d), SHUTDOWN_suspend);
    ck_assert_int_eq(domctl(XEN_DOMCTL_resumedomain, d->id, &op), 0);
    ck_assert_int_eq(d->vcpu[0]->pause_count, 0);
    ck_assert_int_eq(d->vcpu[1]->pause_count, 0);
    ck_assert_int_eq(CALL(sched_op, SCHEDOP_remote_shutdown, (uint64_t)&s, 0), 0);
    domain_crash(d, "on its way"); /* what happens first counts */
    stops(d, 0);
    ck_assert_uint_eq(reason_of(d), SHUTDOWN_crash);
    ck_assert_int_eq(d->vcpu[0]->pause_count, 1);
    fake_stops_later = false;
    ck_assert_int_eq(domctl(XEN_DOMCTL_resumedomain, d->id, &op), 0);
    ck_assert_int_eq(CALL(sched_op, SCHEDOP_remote_shutdown, (uint64_t)&s, 0), 0);
    ck_assert_uint_eq(reason_of(d), SHUTDOWN_suspend);
    svc_destroy(d);
}
END_TEST

/* --- memory ----------------------------------------------------------------------------------- */

START_TEST(populate_and_decrease_count_extents)
{
    struct domain *d = svc_domain(1, 0);
    xen_pfn_t list[300];
    struct xen_memory_reservation r = { .extent_start = { (uint64_t)list },
                                        .nr_extents = 300,
                                        .domid = d->id };

    for (unsigned i = 0; i < 300; i++)
        list[i] = 1000 + i;
    svc_preempt_every = 1;
    /* the limit leaves room for 256 pages */
    ck_assert_int_eq(CALL(memory_op, XENMEM_populate_physmap, (uint64_t)&r, 0), 256);
    ck_assert_uint_ge(svc_restarts, 4); /* they go in batches */
    ck_assert_uint_eq(d->tot_pages, 256);
    for (unsigned i = 0; i < 256; i++)
        ck_assert_uint_eq(get_m2p(mfn(list[i])).n, 1000 + i);
    r.nr_extents = 256;
    ck_assert_int_eq(CALL(memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0), 256);
    svc_preempt_every = 0;
    ck_assert_uint_eq(d->tot_pages, 0);
    /* they are not its own any more */
    ck_assert_int_eq(CALL(memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0), 0);
    svc_destroy(d);
}
END_TEST

START_TEST(reservation_arguments_are_checked)
{
    struct domain *d = svc_domain(1, 4), *other = svc_domain(1, 4);
    xen_pfn_t list[2] = { 1, 2 };
    struct xen_memory_reservation r = { .extent_start = { (uint64_t)list },
                                        .nr_extents = 2,
                                        .domid = DOMID_SELF };

    svc_become(d, 0);
    r.nr_extents = ~0UL;
    ck_assert_int_eq(CALL(memory_op, XENMEM_populate_physmap, (uint64_t)&r, 0), 0);
    r.nr_extents = 2;
    r.extent_order = 30;
    ck_assert_int_eq(CALL(memory_op, XENMEM_populate_physmap, (uint64_t)&r, 0), 0);
    r.extent_order = 0;
    r.extent_start.addr = 8;
    ck_assert_int_eq(CALL(memory_op, XENMEM_populate_physmap, (uint64_t)&r, 0), 0);
    ck_assert_int_eq(CALL(memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0), 0);
    r.extent_start.addr = (uint64_t)list;
    r.domid = other->id;
    ck_assert_int_eq(CALL(memory_op, XENMEM_populate_physmap, (uint64_t)&r, 0), -XEN_EPERM);
    r.domid = 999;
    ck_assert_int_eq(CALL(memory_op, XENMEM_populate_physmap, (uint64_t)&r, 0), -XEN_ESRCH);
    ck_assert_int_eq(CALL(memory_op, XENMEM_populate_physmap, 8, 0), -XEN_EFAULT);
    /* a page of another domain, a page of the hypervisor that is shared with us, no page at all */
    r.domid = DOMID_SELF;
    r.nr_extents = 1;
    list[0] = svc_frame(other, 0);
    ck_assert_int_eq(CALL(memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0), 0);
    list[0] = virt_to_mfn(d->shared_info).n;
    ck_assert_int_eq(CALL(memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0), 0);
    list[0] = ~0UL;
    ck_assert_int_eq(CALL(memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0), 0);
    list[0] = SVC_FRAMES + 5;
    ck_assert_int_eq(CALL(memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0), 0);
    svc_become(dom0(), 0);
    svc_destroy(d);
    svc_destroy(other);
}
END_TEST

START_TEST(claims_belong_to_control)
{
    struct domain *d = svc_domain(1, 4);
    struct xen_memory_reservation r = { .nr_extents = 100, .domid = d->id };

    ck_assert_int_eq(CALL(memory_op, XENMEM_claim_pages, (uint64_t)&r, 0), 0);
    ck_assert_uint_eq(d->outstanding_pages, 96);
    r.nr_extents = 0;
    ck_assert_int_eq(CALL(memory_op, XENMEM_claim_pages, (uint64_t)&r, 0), 0);
    svc_become(d, 0);
    ck_assert_int_eq(CALL(memory_op, XENMEM_claim_pages, (uint64_t)&r, 0), -XEN_EPERM);
    svc_become(dom0(), 0);
    svc_destroy(d);
}
END_TEST

START_TEST(grant_frames_can_be_acquired)
{
    struct domain *d = svc_domain(1, 4);
    xen_pfn_t frames[4] = { 0 };
    struct xen_mem_acquire_resource a = { .domid = d->id, .type = XENMEM_resource_grant_table };

    ck_assert_int_eq(CALL(memory_op, XENMEM_acquire_resource, (uint64_t)&a, 0), 0);
    ck_assert_uint_eq(a.nr_frames, 4);
    a.frame_list.addr = (uint64_t)frames;
    ck_assert_int_eq(CALL(memory_op, XENMEM_acquire_resource, (uint64_t)&a, 0), 0);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(page_owner_id(mfn_to_page(mfn(frames[i]))), d->id);
    a.frame = 1;
    ck_assert_int_eq(CALL(memory_op, XENMEM_acquire_resource, (uint64_t)&a, 0), -XEN_EINVAL);
    a.frame = ~0UL;
    ck_assert_int_eq(CALL(memory_op, XENMEM_acquire_resource, (uint64_t)&a, 0), -XEN_EINVAL);
    svc_destroy(d);
}
END_TEST

/* A page that somebody else has mapped keeps the domain's husk until it is let go. */
START_TEST(held_page_outlives_the_domain)
{
    struct svc_account before = svc_account();
    struct domain *d = svc_domain(1, 4);
    struct page *pg = mfn_to_page(mfn(svc_frame(d, 2)));
    struct page *info = mfn_to_page(virt_to_mfn(d->shared_info));
    domid_t id = d->id;

    ck_assert(page_get(pg, d));
    ck_assert(page_get(info, d));
    svc_destroy(d);
    ck_assert_ptr_eq(domain_lookup(id), d);
    page_put(pg);
    svc_quiesce();
    ck_assert_ptr_eq(domain_lookup(id), d);
    page_put(info);
    svc_quiesce();
    ck_assert_ptr_null(domain_lookup(id));
    svc_check_account(before);
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = {
        destroyed_domain_leaves_nothing, teardown_is_preemptible_anywhere,
        creation_that_fails_leaves_nothing, half_built_domain_can_be_destroyed,
        small_domain_takes_little, ids_are_not_reused_at_once, given_id_is_taken_once,
        list_is_in_order_of_ids, domain_cannot_be_its_own_killer,
        unprivileged_domains_control_nothing, shutdown_holds_vcpus_and_tells_the_reason,
        a_suspended_domain_comes_to_rest,
        populate_and_decrease_count_extents, reservation_arguments_are_checked,
        claims_belong_to_control, grant_frames_can_be_acquired,
        held_page_outlives_the_domain,
    };
    Suite *s = suite_create("domains");
    TCase *tc = tcase_create("domains");

    tcase_add_checked_fixture(tc, svc_init, svc_end);
    tcase_set_timeout(tc, 20);
    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    return s;
}
