/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One-shot timers on a CPU, in a heap per CPU; the soonest programs the CPU's hardware timer.
 * common/timer.c. The heap's links are in the timers, so that setting one cannot fail. Usable from
 * any context.
 */
#ifndef HV_TIMER_H
#define HV_TIMER_H

#include <hv/types.h>

struct timer {
    /* LOCK_TIMER of `cpu` */
    s_time_t expires;
    void (*fn)(void *data); /* runs as softirq on `cpu`, interrupts enabled; may free the timer */
    void *data;
    unsigned cpu;
    bool active;         /* in the heap */
    bool killed;
    /* pairing heap: first child, next sibling, parent or previous sibling */
    struct timer *child, *sibling, *back;
};

void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned cpu);
/* replaces an earlier time; no effect on a killed timer */
void timer_set(struct timer *t, s_time_t expires);
/* does not wait for a handler that is running elsewhere */
void timer_stop(struct timer *t);
/* waits for the handler if it runs elsewhere; it may set the timer again */
void timer_settle(const struct timer *t);
/* waits for the handler (not for its own caller); final until timer_init */
void timer_kill(struct timer *t);
void timer_migrate(struct timer *t, unsigned cpu);
void timer_subsystem_init(void);
static inline bool timer_is_active(const struct timer *t) { return READ_ONCE(t->active); }

/** Nanoseconds since start, monotonic across CPUs. arch/x86/platform/clock.c. */
s_time_t now(void);
/** ns since 1970 (common/time.c); near 0 until the clock has been read. */
uint64_t wallclock_now(void);

#endif
