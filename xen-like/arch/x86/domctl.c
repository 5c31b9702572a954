/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control operations on domains that only x86 knows. common/domctl.c has checked the caller and
 * found the domain.
 */
#include <arch/cpu.h>
#include <arch/cpu_policy.h>
#include <arch/features.h>
#include <arch/hvm.h>
#include <arch/fpu.h>
#include <arch/hypercall.h>
#include <arch/mm.h>
#include <arch/platform.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/control.h>
#include <hv/guest_access.h>
#include <hv/page_alloc.h>
#include <hv/rangeset.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <public/errno.h>

/* Read or change a vcpu's state: it must not run meanwhile, and a vcpu cannot wait for itself */
static int stop_vcpu(struct vcpu *v)
{
    if (v == current)
        return -XEN_EINVAL;
    vcpu_pause(v);
    return 0;
}

static long ioport_permission(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_ioport_permission *p = &op->u.ioport_permission;
    uint64_t last = (uint64_t)p->first_port + p->nr_ports - 1;
    long rc;

    if (!p->nr_ports)
        return 0;
    if (last > 0xffff)
        return -XEN_EINVAL;
    if (!rangeset_contains(current->domain->arch.ioport_caps, p->first_port, last))
        return -XEN_EPERM;
    spin_lock(&d->lock);
    rc = p->allow_access ? rangeset_add(d->arch.ioport_caps, p->first_port, last)
                         : rangeset_remove(d->arch.ioport_caps, p->first_port, last);
    spin_unlock(&d->lock);
    return rc;
}

static long getpageframeinfo3(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_getpageframeinfo3 *p = &op->u.getpageframeinfo3;

    if (p->num > 1024)
        return -XEN_E2BIG;
    for (uint64_t i = 0; i < p->num; i++) {
        xen_pfn_t frame;

        if (copy_from_guest_at(&frame, p->array, i))
            return -XEN_EFAULT;
        frame = page_frame_info(d, gfn(frame));
        if (copy_to_guest_at(p->array, i, &frame))
            return -XEN_EFAULT;
    }
    return 0;
}

static long hypercall_init(struct domain *d, struct xen_domctl *op)
{
    return hypercall_page_write(d, gfn(op->u.hypercall_init.gmfn)) ? 0 : -XEN_EACCES;
}

static long set_address_size(struct domain *d, struct xen_domctl *op)
{
    return op->u.address_size.size == 64 ? 0 : -XEN_EINVAL;
}

static long get_address_size(struct domain *d, struct xen_domctl *op)
{
    op->u.address_size.size = 64;
    return 0;
}

/* --- vcpu state beyond setvcpucontext --------------------------------------------------------- */
static long set_ext_context(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_ext_vcpucontext *c = &op->u.ext_vcpucontext;
    struct vcpu *v = vcpu_by_id(d, c->vcpu);
    long rc;

    if (!v)
        return -XEN_ESRCH;
    if (c->size < offsetof(struct xen_domctl_ext_vcpucontext, mcg_cap) ||
        !canonical(c->syscall32_callback_eip) || !canonical(c->sysenter_callback_eip))
        return -XEN_EINVAL;
    rc = stop_vcpu(v);
    if (rc)
        return rc;
    v->arch.syscall32_callback = c->syscall32_callback_eip;
    v->arch.syscall32_disables_events = c->syscall32_disables_events;
    v->arch.sysenter_callback = c->sysenter_callback_eip;
    v->arch.sysenter_disables_events = c->sysenter_disables_events;
    vcpu_unpause(v);
    return 0;
}

static long get_ext_context(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_ext_vcpucontext *c = &op->u.ext_vcpucontext;
    struct vcpu *v = vcpu_by_id(d, c->vcpu);
    long rc;

    if (!v)
        return -XEN_ESRCH;
    rc = stop_vcpu(v);
    if (rc)
        return rc;
    *c = (struct xen_domctl_ext_vcpucontext){
        .vcpu = v->id,
        .size = sizeof(*c),
        .syscall32_callback_eip = v->arch.syscall32_callback,
        .sysenter_callback_eip = v->arch.sysenter_callback,
        .syscall32_callback_cs = FLAT_KERNEL_CS64,
        .sysenter_callback_cs = FLAT_KERNEL_CS64,
        .syscall32_disables_events = v->arch.syscall32_disables_events,
        .sysenter_disables_events = v->arch.sysenter_disables_events,
    };
    vcpu_unpause(v);
    return 0;
}

static long ext_state(struct domain *d, struct xen_domctl *op)
{
    struct vcpu *v = vcpu_by_id(d, op->u.vcpuextstate.vcpu);
    bool get = op->cmd == XEN_DOMCTL_getvcpuextstate;
    long rc;

    if (!v)
        return -XEN_ESRCH;
    rc = stop_vcpu(v);
    if (rc)
        return rc;
    rc = get ? vcpu_xstate_get(v, &op->u.vcpuextstate) : vcpu_xstate_set(v, &op->u.vcpuextstate);
    vcpu_unpause(v);
    return rc;
}

