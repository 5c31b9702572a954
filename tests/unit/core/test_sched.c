/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler on a simulated machine: shares, caps, affinity, latency, migration, pausing, races
 * of block and wake.
 */
#include "fake.h"
#include "sched_machine.h"

#include <stdio.h>
#include <stdlib.h>

#include <hv/arch.h>
#include <hv/params.h>
#include <hv/sched_credit.h>
#include <hv/softirq.h>
#include <hv/statistics.h>
#include <public/errno.h>

/** The vcpu got `percent` of one CPU over `ns`, within 2 % of `ns`. */
#define ASSERT_SHARE(v, before, ns, percent)                                          \
    do {                                                                              \
        s_time_t got_ = sim_ran(v) - (before), want_ = (s_time_t)((ns) * (percent) / 100);  \
        ck_assert_msg(llabs(got_ - want_) <= (ns) / 50,                               \
                      "d%uv%u ran %lld us of %lld, wanted %lld",                      \
                      (v)->domain->id, (v)->id, (long long)got_ / 1000, (long long)(ns) / 1000,   \
                      (long long)want_ / 1000);                                       \
    } while (0)

static void pin(struct vcpu *v, unsigned cpu)
{
    struct cpumask m;

    cpumask_zero(&m);
    cpumask_set(&m, cpu);
    ck_assert_int_eq(vcpu_set_hard_affinity(v, &m), 0);
    sim_settle();
}

/* --- shares ----------------------------------------------------------------------------------- */

START_TEST(weights_on_one_cpu)
{
    struct domain *a, *b, *c;

    sim_init(1);
    sim_work_conserving = true;
    a = sim_domain(1, 1, 256, 0);
    b = sim_domain(2, 1, 512, 0);
    c = sim_domain(3, 1, 1024, 0);
    sim_start(a);
    sim_start(b);
    sim_start(c);
    for (unsigned second = 0; second < 3; second++) {
        s_time_t ra = sim_ran(a->vcpu[0]), rb = sim_ran(b->vcpu[0]), rc = sim_ran(c->vcpu[0]);
        sim_run(NS_PER_S);
        ASSERT_SHARE(a->vcpu[0], ra, NS_PER_S, 100.0 / 7);
        ASSERT_SHARE(b->vcpu[0], rb, NS_PER_S, 200.0 / 7);
        ASSERT_SHARE(c->vcpu[0], rc, NS_PER_S, 400.0 / 7);
    }
}
END_TEST

START_TEST(three_on_two_cpus)
{
    struct domain *d[3];

    sim_init(2);
    sim_work_conserving = true;
    for (unsigned i = 0; i < 3; i++) {
        d[i] = sim_domain(i + 1, 1, 256, 0);
        sim_start(d[i]);
    }
    sim_run(NS_PER_S);
    for (unsigned i = 0; i < 3; i++)
        ASSERT_SHARE(d[i]->vcpu[0], 0, NS_PER_S, 200.0 / 3);
}
END_TEST

START_TEST(weights_on_four_cpus)
{
    static const unsigned weight[4] = { 256, 256, 512, 512 };
    struct domain *d[4];

    sim_init(4);
    sim_work_conserving = true;
    for (unsigned i = 0; i < 4; i++) {
        d[i] = sim_domain(i + 1, 4, weight[i], 0);
        sim_start(d[i]);
    }
    sim_run(NS_PER_S);
    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 0; k < 4; k++)
            ASSERT_SHARE(d[i]->vcpu[k], 0, NS_PER_S, 100.0 * weight[i] * 4 / (4 * 1536));
}
END_TEST

START_TEST(extreme_weights_do_not_starve)
{
    struct domain *big, *small;

    sim_init(1);
    big = sim_domain(1, 1, 65535, 0);
    small = sim_domain(2, 1, 1, 0);
    sim_start(big);
    sim_start(small);
    sim_run(300 * NS_PER_S);
    ck_assert_int_gt(sim_ran(small->vcpu[0]), 1 * MS);
    ck_assert_int_lt(sim_ran(small->vcpu[0]), 3 * NS_PER_S);
}
END_TEST

