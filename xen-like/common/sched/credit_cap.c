/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Caps: a budget of running time for the whole domain, refilled each PERIOD; what is overdrawn is
 * owed to the next. What could not be used because no CPU was to be had in time is kept for
 * SAVED_PERIODS: without that every delay would lower the cap.
 */
#include <hv/arch.h>
#include <hv/sched_credit.h>

#define PERIOD        (10 * NS_PER_MS)
#define SAVED_PERIODS 3

static s_time_t quota(const struct credit_dom *cd) { return PERIOD * READ_ONCE(cd->cap) / 100; }

void credit_spend(struct credit_dom *cd, s_time_t ran, s_time_t t)
{
    __atomic_fetch_sub(&cd->budget, ran, __ATOMIC_RELAXED);
    if (!timer_is_active(&cd->refill))
        timer_set(&cd->refill, t + PERIOD);
}

static void unpark(struct vcpu *v)
{
    unsigned long flags;
    struct spinlock *lock = sched_lock_vcpu(v, &flags);
    struct credit_vcpu *cv = credit_priv(v);
    bool parked = cv && cv->parked;

    if (parked)
        cv->parked = false;
    spin_unlock_irqrestore(lock, flags);
    if (parked)
        vcpu_wake(v);
}

/**
 * Timer: a new period, or several when it comes late. Comes again until as much is saved as may be.
 */
void credit_refill(void *data)
{
    struct domain *d = data;
    struct credit_dom *cd = d->sched_priv;
    s_time_t periods = 1 + MAX(now() - cd->refill.expires, 0) / PERIOD;
    s_time_t one = quota(cd), saved = one * SAVED_PERIODS, had = READ_ONCE(cd->budget), new;
    struct vcpu *v;

    do {
        new = MIN(had, saved) + one * periods;
    } while (!try_cmpxchg(&cd->budget, &had, new));
    if (one && had < saved)
        timer_set(&cd->refill, cd->refill.expires + periods * PERIOD);
    for_each_vcpu(d, v)
        unpark(v);
}

/** Account a vcpu up to now, if it runs. */
static void settle(struct vcpu *v)
{
    unsigned long flags;
    struct spinlock *lock = sched_lock_vcpu(v, &flags);

    if (sched_curr(v->processor) == v)
        credit_charge(credit_priv(v), now());
    spin_unlock_irqrestore(lock, flags);
}

void credit_set_cap(struct domain *d, uint16_t cap)
{
    struct credit_dom *cd = d->sched_priv;
    struct vcpu *v;

    for_each_vcpu(d, v)
        settle(v); /* what was used before does not come out of the new budget */
    WRITE_ONCE(cd->cap, cap);
    __atomic_store_n(&cd->budget, quota(cd), __ATOMIC_RELAXED);
    for_each_vcpu(d, v)
        unpark(v);
    /* those that run unlimited so far are asked again */
    for_each_vcpu(d, v)
        if (READ_ONCE(v->running))
            softirq_raise_cpu(SOFTIRQ_SCHEDULE, READ_ONCE(v->processor));
}
