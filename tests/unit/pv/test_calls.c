/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A daemon that has limited its system calls can go on with its work, and nothing else.
 */
#include "calls.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const extra[] = { "getppid" };

/* Each is made by the child; 0 or above: it went well. */
static long read_a_file(void) { return open("/proc/self/status", O_RDONLY); }
static long local_socket(void) { return socket(AF_UNIX, SOCK_STREAM, 0); }
static long loop(void) { return epoll_create1(0); }
static long timer(void) { return timerfd_create(CLOCK_MONOTONIC, 0); }
static long parent(void) { return syscall(SYS_getppid); }
static long map(int prot)
{
    return mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}
static long memory(void) { return map(PROT_READ | PROT_WRITE); }

static long code(void) { return map(PROT_READ | PROT_EXEC); }
static long internet(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static long process(void) { return syscall(SYS_fork); }
static long program(void) { return syscall(SYS_execve, "/bin/true", NULL, NULL); }
static long debugger(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL); }
static long ring(void)
{
    struct io_uring_params p = { 0 };

    return syscall(SYS_io_uring_setup, 4, &p);
}
static long file_system(void) { return mount("none", "/tmp", "tmpfs", 0, NULL); }
static long other_user(void) { return syscall(SYS_setuid, 1); }

static const struct {
    long (*call)(void);
    int err;
} calls[] = {
    { read_a_file, 0 },     { local_socket, 0 },   { loop, 0 },         { timer, 0 },
    { parent, 0 },          { memory, 0 },         { code, EPERM },     { internet, EPERM },
    { process, EPERM },     { program, EPERM },    { debugger, EPERM }, { ring, EPERM },
    { file_system, EPERM }, { other_user, EPERM },
};

START_TEST(only_what_it_needs)
{
    pid_t pid = fork();
    int status;

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        long ret = calls_limit(extra, 1) ? -2 : calls[_i].call();

        _exit(ret == -2 ? 255 : ret < 0 ? errno : 0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), calls[_i].err);
}
END_TEST

START_TEST(no_such_call)
{
    static const char *const names[] = { "read", "no_such_call" };

    ck_assert_int_eq(calls_limit(names, 2), -ENOENT);
    ck_assert_int_ge(local_socket(), 0);
    ck_assert_int_ge(internet(), 0); /* nothing was limited */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pv-drivers/lib/calls");
    TCase *t = tcase_create("calls");
    SRunner *r;
    int failed;

    tcase_add_loop_test(t, only_what_it_needs, 0, sizeof(calls) / sizeof(calls[0]));
    tcase_add_test(t, no_such_call);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
