/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exports as targets, on a real server (qemu-nbd) at a local socket: it is asked for everything,
 * goes away with requests under way and comes back, with another size, or not at all.
 */
#include "loop.h"
#include "target.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE    (1 << 20)
#define OPS     16
#define PATIENT 60000 /* milliseconds that nothing may happen: a busy host */

static struct loop loop;
static struct targets *all;
static struct target *target;
static char dir[40], file[64], socket_path[64], uri[128];
static pid_t server;
static unsigned int resized;

static void on_resized(struct target *t)
{
    (void)t;
    resized++;
}

static void batch_done(void *context) { (void)context; }

static bool listens(void)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    bool there;

    strcpy(to.sun_path, socket_path);
    there = connect(s, (struct sockaddr *)&to, sizeof(to)) == 0;
    close(s);
    return there;
}

static void start_server(const char *option)
{
    char socket_option[80];

    snprintf(socket_option, sizeof(socket_option), "--socket=%s", socket_path);
    unlink(socket_path);
    server = fork();
    ck_assert_int_ge(server, 0);
    if (server == 0) {
        execlp("qemu-nbd", "qemu-nbd", "--persistent", "--format=raw", "--export-name=disk",
               "--discard=unmap", socket_option, option, file, NULL);
        _exit(127);
    }
    for (int i = 0; !listens(); i++) {
        ck_assert_int_lt(i, PATIENT / 10);
        usleep(10000);
    }
}