START_TEST(long_time_alone_is_no_debt)
{
    struct domain *a, *b;
    s_time_t before;

    sim_init(1);
    sim_work_conserving = true;
    a = sim_domain(1, 1, 256, 0);
    b = sim_domain(2, 1, 256, 0);
    sim_start(a);
    sim_run(10 * NS_PER_S);
    sim_start(b);
    before = sim_ran(a->vcpu[0]);
    sim_run(NS_PER_S);
    ASSERT_SHARE(a->vcpu[0], before, NS_PER_S, 50);
}
END_TEST

/* Two pinned to CPU 0, one that has CPU 1 alone for long: a newcomer must not lock it out. */
START_TEST(unequal_cpus_do_not_starve)
{
    struct domain *a, *b, *c, *e;
    s_time_t before;

    sim_init(2);
    a = sim_domain(1, 1, 256, 0);
    b = sim_domain(2, 1, 256, 0);
    c = sim_domain(3, 1, 256, 0);
    e = sim_domain(4, 1, 256, 0);
    pin(a->vcpu[0], 0);
    pin(b->vcpu[0], 0);
    pin(c->vcpu[0], 1);
    pin(e->vcpu[0], 1);
    sim_start(a);
    sim_start(b);
    sim_start(c);
    sim_run(20 * NS_PER_S);
    sim_start(e);
    before = sim_ran(c->vcpu[0]);
    sim_run(200 * MS);
    ck_assert_int_gt(sim_ran(c->vcpu[0]) - before, 50 * MS);
    before = sim_ran(c->vcpu[0]);
    sim_run(NS_PER_S);
    ASSERT_SHARE(c->vcpu[0], before, NS_PER_S, 50);
}
END_TEST

/* --- caps ------------------------------------------------------------------------------------- */

START_TEST(cap_on_an_idle_machine)
{
    struct domain *a, *b;

    sim_init(4);
    a = sim_domain(1, 1, 256, 25);
    b = sim_domain(2, 4, 256, 150);
    sim_start(a);
    sim_start(b);
    sim_run(NS_PER_S);
    s_time_t sum = 0;
    for (unsigned i = 0; i < 4; i++)
        sum += sim_ran(b->vcpu[i]);
    ASSERT_SHARE(a->vcpu[0], 0, NS_PER_S, 25);
    ck_assert_int_ge(sum, 1470 * MS);
    ck_assert_int_le(sum, 1530 * MS);
}
END_TEST

/* The other one keeps the CPU for longer than two periods each time. */
START_TEST(cap_is_reached_although_the_cpu_comes_late)
{
    struct xen_sysctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_CREDIT2,
                                          .cmd = XEN_SYSCTL_SCHEDOP_putinfo };
    struct domain *a, *b;
    s_time_t want = 2 * NS_PER_S * 30 / 100;

    sim_init(1);
    op.u.sched_credit2.ratelimit_us = 25000;
    ck_assert_int_eq(sched_policy()->adjust_global(&op), 0);
    a = sim_domain(1, 1, 256, 0);
    b = sim_domain(2, 1, 768, 30);
    sim_start(a);
    sim_start(b);
    sim_run(2 * NS_PER_S);
    op.u.sched_credit2.ratelimit_us = 1000;
    ck_assert_int_eq(sched_policy()->adjust_global(&op), 0);
    ck_assert_msg(llabs(sim_ran(b->vcpu[0]) - want) <= want / 20, "b ran %lld us, wanted %lld",
                  (long long)sim_ran(b->vcpu[0]) / 1000, (long long)want / 1000);
}
END_TEST

/* A long sleep saves no more than a little. */
START_TEST(cap_is_not_saved_up)
{
    struct domain *a;
    s_time_t before;

    sim_init(1);
    a = sim_domain(1, 1, 256, 30);
    sim_start(a);
    sim_run(100 * MS);
    domain_pause_nosync(a);
    sim_settle();
    before = sim_ran(a->vcpu[0]);
    sim_run(NS_PER_S);
    domain_unpause(a);
    sim_settle();
    sim_run(20 * MS);
    ck_assert_int_le(sim_ran(a->vcpu[0]) - before, 6 * 3 * MS);
}
END_TEST

