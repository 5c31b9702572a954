/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scheduling, the mechanism: which vcpus may run, and the switch on each CPU. Which of them runs is
 * the policy's choice.
 *
 * A vcpu is `running` from the moment schedule() has chosen it until sched_context_saved() says
 * that its registers are in memory; no other CPU takes it in between. Whoever changes a reason to
 * run or not calls vcpu_wake or vcpu_sleep_nosync afterwards, which look at all reasons anew under
 * the lock, so that the order of two such changes does not matter.
 */
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/event_channel.h>
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/statistics.h>
#include <hv/string.h>
#include <hv/timer.h>
#include <hv/vcpu.h>
#include <public/errno.h>

static struct sched_cpu {
    struct spinlock own_lock;
    struct spinlock *lock;    /* own_lock, or one that the policy shares between CPUs */
    struct vcpu *curr, *idle; /* curr: under the lock */
    struct timer slice_timer;
} __attribute__((aligned(64))) cpus[MAX_CPUS];

static const struct sched_ops *policy = &sched_credit;

static char opt_sched[16] = "credit2";
PARAM_STRING("sched", opt_sched, "scheduling policy: credit2 (also credit) or null");

const struct sched_ops *sched_policy(void) { return policy; }

/* --- locks and states ------------------------------------------------------------------------- */

struct spinlock *sched_cpu_lock(unsigned cpu) { return cpus[cpu].lock; }

struct vcpu *sched_curr(unsigned cpu) { return cpus[cpu].curr; }

struct vcpu *sched_idle_vcpu(unsigned cpu) { return cpus[cpu].idle; }

struct spinlock *sched_lock_vcpu(const struct vcpu *v, unsigned long *flags)
{
    for (;;) {
        struct spinlock *lock = cpus[READ_ONCE(v->processor)].lock;
        *flags = spin_lock_irqsave(lock);
        if (lock == cpus[v->processor].lock)
            return lock;
        spin_unlock_irqrestore(lock, *flags);
    }
}

bool vcpu_runnable(const struct vcpu *v)
{
    return !READ_ONCE(v->pause_flags) && !READ_ONCE(v->pause_count) &&
        !READ_ONCE(v->domain->pause_count);
}

/** Run-queue lock. */
static void runstate_set(struct vcpu *v, int state, s_time_t t)
{
    struct vcpu_runstate_info *r = &v->runstate;

    if ((uint64_t)t > r->state_entry_time)
        r->time[r->state] += (uint64_t)t - r->state_entry_time;
    r->state_entry_time = (uint64_t)t;
    r->state = state;
    statistics_state(v);
}

/** Run-queue lock. */
static void count_switch(struct sched_cpu *sc, struct vcpu *next)
{
    statistics_count_switch(next);
    if (next != sc->idle)
        statistics_count_switch(sc->idle);
}

static int stopped_state(const struct vcpu *v)
{
    return READ_ONCE(v->pause_flags) & (VPF_BLOCKED | VPF_IO) ? RUNSTATE_blocked : RUNSTATE_offline;
}

void vcpu_runstate_get(const struct vcpu *v, struct vcpu_runstate_info *info)
{
    unsigned long flags;
    struct spinlock *lock = sched_lock_vcpu(v, &flags);
    s_time_t t = now();

    *info = v->runstate;
    spin_unlock_irqrestore(lock, flags);
    if ((uint64_t)t > info->state_entry_time)
        info->time[info->state] += (uint64_t)t - info->state_entry_time;
}

uint64_t domain_cpu_time(const struct domain *d)
{
    struct vcpu_runstate_info info;
    const struct vcpu *v;
    uint64_t sum = 0;

    for_each_vcpu(d, v) {
        vcpu_runstate_get(v, &info);
        sum += info.time[RUNSTATE_running];
    }
    return sum;
}

s_time_t cpu_idle_time(unsigned cpu)
{
    struct vcpu_runstate_info info;

    if (!cpus[cpu].idle)
        return 0;
    vcpu_runstate_get(cpus[cpu].idle, &info);
    return (s_time_t)info.time[RUNSTATE_running];
}

/* --- to run or not to run --------------------------------------------------------------------- */

void vcpu_wake(struct vcpu *v)
{
    unsigned long flags;
    struct spinlock *lock = sched_lock_vcpu(v, &flags);

    if (vcpu_runnable(v)) {
        if (v->runstate.state >= RUNSTATE_blocked)
            runstate_set(v, RUNSTATE_runnable, now());
        policy->wake(v);
    } else if (v->runstate.state >= RUNSTATE_blocked && v->runstate.state != stopped_state(v)) {
        runstate_set(v, stopped_state(v), now());
    }
    spin_unlock_irqrestore(lock, flags);
}

