/* SPDX-License-Identifier: GPL-2.0-only */
/* vcpu_op: a domain manages its own vcpus. */
#include <hv/arch.h>
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <hv/timer.h>
#include <hv/vcpu.h>
#include <public/sched.h>
#include <public/vcpu.h>

static long set_context(struct vcpu *v, const struct vcpu_guest_context *ctx)
{
    struct domain *d = v->domain;
    long rc = -XEN_EEXIST;

    spin_lock(&d->lock);
    if (!v->initialised) {
        rc = arch_set_vcpu_context(v, ctx);
        if (!rc)
            v->initialised = true;
    }
    spin_unlock(&d->lock);
    return rc;
}

static long op_initialise(struct vcpu *v, uint64_t arg)
{
    struct vcpu_guest_context *ctx;
    long rc;

    if (!vcpu_has_info(v))
        return -XEN_EINVAL;
    if (domain_is_translated(v->domain))
        return arch_initialise_translated(v, arg);
    if (v->initialised)
        return -XEN_EEXIST;
    ctx = hv_zalloc(sizeof(*ctx));
    if (!ctx)
        return -XEN_ENOMEM;
    rc = copy_from_guest_va(ctx, arg, sizeof(*ctx));
    if (!rc)
        rc = set_context(v, ctx);
    hv_free(ctx);
    if (rc == -XEN_ERESTART)
        return hypercall_restart(__HYPERVISOR_vcpu_op, VCPUOP_initialise, v->id, arg);
    return rc;
}

static long op_up(struct vcpu *v, uint64_t arg)
{
    if (!v->initialised)
        return -XEN_EINVAL;
    if (__atomic_fetch_and(&v->pause_flags, ~VPF_DOWN, __ATOMIC_SEQ_CST) & VPF_DOWN)
        vcpu_wake(v);
    return 0;
}

static bool all_down(const struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v)
        if (!(READ_ONCE(v->pause_flags) & VPF_DOWN))
            return false;
    return true;
}

/* Nobody would be left to start a vcpu again: that is a power-off. */
static long op_down(struct vcpu *v, uint64_t arg)
{
    __atomic_fetch_or(&v->pause_flags, VPF_DOWN, __ATOMIC_SEQ_CST);
    if (all_down(v->domain)) {
        __atomic_fetch_and(&v->pause_flags, ~VPF_DOWN, __ATOMIC_SEQ_CST);
        domain_shutdown(v->domain, SHUTDOWN_poweroff);
        return 0;
    }
    vcpu_sleep_nosync(v);
    return 0;
}

static long op_is_up(struct vcpu *v, uint64_t arg)
{
    return !(READ_ONCE(v->pause_flags) & VPF_DOWN);
}

static long op_get_runstate(struct vcpu *v, uint64_t arg)
{
    struct vcpu_runstate_info info;

    vcpu_runstate_get(v, &info);
    return copy_to_guest_va(arg, &info, sizeof(info));
}

static long op_register_runstate(struct vcpu *v, uint64_t arg)
{
    struct vcpu_register_runstate_memory_area area;
    struct vcpu_runstate_info info;

    if (copy_from_guest_va(&area, arg, sizeof(area)))
        return -XEN_EFAULT;
    if (area.addr.p) {
        vcpu_runstate_get(v, &info);
        if (vcpu_put_runstate(v, area.addr.p, &info))
            return -XEN_EFAULT;
    }
    v->runstate_guest = area.addr.p;
    return 0;
}

static long op_register_time(struct vcpu *v, uint64_t arg)
{
    struct vcpu_register_time_memory_area area;

    if (copy_from_guest_va(&area, arg, sizeof(area)))
        return -XEN_EFAULT;
    if (area.addr.p && clear_guest_va(area.addr.p, sizeof(struct vcpu_time_info)))
        return -XEN_EFAULT;
    v->time_guest = area.addr.p;
    if (v == current)
        vcpu_update_time_area(v);
    else
        v->time_clock = 0; /* written when it is next switched in */
    return 0;
}

static long op_register_info(struct vcpu *v, uint64_t arg)
{
    struct vcpu_register_vcpu_info info;
    long rc;

    if (copy_from_guest_va(&info, arg, sizeof(info)))
        return -XEN_EFAULT;
    spin_lock(&v->domain->lock);
    rc = vcpu_map_info(v, gfn(info.mfn), info.offset);
    spin_unlock(&v->domain->lock);
    return rc;
}

static long op_set_periodic(struct vcpu *v, uint64_t arg)
{
    struct vcpu_set_periodic_timer t;

    if (copy_from_guest_va(&t, arg, sizeof(t)))
        return -XEN_EFAULT;
    return t.period_ns ? vcpu_set_periodic(v, t.period_ns) : -XEN_EINVAL;
}

static long op_stop_periodic(struct vcpu *v, uint64_t arg)
{
    return vcpu_set_periodic(v, 0);
}

static long op_set_singleshot(struct vcpu *v, uint64_t arg)
{
    struct vcpu_set_singleshot_timer t;

    if (v != current)
        return -XEN_EINVAL;
    if (copy_from_guest_va(&t, arg, sizeof(t)))
        return -XEN_EFAULT;
    if ((t.flags & VCPU_SSHOTTMR_future) && t.timeout_abs_ns < (uint64_t)now())
        return -XEN_ETIME;
    timer_set(&v->singleshot_timer,
              t.timeout_abs_ns > INT64_MAX ? STIME_MAX : (s_time_t)t.timeout_abs_ns);
    return 0;
}

static long op_stop_singleshot(struct vcpu *v, uint64_t arg)
{
    if (v != current)
        return -XEN_EINVAL;
    timer_stop(&v->singleshot_timer);
    return 0;
}

static long (*const vcpu_ops[])(struct vcpu *, uint64_t) = {
    [VCPUOP_initialise] = op_initialise,
    [VCPUOP_up] = op_up,
    [VCPUOP_down] = op_down,
    [VCPUOP_is_up] = op_is_up,
    [VCPUOP_get_runstate_info] = op_get_runstate,
    [VCPUOP_register_runstate_memory_area] = op_register_runstate,
    [VCPUOP_set_periodic_timer] = op_set_periodic,
    [VCPUOP_stop_periodic_timer] = op_stop_periodic,
    [VCPUOP_set_singleshot_timer] = op_set_singleshot,
    [VCPUOP_stop_singleshot_timer] = op_stop_singleshot,
    [VCPUOP_register_vcpu_info] = op_register_info,
    [VCPUOP_register_vcpu_time_memory_area] = op_register_time,
};

/** What is not in the table is the architecture's: NMI, identity of a physical CPU, or nothing at
 * all. */
long do_vcpu_op(uint64_t cmd, uint64_t id, uint64_t arg, uint64_t a4, uint64_t a5, uint64_t a6)
{
    struct domain *d = current->domain;
    struct vcpu *v;

    cmd = (uint32_t)cmd;
    id = (uint32_t)id;
    v = vcpu_by_id(d, id);
    if (!v)
        return -XEN_ENOENT;
    if (cmd < ARRAY_SIZE(vcpu_ops) && vcpu_ops[cmd])
        return vcpu_ops[cmd](v, arg);
    return arch_vcpu_op(cmd, v, arg);
}
