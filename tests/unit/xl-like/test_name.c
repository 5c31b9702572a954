/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The name of a guest that is being created is one creator's at a time, is free when that one is
 * done or dead, and leaves no file.
 */
#include "name.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char top[] = "/tmp/test_name.XXXXXX", dir[64];

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(top));
    snprintf(dir, sizeof(dir), "%s/names", top);
}

/* Nothing is left but the directory. */
static void teardown(void)
{
    ck_assert_int_eq(rmdir(dir), 0);
    ck_assert_int_eq(rmdir(top), 0);
}

START_TEST(one_at_a_time)
{
    int a = name_take(dir, "a"), b = name_take(dir, "b");

    ck_assert_int_ge(a, 0);
    ck_assert_int_ge(b, 0);
    ck_assert_int_eq(name_take(dir, "a"), -EBUSY);
    name_release(dir, "a", a);
    a = name_take(dir, "a");
    ck_assert_int_ge(a, 0);
    ck_assert_int_eq(name_take(dir, "b"), -EBUSY);
    name_release(dir, "a", a);
    name_release(dir, "b", b);
}
END_TEST

START_TEST(dead_creators_leave_the_name)
{
    int status, fd;

    if (fork() == 0)
        _exit(name_take(dir, "a") < 0);
    wait(&status);
    ck_assert_int_eq(status, 0);
    fd = name_take(dir, "a");
    ck_assert_int_ge(fd, 0);
    name_release(dir, "a", fd);
}
END_TEST

START_TEST(no_directory)
{
    char nowhere[80];

    snprintf(nowhere, sizeof(nowhere), "%s/no/where", top);
    ck_assert_int_eq(name_take(nowhere, "a"), -ENOENT);
    ck_assert_int_eq(mkdir(dir, 0700), 0);
}
END_TEST

/* Many at the same time, each again and again: never do two have it. */
#define CREATORS 4
#define ROUNDS   100

static int creator(const char *mark)
{
    for (int done = 0; done < ROUNDS;) {
        int fd = name_take(dir, "a");

        if (fd == -EBUSY)
            continue;
        if (fd < 0 || mkdir(mark, 0700) < 0 || rmdir(mark) < 0)
            return 1;
        name_release(dir, "a", fd);
        done++;
    }
    return 0;
}

START_TEST(many_creators)
{
    char mark[80];
    int status;

    snprintf(mark, sizeof(mark), "%s/mark", top);
    for (int i = 0; i < CREATORS; i++)
        if (fork() == 0)
            _exit(creator(mark));
    for (int i = 0; i < CREATORS; i++) {
        wait(&status);
        ck_assert_int_eq(status, 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("name");
    TCase *tc = tcase_create("name");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, one_at_a_time);
    tcase_add_test(tc, dead_creators_leave_the_name);
    tcase_add_test(tc, no_directory);
    tcase_add_test(tc, many_creators);
    suite_add_tcase(s, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
