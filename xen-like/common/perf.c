/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of events, one set for each CPU, so that counting costs no shared cache line. */
#include <arch/cpu.h>
#include <hv/perf.h>

static struct perf_cpu {
    uint32_t count[PERF_COUNTERS];
} __attribute__((aligned(64))) perf_cpus[MAX_CPUS];

static const char *const names[] = {
    [PERF_SHOOTDOWNS] = "TLB shootdowns",
    [PERF_SHOOTDOWN_IPIS] = "TLB shootdown IPIs",
    [PERF_FLUSH_ASKED] = "TLB shootdowns: guest asked",
    [PERF_FLUSH_RETYPE] = "TLB shootdowns: page type",
    [PERF_FLUSH_FOREIGN] = "TLB shootdowns: foreign mapping",
    [PERF_FLUSH_ALLOC] = "TLB shootdowns: allocation",
    [PERF_LOCK_WAITS] = "spinlock waits",
    [PERF_LOCK_SPINS] = "spinlock spins",
};
_Static_assert(ARRAY_SIZE(names) == PERF_COUNTERS, "a name for each");

void perf_add(enum perf_counter c, unsigned n) { perf_cpus[this_cpu()].count[c] += n; }

uint32_t perf_read(enum perf_counter c, unsigned cpu) { return READ_ONCE(perf_cpus[cpu].count[c]); }

const char *perf_name(enum perf_counter c) { return names[c]; }

void perf_reset(void)
{
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
        for (unsigned c = 0; c < PERF_COUNTERS; c++)
            WRITE_ONCE(perf_cpus[cpu].count[c], 0);
}
