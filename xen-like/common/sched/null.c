/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trivial policy: every vcpu stays on the CPU with the fewest when it was placed, and each CPU
 * runs its own in turn. No weights, no preemption on wake-up. Good for tests, and where each vcpu
 * has a CPU to itself.
 */
#include <hv/arch.h>
#include <hv/domain.h>
#include <hv/list.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <public/errno.h>

#define TURN (10 * NS_PER_MS)

struct null_vcpu {
    struct list link; /* in the queue of its CPU; empty when not queued */
    struct vcpu *vcpu;
    int home;         /* CPU whose count it is in, -1 at first */
};

/* The CPU's lock */
static struct null_cpu {
    struct list queue;
    unsigned vcpus; /* placed here; atomic */
} __attribute__((aligned(64))) null_cpus[MAX_CPUS];

static struct null_vcpu *priv(const struct vcpu *v) { return v->sched_priv; }

static int null_domain_init(struct domain *d) { return 0; }

static void null_domain_destroy(struct domain *d)
{
}

static int null_vcpu_init(struct vcpu *v)
{
    struct null_vcpu *nv = hv_zalloc(sizeof(*nv));

    if (!nv)
        return -XEN_ENOMEM;
    list_init(&nv->link);
    nv->vcpu = v;
    nv->home = -1;
    v->sched_priv = nv;
    return 0;
}

static void set_home(struct null_vcpu *nv, int cpu)
{
    if (nv->home >= 0)
        __atomic_fetch_sub(&null_cpus[nv->home].vcpus, 1, __ATOMIC_RELAXED);
    if (cpu >= 0)
        __atomic_fetch_add(&null_cpus[cpu].vcpus, 1, __ATOMIC_RELAXED);
    nv->home = cpu;
}

static void null_vcpu_destroy(struct vcpu *v)
{
    if (v->sched_priv)
        set_home(v->sched_priv, -1);
    hv_free(v->sched_priv);
    v->sched_priv = NULL;
}

static void null_enqueue(struct vcpu *v)
{
    if (v->running || !list_empty(&priv(v)->link))
        return;
    if (priv(v)->home != (int)v->processor)
        set_home(priv(v), (int)v->processor);
    list_add_tail(&null_cpus[v->processor].queue, &priv(v)->link);
    if (vcpu_is_idle(sched_curr(v->processor)))
        softirq_raise_cpu(SOFTIRQ_SCHEDULE, v->processor);
    else
        sched_limit_slice(v->processor, now() + TURN);
}

static void null_sleep(struct vcpu *v) { list_del(&priv(v)->link); }

static void null_yield(struct vcpu *v)
{
    /* schedule() goes to the next one in the queue anyway */
}

static unsigned null_pick_cpu(struct vcpu *v)
{
    unsigned cpu, best = MAX_CPUS;

    for_each_cpu(cpu, &cpu_online)
        if (cpumask_test(&v->hard_affinity, cpu) &&
            (best == MAX_CPUS ||
             READ_ONCE(null_cpus[cpu].vcpus) < READ_ONCE(null_cpus[best].vcpus)))
            best = cpu;
    return best == MAX_CPUS ? v->processor : best;
}

static struct sched_decision null_schedule(unsigned cpu, s_time_t t)
{
    struct list *queue = &null_cpus[cpu].queue;
    struct vcpu *cur = sched_curr(cpu);
    struct sched_decision d = { .next = sched_idle_vcpu(cpu), .slice = -1 };

    if (!list_empty(queue)) {
        struct null_vcpu *nv = list_first(queue, struct null_vcpu, link);
        list_del(&nv->link);
        d.next = nv->vcpu;
    } else if (!vcpu_is_idle(cur) && vcpu_runnable(cur)) {
        d.next = cur;
    }
    if (!list_empty(queue) || (d.next != cur && !vcpu_is_idle(cur) && vcpu_runnable(cur)))
        d.slice = TURN;
    return d;
}

static void null_cpu_init(unsigned cpu) { list_init(&null_cpus[cpu].queue); }

static int null_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
{
    return -XEN_EINVAL; /* nothing can be set */
}

static int null_adjust_global(struct xen_sysctl_scheduler_op *op) { return -XEN_EINVAL; }

static void null_dump(unsigned cpu)
{
    unsigned long flags = spin_lock_irqsave(sched_cpu_lock(cpu));
    const struct null_vcpu *nv;

    printk(LOG_ERR, "CPU %u runs d%uv%u\n", cpu, sched_curr(cpu)->domain->id, sched_curr(cpu)->id);
    list_for_each(nv, &null_cpus[cpu].queue, link)
        printk(LOG_ERR, "  queued: d%uv%u\n", nv->vcpu->domain->id, nv->vcpu->id);
    spin_unlock_irqrestore(sched_cpu_lock(cpu), flags);
}

const struct sched_ops sched_null = {
    .name = "null",
    .id = XEN_SCHEDULER_NULL,
    .domain_init = null_domain_init,
    .domain_destroy = null_domain_destroy,
    .vcpu_init = null_vcpu_init,
    .vcpu_destroy = null_vcpu_destroy,
    .wake = null_enqueue,
    .sleep = null_sleep,
    .yield = null_yield,
    .saved = null_enqueue,
    .pick_cpu = null_pick_cpu,
    .schedule = null_schedule,
    .cpu_init = null_cpu_init,
    .adjust = null_adjust,
    .adjust_global = null_adjust_global,
    .dump = null_dump,
};
