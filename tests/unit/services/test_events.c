/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: binding and sending by the two-level ABI, polling, closing and resetting; and
 * random operations against a simple model of which ports are connected and what is pending.
 */
#include "event_forms.h"

#include <stdlib.h>
#include <string.h>

#include <hv/rangeset.h>
#include <hv/sched.h>
#include <public/sched.h>

/* --- two-level -------------------------------------------------------------------------------- */

START_TEST(send_sets_bits_and_tells_once)
{
    unsigned kicks = svc_kicks[b->id][0];

    ck_assert_int_eq(with_port(EVTCHNOP_send, ports[0]), 0);
    ck_assert(pending_2l(b, ports[1]));
    ck_assert_uint_eq(b->vcpu[0]->vcpu_info->evtchn_pending_sel, 1UL << ports[1] / 64);
    ck_assert_int_eq(with_port(EVTCHNOP_send, ports[0]), 0);
    ck_assert_uint_eq(svc_kicks[b->id][0], kicks + 1);
}
END_TEST

START_TEST(masked_port_waits_for_unmask)
{
    unsigned kicks = svc_kicks[b->id][0];

    b->shared_info->evtchn_mask[0] = ~0UL;
    ck_assert_int_eq(with_port(EVTCHNOP_send, ports[0]), 0);
    ck_assert(pending_2l(b, ports[1]));
    ck_assert_uint_eq(svc_kicks[b->id][0], kicks);
    svc_become(b, 0);
    ck_assert_int_eq(with_port(EVTCHNOP_unmask, ports[1]), 0);
    ck_assert_uint_eq(svc_kicks[b->id][0], kicks + 1);
    ck_assert_int_eq(with_port(EVTCHNOP_unmask, ports[1]), 0);
    ck_assert_uint_eq(svc_kicks[b->id][0], kicks + 1);
}
END_TEST

START_TEST(only_the_named_domain_may_connect)
{
    long p = alloc_unbound(DOMID_SELF, 0);

    svc_become(b, 0);
    ck_assert_int_eq(bind_interdomain(a->id, p), -XEN_EINVAL);
    ck_assert_int_eq(bind_interdomain(a->id, ports[0]), -XEN_EINVAL); /* connected already */
    ck_assert_int_eq(bind_interdomain(a->id, 0), -XEN_EINVAL);
    ck_assert_int_eq(bind_interdomain(a->id, 100000), -XEN_EINVAL);
    ck_assert_int_eq(bind_interdomain(4444, p), -XEN_ESRCH);
    ck_assert_int_eq(bind_interdomain(DOMID_XEN, p), -XEN_ESRCH);
    ck_assert_int_eq(alloc_unbound(a->id, b->id), -XEN_EPERM);
    svc_become(dom0(), 0);
    ck_assert_int_gt(bind_interdomain(a->id, p), 0);
    ck_assert_int_gt(alloc_unbound(a->id, b->id), 0);
}
END_TEST

START_TEST(loopback_connects_a_domain_to_itself)
{
    long p = alloc_unbound(DOMID_SELF, DOMID_SELF), q = bind_interdomain(DOMID_SELF, p);

    ck_assert_int_gt(q, 0);
    take_2l(a, q);
    ck_assert_int_eq(with_port(EVTCHNOP_send, p), 0);
    ck_assert(pending_2l(a, q));
    ck_assert_int_eq(with_port(EVTCHNOP_close, p), 0);
    ck_assert_uint_eq(status(DOMID_SELF, q), EVTCHNSTAT_unbound);
    ck_assert_int_eq(with_port(EVTCHNOP_close, q), 0);
}
END_TEST

START_TEST(closing_unbinds_the_other_end)
{
    ck_assert_int_eq(with_port(EVTCHNOP_close, ports[0]), 0);
    ck_assert_int_eq(with_port(EVTCHNOP_close, ports[0]), -XEN_EINVAL);
    ck_assert_int_eq(with_port(EVTCHNOP_close, 0), -XEN_EINVAL);
    ck_assert_int_eq(with_port(EVTCHNOP_send, ports[0]), -XEN_EINVAL);
    svc_become(b, 0);
    ck_assert_uint_eq(status(DOMID_SELF, ports[1]), EVTCHNSTAT_unbound);
    ck_assert_int_eq(with_port(EVTCHNOP_send, ports[1]), 0); /* lost */
    svc_become(a, 0);
    ck_assert_int_gt(bind_interdomain(b->id, ports[1]), 0); /* and can be connected again */
}
END_TEST

