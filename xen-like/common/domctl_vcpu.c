/* SPDX-License-Identifier: GPL-2.0-only */
/* domctl on the vcpus of a domain. */
#include <hv/arch.h>
#include <hv/control.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>

/* Vcpus stay when a later one cannot be made: they go with the domain. */
long domctl_max_vcpus(struct domain *d, struct xen_domctl *op)
{
    long rc = 0;

    if (op->u.max_vcpus.max != d->max_vcpus)
        return -XEN_EINVAL;
    spin_lock(&d->lock);
    for (unsigned i = 0; i < d->max_vcpus && !rc; i++) {
        if (d->vcpu[i])
            continue;
        if (d->dying != DOMDYING_alive)
            rc = -XEN_EINVAL;
        else if (!vcpu_create(d, i))
            rc = -XEN_ENOMEM;
        else if (hypercall_preempt_check() && i + 1 < d->max_vcpus)
            rc = -XEN_ERESTART;
    }
    spin_unlock(&d->lock);
    return rc;
}

/* --- contexts --------------------------------------------------------------------------------- */

static void set_up_or_down(struct vcpu *v, bool up)
{
    if (up)
        __atomic_fetch_and(&v->pause_flags, ~VPF_DOWN, __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_or(&v->pause_flags, VPF_DOWN, __ATOMIC_SEQ_CST);
}

/* The domain is paused. */
static long set_context(struct vcpu *v, uint64_t from)
{
    struct vcpu_guest_context *ctx = hv_zalloc(sizeof(*ctx));
    long rc;

    if (!ctx)
        return -XEN_ENOMEM;
    rc = copy_from_guest_va(ctx, from, sizeof(*ctx));
    if (!rc)
        rc = arch_set_vcpu_context(v, ctx);
    if (!rc) {
        v->initialised = true;
        set_up_or_down(v, ctx->flags & VGCF_online);
    }
    hv_free(ctx);
    return rc;
}

static long reset_context(struct vcpu *v)
{
    long rc = arch_vcpu_reset(v);

    if (!rc) {
        v->initialised = false;
        set_up_or_down(v, false);
    }
    return rc;
}

long domctl_setvcpucontext(struct domain *d, struct xen_domctl *op)
{
    struct vcpu *v = vcpu_by_id(d, op->u.vcpucontext.vcpu);
    uint64_t from = op->u.vcpucontext.ctxt.addr;
    long rc;

    if (d == current->domain)
        return -XEN_EINVAL;
    if (!v)
        return -XEN_EINVAL;
    domain_pause(d);
    spin_lock(&d->lock);
    if (d->dying != DOMDYING_alive)
        rc = arch_drop_unfinished(d) ? -XEN_ERESTART : -XEN_ESRCH;
    else
        rc = from ? set_context(v, from) : reset_context(v);
    spin_unlock(&d->lock);
    if (!rc && v->id == 0)
        update_wallclock(d); /* builders clear the shared page after the domain was created */
    domain_unpause(d);
    return rc;
}

long domctl_getvcpucontext(struct domain *d, struct xen_domctl *op)
{
    struct vcpu *v = vcpu_by_id(d, op->u.vcpucontext.vcpu);
    struct vcpu_guest_context *ctx;
    long rc;

    if (d == current->domain)
        return -XEN_EINVAL;
    if (!v)
        return -XEN_EINVAL;
    if (!v->initialised)
        return -XEN_ENODATA;
    ctx = hv_zalloc(sizeof(*ctx));
    if (!ctx)
        return -XEN_ENOMEM;
    vcpu_pause(v);
    spin_lock(&d->lock);
    arch_get_vcpu_context(v, ctx);
    spin_unlock(&d->lock);
    vcpu_unpause(v);
    if (!(READ_ONCE(v->pause_flags) & VPF_DOWN))
        ctx->flags |= VGCF_online;
    rc = copy_to_guest_va(op->u.vcpucontext.ctxt.addr, ctx, sizeof(*ctx));
    hv_free(ctx);
    return rc;
}

/* --- figures and affinity --------------------------------------------------------------------- */

long domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
    struct vcpu *v = vcpu_by_id(d, info->vcpu);
    struct vcpu_runstate_info runstate;
    unsigned flags;

    if (!v)
        return -XEN_EINVAL;
    vcpu_runstate_get(v, &runstate);
    flags = READ_ONCE(v->pause_flags);
    info->online = !(flags & VPF_DOWN);
    info->blocked = !!(flags & VPF_BLOCKED);
    info->running = READ_ONCE(v->running);
    info->cpu_time = runstate.time[RUNSTATE_running];
    info->cpu = v->processor;
    return 0;
}

static long affinity_args(struct domain *d, const struct xen_domctl_vcpuaffinity *a,
                          struct vcpu **v)
{
    *v = vcpu_by_id(d, a->vcpu);
    if (!(a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
        return -XEN_EINVAL;
    return *v ? 0 : -XEN_EINVAL;
}

static long set_hard(struct vcpu *v, const struct xenctl_bitmap *b)
{
    struct cpumask m;

    if (bitmap_to_cpumask(&m, b))
        return -XEN_EFAULT;
    if (!cpumask_intersects(&m, &cpu_online))
        return -XEN_EINVAL;
    return vcpu_set_hard_affinity(v, &m);
}

static long set_soft(struct vcpu *v, const struct xenctl_bitmap *b)
{
    struct cpumask m;

    return bitmap_to_cpumask(&m, b) ? -XEN_EFAULT : vcpu_set_soft_affinity(v, &m);
}

/* Answers what is in effect: what was asked for, as far as there are CPUs. */
long domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    struct cpumask effective;
    struct vcpu *v;
    long rc = affinity_args(d, a, &v);

    if (!rc && (a->flags & XEN_VCPUAFFINITY_HARD)) {
        rc = set_hard(v, &a->cpumap_hard);
        cpumask_and(&effective, &v->hard_affinity, &cpu_online);
        if (!rc)
            rc = cpumask_to_bitmap(&a->cpumap_hard, &effective);
    }
    if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT)) {
        rc = set_soft(v, &a->cpumap_soft);
        cpumask_and(&effective, &v->hard_affinity, &cpu_online);
        cpumask_and(&effective, &effective, &v->soft_affinity);
        if (!rc)
            rc = cpumask_to_bitmap(&a->cpumap_soft, &effective);
    }
    return rc;
}

long domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    struct vcpu *v;
    long rc = affinity_args(d, a, &v);

    if (!rc && (a->flags & XEN_VCPUAFFINITY_HARD))
        rc = cpumask_to_bitmap(&a->cpumap_hard, &v->hard_affinity);
    if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
        rc = cpumask_to_bitmap(&a->cpumap_soft, &v->soft_affinity);
    return rc;
}
