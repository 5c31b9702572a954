/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's table of statistics as libctrl reads it: times up to now, tables that grow and
 * shrink, larger entries of a later version, entries that are being written, hypervisors without.
 */
#include "fake_hypervisor.h"

#include <public/vcpu.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES   4
#define PER_PAGE (PAGE_SIZE / sizeof(struct xen_vcpu_statistics))

static struct ctrl *h;
static struct ctrl_statistics *t;
static const struct ctrl_vcpu_statistics *list;

static void start(void)
{
    h = fake_start();
    fake.entries = aligned_alloc(PAGE_SIZE, FRAMES * PAGE_SIZE);
    memset(fake.entries, 0, FRAMES * PAGE_SIZE);
    for (size_t i = 0; i < FRAMES * PER_PAGE; i++)
        fake.entries[i].domid = DOMID_INVALID;
    fake.statistics = (struct xen_sysctl_statistics){
        .nr_frames = 1, .entry_size = sizeof(struct xen_vcpu_statistics), .now = 1000,
        .generation = 1,
    };
    t = NULL;
}

static void stop(void)
{
    ctrl_statistics_close(t);
    ck_assert_uint_eq(fake.statistics_maps, 0);
    free(fake.entries);
    fake_end(h);
}

static void put(size_t where, domid_t domid, uint16_t vcpu, uint16_t state)
{
    fake.entries[where] = (struct xen_vcpu_statistics){
        .sequence = 8, .domid = domid, .vcpu = vcpu, .state = state, .cpu = 3, .entered = 900,
        .running = 10, .waiting = 20, .hypercalls = 30, .events = 40, .switches = 50,
    };
}

START_TEST(vcpus_and_cpus_up_to_now)
{
    put(0, 0, 0, RUNSTATE_running);
    put(5, 7, 2, RUNSTATE_runnable);
    put(63, DOMID_IDLE, 1, RUNSTATE_runnable);
    put(62, 9, 0, RUNSTATE_blocked);
    ck_assert_int_eq(ctrl_statistics_open(h, &t), 0);
    ck_assert_int_eq(ctrl_statistics_read(t, &list), 4);
    ck_assert(list[0].running && !list[0].waiting && !list[0].is_cpu);
    ck_assert_uint_eq(list[0].running_ns, 10 + 100);
    ck_assert_uint_eq(list[0].waiting_ns, 20);
    ck_assert_uint_eq(list[0].hypercalls, 30);
    ck_assert_uint_eq(list[0].events, 40);
    ck_assert_uint_eq(list[0].switches, 50);
    ck_assert_uint_eq(list[0].cpu, 3);
    ck_assert(list[1].waiting && !list[1].running);
    ck_assert_uint_eq(list[1].domid, 7);
    ck_assert_uint_eq(list[1].vcpu, 2);
    ck_assert_uint_eq(list[1].running_ns, 10);
    ck_assert_uint_eq(list[1].waiting_ns, 20 + 100);
    ck_assert_uint_eq(list[2].running_ns + list[2].waiting_ns, 30);
    ck_assert(list[3].is_cpu && !list[3].waiting && list[3].vcpu == 1);
}
END_TEST

/* Who has entered its state after the clock was read has spent no time there yet. */
START_TEST(no_time_runs_backwards)
{
    put(0, 1, 0, RUNSTATE_running);
    fake.entries[0].entered = 2000;
    ck_assert_int_eq(ctrl_statistics_open(h, &t), 0);
    ck_assert_int_eq(ctrl_statistics_read(t, &list), 1);
    ck_assert_uint_eq(list[0].running_ns, 10);
}
END_TEST

START_TEST(the_table_changes_its_size)
{
    put(0, 1, 0, RUNSTATE_running);
    put(3 * PER_PAGE, 2, 0, RUNSTATE_running);
    ck_assert_int_eq(ctrl_statistics_open(h, &t), 0);
    ck_assert_int_eq(ctrl_statistics_read(t, &list), 1);
    fake.statistics.nr_frames = 4;
    fake.statistics.generation++;
    ck_assert_int_eq(ctrl_statistics_read(t, &list), 2);
    ck_assert_uint_eq(list[1].domid, 2);
    fake.statistics.nr_frames = 2;
    fake.statistics.generation++;
    ck_assert_int_eq(ctrl_statistics_read(t, &list), 1);
    ck_assert_uint_eq(fake.statistics_maps, 1);
}
END_TEST

START_TEST(as_long_as_it_does_not_change_it_stays_mapped)
{
    long calls;

    ck_assert_int_eq(ctrl_statistics_open(h, &t), 0);
    calls = fake.calls;
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(ctrl_statistics_read(t, &list), 0);
    ck_assert_int_eq(fake.calls, calls + 5);
}
END_TEST

/* A later hypervisor's have more fields behind those that are known. */
START_TEST(larger_entries)
{
    fake.statistics.entry_size = 2 * sizeof(struct xen_vcpu_statistics);
    put(0, 1, 0, RUNSTATE_running);
    put(1, 99, 0, RUNSTATE_running); /* is no entry */
    put(2, 2, 0, RUNSTATE_running);
    ck_assert_int_eq(ctrl_statistics_open(h, &t), 0);
    ck_assert_int_eq(ctrl_statistics_read(t, &list), 2);
    ck_assert_uint_eq(list[1].domid, 2);
}
END_TEST

START_TEST(an_entry_that_never_stands_still)
{
    put(0, 1, 0, RUNSTATE_running);
    ck_assert_int_eq(ctrl_statistics_open(h, &t), 0);
    fake.entries[0].sequence = 9;
    ck_assert_int_eq(ctrl_statistics_read(t, &list), -EIO);
    ck_assert_ptr_nonnull(strstr(ctrl_error(h), "changes without end"));
}
END_TEST

START_TEST(hypervisors_without)
{
    fake.statistics.nr_frames = 0;
    ck_assert_int_eq(ctrl_statistics_open(h, &t), -ENOSYS);
    fake.statistics.nr_frames = 1;
    fake.statistics.entry_size = 8;
    ck_assert_int_eq(ctrl_statistics_open(h, &t), -EPROTO);
    fake.statistics.entry_size = PAGE_SIZE + 64;
    ck_assert_int_eq(ctrl_statistics_open(h, &t), -EPROTO);
}
END_TEST

/* A table that cannot be mapped at once is asked for again; one that never can is an error. */
START_TEST(maps_that_fail)
{
    fake.fail_at = 2;
    ck_assert_int_eq(ctrl_statistics_open(h, &t), 0);
    ctrl_statistics_close(t);
    t = NULL;
    fake.fail_at = 5;
    fake.fail_with = -EPERM;
    ck_assert_int_eq(ctrl_statistics_open(h, &t), -EPERM);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("statistics");
    TCase *c = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, c);
    tcase_add_checked_fixture(c, start, stop);
    tcase_add_test(c, vcpus_and_cpus_up_to_now);
    tcase_add_test(c, no_time_runs_backwards);
    tcase_add_test(c, the_table_changes_its_size);
    tcase_add_test(c, as_long_as_it_does_not_change_it_stays_mapped);
    tcase_add_test(c, larger_entries);
    tcase_add_test(c, an_entry_that_never_stands_still);
    tcase_add_test(c, hypervisors_without);
    tcase_add_test(c, maps_that_fail);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