START_TEST(virqs_are_bound_once_and_to_their_vcpu)
{
    long p = bind_virq(VIRQ_TIMER, 1), q = bind_virq(VIRQ_DOM_EXC, 0);
    struct evtchn_bind_vcpu move = { .port = p, .vcpu = 0 };

    ck_assert_int_gt(p, 0);
    ck_assert_int_gt(q, 0);
    ck_assert_int_eq(bind_virq(VIRQ_TIMER, 1), -XEN_EEXIST);
    ck_assert_int_eq(bind_virq(VIRQ_DEBUG, 2), -XEN_ENOENT);
    ck_assert_int_eq(bind_virq(VIRQ_CONSOLE, 1), -XEN_EINVAL);
    ck_assert_int_eq(bind_virq(NR_VIRQS, 0), -XEN_EINVAL);
    send_vcpu_virq(a->vcpu[1], VIRQ_TIMER);
    ck_assert(pending_2l(a, p));
    ck_assert_uint_eq(svc_kicks[a->id][1], 1);
    send_vcpu_virq(a->vcpu[0], VIRQ_TIMER); /* not bound there */
    ck_assert_int_eq(event(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
    move = (struct evtchn_bind_vcpu){ .port = q, .vcpu = 1 };
    ck_assert_int_eq(event(EVTCHNOP_bind_vcpu, &move), 0);
    move.vcpu = 2;
    ck_assert_int_eq(event(EVTCHNOP_bind_vcpu, &move), -XEN_ENOENT);
    ck_assert_int_eq(with_port(EVTCHNOP_close, p), 0);
    ck_assert_int_gt(bind_virq(VIRQ_TIMER, 1), 0);
}
END_TEST

/* Made, but without vcpus yet: the bit waits for whoever unmasks the port. */
START_TEST(an_event_for_a_domain_without_vcpus)
{
    struct xen_domctl_createdomain cfg = {
        .max_vcpus = 1, .max_evtchn_port = 1023, .grant_opts = XEN_DOMCTL_GRANT_version(1)
    };
    struct domain *young;
    long theirs, ours;

    ck_assert_int_eq(domain_create(77, &cfg, false, &young), 0);
    svc_become(dom0(), 0);
    theirs = alloc_unbound(77, DOMID_SELF);
    ours = bind_interdomain(77, theirs);
    ck_assert_int_gt(ours, 0);
    ck_assert_int_eq(with_port(EVTCHNOP_send, ours), 0);
    ck_assert(pending_2l(young, theirs));
    svc_destroy(young);
}
END_TEST

/* Its own end has looked for what it handles already, or does so later; it is not kept by it. */
START_TEST(a_dying_domain_handles_no_virq)
{
    struct svc_account before = svc_account();
    struct domain *d;
    domid_t id;

    svc_become(dom0(), 0);
    d = svc_domain(1, 1);
    id = d->id;
    ck_assert_int_eq(domain_kill(d), -XEN_ERESTART);
    ck_assert_int_eq(set_global_virq_handler(d, VIRQ_DOM_EXC), -XEN_ESRCH);
    svc_destroy(d);
    ck_assert_ptr_null(domain_lookup(id));
    svc_check_account(before);
}
END_TEST

START_TEST(global_virqs_go_to_their_handler)
{
    long p, q;

    svc_become(dom0(), 0);
    p = bind_virq(VIRQ_DOM_EXC, 0);
    svc_become(a, 0);
    q = bind_virq(VIRQ_DOM_EXC, 0);
    send_global_virq(VIRQ_DOM_EXC);
    ck_assert(pending_2l(dom0(), p));
    ck_assert(!pending_2l(a, q));
    ck_assert_int_eq(set_global_virq_handler(a, VIRQ_DOM_EXC), 0);
    ck_assert_int_eq(set_global_virq_handler(a, VIRQ_TIMER), -XEN_EINVAL);
    send_global_virq(VIRQ_DOM_EXC);
    ck_assert(pending_2l(a, q));
    /* the handler dies: back to the control domain */
    svc_become(dom0(), 0);
    take_2l(dom0(), p);
    svc_destroy(a);
    ck_assert(pending_2l(dom0(), p));
}
END_TEST

START_TEST(pirqs_need_permission)
{
    struct evtchn_bind_pirq op = { .pirq = 9 };

    ck_assert_int_eq(event(EVTCHNOP_bind_pirq, &op), -XEN_EPERM);
    rangeset_add(a->irq_caps, 9, 9);
    rangeset_add(a->irq_caps, 666, 666);
    ck_assert_int_eq(event(EVTCHNOP_bind_pirq, &op), 0);
    send_pirq_event(a, 9);
    ck_assert(pending_2l(a, op.port));
    ck_assert_int_eq(event(EVTCHNOP_bind_pirq, &op), -XEN_EEXIST);
    op.pirq = 666; /* the machine refuses */
    ck_assert_int_eq(event(EVTCHNOP_bind_pirq, &op), -XEN_EBUSY);
    op.pirq = 1 << 20;
    ck_assert_int_eq(event(EVTCHNOP_bind_pirq, &op), -XEN_EINVAL);
    op.pirq = 10;
    op.flags = 2;
    ck_assert_int_eq(event(EVTCHNOP_bind_pirq, &op), -XEN_EINVAL);
    send_pirq_event(a, 666);
    send_pirq_event(a, ~0U);
}
END_TEST

START_TEST(ipis_reach_their_vcpu)
{
    long p = bind_ipi(1);

    ck_assert_int_gt(p, 0);
    ck_assert_int_eq(with_port(EVTCHNOP_send, p), 0);
    ck_assert_uint_eq(svc_kicks[a->id][1], 1);
    ck_assert_int_eq(bind_ipi(2), -XEN_ENOENT);
}
END_TEST

START_TEST(ports_run_out_and_come_back)
{
    unsigned n = 0;

    while (alloc_unbound(DOMID_SELF, 0) > 0)
        n++;
    ck_assert_uint_eq(n, 1022); /* 1023 is the highest, 0 is none, one is connected */
    ck_assert_int_eq(alloc_unbound(DOMID_SELF, 0), -XEN_ENOSPC);
    ck_assert_int_eq(with_port(EVTCHNOP_close, 500), 0);
    ck_assert_int_eq(alloc_unbound(DOMID_SELF, 0), 500);
}
END_TEST

START_TEST(reset_is_preemptible_and_complete)
{
    struct evtchn_reset op = { .dom = DOMID_SELF };

    for (unsigned i = 0; i < 300; i++)
        ck_assert_int_gt(alloc_unbound(DOMID_SELF, b->id), 0);
    bind_virq(VIRQ_TIMER, 0);
    svc_preempt_every = 2;
    ck_assert_int_eq(event(EVTCHNOP_reset, &op), 0);
    svc_preempt_every = 0;
    ck_assert_uint_gt(svc_restarts, 5);
    for (unsigned p = 1; p < 300; p++)
        ck_assert_uint_eq(status(DOMID_SELF, p), EVTCHNSTAT_closed);
    ck_assert_uint_eq(a->vcpu[0]->virq_port[VIRQ_TIMER], 0);
    op.dom = b->id;
    ck_assert_int_eq(event(EVTCHNOP_reset, &op), -XEN_EPERM);
    svc_become(b, 0);
    ck_assert_uint_eq(status(DOMID_SELF, ports[1]), EVTCHNSTAT_unbound);
}
END_TEST

START_TEST(connected_domains_die_in_any_order)
{
    svc_become(dom0(), 0);
    svc_destroy(a);
    svc_become(b, 0);
    ck_assert_uint_eq(status(DOMID_SELF, ports[1]), EVTCHNSTAT_unbound);
    ck_assert_int_eq(with_port(EVTCHNOP_send, ports[1]), 0);
    svc_become(dom0(), 0);
    svc_destroy(b);
}
END_TEST

static void no_writing_from_now(void) { svc_guest_last = 0; }

/* A port whose number cannot be told its owner is closed again. */
START_TEST(answer_that_cannot_be_written)
{
    struct evtchn_alloc_unbound unbound = { .dom = DOMID_SELF, .remote_dom = 0 };
    struct evtchn_bind_interdomain loop = { .remote_dom = DOMID_SELF };
    struct evtchn_bind_virq virq = { .virq = VIRQ_DEBUG };
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    const struct {
        unsigned cmd;
        void *arg;
    } calls[] = {
        { EVTCHNOP_alloc_unbound, &unbound }, { EVTCHNOP_bind_interdomain, &loop },
        { EVTCHNOP_bind_virq, &virq },        { EVTCHNOP_bind_ipi, &ipi },
    };
    uint64_t last = svc_guest_last;
    bool was_open[64];

    svc_become(a, 0);
    loop.remote_port = alloc_unbound(DOMID_SELF, DOMID_SELF);
    for (unsigned port = 1; port < 64; port++)
        was_open[port] = status(DOMID_SELF, port) != EVTCHNSTAT_closed;
    for (unsigned i = 0; i < ARRAY_SIZE(calls); i++) {
        svc_guest_acts = no_writing_from_now;
        ck_assert_int_eq(event(calls[i].cmd, calls[i].arg), -XEN_EFAULT);
        svc_guest_acts = NULL;
        svc_guest_last = last;
        for (unsigned port = 1; port < 64; port++)
            ck_assert_int_eq(status(DOMID_SELF, port) != EVTCHNSTAT_closed, was_open[port]);
    }
    ck_assert_uint_eq(status(DOMID_SELF, loop.remote_port), EVTCHNSTAT_unbound);
    ck_assert_int_gt(bind_virq(VIRQ_DEBUG, 0), 0);
    ck_assert_int_gt(bind_interdomain(DOMID_SELF, loop.remote_port), 0);
}
END_TEST

START_TEST(bad_pointers_and_commands)
{
    ck_assert_int_eq(CALL(event_channel_op, EVTCHNOP_send, 8, 0), -XEN_EFAULT);
    ck_assert_int_eq(CALL(event_channel_op, 14, (uint64_t)ports, 0), -XEN_ENOSYS);
    ck_assert_int_eq(CALL(event_channel_op, ~0U, (uint64_t)ports, 0), -XEN_ENOSYS);
    ck_assert_int_eq(CALL(event_channel_op, EVTCHNOP_reset, 8, 0), -XEN_EFAULT);
    ck_assert_int_eq(with_port(EVTCHNOP_send, ~0U), -XEN_EINVAL);
    ck_assert_int_eq(with_port(EVTCHNOP_unmask, ~0U), -XEN_EINVAL);
}
END_TEST

/* --- poll ------------------------------------------------------------------------------------- */

static long poll(evtchn_port_t *list, unsigned n, uint64_t timeout)
{
    struct sched_poll p = { .ports = { (uint64_t)list }, .nr_ports = n, .timeout = timeout };

    return CALL(sched_op, SCHEDOP_poll, (uint64_t)&p, 0);
}

START_TEST(poll_sleeps_until_its_port)
{
    evtchn_port_t list[2] = { ports[1], 0 };

    b->shared_info->evtchn_mask[0] = ~0UL;
    svc_become(b, 0);
    ck_assert_int_eq(poll(list, 1, 1000), 0);
    ck_assert(b->vcpu[0]->pause_flags & VPF_BLOCKED);
    ck_assert(b->vcpu[0]->poll_timer.active);
    svc_become(a, 0);
    ck_assert_int_eq(with_port(EVTCHNOP_send, ports[0]), 0);
    ck_assert(!(b->vcpu[0]->pause_flags & VPF_BLOCKED));
    svc_become(b, 0);
    ck_assert_int_eq(poll(list, 1, 1000), 0); /* still pending: returns at once */
    ck_assert(!(b->vcpu[0]->pause_flags & VPF_BLOCKED));
    list[0] = 100000;
    ck_assert_int_eq(poll(list, 1, 0), -XEN_EINVAL);
    ck_assert(!(b->vcpu[0]->pause_flags & VPF_BLOCKED));
    ck_assert_int_eq(poll(list, 129, 0), -XEN_EINVAL);
    ck_assert_int_eq(poll((evtchn_port_t *)8, 1, 0), -XEN_EFAULT);
}
END_TEST

START_TEST(poll_times_out)
{
    evtchn_port_t list[2] = { ports[1], 1 };
    struct timer *t = &b->vcpu[0]->poll_timer;

    svc_become(b, 0);
    take_2l(b, 1);
    b->vcpu[0]->vcpu_info->evtchn_upcall_mask = 1;
    ck_assert_int_eq(poll(list, 2, 5000), 0);
    ck_assert(b->vcpu[0]->pause_flags & VPF_BLOCKED);
    t->fn(t->data);
    ck_assert(!(b->vcpu[0]->pause_flags & VPF_BLOCKED));
}
END_TEST

/* --- random operations against a model -------------------------------------------------------- */

#define MODEL_PORTS 64

struct model_port {
    bool open, connected, pending;
    unsigned peer_dom, peer_port;
};
static struct model_port model[2][MODEL_PORTS];
static struct domain *doms[2];

static void model_close(unsigned d, unsigned p)
{
    struct model_port *m = &model[d][p];

    if (m->connected)
        model[m->peer_dom][m->peer_port].connected = false;
    *m = (struct model_port){ 0 };
}

static void random_step(void)
{
    unsigned d = svc_random(2), p = 1 + svc_random(MODEL_PORTS - 1);
    struct model_port *m = &model[d][p];
    long rc;

    svc_become(doms[d], 0);
    switch (svc_random(4)) {
    case 0:
        rc = alloc_unbound(DOMID_SELF, doms[!d]->id);
        if (rc > 0 && rc < MODEL_PORTS)
            model[d][rc] = (struct model_port){ .open = true };
        else if (rc > 0)
            with_port(EVTCHNOP_close, rc);
        break;
    case 1:
        rc = with_port(EVTCHNOP_close, p);
        ck_assert_int_eq(rc, m->open ? 0 : -XEN_EINVAL);
        if (rc == 0)
            model_close(d, p);
        break;
    case 2:
        rc = bind_interdomain(doms[!d]->id, p);
        if (!model[!d][p].open || model[!d][p].connected) {
            ck_assert_int_eq(rc, -XEN_EINVAL);
        } else if (rc > 0 && rc < MODEL_PORTS) {
            model[d][rc] = (struct model_port){ true, true, true, !d, p };
            model[!d][p].connected = true;
            model[!d][p].peer_dom = d;
            model[!d][p].peer_port = rc;
        } else if (rc > 0) {
            with_port(EVTCHNOP_close, rc);
        }
        break;
    default:
        rc = with_port(EVTCHNOP_send, p);
        ck_assert_int_eq(rc, m->open ? 0 : -XEN_EINVAL);
        if (m->connected)
            model[m->peer_dom][m->peer_port].pending = true;
        break;
    }
}

static void compare(void)
{
    for (unsigned d = 0; d < 2; d++)
        for (unsigned p = 1; p < MODEL_PORTS; p++) {
            const struct model_port *m = &model[d][p];
            const struct port *real = port_lookup(doms[d]->evtchn, p);
            enum port_state want = !m->open       ? PORT_FREE
                                   : m->connected ? PORT_INTERDOMAIN
                                                  : PORT_UNBOUND;

            ck_assert_uint_eq(real->state, want);
            if (m->connected)
                ck_assert_uint_eq(real->remote_port, m->peer_port);
            ck_assert_uint_eq(pending_2l(doms[d], p), m->pending);
        }
}

START_TEST(random_operations_match_the_model)
{
    svc_become(dom0(), 0);
    svc_destroy(a);
    svc_destroy(b);
    doms[0] = svc_domain(1, 1);
    doms[1] = svc_domain(1, 1);
    for (unsigned i = 0; i < 30000; i++) {
        random_step();
        if (i % 100 == 0)
            compare();
    }
    svc_become(dom0(), 0);
    svc_destroy(doms[0]);
    svc_destroy(doms[1]);
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = {
        send_sets_bits_and_tells_once, masked_port_waits_for_unmask,
        only_the_named_domain_may_connect, loopback_connects_a_domain_to_itself,
        closing_unbinds_the_other_end, virqs_are_bound_once_and_to_their_vcpu,
        an_event_for_a_domain_without_vcpus, a_dying_domain_handles_no_virq,
        global_virqs_go_to_their_handler, pirqs_need_permission, ipis_reach_their_vcpu,
        ports_run_out_and_come_back, reset_is_preemptible_and_complete,
        connected_domains_die_in_any_order, answer_that_cannot_be_written,
        bad_pointers_and_commands, poll_sleeps_until_its_port, poll_times_out,
        random_operations_match_the_model,
    };
    Suite *s = suite_create("events");
    TCase *tc = tcase_create("event channels");

    tcase_add_checked_fixture(tc, setup, svc_end);
    tcase_set_timeout(tc, 20);
    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    return s;
}
