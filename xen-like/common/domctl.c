/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctl: the control domain creates, inspects and changes domains. One row per operation; what is
 * not in the table is the architecture's, or is not there.
 */
#include <hv/arch.h>
#include <hv/control.h>
#include <hv/event_channel.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/policy.h>
#include <hv/rangeset.h>
#include <hv/sched.h>

/* --- life cycle ------------------------------------------------------------------------------- */

static long createdomain(struct domain *none, struct xen_domctl *op)
{
    domid_t id = op->domain;
    struct domain *d;
    long rc;

    if (id == 0 || id >= DOMID_FIRST_RESERVED) {
        id = domain_pick_id();
        if (id == DOMID_INVALID)
            return -XEN_ENOMEM;
    }
    rc = domain_create(id, &op->u.createdomain, false, &d);
    if (!rc)
        op->domain = id;
    return rc;
}

static long destroydomain(struct domain *d, struct xen_domctl *op)
{
    return domain_kill(d);
}

static long pausedomain(struct domain *d, struct xen_domctl *op)
{
    return d == current->domain ? -XEN_EINVAL : domain_pause_by_control(d);
}

static long unpausedomain(struct domain *d, struct xen_domctl *op)
{
    return domain_unpause_by_control(d);
}

static long resumedomain(struct domain *d, struct xen_domctl *op)
{
    if (d == current->domain)
        return -XEN_EINVAL;
    domain_resume(d);
    return 0;
}

/* --- description ------------------------------------------------------------------------------ */

static uint32_t state_flags(const struct domain *d)
{
    uint32_t flags = 0;

    if (d->dying == DOMDYING_dead)
        flags |= XEN_DOMINF_dying;
    if (d->is_shut_down)
        flags |= XEN_DOMINF_shutdown | (d->shutdown_code & XEN_DOMINF_shutdownmask)
                                           << XEN_DOMINF_shutdownshift;
    if (d->control_pause_count > 0)
        flags |= XEN_DOMINF_paused;
    if (d->options & XEN_DOMCTL_CDF_xs_domain)
        flags |= XEN_DOMINF_xs_domain;
    if (d->options & XEN_DOMCTL_CDF_hvm)
        flags |= XEN_DOMINF_hvm_guest;
    if (d->options & XEN_DOMCTL_CDF_hap)
        flags |= XEN_DOMINF_hap;
    return flags;
}

static void describe_vcpus(const struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    struct vcpu *v;

    info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
    info->flags |= XEN_DOMINF_blocked; /* until one is found that is not */
    for_each_vcpu(d, v) {
        struct vcpu_runstate_info runstate;
        unsigned flags = READ_ONCE(v->pause_flags);

        vcpu_runstate_get(v, &runstate);
        info->cpu_time += runstate.time[RUNSTATE_running];
        info->max_vcpu_id = v->id;
        if (flags & VPF_DOWN)
            continue;
        info->nr_online_vcpus++;
        if (!(flags & VPF_BLOCKED))
            info->flags &= ~XEN_DOMINF_blocked;
        if (READ_ONCE(v->running))
            info->flags |= XEN_DOMINF_running;
    }
}

void domain_describe(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    struct shared_info *si;

    *info = (struct xen_domctl_getdomaininfo){ .domain = d->id, .flags = state_flags(d) };
    describe_vcpus(d, info);
    info->tot_pages = READ_ONCE(d->tot_pages);
    info->max_pages = READ_ONCE(d->max_pages);
    info->outstanding_pages = READ_ONCE(d->outstanding_pages);
    info->ssidref = d->ssidref;
    info->arch_config = d->config;
    spin_lock(&d->lock);
    __builtin_memcpy(info->handle, d->handle, sizeof(info->handle));
    si = d->shared_info;
    if (si) /* where a domain has it that says so itself */
        info->shared_info_frame = domain_is_translated(d) ? get_m2p(virt_to_mfn(si)).n :
                                                            virt_to_mfn(si).n;
    else
        info->shared_info_frame = INVALID_MFN.n;
    spin_unlock(&d->lock);
    arch_getdomaininfo(d, info);
}

