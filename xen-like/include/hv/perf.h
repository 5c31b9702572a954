/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of events that make CPUs wait for each other. Tools read them with XEN_SYSCTL_perfc_op,
 * the debug key 'c' prints them. common/perf.c.
 */
#ifndef HV_PERF_H
#define HV_PERF_H

#include <hv/types.h>

enum perf_counter {
    PERF_SHOOTDOWNS,    /* rounds in which other CPUs had to flush their TLBs */
    PERF_SHOOTDOWN_IPIS,/* CPUs that were interrupted for them */
    /* what the rounds were for */
    PERF_FLUSH_ASKED,   /* the guest asked */
    PERF_FLUSH_RETYPE,  /* a frame of its own became something else */
    PERF_FLUSH_FOREIGN, /* one lost a writable mapping of another's frame */
    PERF_FLUSH_ALLOC,   /* free memory is given out */
    PERF_LOCK_WAITS,    /* spinlocks that were not free */
    PERF_LOCK_SPINS,    /* looks at them until they were */
    PERF_COUNTERS
};

/** Add `n` to this CPU's counter. Any context; one that is interrupted may lose an event. */
void perf_add(enum perf_counter c, unsigned n);
static inline void perf_count(enum perf_counter c) { perf_add(c, 1); }

/** A counter of one CPU. */
uint32_t perf_read(enum perf_counter c, unsigned cpu);
/** The short text that names it. */
const char *perf_name(enum perf_counter c);
/** All counters of all CPUs to 0. */
void perf_reset(void);

#endif
