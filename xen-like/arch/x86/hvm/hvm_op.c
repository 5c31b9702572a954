/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hvm_op: parameters of a hardware guest, as a table of who may set which, and how events reach its
 * vcpus.
 */
#include <arch/cpu.h>
#include <arch/hvm.h>
#include <arch/hypercall.h>
#include <arch/mm.h>
#include <arch/vplatform.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/policy.h>
#include <hv/timer.h>
#include <public/errno.h>
#include <public/sched.h>

#define FIRST_VECTOR 16

/* --- parameters ------------------------------------------------------------------------------- */
/* By vector every vcpu, by a line the first. */
static int set_callback(struct domain *d, uint64_t value)
{
    uint64_t where = value & ~HVM_PARAM_CALLBACK_IRQ_TYPE_MASK;
    bool by_vector = value >> 56 == HVM_PARAM_CALLBACK_TYPE_VECTOR;

    if (by_vector && (uint8_t)where < FIRST_VECTOR)
        return -XEN_EINVAL;
    if (!vplatform_set_callback(d, value >> 56, by_vector ? 0 : where))
        return -XEN_EINVAL;
    WRITE_ONCE(d->arch.hvm->callback_vector, by_vector ? where : 0);
    if (current->domain == d)
        hvm_note_layout(current);
    return 0;
}

static int set_only_zero(struct domain *d, uint64_t value) { return value ? -XEN_EOPNOTSUPP : 0; }

static int set_shutdown_reason(struct domain *d, uint64_t value)
{
    return value > SHUTDOWN_MAX ? -XEN_EINVAL : 0;
}

/* They are at the newer place only (hvm/vpm.c). */
static int set_acpi_ports(struct domain *d, uint64_t value)
{
    return value == 1 ? 0 : -XEN_EOPNOTSUPP;
}

enum { BY_CONTROL = 1, BY_GUEST = 2, ONCE = 4 };

static const struct {
    uint8_t set;                                    /* by whom, and how often; 0: no such parameter */
    uint8_t get;                                    /* besides the control domain */
    int (*check)(struct domain *d, uint64_t value); /* NULL: any value */
} rows[HVM_NR_PARAMS] = {
    [HVM_PARAM_CALLBACK_IRQ] = { BY_CONTROL | BY_GUEST, BY_GUEST, set_callback },
    [HVM_PARAM_STORE_PFN] = { BY_CONTROL | ONCE, BY_GUEST, NULL },
    [HVM_PARAM_STORE_EVTCHN] = { BY_CONTROL | ONCE, BY_GUEST, NULL },
    [HVM_PARAM_PAE_ENABLED] = { BY_CONTROL, 0, NULL },
    [HVM_PARAM_VIRIDIAN] = { BY_CONTROL, 0, set_only_zero },
    [HVM_PARAM_TIMER_MODE] = { BY_CONTROL | ONCE, 0, NULL },
    [HVM_PARAM_HPET_ENABLED] = { BY_CONTROL, 0, NULL },
    [HVM_PARAM_IDENT_PT] = { BY_CONTROL | ONCE, 0, NULL },
    [HVM_PARAM_VM86_TSS] = { BY_CONTROL, BY_GUEST, NULL },
    [HVM_PARAM_VM86_TSS_SIZED] = { BY_CONTROL, BY_GUEST, NULL },
    [HVM_PARAM_CONSOLE_PFN] = { BY_CONTROL | ONCE, BY_GUEST, NULL },
    [HVM_PARAM_CONSOLE_EVTCHN] = { BY_CONTROL | ONCE, BY_GUEST, NULL },
    [HVM_PARAM_ACPI_IOPORTS_LOCATION] = { BY_CONTROL, BY_GUEST, set_acpi_ports },
    [HVM_PARAM_NESTEDHVM] = { BY_CONTROL, 0, set_only_zero },
    [HVM_PARAM_ALTP2M] = { BY_CONTROL, BY_GUEST, set_only_zero },
    [HVM_PARAM_VM_GENERATION_ID_ADDR] = { BY_CONTROL, BY_GUEST, NULL },
    [HVM_PARAM_TRIPLE_FAULT_REASON] = { BY_CONTROL, 0, set_shutdown_reason },
};