START_TEST(cap_is_changed_while_running)
{
    struct domain *a;
    struct xen_domctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_CREDIT2,
                                          .cmd = XEN_DOMCTL_SCHEDOP_putinfo };
    s_time_t before;

    sim_init(1);
    a = sim_domain(1, 1, 256, 0);
    sim_start(a);
    sim_run(NS_PER_S);
    ASSERT_SHARE(a->vcpu[0], 0, NS_PER_S, 100);
    op.u.credit2.cap = 10;
    ck_assert_int_eq(sched_policy()->adjust(a, &op), 0);
    before = sim_ran(a->vcpu[0]);
    sim_run(NS_PER_S);
    ASSERT_SHARE(a->vcpu[0], before, NS_PER_S, 10);
    op.u.credit2.cap = 0;
    ck_assert_int_eq(sched_policy()->adjust(a, &op), 0);
    before = sim_ran(a->vcpu[0]);
    sim_run(NS_PER_S);
    ASSERT_SHARE(a->vcpu[0], before, NS_PER_S, 100);
}
END_TEST

START_TEST(capped_and_uncapped_together)
{
    struct domain *a, *b;

    sim_init(1);
    a = sim_domain(1, 1, 1024, 20);
    b = sim_domain(2, 1, 256, 0);
    sim_start(a);
    sim_start(b);
    sim_run(NS_PER_S);
    ASSERT_SHARE(a->vcpu[0], 0, NS_PER_S, 20);
    ASSERT_SHARE(b->vcpu[0], 0, NS_PER_S, 80);
}
END_TEST

/* --- latency ---------------------------------------------------------------------------------- */

START_TEST(sleepers_wake_up_soon)
{
    struct domain *hogs, *s;

    sim_init(2);
    hogs = sim_domain(1, 6, 256, 0);
    s = sim_domain(2, 2, 256, 0);
    sim_sleeper(s->vcpu[0], 100 * NS_PER_US, 5 * MS);
    sim_sleeper(s->vcpu[1], 300 * NS_PER_US, 20 * MS);
    sim_start(hogs);
    sim_start(s);
    sim_run(2 * NS_PER_S);
    for (unsigned i = 0; i < 2; i++) {
        struct sim_load *l = sim_load_of(s->vcpu[i]);
        ck_assert_uint_gt(l->wakeups, 80);
        ck_assert_msg(l->worst_latency <= 500 * NS_PER_US, "worst latency %lld us",
                      (long long)l->worst_latency / 1000);
    }
}
END_TEST

/* On CPU 1 two take turns, and are further ahead than the one on CPU 0: who wakes up again before a
 * turn was long enough goes to the other CPU. */
START_TEST(a_waking_vcpu_takes_the_cpu_that_gives_way_first)
{
    struct domain *heavy, *light, *s;

    sim_init(2);
    heavy = sim_domain(1, 1, 1024, 0);
    light = sim_domain(2, 2, 256, 0);
    s = sim_domain(3, 1, 256, 0);
    credit_ratelimit = 4 * MS; /* for who wakes up 1 ms */
    pin(heavy->vcpu[0], 0);
    pin(light->vcpu[0], 1);
    pin(light->vcpu[1], 1);
    sim_sleeper(s->vcpu[0], 10 * NS_PER_US, 700 * NS_PER_US);
    sim_start(heavy);
    sim_start(light);
    sim_start(s);
    sim_run(2 * NS_PER_S);
    struct sim_load *l = sim_load_of(s->vcpu[0]);
    ck_assert_uint_gt(l->wakeups, 600);
    ck_assert_msg(l->worst_latency <= 20 * NS_PER_US, "worst latency %lld us",
                  (long long)l->worst_latency / 1000);
}
END_TEST

