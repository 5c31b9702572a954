/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Proportional share. Every vcpu has a virtual time that advances while it runs, the faster the
 * smaller its domain's weight; whoever is furthest behind runs. Tools see it as Xen's credit2 (and
 * take credit's calls too).
 *
 * CPUs form groups with one lock and one queue, so that within a group fairness is global and a
 * vcpu runs wherever a CPU is to be had; a group without work takes some from the others. A vcpu
 * keeps its place in the order while it sleeps, but not more than SLEEP_BONUS, and is never counted
 * as more than a bound ahead of the group, so that neither long sleep nor a time alone on a CPU
 * starves anybody.
 */
#include <hv/arch.h>
#include <hv/sched_credit.h>

/* lead that makes a running vcpu give way to a queued one */
#define GRANULARITY    (2 * NS_PER_MS)
#define WAKE_LEAD      (500 * NS_PER_US) /* ... and to one that wakes up */
#define WAKE_HASTE     4                 /* part of the rate limit that such a one waits */
#define SLEEP_BONUS    (1 * NS_PER_MS)
#define AHEAD_BOUND    (50 * NS_PER_MS)
#define BALANCE_SLICE  (30 * NS_PER_MS)

struct credit_group credit_groups[DIV_ROUND_UP(MAX_CPUS, CREDIT_GROUP_CPUS)];
s_time_t credit_ratelimit = NS_PER_MS;

static bool many_groups(void) { return !cpumask_empty(&credit_groups[1].cpus); }

/** Virtual time that `ran` ns are at the domain's weight, and back. */
static int64_t to_vtime(const struct credit_vcpu *cv, s_time_t ran)
{
    return ran * CREDIT_WEIGHT_DEFAULT / READ_ONCE(cv->dom->weight);
}

static s_time_t to_real(const struct credit_vcpu *cv, int64_t vtime)
{
    return vtime * READ_ONCE(cv->dom->weight) / CREDIT_WEIGHT_DEFAULT;
}

static bool may_run_on(const struct vcpu *v, unsigned cpu)
{
    return cpumask_test(&v->hard_affinity, cpu);
}

/* --- the queue of a group; its lock is held --------------------------------------------------- */

static void enqueue(struct credit_group *g, struct credit_vcpu *cv)
{
    int64_t latest = g->min_vtime + AHEAD_BOUND + to_vtime(cv, CREDIT_MAX_SLICE);
    struct list *after = g->queue.prev;

    cv->vtime = MIN(cv->vtime, latest);
    while (after != &g->queue && list_entry(after, struct credit_vcpu, link)->vtime > cv->vtime)
        after = after->prev;
    list_insert(after, after->next, &cv->link);
    WRITE_ONCE(g->queued, g->queued + 1);
}

static void dequeue(struct credit_group *g, struct credit_vcpu *cv)
{
    list_del(&cv->link);
    WRITE_ONCE(g->queued, g->queued - 1);
}

void credit_charge(struct credit_vcpu *cv, s_time_t t)
{
    s_time_t ran = t - cv->charged_at;

    if (ran <= 0)
        return;
    cv->charged_at = t;
    cv->vtime += to_vtime(cv, ran);
    if (READ_ONCE(cv->dom->cap))
        credit_spend(cv->dom, ran, t);
}

/** Bring all that run up to date, and the group's minimum with them. */
static void advance(struct credit_group *g, s_time_t t)
{
    int64_t min = INT64_MAX;
    unsigned cpu;

    if (!list_empty(&g->queue))
        min = list_first(&g->queue, struct credit_vcpu, link)->vtime;
    for_each_cpu(cpu, &g->cpus) {
        const struct vcpu *v = sched_curr(cpu);
        if (vcpu_is_idle(v))
            continue;
        credit_charge(credit_priv(v), t);
        min = MIN(min, credit_priv(v)->vtime);
    }
    if (min != INT64_MAX && min > g->min_vtime)
        g->min_vtime = min;
}

/* --- waking up -------------------------------------------------------------------------------- */

static void tickle(struct credit_group *g, unsigned cpu)
{
    cpumask_set(&g->tickled, cpu);
    softirq_raise_cpu(SOFTIRQ_SCHEDULE, cpu);
}

/**
 * An idle CPU for the vcpu that nobody has tickled yet: its last one, one it prefers, any; or
 * MAX_CPUS.
 */
static unsigned find_idle(const struct credit_group *g, const struct vcpu *v)
{
    struct cpumask free, liked;

    for (unsigned i = 0; i < CPUMASK_WORDS; i++)
        free.bits[i] = g->idle.bits[i] & ~g->tickled.bits[i] & v->hard_affinity.bits[i] &
                       cpu_online.bits[i];
    cpumask_and(&liked, &free, &v->soft_affinity);
    if (cpumask_test(&liked, v->processor))
        return v->processor;
    unsigned cpu = cpumask_next(&liked, 0);
    return cpu < MAX_CPUS ? cpu : cpumask_next(&free, 0);
}

/** How long a vcpu runs at least before `next` may take its CPU: short for one that woke up. */
static s_time_t least_run(const struct credit_vcpu *next)
{
    return next->woke ? credit_ratelimit / WAKE_HASTE : credit_ratelimit;
}

/** When `cv` may take the CPU: what runs there is far enough ahead then, and not just started. */
static s_time_t may_replace(const struct credit_vcpu *running, const struct credit_vcpu *cv,
                            s_time_t t)
{
    int64_t lead = running->vtime - cv->vtime - WAKE_LEAD;
    s_time_t when = lead >= 0 ? t : t + to_real(running, -lead);

    return MAX(when, running->started_at + least_run(cv));
}

/**
 * The CPU of the group whose vcpu `cv` may replace soonest, of several the one with the vcpu
 * furthest ahead; or MAX_CPUS.
 */
static unsigned find_soonest(const struct credit_group *g, const struct credit_vcpu *cv, s_time_t t,
                             s_time_t *when)
{
    unsigned cpu, best = MAX_CPUS;
    int64_t vtime = 0;

    for_each_cpu(cpu, &g->cpus) {
        const struct vcpu *v = sched_curr(cpu);
        if (vcpu_is_idle(v) || cpumask_test(&g->tickled, cpu) || !may_run_on(cv->vcpu, cpu))
            continue;
        s_time_t here = may_replace(credit_priv(v), cv, t);
        bool better = here == *when ? credit_priv(v)->vtime > vtime : here < *when;
        if (best == MAX_CPUS || better) {
            best = cpu;
            *when = here;
            vtime = credit_priv(v)->vtime;
        }
    }
    return best;
}

/** `cv` was queued: find it a CPU now, or see to it that one asks again in time. */
static void find_cpu_for(struct credit_group *g, struct credit_vcpu *cv, s_time_t t)
{
    unsigned cpu = find_idle(g, cv->vcpu);
    s_time_t when = t;

    for (unsigned i = 0; cpu == MAX_CPUS && i < ARRAY_SIZE(credit_groups); i++)
        if (&credit_groups[i] != g && !cpumask_empty(&credit_groups[i].idle)) {
            cpu = find_idle(&credit_groups[i], cv->vcpu); /* it will take the vcpu over by itself */
            if (cpu < MAX_CPUS) {
                softirq_raise_cpu(SOFTIRQ_SCHEDULE, cpu);
                return;
            }
        }
    if (cpu < MAX_CPUS) {
        tickle(g, cpu);
        return;
    }
    cpu = find_soonest(g, cv, t, &when);
    if (cpu == MAX_CPUS)
        return;
    if (when <= t)
        tickle(g, cpu);
    else
        sched_limit_slice(cpu, when);
}

/** Queue a runnable vcpu that is not running, unless its domain's budget is used up. */
static void make_ready(struct vcpu *v, bool slept)
{
    struct credit_vcpu *cv = credit_priv(v);
    struct credit_group *g = credit_group_of(v->processor);
    s_time_t t = now();

    if (credit_exhausted(cv->dom)) {
        cv->parked = true;
        return;
    }
    advance(g, t);
    cv->woke = slept;
    if (slept)
        cv->vtime = MAX(cv->vtime, g->min_vtime - SLEEP_BONUS);
    enqueue(g, cv);
    find_cpu_for(g, cv, t);
}

static void credit_wake(struct vcpu *v)
{
    struct credit_vcpu *cv = credit_priv(v);

    if (v->running || cv->parked || !list_empty(&cv->link))
        return;
    make_ready(v, true);
}

static void credit_saved(struct vcpu *v)
{
    struct credit_vcpu *cv = credit_priv(v);

    if (!cv->parked && list_empty(&cv->link))
        make_ready(v, false);
}

static void credit_sleep(struct vcpu *v)
{
    struct credit_vcpu *cv = credit_priv(v);

    cv->parked = false;
    if (!list_empty(&cv->link))
        dequeue(credit_group_of(v->processor), cv);
}

static void credit_yield(struct vcpu *v) { credit_priv(v)->yields = true; }

/* --- choosing --------------------------------------------------------------------------------- */

/**
 * The queued vcpu that `cpu` should run next, preferring those that ran here by CREDIT_MOVE_COST;
 * NULL if none may run here.
 */
static struct credit_vcpu *best_queued(struct credit_group *g, unsigned cpu)
{
    struct credit_vcpu *cv, *next, *best = NULL;
    int64_t best_at = INT64_MAX;

    list_for_each_safe(cv, next, &g->queue, link) {
        if (best && cv->vtime >= best_at)
            break;
        if (!may_run_on(cv->vcpu, cpu))
            continue;
        if (credit_exhausted(cv->dom)) {
            dequeue(g, cv);
            cv->parked = true;
            continue;
        }
        int64_t at = cv->vtime + (cv->vcpu->processor != cpu ? CREDIT_MOVE_COST : 0) +
                     (cpumask_test(&cv->vcpu->soft_affinity, cpu) ? 0 : CREDIT_MOVE_COST);
        if (at < best_at) {
            best = cv;
            best_at = at;
        }
    }
    return best;
}

/**
 * Take a queued vcpu that may run on `cpu` from another group; both locks are held for the change
 * of its CPU.
 */
static struct credit_vcpu *take_from(struct credit_group *g, struct credit_group *own, unsigned cpu)
{
    if (g == own || !READ_ONCE(g->queued) || !spin_trylock(&g->lock))
        return NULL;
    struct credit_vcpu *cv = best_queued(g, cpu);
    if (cv) {
        dequeue(g, cv);
        cv->vtime += own->min_vtime - g->min_vtime;
        WRITE_ONCE(cv->vcpu->processor, cpu);
    }
    spin_unlock(&g->lock);
    return cv;
}

/** Work for an idle CPU. */
static struct credit_vcpu *steal(struct credit_group *own, unsigned cpu)
{
    struct credit_vcpu *cv = NULL;

    for (unsigned i = 0; !cv && i < ARRAY_SIZE(credit_groups); i++)
        cv = take_from(&credit_groups[i], own, cpu);
    return cv;
}

/** More wait in `g` than in `own`, for their numbers of CPUs, even after one has moved. */
static bool is_busier(const struct credit_group *g, const struct credit_group *own)
{
    unsigned cpus = cpumask_weight(&g->cpus), own_cpus = cpumask_weight(&own->cpus);

    return READ_ONCE(g->queued) * own_cpus >= (own->queued + 2) * cpus && cpus;
}

/**
 * Fairness between groups: a CPU that looks for the next vcpu takes one over from a group where
 * more of them wait.
 */
static struct vcpu *balance(struct credit_group *own, unsigned cpu)
{
    for (unsigned i = 0; i < ARRAY_SIZE(credit_groups); i++) {
        if (!is_busier(&credit_groups[i], own))
            continue;
        struct credit_vcpu *cv = take_from(&credit_groups[i], own, cpu);
        if (cv) {
            enqueue(own, cv);
            return cv->vcpu;
        }
    }
    return NULL;
}

static bool keeps_cpu(struct credit_vcpu *cur, const struct credit_vcpu *other, unsigned cpu,
                      s_time_t t)
{
    if (!vcpu_runnable(cur->vcpu) || !may_run_on(cur->vcpu, cpu))
        return false;
    if (credit_exhausted(cur->dom)) {
        cur->parked = true;
        return false;
    }
    if (!other)
        return true;
    if (cur->yields) {
        cur->vtime = MAX(cur->vtime, other->vtime + 1);
        return false;
    }
    return t - cur->started_at < least_run(other) || cur->vtime <= other->vtime;
}

/** How long `cv` may run on `cpu` before the policy looks again. */
static s_time_t slice_of(struct credit_group *g, const struct credit_vcpu *cv, unsigned cpu)
{
    const struct credit_vcpu *waiting = best_queued(g, cpu);
    s_time_t slice = -1;

    if (waiting) {
        slice = to_real(cv, waiting->vtime - cv->vtime + GRANULARITY);
        slice = MAX(MIN(slice, (s_time_t)CREDIT_MAX_SLICE), credit_ratelimit);
    } else if (many_groups()) {
        slice = BALANCE_SLICE;
    }
    if (READ_ONCE(cv->dom->cap)) {
        s_time_t left = MAX(READ_ONCE(cv->dom->budget), (int64_t)(100 * NS_PER_US));
        slice = slice < 0 ? left : MIN(slice, left);
    }
    return slice;
}

static struct sched_decision credit_schedule(unsigned cpu, s_time_t t)
{
    struct credit_group *g = credit_group_of(cpu);
    struct vcpu *v = sched_curr(cpu);
    struct credit_vcpu *cur = vcpu_is_idle(v) ? NULL : credit_priv(v), *next;
    struct sched_decision d = { .next = sched_idle_vcpu(cpu), .slice = -1 };

    cpumask_clear(&g->tickled, cpu);
    struct vcpu *taken = many_groups() ? balance(g, cpu) : NULL;
    if (cur)
        credit_charge(cur, t);
    next = best_queued(g, cpu);
    bool stays = cur && keeps_cpu(cur, next, cpu, t);
    if (cur)
        cur->yields = false;
    if (stays) {
        next = cur;
    } else if (next) {
        dequeue(g, next);
    } else {
        next = steal(g, cpu);
        d.migrated = next != NULL;
    }
    if (!next) {
        cpumask_set(&g->idle, cpu);
        return d;
    }
    cpumask_clear(&g->idle, cpu);
    if (next != cur) {
        next->charged_at = next->started_at = t;
        d.migrated |= next->vcpu->processor != cpu || next->vcpu == taken;
        WRITE_ONCE(next->vcpu->processor, cpu);
    }
    d.next = next->vcpu;
    d.slice = slice_of(g, next, cpu);
    return d;
}

static unsigned credit_pick_cpu(struct vcpu *v)
{
    struct cpumask allowed;

    cpumask_and(&allowed, &v->hard_affinity, &cpu_online);
    if (cpumask_test(&allowed, v->processor))
        return v->processor;
    for (unsigned i = 0; i < ARRAY_SIZE(credit_groups); i++) {
        unsigned cpu = find_idle(&credit_groups[i], v);
        if (cpu < MAX_CPUS)
            return cpu;
    }
    unsigned cpu = cpumask_next(&allowed, 0);
    return cpu < MAX_CPUS ? cpu : v->processor;
}

const struct sched_ops sched_credit = {
    .name = "credit2",
    .id = XEN_SCHEDULER_CREDIT2,
    .domain_init = credit_domain_init,
    .domain_destroy = credit_domain_destroy,
    .vcpu_init = credit_vcpu_init,
    .vcpu_destroy = credit_vcpu_destroy,
    .wake = credit_wake,
    .sleep = credit_sleep,
    .yield = credit_yield,
    .saved = credit_saved,
    .pick_cpu = credit_pick_cpu,
    .schedule = credit_schedule,
    .cpu_lock = credit_cpu_lock,
    .cpu_init = credit_cpu_init,
    .adjust = credit_adjust,
    .adjust_global = credit_adjust_global,
    .dump = credit_dump,
};
