/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports whose end in a domain is the hypervisor's: a device model connects to it, is told, and what
 * it sends ends its guest's waiting; the guest itself cannot touch it.
 */
#include "event_forms.h"

#include <hv/sched.h>

static int port;     /* of a's vcpu 1, for b */
static long its_end; /* b's */

static void setup_port(void)
{
    setup();
    port = evtchn_open_hv(a->vcpu[1], b->id);
    ck_assert_int_gt(port, 0);
    svc_become(b, 0);
    its_end = bind_interdomain(a->id, port);
    ck_assert_int_gt(its_end, 0);
    take_2l(b, its_end);
    svc_become(a, 0);
}

START_TEST(both_ways)
{
    evtchn_notify_remote(a, port);
    ck_assert(pending_2l(b, its_end));
    a->vcpu[0]->pause_flags |= VPF_IO;
    a->vcpu[1]->pause_flags |= VPF_IO;
    svc_become(b, 0);
    ck_assert_int_eq(with_port(EVTCHNOP_send, its_end), 0);
    ck_assert(!(a->vcpu[1]->pause_flags & VPF_IO));
    ck_assert(a->vcpu[0]->pause_flags & VPF_IO);
    ck_assert(!pending_2l(a, port));
    a->vcpu[0]->pause_flags &= ~VPF_IO;
}
END_TEST

START_TEST(not_the_guests)
{
    struct evtchn_status status_op = { .dom = DOMID_SELF, .port = port };
    struct evtchn_bind_vcpu move = { .port = port, .vcpu = 0 };
    struct evtchn_reset all = { .dom = DOMID_SELF };

    ck_assert_int_eq(with_port(EVTCHNOP_send, port), -XEN_EINVAL);
    ck_assert_int_eq(with_port(EVTCHNOP_close, port), -XEN_EINVAL);
    ck_assert_int_eq(with_port(EVTCHNOP_unmask, port), -XEN_EINVAL);
    ck_assert_int_eq(event(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
    ck_assert_int_eq(event(EVTCHNOP_status, &status_op), -XEN_EACCES);
    ck_assert_int_eq(event(EVTCHNOP_reset, &all), 0);
    ck_assert_uint_eq(status(DOMID_SELF, ports[0]), EVTCHNSTAT_closed);
    ck_assert(!pending_2l(b, its_end));
    evtchn_notify_remote(a, port);
    ck_assert(pending_2l(b, its_end));
}
END_TEST

START_TEST(the_other_end_comes_and_goes)
{
    svc_become(b, 0);
    ck_assert_int_eq(with_port(EVTCHNOP_close, its_end), 0);
    evtchn_notify_remote(a, port); /* nobody is there */
    its_end = bind_interdomain(a->id, port);
    ck_assert_int_gt(its_end, 0);
    evtchn_close_hv(a, port);
    ck_assert_uint_eq(status(DOMID_SELF, its_end), EVTCHNSTAT_unbound);
    ck_assert_int_eq(with_port(EVTCHNOP_send, its_end), 0);
    evtchn_close_hv(a, port); /* once more: nothing */
    svc_become(a, 0);
    for (unsigned i = 0; i < 200; i++) { /* its number comes again, as the guest's own */
        long p = alloc_unbound(DOMID_SELF, b->id);

        ck_assert_int_gt(p, 0);
        ck_assert_uint_eq(status(DOMID_SELF, p), EVTCHNSTAT_unbound);
    }
}
END_TEST

START_TEST(it_ends_with_its_domain)
{
    svc_become(dom0(), 0);
    svc_destroy(a);
    svc_become(b, 0);
    ck_assert_uint_eq(status(DOMID_SELF, its_end), EVTCHNSTAT_unbound);
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = { both_ways, not_the_guests, the_other_end_comes_and_goes,
                                   it_ends_with_its_domain };
    Suite *s = suite_create("event_hv");
    TCase *tc = tcase_create("the hypervisor's ports");

    tcase_add_checked_fixture(tc, setup_port, svc_end);
    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    return s;
}