START_TEST(an_idle_cpu_takes_a_waking_vcpu_at_once)
{
    struct domain *hog, *s;

    sim_init(3);
    sim_work_conserving = true;
    hog = sim_domain(1, 2, 256, 0);
    s = sim_domain(2, 1, 256, 0);
    sim_sleeper(s->vcpu[0], 50 * NS_PER_US, 1 * MS);
    sim_start(hog);
    sim_start(s);
    sim_run(NS_PER_S);
    ck_assert_int_eq(sim_load_of(s->vcpu[0])->worst_latency, 0);
    ASSERT_SHARE(hog->vcpu[0], 0, NS_PER_S, 100);
    ASSERT_SHARE(hog->vcpu[1], 0, NS_PER_S, 100);
}
END_TEST

/* --- affinity and migration ------------------------------------------------------------------- */

START_TEST(affinity_is_kept)
{
    struct domain *a, *b;

    sim_init(4);
    a = sim_domain(1, 4, 256, 0);
    b = sim_domain(2, 2, 256, 0);
    for (unsigned i = 0; i < 4; i++)
        pin(a->vcpu[i], i % 2);
    sim_start(a);
    sim_start(b);
    sim_run(NS_PER_S);
    /* the others have CPUs 2 and 3 for themselves; sched_machine checks every placement */
    for (unsigned i = 0; i < 4; i++)
        ASSERT_SHARE(a->vcpu[i], 0, NS_PER_S, 50);
    for (unsigned i = 0; i < 2; i++)
        ASSERT_SHARE(b->vcpu[i], 0, NS_PER_S, 100);
}
END_TEST

START_TEST(affinity_of_a_running_vcpu_moves_it)
{
    struct domain *a;
    struct vcpu *v;
    struct cpumask none = { { 0 } };

    sim_init(2);
    a = sim_domain(1, 1, 256, 0);
    v = a->vcpu[0];
    sim_start(a);
    sim_run(10 * MS);
    for (unsigned i = 0; i < 10; i++) {
        unsigned target = 1 - v->processor, moves = sim_timer_moves;
        pin(v, target);
        ck_assert_uint_eq(v->processor, target);
        ck_assert(v->running);
        ck_assert_uint_eq(v->pause_flags, 0);
        ck_assert_uint_gt(sim_timer_moves, moves);
        sim_run(MS);
    }
    ck_assert_int_eq(sim_ran(v), 20 * MS);
    ck_assert_int_eq(vcpu_set_hard_affinity(v, &none), -XEN_EINVAL);
    cpumask_set(&none, 77); /* a CPU that is not there */
    ck_assert_int_eq(vcpu_set_hard_affinity(v, &none), -XEN_EINVAL);
}
END_TEST

START_TEST(override_of_the_affinity)
{
    struct domain *a;
    struct vcpu *v;
    struct cpumask one = { { 1 << 1 } };

    sim_init(3);
    a = sim_domain(1, 1, 256, 0);
    v = a->vcpu[0];
    sim_start(a);
    pin(v, 0);
    ck_assert_int_eq(vcpu_pin_override(v, -1), -XEN_EINVAL);
    ck_assert_int_eq(vcpu_pin_override(v, 3), -XEN_EINVAL);
    ck_assert_int_eq(vcpu_pin_override(v, INT32_MAX), -XEN_EINVAL);
    ck_assert_int_eq(vcpu_pin_override(v, 2), 0);
    ck_assert_int_eq(vcpu_pin_override(v, 0), -XEN_EBUSY);
    sim_run(MS);
    ck_assert_uint_eq(v->processor, 2);
    ck_assert_int_eq(vcpu_set_hard_affinity(v, &one), 0); /* for later */
    sim_run(MS);
    ck_assert_uint_eq(v->processor, 2);
    ck_assert_int_eq(vcpu_pin_override(v, -1), 0);
    sim_run(MS);
    ck_assert_uint_eq(v->processor, 1);
    ck_assert_int_eq(sim_ran(v), 3 * MS);
}
END_TEST

