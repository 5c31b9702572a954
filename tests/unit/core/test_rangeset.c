/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of ranges, against a plain bitmap.
 */
#include "fake.h"

#include <stdlib.h>

#include <hv/rangeset.h>
#include <public/errno.h>

START_TEST(simple)
{
    struct rangeset *r = rangeset_new("test");

    ck_assert(!rangeset_contains(r, 0, 0));
    ck_assert_int_eq(rangeset_add(r, 10, 20), 0);
    ck_assert_int_eq(rangeset_add(r, 30, 40), 0);
    ck_assert(rangeset_contains(r, 10, 20));
    ck_assert(!rangeset_contains(r, 10, 21));
    ck_assert(!rangeset_contains(r, 9, 10));
    ck_assert(!rangeset_contains(r, 15, 35));
    ck_assert_int_eq(rangeset_add(r, 21, 29), 0);
    ck_assert(rangeset_contains(r, 10, 40));
    ck_assert_uint_eq(fake_allocs_live, 2); /* all of it is one range */
    ck_assert_int_eq(rangeset_remove(r, 15, 15), 0);
    ck_assert(rangeset_contains(r, 16, 40));
    ck_assert(!rangeset_contains(r, 15, 15));
    ck_assert_int_eq(rangeset_remove(r, 0, UINT64_MAX), 0);
    ck_assert(!rangeset_contains(r, 10, 10));
    rangeset_destroy(r);
    rangeset_destroy(NULL);
    ck_assert_uint_eq(fake_allocs_live, 0);
}
END_TEST

START_TEST(ends_of_the_number_range)
{
    struct rangeset *r = rangeset_new("test");

    ck_assert_int_eq(rangeset_add(r, UINT64_MAX, UINT64_MAX), 0);
    ck_assert_int_eq(rangeset_add(r, 0, 0), 0);
    ck_assert(rangeset_contains(r, 0, 0));
    ck_assert(!rangeset_contains(r, 0, UINT64_MAX));
    ck_assert_int_eq(rangeset_add(r, 1, UINT64_MAX - 1), 0);
    ck_assert(rangeset_contains(r, 0, UINT64_MAX));
    ck_assert_int_eq(rangeset_remove(r, 0, 0), 0);
    ck_assert_int_eq(rangeset_remove(r, UINT64_MAX, UINT64_MAX), 0);
    ck_assert(rangeset_contains(r, 1, UINT64_MAX - 1));
    ck_assert_int_eq(rangeset_add(r, 5, 4), -XEN_EINVAL);
    ck_assert_int_eq(rangeset_remove(r, 5, 4), -XEN_EINVAL);
    rangeset_destroy(r);
}
END_TEST

START_TEST(out_of_memory_changes_nothing)
{
    struct rangeset *r = rangeset_new("test");

    ck_assert_int_eq(rangeset_add(r, 10, 20), 0);
    fake_alloc_fail_after = 0;
    ck_assert_int_eq(rangeset_add(r, 30, 40), -XEN_ENOMEM);
    ck_assert_int_eq(rangeset_remove(r, 12, 13), -XEN_ENOMEM);
    ck_assert_int_eq(rangeset_add(r, 21, 22), 0);
    ck_assert_int_eq(rangeset_remove(r, 10, 11), 0);
    ck_assert(rangeset_contains(r, 12, 22));
    ck_assert(!rangeset_contains(r, 30, 30));
    ck_assert_ptr_null(rangeset_new("none"));
    fake_alloc_fail_after = ~0ul;
    rangeset_destroy(r);
}
END_TEST

START_TEST(no_more_than_the_limit)
{
    struct rangeset *r = rangeset_new("test");

    rangeset_limit(r, 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(rangeset_add(r, 10 * i, 10 * i + 4), 0);
    ck_assert_int_eq(rangeset_add(r, 40, 40), -XEN_ENOSPC);
    ck_assert_int_eq(rangeset_remove(r, 2, 2), -XEN_ENOSPC); /* would be four */
    ck_assert(rangeset_contains(r, 0, 4));
    ck_assert_int_eq(rangeset_add(r, 5, 9), 0); /* are two now */
    ck_assert_int_eq(rangeset_add(r, 40, 40), 0);
    ck_assert_int_eq(rangeset_remove(r, 0, 14), 0);
    ck_assert_int_eq(rangeset_add(r, 60, 60), 0);
    ck_assert_int_eq(rangeset_add(r, 70, 70), -XEN_ENOSPC);
    rangeset_destroy(r);
}
END_TEST

#define N 300

START_TEST(random_operations)
{
    struct rangeset *r = rangeset_new("test");
    static bool in[N];

    srandom(9);
    for (unsigned step = 0; step < 20000; step++) {
        unsigned a = (unsigned)random() % N, b = a + (unsigned)random() % (N - a < 20 ? N - a : 20);
        bool add = random() % 2, all = true, some = false;
        ck_assert_int_eq(add ? rangeset_add(r, a, b) : rangeset_remove(r, a, b), 0);
        for (unsigned i = a; i <= b; i++)
            in[i] = add;
        a = (unsigned)random() % N;
        b = a + (unsigned)random() % (N - a);
        for (unsigned i = a; i <= b; i++) {
            all &= in[i];
            some |= in[i];
        }
        ck_assert_int_eq(rangeset_contains(r, a, b), all);
        ck_assert_int_eq(rangeset_overlaps(r, a, b), some);
    }
    /* as few ranges as possible */
    unsigned ranges = in[0];
    for (unsigned i = 1; i < N; i++)
        ranges += in[i] && !in[i - 1];
    ck_assert_uint_eq(fake_allocs_live, ranges + 1);
    rangeset_destroy(r);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("rangeset");
    TCase *t = tcase_create("rangeset");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, simple);
    tcase_add_test(t, ends_of_the_number_range);
    tcase_add_test(t, out_of_memory_changes_nothing);
    tcase_add_test(t, no_more_than_the_limit);
    tcase_add_test(t, random_operations);
    suite_add_tcase(s, t);
    return s;
}
