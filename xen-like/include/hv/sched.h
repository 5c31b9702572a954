/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scheduling: common/sched/core.c is the mechanism (states, pausing, wake, context switch,
 * runstate), affinity.c the moves among CPUs; a policy (credit.c, null.c) is an operations table.
 */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <hv/cpumask.h>
#include <hv/lock.h>
#include <hv/timer.h>
#include <public/domctl.h>
#include <public/sysctl.h>

struct vcpu;
struct domain;

struct sched_decision {
    struct vcpu *next; /* its `processor` is this CPU */
    s_time_t slice;    /* nanoseconds until the policy wants to be asked again; < 0: no limit */
    bool migrated;     /* `processor` was another one before */
};

/**
 * A policy. wake, sleep, yield, saved and schedule are called with the lock of the vcpu's CPU held
 * and interrupts off; several CPUs may have one lock (cpu_lock). A policy never queues a vcpu that
 * is `running`: core.c calls `saved` once it has left its CPU.
 */
struct sched_ops {
    const char *name;
    unsigned id; /* XEN_SCHEDULER_* */
    int (*domain_init)(struct domain *d);
    void (*domain_destroy)(struct domain *d);
    int (*vcpu_init)(struct vcpu *v);
    void (*vcpu_destroy)(struct vcpu *v);
    /* is runnable: queue it if it is neither queued nor running */
    void (*wake)(struct vcpu *v);
    /* is no longer runnable and not running: off the queue */
    void (*sleep)(struct vcpu *v);
    void (*yield)(struct vcpu *v);         /* current, gives way once */
    void (*saved)(struct vcpu *v);         /* still runnable, has left its CPU: queue it */
    /* where to run, within hard affinity and cpu_online; no lock */
    unsigned (*pick_cpu)(struct vcpu *v);
    /* `current` is what runs so far */
    struct sched_decision (*schedule)(unsigned cpu, s_time_t now);
    struct spinlock *(*cpu_lock)(unsigned cpu); /* NULL: every CPU has a lock of its own */
    void (*cpu_init)(unsigned cpu);
    /* get or put: 0 or -errno */
    int (*adjust)(struct domain *d, struct xen_domctl_scheduler_op *op);
    int (*adjust_global)(struct xen_sysctl_scheduler_op *op);
    void (*dump)(unsigned cpu);            /* takes the lock itself */
};
extern const struct sched_ops sched_credit, sched_null;

/** Choose the policy by `sched=`; before any domain is created. */
void sched_init(void);
/**
 * Make the idle vcpu of `cpu` (also of CPU 0) and its place in the run queues: 0 or -ENOMEM. After
 * domains_init, before it is on line.
 */
int sched_cpu_init(unsigned cpu);
const struct sched_ops *sched_policy(void);

int sched_domain_init(struct domain *d);
void sched_domain_destroy(struct domain *d);
int sched_vcpu_init(struct vcpu *v, unsigned cpu);
void sched_vcpu_destroy(struct vcpu *v);

/* Reasons for a vcpu not to run: bits of vcpu->pause_flags. */
#define VPF_DOWN        (1u << 0) /* never started, or VCPUOP_down */
#define VPF_BLOCKED     (1u << 1)
#define VPF_MIGRATING   (1u << 2)
#define VPF_IO          (1u << 3) /* its device model owes it an answer */
#define VPF_STARTING    (1u << 4) /* a CPU writes the registers that it is to start with */

/* re-evaluate: put it on a run queue if nothing holds it */
void vcpu_wake(struct vcpu *v);
/* take it off the run queue; it may still run for a moment */
void vcpu_sleep_nosync(struct vcpu *v);
/* SCHEDOP_block for current; returns at once if events are pending */
void vcpu_block(void);
void vcpu_yield(void);
void vcpu_unblock(struct vcpu *v);          /* an event arrived: clears VPF_BLOCKED and wakes */
void vcpu_io_over(struct vcpu *v);          /* its device model has done something: clears VPF_IO */
/** Nested pauses (count); pause waits until it is off its CPU, with its registers in v->arch. */
void vcpu_pause(struct vcpu *v);
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
void domain_pause(struct domain *d);
void domain_pause_nosync(struct domain *d);
void domain_unpause(struct domain *d);
int domain_pause_by_control(struct domain *d);   /* domctl pausedomain: counted, bounded */
int domain_unpause_by_control(struct domain *d);
int vcpu_set_hard_affinity(struct vcpu *v, const struct cpumask *m);
/**
 * Bind `v` to one CPU for a while, whatever its affinity; cpu < 0 goes back. 0, -EINVAL (no such
 * CPU on line, or nothing to go back from), -EBUSY (already bound).
 */
int vcpu_pin_override(struct vcpu *v, int cpu);
int vcpu_set_soft_affinity(struct vcpu *v, const struct cpumask *m);

struct vcpu_runstate_info;
/** Runstate as of now. Times in ns. */
void vcpu_runstate_get(const struct vcpu *v, struct vcpu_runstate_info *info);
/** ns that all vcpus of `d` ran. */
uint64_t domain_cpu_time(const struct domain *d);
/** ns that this CPU was idle since start. */
s_time_t cpu_idle_time(unsigned cpu);

/**
 * SOFTIRQ_SCHEDULE handler; from the idle loop and the way back to a guest. Does not return when it
 * switches vcpus.
 */
void schedule(void);
/* --- for policies ----------------------------------------------------------------------------- */
/** Nothing holds it back: not paused, blocked or down. */
bool vcpu_runnable(const struct vcpu *v);
/** Lock the run queue that the vcpu belongs to (it may move until this returns); interrupts off. */
struct spinlock *sched_lock_vcpu(const struct vcpu *v, unsigned long *flags);
/** What `cpu` runs, and its lock; under that lock. */
struct vcpu *sched_curr(unsigned cpu);
struct spinlock *sched_cpu_lock(unsigned cpu);
struct vcpu *sched_idle_vcpu(unsigned cpu);
/** Ask the policy again on `cpu` at `when` at the latest. */
void sched_limit_slice(unsigned cpu, s_time_t when);

/**
 * Called by the architecture on the new vcpu's side once the old vcpu's state is completely saved.
 */
void sched_context_saved(struct vcpu *prev);
/**
 * Take a stopped vcpu with VPF_MIGRATING to a CPU where it may run. Does nothing when another CPU
 * was first. No lock is held.
 */
void sched_finish_migration(struct vcpu *v);

#endif
