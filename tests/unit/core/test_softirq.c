/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Softirqs and quiescent states.
 */
#include "fake.h"

#include <hv/softirq.h>

static unsigned runs[SOFTIRQ_COUNT], sequence[8], nr;

static void timer_handler(void)
{
    runs[SOFTIRQ_TIMER]++;
    sequence[nr++] = SOFTIRQ_TIMER;
}

static void schedule_handler(void)
{
    runs[SOFTIRQ_SCHEDULE]++;
    sequence[nr++] = SOFTIRQ_SCHEDULE;
    if (runs[SOFTIRQ_SCHEDULE] == 1)
        softirq_raise(SOFTIRQ_TIMER);
}

static void setup(void)
{
    fake_cpus_init(3);
    softirq_open(SOFTIRQ_TIMER, timer_handler);
    softirq_open(SOFTIRQ_SCHEDULE, schedule_handler);
    rcu_init();
}

START_TEST(run_lowest_first_until_none_is_left)
{
    softirq_raise(SOFTIRQ_SCHEDULE);
    softirq_raise(SOFTIRQ_TIMER);
    softirq_raise(SOFTIRQ_TIMER);
    ck_assert(softirq_pending(0));
    softirq_run();
    ck_assert(!softirq_pending(0));
    ck_assert_uint_eq(nr, 3);
    ck_assert_uint_eq(sequence[0], SOFTIRQ_TIMER);
    ck_assert_uint_eq(sequence[1], SOFTIRQ_SCHEDULE);
    ck_assert_uint_eq(sequence[2], SOFTIRQ_TIMER);
}
END_TEST

START_TEST(another_cpu_gets_one_ipi)
{
    softirq_raise_cpu(SOFTIRQ_TIMER, 2);
    softirq_raise_cpu(SOFTIRQ_TIMER, 2);
    softirq_raise_cpu(SOFTIRQ_SCHEDULE, 2);
    ck_assert_uint_eq(fake_event_checks[2], 1);
    ck_assert(softirq_pending(2));
    ck_assert(!softirq_pending(0));
    softirq_raise_cpu(SOFTIRQ_TIMER, 0);
    ck_assert_uint_eq(fake_event_checks[0], 0);
    ck_assert(softirq_pending(0));
}
END_TEST

static unsigned called;
static struct rcu_head again;

static void count_call(struct rcu_head *h)
{
    called++;
}

static void call_again(struct rcu_head *h)
{
    called++;
    rcu_call(&again, count_call);
}

static void pass(unsigned cpu)
{
    fake_become_cpu(cpu);
    softirq_run();
    fake_become_cpu(0);
}

START_TEST(callbacks_wait_for_every_cpu)
{
    struct rcu_head a, b, c;

    rcu_call(&a, count_call);
    pass(0);
    pass(1);
    pass(1);
    ck_assert_uint_eq(called, 0);
    rcu_call(&b, call_again); /* comes into the next round */
    pass(2);
    ck_assert_uint_eq(called, 1);
    pass(0); /* CPU 2 was quiescent for the new round at once */
    rcu_call(&c, count_call);
    ck_assert_uint_eq(called, 1);
    ck_assert_uint_eq(rcu_unfinished_count(), 2);
    pass(1);
    ck_assert_uint_eq(called, 2); /* and asked for another one */
    for (unsigned i = 0; i < 6; i++)
        pass(i % 3);
    ck_assert_uint_eq(called, 4);
    ck_assert_uint_eq(rcu_unfinished_count(), 0);
    for (unsigned cpu = 0; cpu < 3; cpu++)
        ck_assert(!softirq_pending(cpu));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("softirq");
    TCase *t = tcase_create("softirq");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, run_lowest_first_until_none_is_left);
    tcase_add_test(t, another_cpu_gets_one_ipi);
    tcase_add_test(t, callbacks_wait_for_every_cpu);
    suite_add_tcase(s, t);
    return s;
}
