/* SPDX-License-Identifier: GPL-2.0-only */
/* Deferred work of each CPU, and waiting for quiescent states on top of it. */
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/lock.h>
#include <hv/softirq.h>

struct softirq_cpu softirq_cpus[MAX_CPUS];
static void (*handlers[SOFTIRQ_COUNT])(void);

void softirq_open(enum softirq nr, void (*handler)(void)) { handlers[nr] = handler; }

void softirq_raise(enum softirq nr)
{
    uint64_t *pending = &softirq_cpus[this_cpu()].pending;

    if (!(READ_ONCE(*pending) & 1u << nr))
        __atomic_fetch_or(pending, 1u << nr, __ATOMIC_SEQ_CST);
}

void softirq_raise_cpu(enum softirq nr, unsigned cpu)
{
    if (cpu == this_cpu()) {
        softirq_raise(nr);
        return;
    }
    /* with anything pending already the CPU looks before it returns to a guest or waits */
    if (__atomic_fetch_or(&softirq_cpus[cpu].pending, 1u << nr, __ATOMIC_SEQ_CST) == 0)
        arch_send_event_check(cpu);
}

void softirq_run(void)
{
    for (;;) {
        /* again each time: a handler may be left on another CPU's stack */
        uint64_t *pending = &softirq_cpus[this_cpu()].pending;
        uint64_t seen = READ_ONCE(*pending);
        if (seen == 0)
            return;
        unsigned nr = __builtin_ctzl(seen);
        __atomic_fetch_and(pending, ~(1ul << nr), __ATOMIC_SEQ_CST);
        BUG_ON(!handlers[nr]);
        handlers[nr]();
    }
}

/* --- quiescent states ------------------------------------------------------------------------- */

static struct spinlock rcu_lock = SPINLOCK_INIT(LOCK_RCU);

/* LOCK_RCU */
static struct rcu_head *rcu_current; /* will be called when every CPU in rcu_waiting has passed */
static struct rcu_head *rcu_next;    /* came later: the next round */
static struct cpumask rcu_waiting;
static unsigned long rcu_unfinished; /* calls asked for that have not returned; atomic */

/** Begin a round if there is something to do and none is going on. LOCK_RCU. */
static void rcu_begin(void)
{
    unsigned cpu;

    if (rcu_current || !rcu_next)
        return;
    rcu_current = rcu_next;
    rcu_next = NULL;
    rcu_waiting = cpu_online;
    for_each_cpu(cpu, &rcu_waiting)
        softirq_raise_cpu(SOFTIRQ_RCU, cpu);
}

void rcu_call(struct rcu_head *h, void (*fn)(struct rcu_head *))
{
    unsigned long flags = spin_lock_irqsave(&rcu_lock);

    h->fn = fn;
    h->next = rcu_next;
    rcu_next = h;
    __atomic_fetch_add(&rcu_unfinished, 1, __ATOMIC_RELAXED);
    rcu_begin();
    spin_unlock_irqrestore(&rcu_lock, flags);
}

/**
 * Softirqs run where no hypercall or interrupt is in progress on this CPU, so being here is being
 * quiescent.
 */
static void rcu_passed(void)
{
    struct rcu_head *done = NULL;

    lock_check_none_held();
    unsigned long flags = spin_lock_irqsave(&rcu_lock);
    if (cpumask_test(&rcu_waiting, this_cpu())) {
        cpumask_clear(&rcu_waiting, this_cpu());
        if (cpumask_empty(&rcu_waiting)) {
            done = rcu_current;
            rcu_current = NULL;
            rcu_begin();
        }
    }
    spin_unlock_irqrestore(&rcu_lock, flags);

    while (done) {
        struct rcu_head *h = done;
        done = h->next;
        h->fn(h);
        __atomic_fetch_sub(&rcu_unfinished, 1, __ATOMIC_RELEASE);
    }
}

unsigned long rcu_unfinished_count(void)
{
    return __atomic_load_n(&rcu_unfinished, __ATOMIC_ACQUIRE);
}

void rcu_init(void) { softirq_open(SOFTIRQ_RCU, rcu_passed); }
