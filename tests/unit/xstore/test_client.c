/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs with libxstore while the real xstored, at a socket, is killed again and again: threads
 * that share one handle read back what they have written, transactions are done whole or again, a
 * thread that waits for events gets them from every daemon, and waits in nobody's way.
 */
#include "xstore.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS 3
#define KILLS   12

static char dir[64], socket_path[80], journal_path[80];
static const char *program = XSTORED;
static struct xstore *x;
static atomic_uint kills, rounds, events, refused;
static atomic_bool stop;

static pid_t start_daemon(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        execl(program, "xstored", "-F", "-S", "-s", socket_path, "-j", journal_path, NULL);
        _exit(127);
    }
    ck_assert_int_gt(pid, 0);
    return pid;
}

static void end_daemon(pid_t pid)
{
    int status;

    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    ck_assert_msg(WIFSIGNALED(status), "xstored ended by itself: %d", status);
}

static void must(int ret, const char *what)
{
    if (ret >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(-ret));
    abort();
}

/* Two nodes that are always equal. */
static void transaction(const char *path, unsigned n)
{
    char second[64];
    int ret;

    snprintf(second, sizeof(second), "%s/second", path);
    do {
        xstore_txn_t t;

        must(xstore_txn_start(x, &t), "start");
        ret = xstore_printf(x, t, path, "%u", n);
        if (ret == 0)
            ret = xstore_printf(x, t, second, "%u", n);
        ret = xstore_txn_finish(x, t, ret);
        if (ret == -EAGAIN)
            refused++;
    } while (ret == -EAGAIN);
    must(ret, "transaction");
}

static unsigned value_of(const char *path)
{
    char *value;
    unsigned n;

    must(xstore_read(x, XSTORE_NO_TXN, path, &value, NULL), path);
    n = atoi(value);
    free(value);
    return n;
}

static void *writer(void *arg)
{
    unsigned me = (uintptr_t)arg;
    char path[32], second[64];

    snprintf(path, sizeof(path), "/writer/%u", me);
    snprintf(second, sizeof(second), "%s/second", path);
    for (unsigned n = 1; !stop; n++, rounds++) {
        transaction(path, n);
        must(xstore_printf(x, XSTORE_NO_TXN, path, "%u", n), "write");
        if (value_of(path) != n || value_of(second) != n)
            must(-EIO, "what was written was not read");
    }
    return NULL;
}

static void *watcher(void *arg)
{
    char *path, *token;

    while (xstore_next_event(x, true, &path, &token) == 0) {
        bool end = strcmp(token, "end") == 0;

        events++;
        free(path);
        if (end)
            break;
    }
    return arg;
}

/* So much work between two ends of the daemon, some of it while there is none. */
static pid_t kill_again_and_again(pid_t pid)
{
    while (kills < KILLS) {
        unsigned until = rounds + 3;

        while (rounds < until)
            usleep(1000 * (1 + kills % 3));
        end_daemon(pid);
        kills++;
        pid = start_daemon();
    }
    stop = true;
    return pid;
}

START_TEST(nobody_notices)
{
    pthread_t thread[WRITERS], waiter;
    pid_t pid = start_daemon();

    while (xstore_open_path(socket_path, &x) < 0)
        usleep(10000);
    must(xstore_watch(x, "/writer", "w"), "watch");
    pthread_create(&waiter, NULL, watcher, NULL);
    for (uintptr_t i = 0; i < WRITERS; i++)
        pthread_create(&thread[i], NULL, writer, (void *)i);
    pid = kill_again_and_again(pid);
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(thread[i], NULL);
    must(xstore_watch(x, "/end", "end"), "watch");
    pthread_join(waiter, NULL);
    printf("%u rounds, %u ends of the daemon, %u transactions done again, %u events\n", rounds,
           kills, refused, events);
    ck_assert_uint_gt(events, kills);
    xstore_close(x);
    end_daemon(pid);
}
END_TEST

START_TEST(a_watch_that_is_taken_back_does_not_come_again)
{
    pid_t pid = start_daemon();
    char *path, *token;

    while (xstore_open_path(socket_path, &x) < 0)
        usleep(10000);
    must(xstore_watch(x, "/kept", "kept"), "watch");
    must(xstore_watch(x, "/gone", "gone"), "watch");
    must(xstore_unwatch(x, "/gone", "gone"), "unwatch");
    while (xstore_next_event(x, false, &path, &token) == 0)
        free(path);
    end_daemon(pid);
    pid = start_daemon();
    must(xstore_write(x, XSTORE_NO_TXN, "/gone", "x", 1), "write");
    must(xstore_next_event(x, true, &path, &token), "event");
    ck_assert_str_eq(token, "kept");
    free(path);
    ck_assert_int_eq(xstore_next_event(x, false, &path, &token), -EAGAIN);
    xstore_close(x);
    end_daemon(pid);
}
END_TEST

static void copy_program(const char *from, const char *to)
{
    char command[256];

    snprintf(command, sizeof(command), "cp %s %s.new && chmod 755 %s.new && mv %s.new %s", from, to,
             to, to, to);
    ck_assert_int_eq(system(command), 0);
}

static ino_t inode_of(const char *path)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_ino;
}