static long getdomaininfo(struct domain *none, struct xen_domctl *op)
{
    struct domain *d = domain_first_from(op->domain);

    if (!d)
        return -XEN_ESRCH;
    domain_describe(d, &op->u.getdomaininfo);
    op->domain = d->id;
    return 0;
}

/* --- settings --------------------------------------------------------------------------------- */

/* A limit below what the domain has only keeps it from growing. */
static long max_mem(struct domain *d, struct xen_domctl *op)
{
    spin_lock(&d->page_lock);
    d->max_pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
    spin_unlock(&d->page_lock);
    return 0;
}

static long setdomainhandle(struct domain *d, struct xen_domctl *op)
{
    spin_lock(&d->lock);
    __builtin_memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
    spin_unlock(&d->lock);
    return 0;
}

static long settimeoffset(struct domain *d, struct xen_domctl *op)
{
    d->time_offset_seconds = op->u.settimeoffset.time_offset_seconds;
    update_wallclock(d);
    return 0;
}

static long scheduler_op(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;

    if (s->sched_id != sched_policy()->id ||
        (s->cmd != XEN_DOMCTL_SCHEDOP_putinfo && s->cmd != XEN_DOMCTL_SCHEDOP_getinfo))
        return -XEN_EINVAL;
    return sched_policy()->adjust(d, s);
}

static long set_virq_handler(struct domain *d, struct xen_domctl *op)
{
    return set_global_virq_handler(d, op->u.set_virq_handler.virq);
}

static long subscribe(struct domain *d, struct xen_domctl *op)
{
    WRITE_ONCE(d->suspend_port, op->u.subscribe.port);
    return 0;
}

/* For good: a device model's domain does not change its guest. */
static long set_target(struct domain *d, struct xen_domctl *op)
{
    struct domain *target = domain_lookup_get(op->u.set_target.target);
    long rc = -XEN_EINVAL;

    if (!target)
        return -XEN_ESRCH;
    spin_lock(&d->lock);
    if (target != d && !d->target && d->dying == DOMDYING_alive) {
        WRITE_ONCE(d->target, target);
        rc = 0;
    }
    spin_unlock(&d->lock);
    if (rc)
        domain_put(target);
    return rc;
}

static long setnodeaffinity(struct domain *d, struct xen_domctl *op)
{
    uint64_t nodes;

    if (bitmap_to_word(&nodes, &op->u.nodeaffinity.nodemap))
        return -XEN_EFAULT;
    return nodes & 1 ? 0 : -XEN_EINVAL; /* there is one node */
}

static long getnodeaffinity(struct domain *d, struct xen_domctl *op)
{
    return word_to_bitmap(&op->u.nodeaffinity.nodemap, 1);
}

/* --- devices ---------------------------------------------------------------------------------- */

/* What the caller hands out it must have itself. */
static long change_range(struct rangeset *own, struct domain *d, struct rangeset *r, uint64_t first,
                         uint64_t last, bool allow)
{
    long rc;

    if (!rangeset_contains(own, first, last))
        return -XEN_EPERM;
    spin_lock(&d->lock);
    rc = allow ? rangeset_add(r, first, last) : rangeset_remove(r, first, last);
    spin_unlock(&d->lock);
    return rc;
}

static long iomem_permission(struct domain *d, struct xen_domctl *op)
{
    uint64_t first = op->u.iomem_permission.first_mfn, nr = op->u.iomem_permission.nr_mfns;

    if (!nr || first + nr - 1 < first || (first + nr - 1) >> (64 - PAGE_SHIFT))
        return -XEN_EINVAL;
    return change_range(current->domain->iomem_caps, d, d->iomem_caps, first, first + nr - 1,
                        op->u.iomem_permission.allow_access);
}

static long irq_permission(struct domain *d, struct xen_domctl *op)
{
    uint32_t pirq = op->u.irq_permission.pirq;

    return change_range(current->domain->irq_caps, d, d->irq_caps, pirq, pirq,
                        op->u.irq_permission.allow_access);
}

/* --- dispatch --------------------------------------------------------------------------------- */

