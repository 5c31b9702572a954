/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest-load SECONDS ADDRESS DISK: works a guest for so long, and looks whether all is right. At the same
 * time, each in processes of its own:
 *   disk   blocks are written past the page cache, and others, written before, are read and compared
 *   net    bytes go by TCP to port 7 of ADDRESS, which sends them back, and are compared
 *   clock  on each CPU: the monotonic clock is never behind what any CPU has read of it, and no sleep is
 *          shorter than it was to be
 *   sum    on each CPU: a computation in registers, with integers and floating point, has the same result
 *          each time
 * What was wrong is said at once, how far it is every ten seconds, and at the end
 * "LOAD done: disk=ROUNDS net=ROUNDS clock=ROUNDS sum=ROUNDS errors=NUMBER".
 * Exit status: 0 no errors; 1 errors; 2 wrong usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND      1000000000ull /* in nanoseconds, as all times are */
#define SLEEP       (2 * SECOND / 1000)
#define PROGRESS    (10 * SECOND)
#define ECHO_PORT   7
#define BLOCK       (32 * 1024)
#define BLOCKS_MAX  256
#define CLOCK_READS 64
#define SUM_STEPS   50000

enum kind { DISK, NET, CLOCK, SUM, KINDS };
static const char *const names[KINDS] = { "disk", "net", "clock", "sum" };

/* What the processes share. */
static struct account {
    atomic_ulong rounds[KINDS], errors;
    atomic_ullong latest; /* that anybody has read of the clock */
} *account;

static uint64_t end;
static const char *address, *disk;
static uint64_t block[BLOCK / 8] __attribute__((aligned(4096)));

static void wrong(enum kind kind, const char *what, unsigned long where)
{
    atomic_fetch_add(&account->errors, 1);
    printf("LOAD wrong: %s, round %lu: %s %lu (%s)\n", names[kind], account->rounds[kind], what, where,
           strerror(errno));
}

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

static uint64_t next(uint64_t x)
{
    x ^= x << 13;
    x ^= x >> 7;
    return x ^ x << 17;
}

static void fill(uint64_t seed)
{
    for (size_t i = 0; i < BLOCK / 8; i++)
        block[i] = seed = next(seed);
}

static bool is_filled(uint64_t seed)
{
    for (size_t i = 0; i < BLOCK / 8; i++)
        if (block[i] != (seed = next(seed)))
            return false;
    return true;
}

/* --- what the processes do: false ends one, after an error ------------------------------------- */

static bool open_disk(int *fd, unsigned long *blocks)
{
    *fd = open(disk, O_RDWR | O_DIRECT);
    *blocks = *fd < 0 ? 0 : lseek(*fd, 0, SEEK_END) / BLOCK;
    if (*blocks > BLOCKS_MAX)
        *blocks = BLOCKS_MAX;
    return *blocks > 0;
}

static bool work_disk(uint64_t random)
{
    static uint64_t seeds[BLOCKS_MAX]; /* 0: not written yet */
    static unsigned long blocks;
    static int fd = -1;
    unsigned long at;

    if (fd < 0 && !open_disk(&fd, &blocks)) {
        wrong(DISK, "cannot be opened", 0);
        return false;
    }
    at = random % blocks;
    seeds[at] = random;
    fill(random);
    if (pwrite(fd, block, BLOCK, (off_t)at * BLOCK) != BLOCK) {
        wrong(DISK, "cannot write block", at);
        return false;
    }
    at = next(random) % blocks;
    memset(block, 0, BLOCK);
    if (pread(fd, block, BLOCK, (off_t)at * BLOCK) != BLOCK)
        wrong(DISK, "cannot read block", at);
    else if (seeds[at] && !is_filled(seeds[at]))
        wrong(DISK, "is not what was written: block", at);
    else
        return true;
    return false;
}

static bool work_net(uint64_t random)
{
    static int fd = -1;

    if (fd < 0) {
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(ECHO_PORT) };

        fd = socket(AF_INET, SOCK_STREAM, 0);
        if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
            connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
            wrong(NET, "no connection to port", ECHO_PORT);
            return false;
        }
    }
    fill(random);
    if (send(fd, block, BLOCK, MSG_NOSIGNAL) != BLOCK) {
        wrong(NET, "cannot send", BLOCK);
        return false;
    }
    memset(block, 0, BLOCK);
    if (recv(fd, block, BLOCK, MSG_WAITALL) != BLOCK)
        wrong(NET, "does not come back:", BLOCK);
    else if (!is_filled(random))
        wrong(NET, "is not what was sent:", BLOCK);
    else
        return true;
    return false;
}