/* MSRs that differ by vcpu and are kept: none, since debug register masks and the like are not
 * offered */
static long get_vcpu_msrs(struct domain *d, struct xen_domctl *op)
{
    if (!vcpu_by_id(d, op->u.vcpu_msrs.vcpu))
        return -XEN_ESRCH;
    op->u.vcpu_msrs.msr_count = 0;
    return 0;
}

static long set_vcpu_msrs(struct domain *d, struct xen_domctl *op)
{
    if (!vcpu_by_id(d, op->u.vcpu_msrs.vcpu))
        return -XEN_ESRCH;
    return op->u.vcpu_msrs.msr_count ? -XEN_EINVAL : 0;
}

/* --- time ------------------------------------------------------------------------------------- */
static long set_tsc_info(struct domain *d, struct xen_domctl *op)
{
    if (d == current->domain || op->u.tsc_info.tsc_mode > 2)
        return -XEN_EINVAL;
    if (is_hvm_domain(d) && !hvm_set_tsc_khz(d, op->u.tsc_info.gtsc_khz))
        return -XEN_EINVAL;
    d->arch.tsc_mode = op->u.tsc_info.tsc_mode;
    return 0;
}

static long get_tsc_info(struct domain *d, struct xen_domctl *op)
{
    op->u.tsc_info = (struct xen_domctl_tsc_info){
        .tsc_mode = d->arch.tsc_mode,
        .gtsc_khz = domain_tsc_hz(d) / 1000,
        .elapsed_nsec = now(),
    };
    return 0;
}

/* --- policies --------------------------------------------------------------------------------- */
static long get_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;

    return policy_to_guest(d->arch.cpu_policy, &p->nr_leaves, p->leaves, &p->nr_msrs, p->msrs);
}

static long set_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    if (d == current->domain)
        return -XEN_EINVAL;
    return policy_set_domain(d, &op->u.cpu_policy);
}

static long not_there(struct domain *d, struct xen_domctl *op)
{
    return -XEN_EOPNOTSUPP;
}

const struct domctl_row *arch_domctl(uint32_t cmd)
{
    static const struct domctl_row rows[] = {
        [XEN_DOMCTL_ioport_permission] = { ioport_permission },
        [XEN_DOMCTL_getpageframeinfo3] = { getpageframeinfo3 },
        [XEN_DOMCTL_hypercall_init] = { hypercall_init },
        [XEN_DOMCTL_set_address_size] = { set_address_size },
        [XEN_DOMCTL_get_address_size] = { get_address_size, CONTROL_ANSWERS },
        [XEN_DOMCTL_set_ext_vcpucontext] = { set_ext_context },
        [XEN_DOMCTL_get_ext_vcpucontext] = { get_ext_context, CONTROL_ANSWERS },
        [XEN_DOMCTL_getvcpuextstate] = { ext_state, CONTROL_ANSWERS },
        [XEN_DOMCTL_setvcpuextstate] = { ext_state },
        [XEN_DOMCTL_get_vcpu_msrs] = { get_vcpu_msrs, CONTROL_ANSWERS },
        [XEN_DOMCTL_set_vcpu_msrs] = { set_vcpu_msrs },
        [XEN_DOMCTL_settscinfo] = { set_tsc_info },
        [XEN_DOMCTL_gettscinfo] = { get_tsc_info, CONTROL_ANSWERS },
        [XEN_DOMCTL_get_cpu_policy] = { get_cpu_policy, CONTROL_ANSWERS },
        [XEN_DOMCTL_set_cpu_policy] = { set_cpu_policy, CONTROL_ANSWERS },
        [XEN_DOMCTL_gethvmcontext] = { hvm_get_context, CONTROL_ANSWERS },
        [XEN_DOMCTL_sethvmcontext] = { hvm_set_context },
        [XEN_DOMCTL_gethvmcontext_partial] = { hvm_get_context_partial, CONTROL_ANSWERS },
        [XEN_DOMCTL_memory_mapping] = { not_there },
        [XEN_DOMCTL_ioport_mapping] = { not_there },
        [XEN_DOMCTL_shadow_op] = { hvm_shadow_op, CONTROL_ANSWERS },
        [XEN_DOMCTL_sendtrigger] = { domain_trigger },
        [XEN_DOMCTL_get_paging_mempool_size] = { hvm_get_pool, CONTROL_ANSWERS },
        [XEN_DOMCTL_set_paging_mempool_size] = { hvm_set_pool },
    };

    return cmd < ARRAY_SIZE(rows) && rows[cmd].fn ? &rows[cmd] : NULL;
}

void arch_getdomaininfo(const struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    info->gpaddr_bits = cpu_features.phys_bits;
}
