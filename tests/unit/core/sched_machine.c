/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulated machine of the scheduler's tests.
 */
#include "fake.h"
#include "sched_machine.h"

#include <stdlib.h>

#include <hv/arch.h>
#include <hv/page_alloc.h>
#include <hv/softirq.h>
#include <hv/statistics.h>

#define FRAMES 64 /* of memory */

static unsigned nr_cpus;
static struct sim_load loads[SIM_VCPUS];
static unsigned nr_loads;
static struct vcpu_info infos[SIM_VCPUS];
bool sim_work_conserving;
unsigned sim_timer_moves;

/* --- what the scheduler calls ----------------------------------------------------------------- */

void vcpu_timers_migrate(struct vcpu *v, unsigned cpu)
{
    ck_assert_uint_eq(v->processor, cpu);
    sim_timer_moves++;
}

void evtchn_move_pirqs(struct vcpu *v)
{
}

struct vcpu *idle_vcpu_create(unsigned cpu)
{
    struct vcpu *v = calloc(1, sizeof(*v));

    v->domain = dom_idle;
    v->id = cpu;
    ck_assert_int_eq(statistics_attach(v), 0);
    dom_idle->vcpu[cpu] = v;
    return v;
}

/* --- setting up ------------------------------------------------------------------------------- */

void sim_init(unsigned cpus)
{
    fake_cpus_init(cpus);
    nr_cpus = cpus;
    fake_memory_init(FRAMES);
    page_alloc_add(mfn(1), mfn(FRAMES), false);
    dom_hv = fake_domain(DOMID_XEN, 1);
    dom_idle = fake_domain(DOMID_IDLE, MAX_CPUS);
    timer_subsystem_init();
    sched_init();
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        ck_assert_int_eq(sched_cpu_init(cpu), 0);
        fake_current[cpu] = dom_idle->vcpu[cpu];
    }
}

static struct vcpu *sim_vcpu(struct domain *d, unsigned id)
{
    struct vcpu *v = calloc(1, sizeof(*v));

    ck_assert_uint_lt(nr_loads, SIM_VCPUS);
    v->domain = d;
    v->id = id;
    v->vcpu_info = &infos[nr_loads];
    v->pause_flags = VPF_DOWN;
    v->runstate.state = RUNSTATE_offline;
    v->runstate.state_entry_time = (uint64_t)now();
    cpumask_fill(&v->hard_affinity);
    cpumask_fill(&v->soft_affinity);
    ck_assert_int_eq(statistics_attach(v), 0);
    ck_assert_int_eq(sched_vcpu_init(v, nr_loads % nr_cpus), 0);
    loads[nr_loads++] = (struct sim_load){ .vcpu = v, .wakes_at = STIME_MAX, .woken_at = -1 };
    d->vcpu[id] = v;
    return v;
}

struct domain *sim_domain(domid_t id, unsigned vcpus, unsigned weight, unsigned cap)
{
    struct domain *d = fake_domain(id, vcpus);
    struct xen_domctl_scheduler_op op = { .sched_id = sched_policy()->id,
                                          .cmd = XEN_DOMCTL_SCHEDOP_putinfo };

    op.u.credit2.weight = (uint16_t)weight;
    op.u.credit2.cap = (uint16_t)cap;
    ck_assert_int_eq(sched_domain_init(d), 0);
    if (weight)
        ck_assert_int_eq(sched_policy()->adjust(d, &op), 0);
    for (unsigned i = 0; i < vcpus; i++)
        sim_vcpu(d, i);
    return d;
}

struct sim_load *sim_load_of(const struct vcpu *v)
{
    for (unsigned i = 0; i < nr_loads; i++)
        if (loads[i].vcpu == v)
            return &loads[i];
    return NULL;
}

void sim_domain_free(struct domain *d)
{
    domain_pause_nosync(d);
    sim_settle();
    for (unsigned i = 0; i < d->max_vcpus; i++) {
        struct vcpu *v = d->vcpu[i];
        struct sim_load *l = sim_load_of(v);
        ck_assert(!v->running);
        sched_vcpu_destroy(v);
        statistics_detach(v);
        *l = loads[--nr_loads];
        free(v);
    }
    sched_domain_destroy(d);
    fake_domain_free(d);
}

void sim_sleeper(struct vcpu *v, s_time_t burst, s_time_t sleep)
{
    struct sim_load *l = sim_load_of(v);

    l->burst = burst;
    l->sleep = sleep;
    l->done_at = sim_ran(v) + burst;
}

