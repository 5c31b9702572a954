/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers: one pairing heap for each CPU, ordered by expiry, with the links in the timers.
 *
 * In the heap `child` is a timer's first child, `sibling` the next child of the same parent, `back`
 * the previous sibling or, for a first child, the parent. The hardware timer is programmed when the
 * soonest expiry moves forward; when it moves back, the interrupt that is already ordered is let
 * come, which costs less than reprogramming on every stop.
 */
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/lock.h>
#include <hv/softirq.h>
#include <hv/timer.h>

static struct timer_cpu {
    struct spinlock lock;
    struct timer *root;     /* soonest */
    /* whose handler is being called; written under the lock, read without */
    struct timer *running;
    /* deadline that the hardware has; STIME_MAX: none. Only changed by this CPU. */
    s_time_t programmed;
} __attribute__((aligned(64))) timer_cpus[MAX_CPUS];

/* --- pairing heap ----------------------------------------------------------------------------- */

/** Join two heaps, neither empty: the later root becomes the first child of the sooner one. */
static struct timer *heap_join(struct timer *a, struct timer *b)
{
    if (b->expires < a->expires) {
        struct timer *t = a;
        a = b;
        b = t;
    }
    b->back = a;
    b->sibling = a->child;
    if (a->child)
        a->child->back = b;
    a->child = b;
    a->sibling = a->back = NULL;
    return a;
}

/** Join a list of siblings into one heap: in pairs from the left, then all pairs from the right. */
static struct timer *heap_join_siblings(struct timer *first)
{
    struct timer *pairs = NULL, *root = NULL;

    while (first) {
        struct timer *a = first, *b = a->sibling;
        first = b ? b->sibling : NULL;
        a->sibling = NULL;
        if (b) {
            b->sibling = NULL;
            a = heap_join(a, b);
        }
        a->sibling = pairs;
        pairs = a;
    }
    while (pairs) {
        struct timer *a = pairs;
        pairs = a->sibling;
        a->sibling = a->back = NULL;
        root = root ? heap_join(root, a) : a;
    }
    return root;
}

static void heap_insert(struct timer_cpu *tc, struct timer *t)
{
    t->child = t->sibling = t->back = NULL;
    tc->root = tc->root ? heap_join(tc->root, t) : t;
    t->active = true;
}

static void heap_remove(struct timer_cpu *tc, struct timer *t)
{
    struct timer *rest = heap_join_siblings(t->child);

    if (t == tc->root) {
        tc->root = rest;
    } else {
        if (t->back->child == t)
            t->back->child = t->sibling;
        else
            t->back->sibling = t->sibling;
        if (t->sibling)
            t->sibling->back = t->back;
        if (rest)
            tc->root = heap_join(tc->root, rest);
    }
    t->child = t->sibling = t->back = NULL;
    t->active = false;
}

/* --- locking ---------------------------------------------------------------------------------- */

/** Lock the CPU that the timer is on, with interrupts off. */
static struct timer_cpu *lock_timer(struct timer *t, unsigned long *flags)
{
    for (;;) {
        unsigned cpu = READ_ONCE(t->cpu);
        struct timer_cpu *tc = &timer_cpus[cpu];
        *flags = spin_lock_irqsave(&tc->lock);
        if (t->cpu == cpu)
            return tc;
        spin_unlock_irqrestore(&tc->lock, *flags);
    }
}

static void unlock_timer(struct timer_cpu *tc, unsigned long flags)
{
    spin_unlock_irqrestore(&tc->lock, flags);
}

/** The soonest expiry of `cpu` may have moved forward: see to it that its hardware knows. */
static void check_programmed(struct timer_cpu *tc, unsigned cpu)
{
    if (!tc->root || tc->root->expires >= tc->programmed)
        return;
    if (cpu == this_cpu()) {
        tc->programmed = tc->root->expires;
        arch_set_timer(tc->programmed);
    } else {
        softirq_raise_cpu(SOFTIRQ_TIMER, cpu);
    }
}

/* --- interface -------------------------------------------------------------------------------- */

void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned cpu)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

void timer_set(struct timer *t, s_time_t expires)
{
    unsigned long flags;
    struct timer_cpu *tc = lock_timer(t, &flags);

    if (!t->killed) {
        if (t->active)
            heap_remove(tc, t);
        t->expires = expires;
        heap_insert(tc, t);
        check_programmed(tc, t->cpu);
    }
    unlock_timer(tc, flags);
}

void timer_stop(struct timer *t)
{
    if (!READ_ONCE(t->active))
        return;
    unsigned long flags;
    struct timer_cpu *tc = lock_timer(t, &flags);
    if (t->active)
        heap_remove(tc, t);
    unlock_timer(tc, flags);
}

/** The handler is being called on some CPU other than this one. */
static bool runs_elsewhere(const struct timer *t)
{
    unsigned cpu;

    for_each_cpu(cpu, &cpu_online)
        if (cpu != this_cpu() && __atomic_load_n(&timer_cpus[cpu].running, __ATOMIC_ACQUIRE) == t)
            return true;
    return false;
}

void timer_settle(const struct timer *t)
{
    while (runs_elsewhere(t))
        cpu_relax();
}

void timer_kill(struct timer *t)
{
    if (!t->fn)
        return; /* never initialised: an object torn down half built */
    unsigned long flags;
    struct timer_cpu *tc = lock_timer(t, &flags);
    if (t->active)
        heap_remove(tc, t);
    t->killed = true;
    unlock_timer(tc, flags);
    timer_settle(t);
}

void timer_migrate(struct timer *t, unsigned cpu)
{
    struct timer_cpu *to = &timer_cpus[cpu];
    unsigned long flags = irq_save();

    for (;;) {
        unsigned old = READ_ONCE(t->cpu);
        struct timer_cpu *from = &timer_cpus[old];
        if (old == cpu)
            break;
        spin_lock_pair(&from->lock, &to->lock);
        bool stable = t->cpu == old;
        if (stable && t->active) {
            heap_remove(from, t);
            heap_insert(to, t);
        }
        if (stable) {
            WRITE_ONCE(t->cpu, cpu);
            check_programmed(to, cpu);
        }
        spin_unlock_pair(&from->lock, &to->lock);
        if (stable)
            break;
    }
    irq_restore(flags);
}

/** SOFTIRQ_TIMER: call what has expired, then program the hardware for the soonest of the rest. */
static void run_timers(void)
{
    struct timer_cpu *tc = &timer_cpus[this_cpu()];
    unsigned long flags = spin_lock_irqsave(&tc->lock);

    while (tc->root && tc->root->expires <= now()) {
        struct timer *t = tc->root;
        heap_remove(tc, t);
        WRITE_ONCE(tc->running, t);
        spin_unlock_irqrestore(&tc->lock, flags);
        t->fn(t->data);
        __atomic_store_n(&tc->running, NULL, __ATOMIC_RELEASE);
        flags = spin_lock_irqsave(&tc->lock);
    }
    s_time_t next = tc->root ? tc->root->expires : STIME_MAX;
    /* also when it is the same deadline: the interrupt may have come a little early */
    if (next != STIME_MAX || tc->programmed != STIME_MAX)
        arch_set_timer(next);
    tc->programmed = next;
    spin_unlock_irqrestore(&tc->lock, flags);
}

void timer_subsystem_init(void)
{
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        spin_init(&timer_cpus[cpu].lock, LOCK_TIMER);
        timer_cpus[cpu].programmed = STIME_MAX;
    }
    softirq_open(SOFTIRQ_TIMER, run_timers);
}