void vcpu_sleep_nosync(struct vcpu *v)
{
    unsigned long flags;
    struct spinlock *lock = sched_lock_vcpu(v, &flags);

    if (!vcpu_runnable(v)) {
        if (v->runstate.state != RUNSTATE_running)
            runstate_set(v, stopped_state(v), now());
        if (v->running)
            softirq_raise_cpu(SOFTIRQ_SCHEDULE, v->processor);
        else
            policy->sleep(v);
    }
    spin_unlock_irqrestore(lock, flags);
}

/** ... and wait until it does not run and its state is saved. */
static void vcpu_sleep_sync(struct vcpu *v)
{
    ASSERT(v != current);
    vcpu_sleep_nosync(v);
    while (!vcpu_runnable(v) && __atomic_load_n(&v->running, __ATOMIC_ACQUIRE))
        cpu_relax();
}

void vcpu_block(void)
{
    struct vcpu *v = current;

    v->vcpu_info->evtchn_upcall_mask = 0;
    /* first the flag, then the look: an event that comes in between finds the flag and clears it */
    __atomic_fetch_or(&v->pause_flags, VPF_BLOCKED, __ATOMIC_SEQ_CST);
    if (arch_interrupted())
        __atomic_fetch_and(&v->pause_flags, ~VPF_BLOCKED, __ATOMIC_SEQ_CST);
    else
        softirq_raise(SOFTIRQ_SCHEDULE);
}

static inline void clear_and_wake(struct vcpu *v, unsigned flag)
{
    if (!(READ_ONCE(v->pause_flags) & flag))
        return;
    if (__atomic_fetch_and(&v->pause_flags, ~flag, __ATOMIC_SEQ_CST) & flag)
        vcpu_wake(v);
}

void vcpu_unblock(struct vcpu *v) { clear_and_wake(v, VPF_BLOCKED); }

void vcpu_io_over(struct vcpu *v) { clear_and_wake(v, VPF_IO); }

void vcpu_yield(void)
{
    struct vcpu *v = current;
    unsigned long flags;
    struct spinlock *lock = sched_lock_vcpu(v, &flags);

    policy->yield(v);
    spin_unlock_irqrestore(lock, flags);
    softirq_raise(SOFTIRQ_SCHEDULE);
}

/* --- pausing ---------------------------------------------------------------------------------- */

void vcpu_pause_nosync(struct vcpu *v)
{
    __atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
    vcpu_sleep_nosync(v);
}

void vcpu_pause(struct vcpu *v)
{
    __atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
    vcpu_sleep_sync(v);
}

void vcpu_unpause(struct vcpu *v)
{
    int left = __atomic_sub_fetch(&v->pause_count, 1, __ATOMIC_SEQ_CST);

    ASSERT(left >= 0);
    if (left == 0)
        vcpu_wake(v);
}

void domain_pause_nosync(struct domain *d)
{
    struct vcpu *v;

    __atomic_fetch_add(&d->pause_count, 1, __ATOMIC_SEQ_CST);
    for_each_vcpu(d, v)
        vcpu_sleep_nosync(v);
}

void domain_pause(struct domain *d)
{
    struct vcpu *v;

    domain_pause_nosync(d); /* all are told before one is waited for */
    for_each_vcpu(d, v)
        vcpu_sleep_sync(v);
}

void domain_unpause(struct domain *d)
{
    int left = __atomic_sub_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST);
    struct vcpu *v;

    ASSERT(left >= 0);
    if (left == 0)
        for_each_vcpu(d, v)
            vcpu_wake(v);
}

#define MAX_CONTROL_PAUSES 255

int domain_pause_by_control(struct domain *d)
{
    int err = 0;

    spin_lock(&d->lock);
    if (d->control_pause_count >= MAX_CONTROL_PAUSES)
        err = -XEN_EOVERFLOW;
    else
        d->control_pause_count++;
    spin_unlock(&d->lock);
    if (!err)
        domain_pause(d);
    return err;
}

int domain_unpause_by_control(struct domain *d)
{
    int err = 0;

    spin_lock(&d->lock);
    if (d->control_pause_count == 0)
        err = -XEN_EINVAL;
    else
        d->control_pause_count--;
    spin_unlock(&d->lock);
    if (!err)
        domain_unpause(d);
    return err;
}