/* It goes on as the program that is at its path now, if that can be one. */
START_TEST(it_is_upgraded)
{
    char copy[96], exe[32], *path, *token, *answer;
    pid_t pid;

    snprintf(copy, sizeof(copy), "%s/xstored", dir);
    mkdir(dir, 0755);
    copy_program(XSTORED, copy);
    program = copy;
    pid = start_daemon();
    snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
    while (xstore_open_path(socket_path, &x) < 0)
        usleep(10000);
    must(xstore_write(x, XSTORE_NO_TXN, "/upgraded", "no", 2), "write");
    must(xstore_watch(x, "/upgraded", "u"), "watch");
    must(xstore_next_event(x, true, &path, &token), "event");
    free(path);
    copy_program("/bin/false", copy);
    ck_assert_int_eq(xstore_control(x, "upgrade", NULL, &answer), -EIO);
    must(xstore_write(x, XSTORE_NO_TXN, "/upgraded", "still no", 8), "write");
    copy_program(XSTORED, copy);
    ck_assert_int_ne(inode_of(exe), inode_of(copy));
    must(xstore_control(x, "quota", "watches=7", &answer), "quota");
    free(answer);
    must(xstore_control(x, "upgrade", NULL, &answer), "upgrade");
    free(answer);
    must(xstore_read(x, XSTORE_NO_TXN, "/upgraded", &answer, NULL), "read");
    ck_assert_str_eq(answer, "still no");
    free(answer);
    ck_assert_int_eq(inode_of(exe), inode_of(copy));
    must(xstore_control(x, "quota", NULL, &answer), "quota");
    ck_assert_ptr_nonnull(strstr(answer, "watches=7\n"));
    free(answer);
    xstore_close(x);
    end_daemon(pid);
    program = XSTORED;
}
END_TEST

/* Nobody takes events: so many wait, and then the watch begins again. */
START_TEST(events_have_a_bound)
{
    unsigned count = 0, first = 0;
    pid_t pid = start_daemon();
    char *path, *token, name[32];

    while (xstore_open_path(socket_path, &x) < 0)
        usleep(10000);
    must(xstore_watch(x, "/flood", "f"), "watch");
    for (int i = 0; i < XSTORE_EVENTS + 100; i++) {
        snprintf(name, sizeof(name), "/flood/%d", i);
        must(xstore_write(x, XSTORE_NO_TXN, name, "x", 1), "write");
    }
    for (; xstore_next_event(x, false, &path, &token) == 0; count++, free(path)) {
        ck_assert_str_eq(token, "f");
        first += count == 0 && strcmp(path, "/flood") == 0;
    }
    ck_assert_uint_eq(first, 1);
    ck_assert_uint_ge(count, 90);
    ck_assert_uint_lt(count, 110); /* the watch's own, and those that came after it */
    xstore_close(x);
    end_daemon(pid);
}
END_TEST

/* More of them than are under way at once; one is not there, and the daemon ends before. */
START_TEST(many_are_read_at_once)
{
    enum { COUNT = 500, LENGTH = 2000 };
    static char names[COUNT][LENGTH];
    const char *paths[COUNT];
    char *values[COUNT], *path, *token;
    pid_t pid = start_daemon();

    while (xstore_open_path(socket_path, &x) < 0)
        usleep(10000);
    must(xstore_watch(x, "/many", "m"), "watch");
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], LENGTH, "/many/%0*d", i % 10 == 5 ? 1900 : 4, i);
        paths[i] = names[i];
        if (i != 7)
            must(xstore_printf(x, XSTORE_NO_TXN, paths[i], "%d", i), "write");
    }
    end_daemon(pid);
    pid = start_daemon();
    must(xstore_read_all(x, paths, COUNT, values), "read");
    for (int i = 0; i < COUNT; i++) {
        if (i == 7) {
            ck_assert_ptr_null(values[i]);
            continue;
        }
        ck_assert_ptr_nonnull(values[i]);
        ck_assert_int_eq(atoi(values[i]), i);
        free(values[i]);
    }
    ck_assert_int_eq(xstore_next_event(x, false, &path, &token), 0); /* those that came meanwhile are kept */
    free(path);
    memset(names[1], 'x', LENGTH - 1);
    names[1][0] = '/';
    must(xstore_read_all(x, paths, 3, values), "read");
    ck_assert_ptr_null(values[1]);
    ck_assert_str_eq(values[2], "2");
    free(values[0]);
    free(values[2]);
    must(xstore_read_all(x, paths, 0, values), "nothing");
    xstore_close(x);
    end_daemon(pid);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("xstore client");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    char command[128];
    int failed;

    snprintf(dir, sizeof(dir), "/tmp/xstore-client-%d", getpid());
    snprintf(socket_path, sizeof(socket_path), "%s/socket", dir);
    snprintf(journal_path, sizeof(journal_path), "%s/journal", dir);
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 500);
    tcase_add_test(t, nobody_notices);
    tcase_add_test(t, a_watch_that_is_taken_back_does_not_come_again);
    tcase_add_test(t, events_have_a_bound);
    tcase_add_test(t, many_are_read_at_once);
    tcase_add_test(t, it_is_upgraded);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command) != 0 || failed != 0;
}