START_TEST(affinity_of_a_blocked_and_of_a_paused_vcpu)
{
    struct domain *a;
    struct vcpu *v;

    sim_init(2);
    a = sim_domain(1, 1, 256, 0);
    v = a->vcpu[0];
    sim_start(a);
    sim_sleeper(v, MS, 10 * MS);
    sim_run(5 * MS);
    ck_assert_int_eq(v->runstate.state, RUNSTATE_blocked);
    pin(v, 1);
    ck_assert_uint_eq(v->processor, 1);
    ck_assert_int_eq(v->runstate.state, RUNSTATE_blocked);
    sim_run(7 * MS);
    ck_assert_int_gt(sim_ran(v), MS);
    domain_pause(a);
    sim_settle();
    pin(v, 0);
    ck_assert(!v->running);
    domain_unpause(a);
    sim_run(20 * MS);
    ck_assert_uint_eq(v->processor, 0);
}
END_TEST

START_TEST(several_groups_of_cpus)
{
    struct domain *a;

    sim_init(40);
    sim_work_conserving = true;
    a = sim_domain(1, 40, 256, 0);
    sim_start(a);
    sim_run(100 * MS);
    for (unsigned i = 0; i < 40; i++)
        ck_assert_int_ge(sim_ran(a->vcpu[i]), 99 * MS);
}
END_TEST

START_TEST(groups_are_balanced)
{
    struct domain *a;
    struct cpumask m = { { 0xffff } };
    s_time_t before[60];

    sim_init(32);
    a = sim_domain(1, 60, 256, 0);
    for (unsigned i = 0; i < 60; i++)
        ck_assert_int_eq(vcpu_set_hard_affinity(a->vcpu[i], &m), 0);
    sim_start(a);
    sim_run(100 * MS);
    cpumask_fill(&m); /* all are in the first group; now they may leave it */
    for (unsigned i = 0; i < 60; i++)
        ck_assert_int_eq(vcpu_set_hard_affinity(a->vcpu[i], &m), 0);
    sim_run(100 * MS);
    for (unsigned i = 0; i < 60; i++)
        before[i] = sim_ran(a->vcpu[i]);
    sim_run(NS_PER_S);
    for (unsigned i = 0; i < 60; i++) {
        ck_assert_int_gt(sim_ran(a->vcpu[i]) - before[i], 500 * MS);
        ck_assert_int_lt(sim_ran(a->vcpu[i]) - before[i], 570 * MS);
    }
}
END_TEST

/* --- stopping and waking ---------------------------------------------------------------------- */

START_TEST(pauses_are_counted)
{
    struct domain *a;
    struct vcpu *v;

    sim_init(2);
    a = sim_domain(1, 2, 256, 0);
    v = a->vcpu[0];
    sim_start(a);
    sim_run(MS);
    vcpu_pause_nosync(v);
    domain_pause_nosync(a);
    vcpu_pause_nosync(v);
    sim_run(10 * MS);
    ck_assert_int_eq(sim_ran(v), MS);
    ck_assert_int_eq(v->runstate.state, RUNSTATE_offline);
    vcpu_unpause(v);
    domain_unpause(a);
    sim_run(10 * MS);
    ck_assert_int_eq(sim_ran(v), MS);
    ck_assert_int_eq(sim_ran(a->vcpu[1]), 11 * MS);
    vcpu_unpause(v);
    sim_run(10 * MS);
    ck_assert_int_eq(sim_ran(v), 11 * MS);
}
END_TEST

START_TEST(control_pauses_are_bounded)
{
    struct domain *a;

    sim_init(1);
    a = sim_domain(1, 1, 256, 0);
    ck_assert_int_eq(domain_unpause_by_control(a), -XEN_EINVAL);
    for (unsigned i = 0; i < 255; i++)
        ck_assert_int_eq(domain_pause_by_control(a), 0);
    ck_assert_int_eq(domain_pause_by_control(a), -XEN_EOVERFLOW);
    sim_start(a);
    sim_run(MS);
    ck_assert_int_eq(sim_ran(a->vcpu[0]), 0);
    for (unsigned i = 0; i < 255; i++)
        ck_assert_int_eq(domain_unpause_by_control(a), 0);
    sim_run(MS);
    ck_assert_int_eq(sim_ran(a->vcpu[0]), MS);
}
END_TEST

