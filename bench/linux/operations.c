/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * operations PREFIX: what Linux operations cost, natively, in Dom0 or in a guest. Each is measured
 * in rounds; the least is printed. Names begin with the prefix, which says where this ran.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PAGE 4096
#define FAULT_PAGES 256

static volatile char *region; /* FAULT_PAGES pages, no huge ones */
static int request_pipe[2], answer_pipe[2];

static void expect(int good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

static void *map_pages(size_t count)
{
    void *p = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect(p != MAP_FAILED, "mmap");
    return p;
}

static void op_getppid(void)
{
    syscall(SYS_getppid);
}

static void op_mmap(void)
{
    munmap(map_pages(1), PAGE);
}

static void op_mmap_touch(void)
{
    char *p = map_pages(1);

    *(volatile char *)p = 1;
    munmap(p, PAGE);
}

/* A region of faults, and its unmapping; counted as FAULT_PAGES operations. */
static void op_faults(void)
{
    for (int i = 0; i < FAULT_PAGES; i++)
        region[i * PAGE] = 1;
    expect(!madvise((void *)region, FAULT_PAGES * PAGE, MADV_DONTNEED), "madvise");
}

/* A touched page becomes read-only and writable again. */
static void op_mprotect(void)
{
    expect(!mprotect((void *)region, PAGE, PROT_READ), "mprotect");
    expect(!mprotect((void *)region, PAGE, PROT_READ | PROT_WRITE), "mprotect");
}

static void op_fork(void)
{
    pid_t child = fork();

    expect(child >= 0, "fork");
    if (!child)
        _exit(0);
    expect(waitpid(child, NULL, 0) == child, "waitpid");
}

static void fork_and_exec(const char *program, int expected_status)
{
    pid_t child = fork();
    int status;

    expect(child >= 0, "fork");
    if (!child) {
        execl(program, program, "--nothing", (char *)NULL);
        _exit(1);
    }
    expect(waitpid(child, &status, 0) == child, "waitpid");
    expect(WIFEXITED(status) && WEXITSTATUS(status) == expected_status, program);
}

static void op_exec(void)
{
    fork_and_exec("/proc/self/exe", 0);
}

static void op_exec_missing(void)
{
    fork_and_exec("not-there", 1);
}

/* A byte to the other process and one back: two switches. */
static void op_pipe(void)
{
    char byte = 1;

    expect(write(request_pipe[1], &byte, 1) == 1, "write");
    expect(read(answer_pipe[0], &byte, 1) == 1, "read");
}

static void echo_pipe(void)
{
    char byte;

    close(request_pipe[1]);
    while (read(request_pipe[0], &byte, 1) == 1)
        if (write(answer_pipe[1], &byte, 1) != 1)
            break;
    _exit(0);
}

static void bench_pipe(const char *name)
{
    pid_t other;

    expect(!pipe(request_pipe) && !pipe(answer_pipe), "pipe");
    other = fork();
    expect(other >= 0, "fork");
    if (!other)
        echo_pipe();
    bench(name, op_pipe, 300, 1);
    close(request_pipe[1]);
    waitpid(other, NULL, 0);
}

static const struct {
    const char *name;
    void (*operation)(void);
    unsigned count, operations; /* calls in a round, operations in a call */
} operations[] = {
    {"getppid", op_getppid, 2000, 1},     {"mmap_munmap", op_mmap, 500, 1},
    {"mmap_touch_munmap", op_mmap_touch, 500, 1}, {"page_fault", op_faults, 2, FAULT_PAGES},
    {"mprotect_twice", op_mprotect, 500, 1}, {"fork_exit_wait", op_fork, 20, 1},
    {"fork_exec_wait", op_exec, 10, 1},   {"fork_no_exec_wait", op_exec_missing, 10, 1},
};

int main(int argc, char **argv)
{
    char name[64];

    if (argc == 2 && !strcmp(argv[1], "--nothing"))
        return 0;
    if (argc != 2) {
        fprintf(stderr, "usage: operations PREFIX\n");
        return 2;
    }
    region = map_pages(FAULT_PAGES);
    /* a kernel that knows no huge pages refuses */
    expect(!madvise((void *)region, FAULT_PAGES * PAGE, MADV_NOHUGEPAGE) || errno == EINVAL,
           "madvise");
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        snprintf(name, sizeof(name), "%s_%s", argv[1], operations[i].name);
        bench(name, operations[i].operation, operations[i].count, operations[i].operations);
    }
    snprintf(name, sizeof(name), "%s_pipe_round_trip", argv[1]);
    bench_pipe(name);
    return 0;
}
