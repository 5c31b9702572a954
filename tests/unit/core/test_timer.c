/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers: order, stopping, moving, the hardware timer, other CPUs, random operations.
 */
#include "fake.h"

#include <stdlib.h>

#include <hv/softirq.h>
#include <hv/timer.h>

static void setup(void)
{
    fake_cpus_init(4);
    timer_subsystem_init();
}

/** Time passes to `t` on all CPUs; each runs its softirqs. */
static void pass_until(s_time_t t)
{
    unsigned self = this_cpu();

    fake_now = t;
    for (unsigned cpu = 0; cpu < 4; cpu++) {
        fake_become_cpu(cpu);
        if (fake_deadline[cpu] <= t) {
            fake_deadline[cpu] = STIME_MAX;
            softirq_raise(SOFTIRQ_TIMER);
        }
        softirq_run();
    }
    fake_become_cpu(self);
}

static int order[16];
static unsigned nr_order;

static void note(void *data)
{
    order[nr_order++] = (int)(intptr_t)data;
}

START_TEST(expire_in_order)
{
    static const s_time_t at[6] = { 50, 10, 40, 30, 20, 60 };
    static const int expected[6] = { 1, 4, 3, 2, 0, 5 };
    struct timer t[6];

    for (int i = 0; i < 6; i++) {
        timer_init(&t[i], note, (void *)(intptr_t)i, 0);
        timer_set(&t[i], at[i]);
    }
    ck_assert_int_eq(fake_deadline[0], 10);
    pass_until(9);
    ck_assert_uint_eq(nr_order, 0);
    pass_until(35);
    ck_assert_uint_eq(nr_order, 3);
    ck_assert_int_eq(fake_deadline[0], 40);
    pass_until(100);
    ck_assert_uint_eq(nr_order, 6);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(order[i], expected[i]);
    ck_assert_int_eq(fake_deadline[0], STIME_MAX);
}
END_TEST

START_TEST(set_again_replaces_and_stop_stops)
{
    struct timer t;

    timer_init(&t, note, NULL, 0);
    timer_set(&t, 10);
    timer_set(&t, 100);
    ck_assert(timer_is_active(&t));
    pass_until(50);
    ck_assert_uint_eq(nr_order, 0);
    ck_assert_int_eq(fake_deadline[0], 100); /* the early interrupt corrected it */
    timer_stop(&t);
    timer_stop(&t);
    ck_assert(!timer_is_active(&t));
    pass_until(200);
    ck_assert_uint_eq(nr_order, 0);
    timer_set(&t, 150); /* in the past */
    pass_until(200);
    ck_assert_uint_eq(nr_order, 1);
}
END_TEST

START_TEST(killed_timers_stay_dead)
{
    struct timer t, never = { 0 };

    timer_init(&t, note, NULL, 0);
    timer_set(&t, 10);
    timer_kill(&t);
    timer_set(&t, 20);
    pass_until(100);
    ck_assert_uint_eq(nr_order, 0);
    timer_kill(&never);
    timer_init(&t, note, NULL, 0);
    timer_set(&t, 110);
    pass_until(120);
    ck_assert_uint_eq(nr_order, 1);
}
END_TEST

static void set_itself_again(void *data)
{
    struct timer *t = data;

    nr_order++;
    if (nr_order < 5)
        timer_set(t, t->expires + 10);
    else
        timer_kill(t); /* by its own handler */
}

START_TEST(periodic_by_setting_itself)
{
    struct timer t;

    timer_init(&t, set_itself_again, &t, 0);
    timer_set(&t, 10);
    for (s_time_t now = 5; now < 100; now += 5)
        pass_until(now);
    ck_assert_uint_eq(nr_order, 5);
}
END_TEST

static void free_itself(void *data)
{
    nr_order++;
    free(data);
}

START_TEST(handler_may_free_its_timer)
{
    struct timer *t = malloc(sizeof(*t));

    timer_init(t, free_itself, t, 0);
    timer_set(t, 10);
    pass_until(20);
    ck_assert_uint_eq(nr_order, 1);
}
END_TEST

START_TEST(other_cpus_are_told_only_of_sooner_deadlines)
{
    struct timer a, b, c;

    timer_init(&a, note, NULL, 2);
    timer_init(&b, note, NULL, 2);
    timer_init(&c, note, NULL, 2);
    timer_set(&a, 100);
    ck_assert_uint_eq(fake_event_checks[2], 1);
    pass_until(1);
    ck_assert_int_eq(fake_deadline[2], 100);
    timer_set(&b, 200);
    ck_assert_uint_eq(fake_event_checks[2], 1);
    timer_set(&c, 50);
    ck_assert_uint_eq(fake_event_checks[2], 2);
    pass_until(2);
    ck_assert_int_eq(fake_deadline[2], 50);
    pass_until(300);
    ck_assert_uint_eq(nr_order, 3);
}
END_TEST

START_TEST(migration)
{
    struct timer t, idle;

    timer_init(&t, note, NULL, 0);
    timer_init(&idle, note, NULL, 0);
    timer_set(&t, 100);
    timer_migrate(&t, 3);
    timer_migrate(&t, 3);
    timer_migrate(&idle, 1);
    ck_assert_uint_eq(t.cpu, 3);
    ck_assert_uint_eq(idle.cpu, 1);
    ck_assert(!timer_is_active(&idle));
    pass_until(1);
    ck_assert_int_eq(fake_deadline[3], 100);
    pass_until(100);
    ck_assert_uint_eq(nr_order, 1);
}
END_TEST

/* --- random operations against a plain array -------------------------------------------------- */

#define N 200
static struct timer many[N];
static s_time_t want[N]; /* STIME_MAX: not set */
static s_time_t last_fired;

static void fired(void *data)
{
    unsigned i = (unsigned)(intptr_t)data;

    ck_assert_int_le(want[i], fake_now);
    ck_assert_int_ge(want[i], last_fired); /* one CPU: in order */
    last_fired = want[i];
    want[i] = STIME_MAX;
}

START_TEST(random_operations)
{
    srandom(5);
    for (unsigned i = 0; i < N; i++) {
        timer_init(&many[i], fired, (void *)(intptr_t)i, 0);
        want[i] = STIME_MAX;
    }
    for (unsigned step = 0; step < 20000; step++) {
        unsigned i = (unsigned)random() % N;
        switch (random() % 4) {
        case 0:
        case 1:
            want[i] = fake_now + 1 + random() % 1000;
            timer_set(&many[i], want[i]);
            break;
        case 2:
            want[i] = STIME_MAX;
            timer_stop(&many[i]);
            break;
        default:
            last_fired = 0;
            pass_until(fake_now + random() % 50);
            for (unsigned k = 0; k < N; k++)
                ck_assert_int_gt(want[k], fake_now);
        }
        ck_assert_int_eq(timer_is_active(&many[i]), want[i] != STIME_MAX);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("timer");
    TCase *t = tcase_create("timer");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, expire_in_order);
    tcase_add_test(t, set_again_replaces_and_stop_stops);
    tcase_add_test(t, killed_timers_stay_dead);
    tcase_add_test(t, periodic_by_setting_itself);
    tcase_add_test(t, handler_may_free_its_timer);
    tcase_add_test(t, other_cpus_are_told_only_of_sooner_deadlines);
    tcase_add_test(t, migration);
    tcase_add_test(t, random_operations);
    suite_add_tcase(s, t);
    return s;
}