START_TEST(block_with_a_pending_event_goes_on)
{
    struct domain *a;
    struct vcpu *v;

    sim_init(1);
    a = sim_domain(1, 1, 256, 0);
    v = a->vcpu[0];
    sim_start(a);
    v->vcpu_info->evtchn_upcall_pending = 1;
    v->vcpu_info->evtchn_upcall_mask = 1;
    vcpu_block();
    ck_assert_uint_eq(v->pause_flags, 0);
    ck_assert_uint_eq(v->vcpu_info->evtchn_upcall_mask, 0);
    v->vcpu_info->evtchn_upcall_pending = 0;
    fake_interrupted = true; /* an NMI was pended just before */
    vcpu_block();
    ck_assert_uint_eq(v->pause_flags, 0);
    fake_interrupted = false;
    vcpu_block();
    ck_assert_uint_eq(v->pause_flags, VPF_BLOCKED);
    vcpu_unblock(v); /* before the CPU came to switch */
    sim_settle();
    ck_assert(v->running);
    vcpu_block();
    sim_settle();
    ck_assert(!v->running);
    ck_assert_int_eq(v->runstate.state, RUNSTATE_blocked);
    vcpu_unblock(v);
    vcpu_unblock(v);
    sim_settle();
    ck_assert(v->running);
}
END_TEST

START_TEST(runstate_times_sum_up)
{
    struct domain *a, *b;
    struct vcpu_runstate_info info;

    sim_init(1);
    a = sim_domain(1, 1, 256, 0);
    b = sim_domain(2, 1, 256, 0);
    sim_sleeper(a->vcpu[0], 3 * MS, 4 * MS);
    sim_run(5 * MS);
    sim_start(a);
    sim_start(b);
    sim_run(333 * MS);
    vcpu_runstate_get(a->vcpu[0], &info);
    ck_assert_uint_eq(info.time[RUNSTATE_offline], 5 * MS);
    ck_assert_uint_eq(info.time[0] + info.time[1] + info.time[2] + info.time[3], 338 * MS);
    ck_assert_uint_gt(info.time[RUNSTATE_blocked], 50 * MS);
    ck_assert_uint_eq(domain_cpu_time(a) + domain_cpu_time(b) + (uint64_t)cpu_idle_time(0),
                      338 * MS);
}
END_TEST

/* What is published of a vcpu is what the hypervisor itself knows, with the time since it entered
 * its state; a vcpu that shares a CPU waits for as long as the other runs. */
START_TEST(statistics_are_runstates)
{
    struct domain *domains[2];
    uint64_t switches = 0;

    sim_init(1);
    for (unsigned i = 0; i < 2; i++)
        sim_start(domains[i] = sim_domain((domid_t)(i + 1), 1, 256, 0));
    sim_run(1000 * MS);
    for (unsigned i = 0; i < 2; i++) {
        const struct vcpu *v = domains[i]->vcpu[0];
        const struct xen_vcpu_statistics *s = v->statistics;
        struct vcpu_runstate_info info;

        vcpu_runstate_get(v, &info);
        ck_assert_uint_eq(s->sequence % 2, 0);
        ck_assert_uint_eq(s->domid, i + 1);
        ck_assert_uint_eq(s->state, (unsigned)info.state);
        ck_assert_uint_eq(s->entered, info.state_entry_time);
        if (info.state == RUNSTATE_running)
            info.time[RUNSTATE_running] -= (uint64_t)now() - s->entered;
        else
            info.time[RUNSTATE_runnable] -= (uint64_t)now() - s->entered;
        ck_assert_uint_eq(s->running, info.time[RUNSTATE_running]);
        ck_assert_uint_eq(s->waiting, info.time[RUNSTATE_runnable]);
        ck_assert_uint_gt(s->waiting, 400 * MS);
        ck_assert_uint_gt(s->switches, 5);
        switches += s->switches;
    }
    ck_assert_uint_eq(sched_idle_vcpu(0)->statistics->domid, DOMID_IDLE);
    ck_assert_uint_eq(sched_idle_vcpu(0)->statistics->switches, switches);
}
END_TEST