static bool work_clock(uint64_t random)
{
    const struct timespec sleep = { 0, SLEEP };
    uint64_t began = 0, t;

    (void)random;
    for (int i = 0; i < CLOCK_READS; i++) {
        unsigned long long latest = atomic_load(&account->latest);

        t = now();
        if (t < latest) {
            wrong(CLOCK, "went back, by nanoseconds:", latest - t);
            return false;
        }
        while (latest < t && !atomic_compare_exchange_weak(&account->latest, &latest, t))
            continue;
    }
    began = now();
    while (nanosleep(&sleep, NULL) < 0)
        continue;
    t = now() - began;
    if (t >= SLEEP)
        return true;
    wrong(CLOCK, "a sleep was too short: nanoseconds", t);
    return false;
}

static bool work_sum(uint64_t random)
{
    static uint64_t first;
    double a = 1, b = 1.0 / 3, c = 7, d = 0.1;
    uint64_t sum = 1;

    (void)random;
    for (int i = 0; i < SUM_STEPS; i++) {
        sum = next(sum);
        a = a * 1.0000001 + b;
        b = b / 1.0000003 + d;
        c = c * 0.9999999 + a;
        d = d + (double)(sum & 0xffff) * 1e-9;
    }
    for (const double *p = (const double[]){ a, b, c, d }, *last = p + 4; p < last; p++) {
        uint64_t bits;

        memcpy(&bits, p, sizeof(bits));
        sum = next(sum + bits);
    }
    if (!first)
        first = sum;
    if (sum == first)
        return true;
    wrong(SUM, "has another result:", sum);
    return false;
}

/* --- processes --------------------------------------------------------------------------------- */

static bool (*const work[KINDS])(uint64_t random) = { work_disk, work_net, work_clock, work_sum };

static void start(enum kind kind, int cpu)
{
    uint64_t random = 88172645463325252ull + kind;
    cpu_set_t set;

    if (fork() != 0)
        return;
    CPU_ZERO(&set);
    if (cpu >= 0)
        CPU_SET(cpu, &set);
    if (cpu >= 0 && sched_setaffinity(0, sizeof(set), &set) < 0) {
        wrong(kind, "cannot go to CPU", cpu);
        exit(1);
    }
    while (now() < end && work[kind](random = next(random)))
        atomic_fetch_add(&account->rounds[kind], 1);
    exit(0);
}

static void say(const char *when)
{
    printf("LOAD %s:", when);
    for (int i = 0; i < KINDS; i++)
        printf(" %s=%lu", names[i], account->rounds[i]);
    printf(" errors=%lu\n", account->errors);
}

int main(int argc, char **argv)
{
    long seconds = argc == 4 ? atol(argv[1]) : 0, cpus = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t said;
    int status;

    if (seconds <= 0) {
        fprintf(stderr, "usage: guest-load SECONDS ADDRESS DISK\n");
        return 2;
    }
    address = argv[2];
    disk = argv[3];
    setvbuf(stdout, NULL, _IOLBF, 0);
    account = mmap(NULL, sizeof(*account), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (account == MAP_FAILED) {
        perror("mmap");
        return 2;
    }
    said = now();
    end = said + seconds * SECOND;
    start(DISK, -1);
    start(NET, -1);
    for (long cpu = 0; cpu < cpus; cpu++) {
        start(CLOCK, cpu);
        start(SUM, cpu);
    }
    for (;;) {
        pid_t pid = waitpid(-1, &status, WNOHANG);

        if (pid < 0)
            break;
        if (pid > 0 && !WIFEXITED(status)) {
            atomic_fetch_add(&account->errors, 1);
            printf("LOAD wrong: a process was ended by signal %d\n", WTERMSIG(status));
        }
        if (pid > 0)
            continue;
        usleep(100000);
        if (now() - said >= PROGRESS) {
            said += PROGRESS;
            say("so far");
        }
    }
    say("done");
    return account->errors != 0;
}