void sim_start(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v) {
        __atomic_fetch_and(&v->pause_flags, ~VPF_DOWN, __ATOMIC_SEQ_CST);
        vcpu_wake(v);
    }
    sim_settle();
}

s_time_t sim_ran(const struct vcpu *v)
{
    struct vcpu_runstate_info info;

    vcpu_runstate_get(v, &info);
    return (s_time_t)info.time[RUNSTATE_running];
}

/* --- running ---------------------------------------------------------------------------------- */

static void run_softirqs(unsigned cpu)
{
    jmp_buf env;

    fake_become_cpu(cpu);
    fake_switch = &env;
    if (!setjmp(env))
        softirq_run();
    fake_switch = NULL;
    fake_irqs_off = false;
}

static void check_state(void)
{
    for (unsigned cpu = 0; cpu < nr_cpus; cpu++) {
        const struct vcpu *v = fake_current[cpu];
        ck_assert_ptr_eq(sched_curr(cpu), v);
        ck_assert_uint_eq(v->processor, cpu);
        ck_assert(v->running);
        ck_assert_int_eq(v->runstate.state, RUNSTATE_running);
        ck_assert(vcpu_is_idle(v) || vcpu_runnable(v));
        ck_assert(vcpu_is_idle(v) || cpumask_test(&v->hard_affinity, cpu));
        for (unsigned i = 0; i < nr_loads && sim_work_conserving && vcpu_is_idle(v); i++)
            ck_assert_msg(!vcpu_runnable(loads[i].vcpu) || loads[i].vcpu->running ||
                              !cpumask_test(&loads[i].vcpu->hard_affinity, cpu),
                          "CPU %u idles while d%uv%u waits", cpu, loads[i].vcpu->domain->id,
                               loads[i].vcpu->id);
    }
    for (unsigned i = 0; i < nr_loads; i++) {
        const struct vcpu *v = loads[i].vcpu;
        ck_assert_int_eq(v->running, v == fake_current[v->processor]);
    }
}

void sim_settle(void)
{
    unsigned self = fake_cpu;

    for (bool again = true; again;) {
        again = false;
        for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
            if (softirq_pending(cpu)) {
                run_softirqs(cpu);
                again = true;
            }
    }
    fake_become_cpu(self);
    check_state();
    for (unsigned i = 0; i < nr_loads; i++) {
        struct sim_load *l = &loads[i];
        if (l->vcpu->running && l->woken_at >= 0) {
            l->worst_latency = MAX(l->worst_latency, fake_now - l->woken_at);
            l->woken_at = -1;
        }
    }
}

/** Time of the load's next own event. */
static s_time_t load_event(const struct sim_load *l)
{
    if (l->wakes_at != STIME_MAX)
        return l->wakes_at;
    if (l->burst && l->vcpu->running)
        return fake_now + MAX(l->done_at - sim_ran(l->vcpu), 0);
    return STIME_MAX;
}

static void load_act(struct sim_load *l)
{
    if (l->wakes_at <= fake_now) {
        l->wakes_at = STIME_MAX;
        l->woken_at = fake_now;
        l->wakeups++;
        vcpu_unblock(l->vcpu);
    } else if (l->burst && l->vcpu->running && sim_ran(l->vcpu) >= l->done_at) {
        l->done_at = sim_ran(l->vcpu) + l->burst;
        l->wakes_at = fake_now + l->sleep;
        fake_become_cpu(l->vcpu->processor);
        vcpu_block();
        fake_become_cpu(0);
    }
}

void sim_run(s_time_t ns)
{
    s_time_t end = fake_now + ns;

    sim_settle();
    while (fake_now < end) {
        s_time_t next = end;
        for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
            next = MIN(next, fake_deadline[cpu]);
        for (unsigned i = 0; i < nr_loads; i++)
            next = MIN(next, load_event(&loads[i]));
        fake_now = MAX(next, fake_now);
        for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
            if (fake_deadline[cpu] <= fake_now) {
                fake_deadline[cpu] = STIME_MAX;
                fake_become_cpu(cpu);
                softirq_raise(SOFTIRQ_TIMER);
            }
        fake_become_cpu(0);
        for (unsigned i = 0; i < nr_loads; i++)
            load_act(&loads[i]);
        sim_settle();
    }
}
