/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the proportional-share policy share: credit.c chooses, credit_cap.c holds
 * domains to their caps, credit_control.c is the set-up and what tools can ask and change.
 */
#ifndef HV_SCHED_CREDIT_H
#define HV_SCHED_CREDIT_H

#include <hv/domain.h>
#include <hv/list.h>
#include <hv/sched.h>

#define CREDIT_GROUP_CPUS     16
#define CREDIT_WEIGHT_DEFAULT 256
#define CREDIT_MAX_SLICE      (10 * NS_PER_MS)
#define CREDIT_MOVE_COST      (500 * NS_PER_US) /* lead of a vcpu that ran on this CPU last */

struct credit_dom {
    uint16_t weight, cap;  /* cap in percent of a CPU, 0 = none */
    int64_t budget;        /* ns left in this period; atomic */
    struct timer refill;
};

struct credit_vcpu {
    struct list link;      /* in the group's queue; empty when not queued */
    struct vcpu *vcpu;
    struct credit_dom *dom;
    int64_t vtime;         /* ns of running at CREDIT_WEIGHT_DEFAULT */
    s_time_t charged_at;   /* running: accounted up to here */
    s_time_t started_at;   /* running: since when without a pause */
    bool yields, parked;   /* parked: its domain's budget is used up */
    bool woke;             /* queued because it woke up, not because it had to give way */
};

/** Its lock is the run-queue lock of its CPUs. */
struct credit_group {
    struct spinlock lock;
    struct list queue;     /* by vtime, ascending */
    unsigned queued;       /* others look at it without the lock */
    int64_t min_vtime;     /* of all that run or are queued; never goes back */
    struct cpumask cpus, idle, tickled; /* tickled: told to schedule, has not yet */
} __attribute__((aligned(64)));

extern struct credit_group credit_groups[DIV_ROUND_UP(MAX_CPUS, CREDIT_GROUP_CPUS)];

/** ns that a vcpu runs at least before another may take its CPU; 0 to any. */
extern s_time_t credit_ratelimit;

static inline struct credit_vcpu *credit_priv(const struct vcpu *v) { return v->sched_priv; }

static inline struct credit_group *credit_group_of(unsigned cpu)
{
    return &credit_groups[cpu / CREDIT_GROUP_CPUS];
}

/* credit.c */
/** Account what the running vcpu has used since the last time. Its run-queue lock is held. */
void credit_charge(struct credit_vcpu *cv, s_time_t t);

/* credit_cap.c */
/** The domain has a cap, and has used what it may in this period. */
static inline bool credit_exhausted(const struct credit_dom *cd)
{
    return READ_ONCE(cd->cap) && READ_ONCE(cd->budget) <= 0;
}
/** Take `ran` ns, until `t`, off the budget of a domain with a cap. */
void credit_spend(struct credit_dom *cd, s_time_t ran, s_time_t t);
/** Timer of a domain with a cap: a new period. `data` is the domain. */
void credit_refill(void *data);
/** Replace the cap, with a full budget to start from. */
void credit_set_cap(struct domain *d, uint16_t cap);

/* credit_control.c */
int credit_domain_init(struct domain *d);
void credit_domain_destroy(struct domain *d);
int credit_vcpu_init(struct vcpu *v);
void credit_vcpu_destroy(struct vcpu *v);
struct spinlock *credit_cpu_lock(unsigned cpu);
void credit_cpu_init(unsigned cpu);
int credit_adjust(struct domain *d, struct xen_domctl_scheduler_op *op);
int credit_adjust_global(struct xen_sysctl_scheduler_op *op);
void credit_dump(unsigned cpu);

#endif