START_TEST(yield_lets_others_run)
{
    struct domain *a, *b;

    sim_init(1);
    a = sim_domain(1, 1, 256, 0);
    b = sim_domain(2, 1, 256, 0);
    sim_start(a);
    sim_start(b);
    sim_run(MS / 10);
    struct vcpu *first = fake_current[0];
    vcpu_yield();
    sim_settle();
    ck_assert_ptr_ne(fake_current[0], first);
}
END_TEST

/* Anything in any order: sched_machine checks after each step that the books are right. */
START_TEST(random_changes)
{
    struct domain *d[6];
    int paused[6][3] = { { 0 } };

    srandom(7);
    sim_init(4);
    for (unsigned i = 0; i < 6; i++) {
        d[i] = sim_domain(i + 1, 3, 64 << i, i == 3 ? 70 : 0);
        sim_start(d[i]);
        sim_sleeper(d[i]->vcpu[1], MS, 3 * MS);
    }
    for (unsigned step = 0; step < 5000; step++) {
        unsigned i = (unsigned)random() % 6, k = (unsigned)random() % 3;
        struct vcpu *v = d[i]->vcpu[k];
        struct cpumask m = { { 1 + (unsigned long)random() % 15 } };
        switch (random() % 6) {
        case 0:
            ck_assert_int_eq(vcpu_set_hard_affinity(v, &m), 0);
            break;
        case 1:
            vcpu_pause_nosync(v);
            paused[i][k]++;
            break;
        case 2:
        case 3:
            if (paused[i][k]) {
                paused[i][k]--;
                vcpu_unpause(v);
            }
            break;
        case 4:
            if (random() % 2)
                sim_settle();
            break;
        case 5:
            sim_run(random() % (2 * MS));
            break;
        }
    }
    for (unsigned i = 0; i < 6; i++)
        for (unsigned k = 0; k < 3; k++) {
            while (paused[i][k]) {
                paused[i][k]--;
                vcpu_unpause(d[i]->vcpu[k]);
            }
            cpumask_fill(&d[i]->vcpu[k]->hard_affinity);
        }
    for (unsigned i = 0; i < 6; i++) {
        s_time_t before = sim_ran(d[i]->vcpu[0]);
        sim_run(NS_PER_S);
        ck_assert_int_gt(sim_ran(d[i]->vcpu[0]), before);
    }
    for (unsigned i = 0; i < 6; i++)
        sim_domain_free(d[i]);
    sim_run(10 * MS);
}
END_TEST

/* --- control ---------------------------------------------------------------------------------- */

START_TEST(parameters)
{
    struct xen_domctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_CREDIT2,
                                          .cmd = XEN_DOMCTL_SCHEDOP_getinfo };
    struct xen_sysctl_scheduler_op sys = { .sched_id = XEN_SCHEDULER_CREDIT2,
                                           .cmd = XEN_SYSCTL_SCHEDOP_getinfo };
    struct domain *a;

    sim_init(1);
    a = sim_domain(1, 1, 0, 0);
    ck_assert_int_eq(sched_policy()->id, XEN_SCHEDULER_CREDIT2);
    ck_assert_int_eq(sched_policy()->adjust(a, &op), 0);
    ck_assert_uint_eq(op.u.credit2.weight, 256);
    ck_assert_uint_eq(op.u.credit2.cap, 0);
    op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    op.u.credit2.weight = 77;
    op.u.credit2.cap = 33;
    ck_assert_int_eq(sched_policy()->adjust(a, &op), 0);
    op = (struct xen_domctl_scheduler_op){ .sched_id = XEN_SCHEDULER_CREDIT,
                                           .cmd = XEN_DOMCTL_SCHEDOP_getinfo };
    ck_assert_int_eq(sched_policy()->adjust(a, &op), 0);
    ck_assert_uint_eq(op.u.credit.weight, 77);
    ck_assert_uint_eq(op.u.credit.cap, 33);
    op.cmd = XEN_DOMCTL_SCHEDOP_getvcpuinfo;
    ck_assert_int_eq(sched_policy()->adjust(a, &op), -XEN_EINVAL);
    op.sched_id = XEN_SCHEDULER_RTDS;
    op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    ck_assert_int_eq(sched_policy()->adjust(a, &op), -XEN_EINVAL);

    ck_assert_int_eq(sched_policy()->adjust_global(&sys), 0);
    ck_assert_uint_eq(sys.u.sched_credit2.ratelimit_us, 1000);
    sys.cmd = XEN_SYSCTL_SCHEDOP_putinfo;
    sys.u.sched_credit2.ratelimit_us = 50;
    ck_assert_int_eq(sched_policy()->adjust_global(&sys), -XEN_EINVAL);
    sys.u.sched_credit2.ratelimit_us = 2000;
    ck_assert_int_eq(sched_policy()->adjust_global(&sys), 0);
    sys.sched_id = XEN_SCHEDULER_NULL;
    ck_assert_int_eq(sched_policy()->adjust_global(&sys), -XEN_EINVAL);
}
END_TEST

