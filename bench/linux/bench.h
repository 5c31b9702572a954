/* SPDX-License-Identifier: GPL-2.0-only */
/* What the measuring programs for Linux share: the counter, and how a figure is printed. */
#ifndef BENCH_LINUX_H
#define BENCH_LINUX_H

#include <stdint.h>
#include <stdio.h>

#include "../marks.h"

#define BENCH_ROUNDS 9

/** The processor's counter: under QEMU's -icount one tick is one instruction. */
static inline uint64_t ticks(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

/** `BENCH name value operations`: ticks of an operation in tenths; operations in an interval. */
static inline void print_figure(const char *name, uint64_t all, unsigned operations)
{
    printf("BENCH %s %lu %u\n", name, (unsigned long)(all * 10 / operations), operations);
    fflush(stdout);
}

/**
 * Calls operation() count times in each of several rounds and prints the least; each call does
 * `operations` of what is measured.
 */
static inline void bench(const char *name, void (*operation)(void), unsigned count,
                         unsigned operations)
{
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < count / 10 + 1; i++)
        operation();
    mark_name(name);
    for (int round = 0; round < BENCH_ROUNDS; round++) {
        uint64_t start = ticks(), all;

        MARK(MARK_BEGIN);
        for (unsigned i = 0; i < count; i++)
            operation();
        MARK(MARK_END);
        all = ticks() - start;
        if (all < least)
            least = all;
    }
    print_figure(name, least, count * operations);
}

#endif
