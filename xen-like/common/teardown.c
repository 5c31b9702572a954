/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a domain: a row of steps, each of which can be interrupted and resumed, and finds
 * nothing to do on what was never built. How far it got stands in the domain. What others still
 * hold (mapped pages) keeps the domain's husk until they let go of it.
 */
#include <hv/arch.h>
#include <hv/domain.h>
#include <hv/event_channel.h>
#include <hv/grant_table.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <hv/vcpu.h>

/* No timer fires for the domain from here on. */
static int stop_timers(struct domain *d)
{
    struct vcpu *v;

    watchdogs_kill(d);
    for_each_vcpu(d, v)
        vcpu_timers_destroy(v);
    return 0;
}

static void quiesced(struct rcu_head *h)
{
    __atomic_store_n(&container_of(h, struct domain, rcu)->quiesce, QUIESCE_DONE, __ATOMIC_RELEASE);
}

/* Ports are closed, but a CPU may be in the middle of sending to one: wait until all have moved on.
 */
static int wait_for_senders(struct domain *d)
{
    if (d->quiesce == QUIESCE_NONE) {
        d->quiesce = QUIESCE_ASKED;
        rcu_call(&d->rcu, quiesced);
    }
    if (__atomic_load_n(&d->quiesce, __ATOMIC_ACQUIRE) == QUIESCE_DONE)
        return 0;
    cpu_relax(); /* the call comes again at once */
    return -XEN_ERESTART;
}

static int reset_vcpus(struct domain *d)
{
    for (; d->teardown_vcpu < d->max_vcpus; d->teardown_vcpu++) {
        struct vcpu *v = d->vcpu[d->teardown_vcpu];
        int rc = v ? arch_vcpu_reset(v) : 0;

        if (rc)
            return rc;
        if (v)
            vcpu_unmap_info(v);
        if (hypercall_preempt_check() && d->teardown_vcpu + 1 < d->max_vcpus) {
            d->teardown_vcpu++;
            return -XEN_ERESTART;
        }
    }
    return 0;
}

/* Memory that was promised to it is anybody's again. */
static int drop_claim(struct domain *d) { return domain_set_claim(d, 0); }

static int drop_target(struct domain *d)
{
    struct domain *target;

    spin_lock(&d->lock);
    target = d->target;
    d->target = NULL;
    spin_unlock(&d->lock);
    if (target)
        domain_put(target);
    return 0;
}

/* The page goes when the last foreign mapping of it does. */
static int give_up_shared_info(struct domain *d)
{
    struct page *pg;

    spin_lock(&d->lock);
    pg = d->shared_info ? mfn_to_page(virt_to_mfn(d->shared_info)) : NULL;
    d->shared_info = NULL;
    spin_unlock(&d->lock);
    if (pg)
        page_put_allocated(pg);
    return 0;
}

static int (*const steps[])(struct domain *) = {
    stop_timers,
    drop_claim,
    evtchn_domain_close,
    wait_for_senders,
    evtchn_domain_release_pages,
    drop_target,
    grant_table_release_mappings,
    reset_vcpus,
    arch_domain_relinquish,
    grant_table_give_up_frames,
    give_up_shared_info,
};

static int run_steps(struct domain *d)
{
    while (d->teardown_step < ARRAY_SIZE(steps)) {
        int rc = steps[d->teardown_step](d);

        if (rc)
            return rc;
        d->teardown_step++;
        if (hypercall_preempt_check() && d->teardown_step < ARRAY_SIZE(steps))
            return -XEN_ERESTART;
    }
    return 0;
}

static bool begin(struct domain *d)
{
    bool first;

    spin_lock(&d->lock);
    first = d->dying == DOMDYING_alive;
    if (first)
        __atomic_store_n(&d->dying, DOMDYING_dying, __ATOMIC_SEQ_CST);
    spin_unlock(&d->lock);
    return first;
}

int domain_kill(struct domain *d)
{
    static struct spinlock one_at_a_time = SPINLOCK_INIT(LOCK_DOMCTL);
    int rc;

    if (d == current->domain || d == hardware_domain)
        return -XEN_EINVAL;
    /* spinning would keep this CPU from stopping a vcpu that the other killer waits for */
    if (!spin_trylock(&one_at_a_time))
        return -XEN_ERESTART;
    if (d->dying == DOMDYING_dead) {
        rc = 0;
        goto out;
    }
    if (begin(d))
        domain_pause(d); /* for good */
    rc = run_steps(d);
    if (rc)
        goto out;
    __atomic_store_n(&d->dying, DOMDYING_dead, __ATOMIC_RELEASE);
    send_global_virq(VIRQ_DOM_EXC);
    domain_put(d);
out:
    spin_unlock(&one_at_a_time);
    return rc;
}