/* --- the trivial policy ----------------------------------------------------------------------- */



static void choose_null(void)
{
    for (const struct param *p = __start_hv_params; p < __stop_hv_params; p++)
        if (!__builtin_strcmp(p->name, "sched"))
            snprintf(p->var, p->size, "null");
}

START_TEST(null_policy_takes_turns)
{
    struct domain *a, *b;

    choose_null();
    sim_init(2);
    ck_assert_str_eq(sched_policy()->name, "null");
    a = sim_domain(1, 2, 0, 0);
    b = sim_domain(2, 2, 0, 0);
    sim_start(a);
    sim_start(b);
    sim_run(NS_PER_S);
    for (unsigned i = 0; i < 2; i++) {
        ASSERT_SHARE(a->vcpu[i], 0, NS_PER_S, 50);
        ASSERT_SHARE(b->vcpu[i], 0, NS_PER_S, 50);
    }
    pin(a->vcpu[0], 1 - a->vcpu[0]->processor);
    sim_run(100 * MS);
    vcpu_pause_nosync(b->vcpu[0]);
    sim_run(100 * MS);
    vcpu_unpause(b->vcpu[0]);
    sim_run(100 * MS);
    sim_domain_free(a);
    sim_domain_free(b);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("sched");
    TCase *t = tcase_create("sched");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, weights_on_one_cpu);
    tcase_add_test(t, three_on_two_cpus);
    tcase_add_test(t, weights_on_four_cpus);
    tcase_add_test(t, extreme_weights_do_not_starve);
    tcase_add_test(t, long_time_alone_is_no_debt);
    tcase_add_test(t, unequal_cpus_do_not_starve);
    tcase_add_test(t, cap_on_an_idle_machine);
    tcase_add_test(t, cap_is_reached_although_the_cpu_comes_late);
    tcase_add_test(t, cap_is_not_saved_up);
    tcase_add_test(t, cap_is_changed_while_running);
    tcase_add_test(t, capped_and_uncapped_together);
    tcase_add_test(t, sleepers_wake_up_soon);
    tcase_add_test(t, a_waking_vcpu_takes_the_cpu_that_gives_way_first);
    tcase_add_test(t, an_idle_cpu_takes_a_waking_vcpu_at_once);
    tcase_add_test(t, affinity_is_kept);
    tcase_add_test(t, affinity_of_a_running_vcpu_moves_it);
    tcase_add_test(t, override_of_the_affinity);
    tcase_add_test(t, affinity_of_a_blocked_and_of_a_paused_vcpu);
    tcase_add_test(t, several_groups_of_cpus);
    tcase_add_test(t, groups_are_balanced);
    tcase_add_test(t, pauses_are_counted);
    tcase_add_test(t, control_pauses_are_bounded);
    tcase_add_test(t, block_with_a_pending_event_goes_on);
    tcase_add_test(t, runstate_times_sum_up);
    tcase_add_test(t, statistics_are_runstates);
    tcase_add_test(t, yield_lets_others_run);
    tcase_add_test(t, random_changes);
    tcase_add_test(t, parameters);
    tcase_add_test(t, null_policy_takes_turns);
    suite_add_tcase(s, t);
    return s;
}