/* --- the switch ------------------------------------------------------------------------------- */

static void slice_expired(void *unused) { softirq_raise(SOFTIRQ_SCHEDULE); }

void sched_limit_slice(unsigned cpu, s_time_t when)
{
    struct timer *t = &cpus[cpu].slice_timer;

    if (!timer_is_active(t) || t->expires > when)
        timer_set(t, when);
}

static void set_slice(struct sched_cpu *sc, s_time_t t, s_time_t slice)
{
    if (slice >= 0)
        timer_set(&sc->slice_timer, t + slice);
    else
        timer_stop(&sc->slice_timer);
}

void schedule(void)
{
    unsigned cpu = this_cpu();
    struct sched_cpu *sc = &cpus[cpu];
    struct vcpu *prev = current;
    unsigned long flags = spin_lock_irqsave(sc->lock);
    s_time_t t = now();
    struct sched_decision choice = policy->schedule(cpu, t);
    struct vcpu *next = choice.next;

    ASSERT(next->processor == cpu);
    set_slice(sc, t, choice.slice);
    if (next == prev) {
        spin_unlock_irqrestore(sc->lock, flags);
        return;
    }
    if (prev->runstate.state == RUNSTATE_running)
        runstate_set(prev, vcpu_runnable(prev) ? RUNSTATE_runnable : stopped_state(prev), t);
    runstate_set(next, RUNSTATE_running, t);
    count_switch(sc, next);
    next->running = true;
    sc->curr = next;
    spin_unlock(sc->lock); /* interrupts stay off until the switch is done */

    if (choice.migrated) {
        vcpu_timers_migrate(next, cpu);
        evtchn_move_pirqs(next);
    }
    context_switch(prev, next);
}

void sched_context_saved(struct vcpu *prev)
{
    unsigned long flags;

    if (vcpu_is_idle(prev)) {
        prev->running = false;
        return;
    }
    struct spinlock *lock = sched_lock_vcpu(prev, &flags);
    __atomic_store_n(&prev->running, false, __ATOMIC_RELEASE);
    bool migrating = READ_ONCE(prev->pause_flags) & VPF_MIGRATING;
    if (vcpu_runnable(prev))
        policy->saved(prev);
    spin_unlock_irqrestore(lock, flags);
    if (migrating)
        sched_finish_migration(prev);
}

/* --- setting up ------------------------------------------------------------------------------- */

int sched_domain_init(struct domain *d) { return policy->domain_init(d); }

void sched_domain_destroy(struct domain *d) { policy->domain_destroy(d); }

int sched_vcpu_init(struct vcpu *v, unsigned cpu)
{
    int err = policy->vcpu_init(v);

    if (!err && cpumask_test(&cpu_online, cpu) && cpus[cpu].lock)
        v->processor = cpu;
    return err;
}

void sched_vcpu_destroy(struct vcpu *v) { policy->vcpu_destroy(v); }

void sched_init(void)
{
    static const struct {
        const char *name;
        const struct sched_ops *ops;
    } policies[] = {
        { "credit2", &sched_credit }, { "credit", &sched_credit }, { "null", &sched_null },
    };
    bool known = false;

    for (unsigned i = 0; i < ARRAY_SIZE(policies); i++)
        if (!strcmp(opt_sched, policies[i].name)) {
            policy = policies[i].ops;
            known = true;
        }
    if (!known)
        printk(LOG_WARNING, "sched=%s is unknown\n", opt_sched);
    printk(LOG_INFO, "Scheduler: %s\n", policy->name);
    softirq_open(SOFTIRQ_SCHEDULE, schedule);
}

int sched_cpu_init(unsigned cpu)
{
    struct sched_cpu *sc = &cpus[cpu];
    struct vcpu *idle = idle_vcpu_create(cpu);

    if (!idle)
        return -XEN_ENOMEM;
    spin_init(&sc->own_lock, LOCK_SCHED);
    sc->idle = sc->curr = idle;
    idle->processor = cpu;
    idle->running = true;
    idle->runstate.state = RUNSTATE_running;
    idle->runstate.state_entry_time = (uint64_t)now();
    statistics_state(idle);
    timer_init(&sc->slice_timer, slice_expired, NULL, cpu);
    policy->cpu_init(cpu);
    sc->lock = policy->cpu_lock ? policy->cpu_lock(cpu) : &sc->own_lock;
    return 0;
}