static long not_there(struct domain *d, struct xen_domctl *op)
{
    return -XEN_EOPNOTSUPP;
}

static const struct domctl_row rows[] = {
    [XEN_DOMCTL_createdomain] = { createdomain, DOMCTL_ANY_ID | CONTROL_ANSWERS | CONTROL_MAKES },
    [XEN_DOMCTL_destroydomain] = { destroydomain },
    [XEN_DOMCTL_pausedomain] = { pausedomain },
    [XEN_DOMCTL_unpausedomain] = { unpausedomain },
    [XEN_DOMCTL_resumedomain] = { resumedomain },
    [XEN_DOMCTL_getdomaininfo] = { getdomaininfo, DOMCTL_ANY_ID | CONTROL_ANSWERS },
    [XEN_DOMCTL_max_mem] = { max_mem },
    [XEN_DOMCTL_max_vcpus] = { domctl_max_vcpus },
    [XEN_DOMCTL_setvcpucontext] = { domctl_setvcpucontext },
    [XEN_DOMCTL_getvcpucontext] = { domctl_getvcpucontext },
    [XEN_DOMCTL_getvcpuinfo] = { domctl_getvcpuinfo, CONTROL_ANSWERS },
    [XEN_DOMCTL_setvcpuaffinity] = { domctl_setvcpuaffinity },
    [XEN_DOMCTL_getvcpuaffinity] = { domctl_getvcpuaffinity },
    [XEN_DOMCTL_setnodeaffinity] = { setnodeaffinity },
    [XEN_DOMCTL_getnodeaffinity] = { getnodeaffinity },
    [XEN_DOMCTL_scheduler_op] = { scheduler_op, CONTROL_ANSWERS },
    [XEN_DOMCTL_setdomainhandle] = { setdomainhandle },
    [XEN_DOMCTL_settimeoffset] = { settimeoffset },
    [XEN_DOMCTL_set_virq_handler] = { set_virq_handler },
    [XEN_DOMCTL_subscribe] = { subscribe },
    [XEN_DOMCTL_set_target] = { set_target },
    [XEN_DOMCTL_iomem_permission] = { iomem_permission },
    [XEN_DOMCTL_irq_permission] = { irq_permission },
    [XEN_DOMCTL_setdebugging] = { not_there },
    [XEN_DOMCTL_setvnumainfo] = { not_there },
    [XEN_DOMCTL_soft_reset] = { not_there },
    [XEN_DOMCTL_vm_event_op] = { not_there },
    [XEN_DOMCTL_mem_sharing_op] = { not_there },
    [XEN_DOMCTL_monitor_op] = { not_there },
    [XEN_DOMCTL_vmtrace_op] = { not_there },
};

static const struct domctl_row *row_of(uint32_t cmd)
{
    return cmd < ARRAY_SIZE(rows) && rows[cmd].fn ? &rows[cmd] : arch_domctl(cmd);
}

static long act(const struct domctl_row *row, struct xen_domctl *op)
{
    struct domain *d = NULL;
    int rc;

    if (!row || !(row->flags & DOMCTL_ANY_ID)) {
        rc = policy_target(op->domain, policy_control, &d);
        if (rc)
            return rc;
    }
    return row ? row->fn(d, op) : -XEN_ENOSYS;
}

long do_domctl(uint64_t arg, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    const struct domctl_row *row;
    struct xen_domctl op;
    long rc;

    if (policy_host(current->domain))
        return -XEN_EPERM;
    if (copy_from_guest_va(&op, arg, sizeof(op)))
        return -XEN_EFAULT;
    if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
        return -XEN_EACCES;
    row = row_of(op.cmd);
    if (row && (row->flags & CONTROL_MAKES) && copy_to_guest_va(arg, &op, sizeof(op)))
        return -XEN_EFAULT;
    rc = act(row, &op);
    if (rc == -XEN_ERESTART)
        return hypercall_restart(__HYPERVISOR_domctl, arg);
    if (row && (row->flags & CONTROL_ANSWERS) && copy_to_guest_va(arg, &op, sizeof(op)) && !rc)
        return -XEN_EFAULT;
    return rc;
}
