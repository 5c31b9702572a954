/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blocks WHERE DEVICE: what sequential reads and writes of a block device cost, past the page
 * cache, one after the other; then, how long the longest of many reads takes, during which it may be
 * disturbed. Overwrites the first MiBs.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

#define LARGEST (1 << 20)
#define USED    (16L << 20) /* of the device, from its beginning */
#define MANY    30000

static int device;
static char *buffer;
static size_t size; /* of one operation */
static off_t at;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void step(void)
{
    at = (at + (off_t)size) % USED;
}

static void op_read(void)
{
    if (pread(device, buffer, size, at) != (ssize_t)size)
        fail("blocks: read");
    step();
}

static void op_write(void)
{
    if (pwrite(device, buffer, size, at) != (ssize_t)size)
        fail("blocks: write");
    step();
}

static void measure(const char *where, const char *what, void (*operation)(void), unsigned count)
{
    char name[64];

    snprintf(name, sizeof(name), "%s_%s_%zuk", where, what, size >> 10);
    at = 0;
    bench(name, operation, count, 1);
}

static void measure_longest(const char *where)
{
    uint64_t longest = 0;
    char name[64];

    puts("BLOCKS-STALL");
    fflush(stdout);
    for (unsigned i = 0; i < MANY; i++) {
        uint64_t start = ticks();

        op_read();
        start = ticks() - start;
        if (start > longest)
            longest = start;
    }
    snprintf(name, sizeof(name), "%s_longest", where);
    print_figure(name, longest, 1);
}

int main(int argc, char **argv)
{
    static const struct {
        size_t size;
        unsigned count;
    } steps[] = {{4 << 10, 200}, {64 << 10, 60}, {LARGEST, 8}};

    if (argc != 3) {
        fprintf(stderr, "usage: blocks WHERE DEVICE\n");
        return 2;
    }
    device = open(argv[2], O_RDWR | O_DIRECT);
    if (device < 0 || posix_memalign((void **)&buffer, 4096, LARGEST))
        fail(argv[2]);
    size = LARGEST;
    op_read(); /* nothing of the buffer is missing */
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        size = steps[i].size;
        measure(argv[1], "read", op_read, steps[i].count);
        measure(argv[1], "write", op_write, steps[i].count);
    }
    size = steps[0].size;
    measure_longest(argv[1]);
    return 0;
}