static void kill_server(void)
{
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

/* One event; false if none came within some milliseconds. */
static bool turn(int ms)
{
    struct epoll_event ev;

    if (epoll_wait(loop.epoll, &ev, 1, ms) != 1)
        return false;
    ((struct loop_source *)ev.data.ptr)->ready(ev.data.ptr, ev.events);
    return true;
}

static int open_target(const char *name, bool read_only)
{
    const char *why;
    int ret;

    target = NULL;
    while ((ret = target_open(all, name, read_only, &target, &why)) == -EINPROGRESS)
        turn(10);
    if (ret == 0)
        target->resized = on_resized;
    else
        ck_assert_str_ne(why, "");
    return ret;
}

static void setup(void)
{
    int fd;

    strcpy(dir, "/tmp/test_nbd.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(file, sizeof(file), "%s/file", dir);
    snprintf(socket_path, sizeof(socket_path), "%s/socket", dir);
    snprintf(uri, sizeof(uri), "nbd+unix:///disk?socket=%s", socket_path);
    fd = open(file, O_RDWR | O_CREAT, 0600);
    ck_assert_int_eq(ftruncate(fd, SIZE), 0);
    close(fd);
    resized = 0;
    ck_assert_int_eq(loop_init(&loop), 0);
    ck_assert_int_eq(targets_start(&loop, NULL, batch_done, NULL, &all), 0);
}

static void teardown(void)
{
    kill_server();
    unlink(socket_path);
    unlink(file);
    rmdir(dir);
    close(loop.epoll);
    free(all);
}

/* ---- operations */

static struct target_op ops[OPS];
static uint8_t data[OPS][8192];
static int results[OPS];
static unsigned int finished;

static void op_finished(struct target_op *op, int err)
{
    results[op - ops] = err;
    finished++;
}

/* The data of one is in two places. */
static void begin(unsigned int i, enum target_action action, uint64_t offset, uint64_t bytes)
{
    ops[i] = (struct target_op){
        .action = action,
        .offset = offset,
        .bytes = bytes,
        .iov = { { data[i] + 4096, bytes - 512 }, { data[i], 512 } },
        .nr_iov = 2,
        .finished = op_finished,
    };
    target_start(target, &ops[i]);
}

static void fill(unsigned int i, uint8_t seed)
{
    for (unsigned int k = 0; k < sizeof(data[i]); k++)
        data[i][k] = seed + k / 512 * 3;
}

/* Until so many are finished; what came before is forgotten. */
static void await(unsigned int n)
{
    targets_submit(all);
    while (finished < n)
        ck_assert_msg(turn(PATIENT), "nothing happens: %u of %u are done", finished, n);
    finished = 0;
}

static void do_one(enum target_action action, uint64_t offset, uint64_t bytes)
{
    begin(0, action, offset, bytes);
    await(1);
    ck_assert_int_eq(results[0], 0);
}

static void file_has(uint64_t offset, unsigned int i, size_t bytes)
{
    uint8_t there[4096];
    int fd = open(file, O_RDONLY);

    ck_assert_int_eq(pread(fd, there, bytes, offset), bytes);
    close(fd);
    ck_assert_mem_eq(there, data[i] + 4096, bytes - 512);
    ck_assert_mem_eq(there + bytes - 512, data[i], 512);
}

START_TEST(everything_it_can)
{
    uint8_t none[4096] = { 0 };

    start_server("--cache=writeback");
    ck_assert_int_eq(open_target(uri, false), 0);
    ck_assert_uint_eq(target->sectors, SIZE / 512);
    ck_assert(target->sync && target->discard);
    fill(0, 7);
    do_one(TARGET_WRITE, 8192, 4096);
    do_one(TARGET_SYNC, 0, 0);
    file_has(8192, 0, 4096);
    memset(data[0], 0, sizeof(data[0]));
    do_one(TARGET_READ, 8192, 4096);
    file_has(8192, 0, 4096);
    fill(0, 9);
    do_one(TARGET_WRITE_THROUGH, 65536, 1024);
    file_has(65536, 0, 1024);
    do_one(TARGET_DISCARD, 8192, 4096);
    do_one(TARGET_READ, 8192, 4096);
    ck_assert_mem_eq(data[0], none, 512);
    ck_assert_mem_eq(data[0] + 4096, none, 4096 - 512);
    target_close(target);
}
END_TEST

START_TEST(what_is_not_there_or_may_not_be)
{
    char other[160];

    ck_assert_int_eq(open_target(uri, false), -ENOTCONN);
    start_server("--read-only");
    ck_assert_int_eq(open_target(uri, false), -EROFS);
    snprintf(other, sizeof(other), "nbd+unix:///other?socket=%s", socket_path);
    ck_assert_int_eq(open_target(other, true), -ENOTCONN);
    ck_assert_int_eq(open_target("nbds://127.0.0.1/disk", true), -ENOTCONN);
    ck_assert_int_eq(open_target(uri, true), 0);
    do_one(TARGET_READ, 0, 4096);
    begin(0, TARGET_READ, SIZE, 4096);
    await(1);
    ck_assert_int_lt(results[0], 0);
    target_close(target);
}
END_TEST

/* It stands still with requests under way, and dies; another one comes. */
START_TEST(a_server_that_dies)
{
    start_server("--cache=writeback");
    ck_assert_int_eq(open_target(uri, false), 0);
    for (int round = 0; round < 5; round++) {
        kill(server, SIGSTOP);
        for (unsigned int i = 0; i < OPS; i++) {
            fill(i, round * OPS + i);
            begin(i, TARGET_WRITE, i * 4096, 4096);
        }
        targets_submit(all);
        while (turn(20))
            ;
        ck_assert_uint_eq(finished, 0);
        kill_server();
        turn(PATIENT);
        start_server("--cache=writeback");
        await(OPS);
        do_one(TARGET_SYNC, 0, 0);
        for (unsigned int i = 1; i < OPS; i++) {
            ck_assert_int_eq(results[i], 0);
            file_has(i * 4096, i, 4096);
        }
    }
    ck_assert_uint_eq(resized, 0);
    target_close(target);
}
END_TEST

START_TEST(a_server_that_does_not_come_back)
{
    start_server("--cache=writeback");
    ck_assert_int_eq(open_target(uri, false), 0);
    kill_server();
    for (unsigned int i = 0; i < OPS; i++)
        begin(i, TARGET_READ, i * 4096, 4096);
    targets_submit(all);
    while (turn(300))
        ;
    ck_assert_uint_eq(finished, 0);
    target_abandon(target);
    targets_submit(all);
    ck_assert_uint_eq(finished, OPS);
    ck_assert_int_lt(results[1], 0);
    finished = 0;
    target_close(target);
}
END_TEST

START_TEST(another_size)
{
    start_server("--cache=writeback");
    ck_assert_int_eq(open_target(uri, false), 0);
    ck_assert_int_eq(target_measure(target), -EINPROGRESS);
    while (!resized)
        ck_assert(turn(PATIENT));
    ck_assert_uint_eq(target->sectors, SIZE / 512);
    kill_server();
    ck_assert_int_eq(truncate(file, 2 * SIZE), 0);
    start_server("--cache=writeback");
    do_one(TARGET_READ, 0, 4096);
    ck_assert_uint_eq(resized, 2);
    ck_assert_uint_eq(target->sectors, 2 * SIZE / 512);
    do_one(TARGET_WRITE, SIZE, 4096);
    target_close(target);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("nbd");
    TCase *t = tcase_create("nbd");
    SRunner *runner;
    int failed;

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 300);
    tcase_add_test(t, everything_it_can);
    tcase_add_test(t, what_is_not_there_or_may_not_be);
    tcase_add_test(t, a_server_that_dies);
    tcase_add_test(t, a_server_that_does_not_come_back);
    tcase_add_test(t, another_size);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
