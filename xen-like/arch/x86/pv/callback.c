/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a guest kernel is entered: trap table, callbacks, NMI. */
#include <arch/cpu.h>
#include <arch/hypercall.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <public/callback.h>
#include <public/nmi.h>

/* Code segments that a guest may name: its own tables' and the flat ones; always at ring 3 */
static bool code_selector_ok(uint16_t cs)
{
    return (cs & 4) || (cs >> 3) < FIRST_RESERVED_GDT_ENTRY || (cs | 3) == FLAT_KERNEL_CS64 ||
           (cs | 3) == FLAT_KERNEL_CS32;
}

static void set_trap(struct vcpu *v, const struct trap_info *ti)
{
    struct trap_info *to = &v->arch.trap_table[ti->vector];

    *to = *ti;
    to->cs |= 3;
}

bool pv_trap_ok(const struct trap_info *ti)
{
    return canonical(ti->address) && code_selector_ok(ti->cs);
}

long do_set_trap_table(uint64_t table, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                       uint64_t a6)
{
    struct vcpu *v = current;
    struct trap_info ti;

    if (!table) {
        __builtin_memset(v->arch.trap_table, 0, 256 * sizeof(ti));
        return 0;
    }
    for (;; table += sizeof(ti)) {
        if (copy_from_guest_va(&ti, table, sizeof(ti)))
            return -XEN_EFAULT;
        if (!ti.address)
            return 0;
        if (!canonical(ti.address))
            return -XEN_EINVAL;
        if (!code_selector_ok(ti.cs))
            return -XEN_EPERM;
        set_trap(v, &ti);
        if (hypercall_preempt_check())
            return hypercall_restart(__HYPERVISOR_set_trap_table, table + sizeof(ti));
    }
}

long do_set_callbacks(uint64_t event, uint64_t failsafe, uint64_t syscall, uint64_t a4, uint64_t a5,
                      uint64_t a6)
{
    struct vcpu *v = current;

    if (!canonical(event) || !canonical(failsafe) || !canonical(syscall))
        return -XEN_EINVAL;
    v->arch.event_callback = event;
    v->arch.failsafe_callback = failsafe;
    v->arch.syscall_callback = syscall;
    pv_update_fast_syscall(v);
    return 0;
}

static int set_nmi_callback(struct vcpu *v, uint64_t address)
{
    if (v->id != 0)
        return -XEN_EINVAL;
    v->arch.nmi_callback = address;
    return 0;
}

void pv_raise_nmi(struct vcpu *v)
{
    WRITE_ONCE(v->arch.nmi_pending, true);
    smp_mb(); /* as vcpu_block has it: whoever blocks now sees the NMI, or is seen blocked */
    vcpu_kick(v);
}

static int register_callback(struct vcpu *v, const struct callback_register *reg)
{
    struct arch_vcpu *a = &v->arch;
    bool mask = reg->flags & CALLBACKF_mask_events;

    if (!canonical(reg->address))
        return -XEN_EINVAL;
    switch (reg->type) {
    case CALLBACKTYPE_event: a->event_callback = reg->address; return 0;
    case CALLBACKTYPE_failsafe:
        a->failsafe_callback = reg->address;
        a->failsafe_disables_events = mask;
        return 0;
    case CALLBACKTYPE_syscall:
        a->syscall_callback = reg->address;
        a->syscall_disables_events = mask;
        pv_update_fast_syscall(v);
        return 0;
    case CALLBACKTYPE_syscall32:
        a->syscall32_callback = reg->address;
        a->syscall32_disables_events = mask;
        return 0;
    case CALLBACKTYPE_sysenter:
        a->sysenter_callback = reg->address;
        a->sysenter_disables_events = mask;
        return 0;
    case CALLBACKTYPE_nmi: return set_nmi_callback(v, reg->address);
    default: return -XEN_ENOSYS;
    }
}

static int unregister_callback(struct vcpu *v, unsigned type)
{
    switch (type) {
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
    case CALLBACKTYPE_syscall: return -XEN_EINVAL;
    case CALLBACKTYPE_syscall32: v->arch.syscall32_callback = 0; return 0;
    case CALLBACKTYPE_sysenter: v->arch.sysenter_callback = 0; return 0;
    case CALLBACKTYPE_nmi: return set_nmi_callback(v, 0);
    default: return -XEN_ENOSYS;
    }
}

long do_callback_op(uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    union {
        struct callback_register reg;
        struct callback_unregister unreg;
    } u;

    switch ((unsigned)cmd) {
    case CALLBACKOP_register:
        return copy_from_guest_va(&u.reg, arg, sizeof(u.reg)) ? -XEN_EFAULT
                                                              : register_callback(current, &u.reg);
    case CALLBACKOP_unregister:
        return copy_from_guest_va(&u.unreg, arg, sizeof(u.unreg))
                   ? -XEN_EFAULT
                   : unregister_callback(current, u.unreg.type);
    default: return -XEN_ENOSYS;
    }
}

long do_nmi_op(uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    struct xennmi_callback cb;

    switch ((unsigned)cmd) {
    case XENNMI_register_callback:
        if (copy_from_guest_va(&cb, arg, sizeof(cb)))
            return -XEN_EFAULT;
        return canonical(cb.handler_address) ? set_nmi_callback(current, cb.handler_address)
                                             : -XEN_EINVAL;
    case XENNMI_unregister_callback: return set_nmi_callback(current, 0);
    default: return -XEN_ENOSYS;
    }
}
