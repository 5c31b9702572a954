/* SPDX-License-Identifier: GPL-2.0-only */
/* The proportional-share policy: its objects, and what tools can ask and change. */
#include <hv/arch.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/sched_credit.h>
#include <public/errno.h>

#define RATELIMIT_MIN_US 100
#define RATELIMIT_MAX_US 500000

/* --- setting up ------------------------------------------------------------------------------- */

int credit_domain_init(struct domain *d)
{
    struct credit_dom *cd = hv_zalloc(sizeof(*cd));

    if (!cd)
        return -XEN_ENOMEM;
    cd->weight = CREDIT_WEIGHT_DEFAULT;
    timer_init(&cd->refill, credit_refill, d, this_cpu());
    d->sched_priv = cd;
    return 0;
}

void credit_domain_destroy(struct domain *d)
{
    struct credit_dom *cd = d->sched_priv;

    if (!cd)
        return;
    timer_kill(&cd->refill);
    d->sched_priv = NULL;
    hv_free(cd);
}

int credit_vcpu_init(struct vcpu *v)
{
    struct credit_vcpu *cv = hv_zalloc(sizeof(*cv));

    if (!cv)
        return -XEN_ENOMEM;
    list_init(&cv->link);
    cv->vcpu = v;
    cv->dom = v->domain->sched_priv;
    cv->vtime = INT64_MIN / 2; /* raised when it wakes up for the first time */
    v->sched_priv = cv;
    return 0;
}

void credit_vcpu_destroy(struct vcpu *v)
{
    struct credit_vcpu *cv = v->sched_priv;

    v->sched_priv = NULL;
    hv_free(cv);
}

struct spinlock *credit_cpu_lock(unsigned cpu) { return &credit_group_of(cpu)->lock; }

void credit_cpu_init(unsigned cpu)
{
    struct credit_group *g = credit_group_of(cpu);
    bool first = cpumask_empty(&g->cpus);

    if (first) {
        spin_init(&g->lock, LOCK_SCHED);
        list_init(&g->queue);
    }
    unsigned long flags = spin_lock_irqsave(&g->lock);
    cpumask_set(&g->cpus, cpu);
    cpumask_set(&g->idle, cpu);
    spin_unlock_irqrestore(&g->lock, flags);
}

/* --- control ---------------------------------------------------------------------------------- */

/** credit and credit2 have the same two parameters in the same place. */
int credit_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
{
    struct credit_dom *cd = d->sched_priv;
    uint16_t weight = op->u.credit2.weight, cap = op->u.credit2.cap;

    if ((op->sched_id != XEN_SCHEDULER_CREDIT2 && op->sched_id != XEN_SCHEDULER_CREDIT) || !cd)
        return -XEN_EINVAL;
    switch (op->cmd) {
    case XEN_DOMCTL_SCHEDOP_getinfo:
        op->u.credit2.weight = cd->weight;
        op->u.credit2.cap = cd->cap;
        return 0;
    case XEN_DOMCTL_SCHEDOP_putinfo:
        if (weight)
            WRITE_ONCE(cd->weight, weight);
        /*
         * credit: 65535 leaves it as it is; credit2 has no such value, nor could such a cap be
         * reached
         */
        if (cap != UINT16_MAX && cap != cd->cap)
            credit_set_cap(d, cap);
        return 0;
    default:
        return -XEN_EINVAL;
    }
}

static int put_ratelimit(uint32_t us)
{
    if (us && (us < RATELIMIT_MIN_US || us > RATELIMIT_MAX_US))
        return -XEN_EINVAL;
    WRITE_ONCE(credit_ratelimit, us * NS_PER_US);
    return 0;
}

int credit_adjust_global(struct xen_sysctl_scheduler_op *op)
{
    bool put = op->cmd == XEN_SYSCTL_SCHEDOP_putinfo;
    uint32_t us = (uint32_t)(credit_ratelimit / NS_PER_US);

    if (!put && op->cmd != XEN_SYSCTL_SCHEDOP_getinfo)
        return -XEN_EINVAL;
    switch (op->sched_id) {
    case XEN_SCHEDULER_CREDIT2:
        if (put)
            return put_ratelimit(op->u.sched_credit2.ratelimit_us);
        op->u.sched_credit2.ratelimit_us = us;
        return 0;
    case XEN_SCHEDULER_CREDIT:
        if (put)
            return put_ratelimit(op->u.sched_credit.ratelimit_us);
        op->u.sched_credit.tslice_ms = CREDIT_MAX_SLICE / NS_PER_MS;
        op->u.sched_credit.ratelimit_us = us;
        op->u.sched_credit.vcpu_migr_delay_us = CREDIT_MOVE_COST / NS_PER_US;
        return 0;
    default:
        return -XEN_EINVAL;
    }
}

void credit_dump(unsigned cpu)
{
    struct credit_group *g = credit_group_of(cpu);
    const struct credit_vcpu *cv;
    const struct vcpu *v;

    unsigned long flags = spin_lock_irqsave(&g->lock);
    v = sched_curr(cpu);
    if (vcpu_is_idle(v))
        printk(LOG_ERR, "CPU %u idle\n", cpu);
    else
        printk(LOG_ERR, "CPU %u runs d%uv%u, %ld us ahead\n", cpu, v->domain->id, v->id,
               (long)((credit_priv(v)->vtime - g->min_vtime) / NS_PER_US));
    if (cpu == cpumask_next(&g->cpus, 0))
        list_for_each(cv, &g->queue, link)
            printk(LOG_ERR, "  queued: d%uv%u weight %u, %ld us ahead\n", cv->vcpu->domain->id,
                   cv->vcpu->id,
                   cv->dom->weight, (long)((cv->vtime - g->min_vtime) / NS_PER_US));
    spin_unlock_irqrestore(&g->lock, flags);
}
