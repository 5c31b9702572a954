/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtual CPUs: making and freeing, and where their vcpu_info lives. */
#include <hv/arch.h>
#include <hv/domain.h>
#include <hv/event_channel.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <hv/statistics.h>
#include <hv/vcpu.h>
#include <public/errno.h>

/* Stands in for the vcpu_info of vcpus that have none yet. Events stay masked in it. */
static struct vcpu_info no_info = { .evtchn_upcall_mask = 1 };

static struct vcpu_info *default_info(const struct vcpu *v)
{
    struct shared_info *si = v->domain->shared_info;

    return si && v->id < XEN_LEGACY_MAX_VCPUS ? &si->vcpu_info[v->id] : &no_info;
}

bool vcpu_has_info(const struct vcpu *v) { return v->vcpu_info != &no_info; }

static struct vcpu *alloc_vcpu(struct domain *d, unsigned id)
{
    struct vcpu *v = hv_zalloc(sizeof(*v));

    if (!v)
        return NULL;
    v->domain = d;
    v->id = id;
    v->pause_flags = VPF_DOWN;
    v->dirty_cpu = -1;
    v->vcpu_info_mfn = INVALID_MFN;
    v->vcpu_info = default_info(v);
    v->runstate.state = RUNSTATE_offline;
    v->runstate.state_entry_time = now();
    spin_init(&v->lock, LOCK_VCPU);
    cpumask_fill(&v->hard_affinity);
    cpumask_fill(&v->soft_affinity);
    if (statistics_attach(v)) {
        hv_free(v);
        return NULL;
    }
    return v;
}

static void release_vcpu(struct vcpu *v)
{
    statistics_detach(v);
    hv_free(v);
}

/* Spread first placements over the CPUs that are up; the scheduler moves vcpus later. */
static unsigned first_cpu(void)
{
    static unsigned rover;
    unsigned cpu =
        cpumask_next(&cpu_online, __atomic_add_fetch(&rover, 1, __ATOMIC_RELAXED) % MAX_CPUS);

    if (cpu == MAX_CPUS) {
        __atomic_store_n(&rover, 0, __ATOMIC_RELAXED);
        cpu = cpumask_next(&cpu_online, 0);
    }
    return cpu == MAX_CPUS ? 0 : cpu;
}

static void publish(struct domain *d, struct vcpu *v)
{
    __atomic_store_n(&d->vcpu[v->id], v, __ATOMIC_RELEASE);
}

struct vcpu *idle_vcpu_create(unsigned cpu)
{
    struct vcpu *v = alloc_vcpu(dom_idle, cpu);

    if (!v)
        return NULL;
    v->processor = cpu;
    v->pause_flags = 0;
    v->initialised = true;
    cpumask_zero(&v->hard_affinity);
    cpumask_set(&v->hard_affinity, cpu);
    publish(dom_idle, v);
    return v;
}

struct vcpu *vcpu_create(struct domain *d, unsigned id)
{
    struct vcpu *v;

    if (id >= d->max_vcpus || d->vcpu[id])
        return NULL;
    v = alloc_vcpu(d, id);
    if (!v)
        return NULL;
    v->processor = first_cpu();
    vcpu_timers_init(v);
    if (arch_vcpu_create(v))
        goto free_timers;
    if (sched_vcpu_init(v, v->processor))
        goto free_arch;
    publish(d, v);
    return v;

free_arch:
    arch_vcpu_free(v);
free_timers:
    vcpu_timers_destroy(v);
    release_vcpu(v);
    return NULL;
}

void vcpu_free(struct vcpu *v)
{
    v->domain->vcpu[v->id] = NULL;
    vcpu_timers_destroy(v);
    sched_vcpu_destroy(v);
    arch_vcpu_free(v);
    release_vcpu(v);
}

/* --- vcpu_info -------------------------------------------------------------------------------- */

/* Take what is pending over into the new place; mark everything there, since the old place may get
 * a late event. */
static void move_info(struct vcpu *v, struct vcpu_info *new)
{
    struct vcpu_info *old = v->vcpu_info;

    if (old == &no_info) {
        new->evtchn_upcall_pending = 0;
        new->evtchn_upcall_mask = 1;
    } else {
        *new = *old;
    }
    v->time_clock = 0;
    __atomic_store_n(&v->vcpu_info, new, __ATOMIC_SEQ_CST);
    twolevel_select_all(v->domain, new);
    vcpu_time_update(v);
    vcpu_mark_events_pending(v);
}

int vcpu_map_info(struct vcpu *v, gfn_t frame, unsigned offset)
{
    struct page *pg;

    if (offset > PAGE_SIZE - sizeof(struct vcpu_info) || offset % sizeof(uint64_t))
        return -XEN_ENXIO;
    if (!mfn_eq(v->vcpu_info_mfn, INVALID_MFN))
        return -XEN_EINVAL;
    /* a vcpu that runs would go on using the old place */
    if (v != current && !(READ_ONCE(v->pause_flags) & VPF_DOWN))
        return -XEN_EINVAL;

    pg = page_get_writable(v->domain, frame);
    if (!pg)
        return -XEN_EINVAL;
    v->vcpu_info_mfn = page_to_mfn(pg);
    v->vcpu_info_map = mfn_to_virt(v->vcpu_info_mfn);
    move_info(v, (struct vcpu_info *)((char *)v->vcpu_info_map + offset));
    return 0;
}

void vcpu_unmap_info(struct vcpu *v)
{
    struct page *pg;

    __atomic_store_n(&v->vcpu_info, &no_info, __ATOMIC_SEQ_CST);
    if (mfn_eq(v->vcpu_info_mfn, INVALID_MFN))
        return;
    pg = mfn_to_page(v->vcpu_info_mfn);
    v->vcpu_info_mfn = INVALID_MFN;
    v->vcpu_info_map = NULL;
    page_put_and_type(pg);
}
