/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work deferred to the next return to a guest (or to the idle loop) on one CPU. common/softirq.c.
 */
#ifndef HV_SOFTIRQ_H
#define HV_SOFTIRQ_H

#include <hv/types.h>

enum softirq {
    SOFTIRQ_TIMER,
    SOFTIRQ_RCU,
    SOFTIRQ_TLB,       /* arch: deferred flushes */
    SOFTIRQ_NMI,       /* arch: NMIs that Dom0 is to hear of */
    SOFTIRQ_CONSOLE,   /* input for the hypervisor's keys, notice of new lines in the ring */
    SOFTIRQ_SCHEDULE,  /* last: the others run before a vcpu is chosen */
    SOFTIRQ_COUNT
};

/** One cache line per CPU; entry.S looks at `pending` before it returns to a guest. */
struct softirq_cpu {
    uint64_t pending;
} __attribute__((aligned(64)));
extern struct softirq_cpu softirq_cpus[MAX_CPUS];

void softirq_open(enum softirq nr, void (*handler)(void));
void softirq_raise(enum softirq nr);                  /* on this CPU */
void softirq_raise_cpu(enum softirq nr, unsigned cpu); /* sends an IPI when it is another CPU */
static inline bool softirq_pending(unsigned cpu)
{
    return READ_ONCE(softirq_cpus[cpu].pending) != 0;
}
/**
 * Run pending handlers until none is left; interrupts enabled on entry and exit. May not return
 * (context switch).
 */
void softirq_run(void);

/* --- quiescent states -------------------------------------------------------------------------
 * Objects that are found without a lock are freed only after every CPU passed one.
 */
struct rcu_head {
    struct rcu_head *next;
    void (*fn)(struct rcu_head *);
};
/** Once at boot, before the first rcu_call. */
void rcu_init(void);
/** Call `fn` once every CPU has left whatever hypercall or interrupt it is in now. */
void rcu_call(struct rcu_head *h, void (*fn)(struct rcu_head *));
/** How many of these calls have been asked for and have not returned, for leak checks. */
unsigned long rcu_unfinished_count(void);

#endif
