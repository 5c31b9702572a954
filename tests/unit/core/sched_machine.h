/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated machine for the scheduler: its time jumps from event to event, and every CPU runs
 * what the real scheduler chose. Exact and repeatable.
 */
#ifndef SCHED_MACHINE_H
#define SCHED_MACHINE_H

#include <hv/domain.h>
#include <hv/sched.h>

#define MS NS_PER_MS
#define SIM_VCPUS 64

/** What a vcpu does: run for `burst`, then sleep for `sleep`; burst 0: runs for ever. */
struct sim_load {
    struct vcpu *vcpu;
    s_time_t burst, sleep;
    s_time_t done_at;       /* running time (runstate) at which the burst ends */
    s_time_t wakes_at;      /* STIME_MAX: not asleep by itself */
    s_time_t woken_at;      /* waiting for a CPU since; -1: not waiting */
    s_time_t worst_latency;
    unsigned wakeups;
};

void sim_init(unsigned cpus);
/** A domain of `vcpus` that all run for ever; they start with sim_start. */
struct domain *sim_domain(domid_t id, unsigned vcpus, unsigned weight, unsigned cap);
void sim_domain_free(struct domain *d);
struct sim_load *sim_load_of(const struct vcpu *v);
void sim_sleeper(struct vcpu *v, s_time_t burst, s_time_t sleep);
void sim_start(struct domain *d);
/**
 * Let `ns` pass. Checks at every step that no CPU idles while a vcpu that may run there waits, if
 * work_conserving.
 */
void sim_run(s_time_t ns);
/** Handle what is pending on all CPUs, without time passing. */
void sim_settle(void);
extern bool sim_work_conserving;
/** ns that the vcpu has run. */
s_time_t sim_ran(const struct vcpu *v);
extern unsigned sim_timer_moves;

#endif