static int set_param(struct domain *d, unsigned caller, const struct xen_hvm_param *p)
{
    unsigned row = rows[p->index].set;
    uint64_t *param = &d->arch.hvm->params[p->index];
    int rc = 0;

    if (!(row & caller))
        return row ? -XEN_EPERM : -XEN_EINVAL;
    if (rows[p->index].check)
        rc = rows[p->index].check(d, p->value);
    if (rc)
        return rc;
    spin_lock(&d->lock);
    if ((row & ONCE) && *param && *param != p->value)
        rc = -XEN_EEXIST;
    else
        *param = p->value;
    spin_unlock(&d->lock);
    return rc;
}

static int get_param(struct domain *d, unsigned caller, struct xen_hvm_param *p)
{
    if (!rows[p->index].set)
        return -XEN_EINVAL;
    if (caller == BY_GUEST && !(rows[p->index].get & BY_GUEST))
        return -XEN_EPERM;
    p->value = READ_ONCE(d->arch.hvm->params[p->index]);
    return 0;
}

static long param(uint64_t arg, bool set)
{
    struct xen_hvm_param p;
    struct domain *d;
    unsigned caller;
    int rc;

    if (copy_from_guest_va(&p, arg, sizeof(p)))
        return -XEN_EFAULT;
    d = domain_lookup(p.domid);
    if (!d)
        return -XEN_ESRCH;
    caller = d == current->domain ? BY_GUEST : BY_CONTROL;
    if (caller == BY_CONTROL && policy_control(current->domain, d))
        return -XEN_EPERM;
    if (!is_hvm_domain(d) || p.index >= HVM_NR_PARAMS)
        return -XEN_EINVAL;
    rc = set ? set_param(d, caller, &p) : get_param(d, caller, &p);
    return !rc && !set && copy_to_guest_va(arg, &p, sizeof(p)) ? -XEN_EFAULT : rc;
}

/* --- the rest --------------------------------------------------------------------------------- */
static long set_upcall_vector(uint64_t arg)
{
    struct xen_hvm_evtchn_upcall_vector u;
    struct vcpu *v;

    if (copy_from_guest_va(&u, arg, sizeof(u)))
        return -XEN_EFAULT;
    v = vcpu_by_id(current->domain, u.vcpu);
    if (!is_hvm_domain(current->domain) || u.vector < FIRST_VECTOR)
        return -XEN_EINVAL;
    if (!v)
        return -XEN_ENOENT;
    WRITE_ONCE(v->arch.hvm->upcall_vector, u.vector);
    return 0;
}

static long get_mem_type(uint64_t arg)
{
    struct xen_hvm_get_mem_type t;
    struct domain *d;
    int rc;

    if (copy_from_guest_va(&t, arg, sizeof(t)))
        return -XEN_EFAULT;
    rc = policy_target(t.domid, policy_memory, &d);
    if (rc || !is_hvm_domain(d))
        return rc ? rc : -XEN_EINVAL;
    t.mem_type = hvm_mem_type(d, gfn(t.pfn));
    return copy_to_guest_va(arg, &t, sizeof(t)) ? -XEN_EFAULT : 0;
}

static long get_time(uint64_t arg)
{
    struct xen_hvm_get_time t = { .now = now() };

    return copy_to_guest_va(arg, &t, sizeof(t)) ? -XEN_EFAULT : 0;
}

long do_hvm_op(uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    switch ((uint32_t)cmd) {
    case HVMOP_set_param:
    case HVMOP_get_param:
        return param(arg, (uint32_t)cmd == HVMOP_set_param);
    case HVMOP_set_evtchn_upcall_vector:
        return set_upcall_vector(arg);
    case HVMOP_get_mem_type:
        return get_mem_type(arg);
    case HVMOP_get_time:
        return get_time(arg);
    case HVMOP_flush_tlbs:
        if (!is_hvm_domain(current->domain))
            return -XEN_EINVAL;
        tlb_flush_domain(current->domain);
        return 0;
    case HVMOP_pagetable_dying:
        return 0;
    default:
        return -XEN_ENOSYS;
    }
}
