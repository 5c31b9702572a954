/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of a PV guest, one typed wrapper for each. All return what the hypervisor returned:
 * zero or more, or a negative XEN_E* number. Pointers are passed as they are, so that a test can
 * hand over a wrong one by a cast.
 */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

#include <public/callback.h>
#include <public/domctl.h>
#include <public/errno.h>
#include <public/event_channel.h>
#include <public/features.h>
#include <public/grant_table.h>
#include <public/hvm/dm_op.h>
#include <public/hvm/hvm_op.h>
#include <public/hvm/params.h>
#include <public/memory.h>
#include <public/nmi.h>
#include <public/physdev.h>
#include <public/platform.h>
#include <public/sched.h>
#include <public/sysctl.h>
#include <public/vcpu.h>
#include <public/version.h>
#include <public/xen.h>

/** Hypercall by number with five arguments; the sixth is never used by this architecture. */
static inline long hypercall(unsigned long number, uint64_t a1, uint64_t a2, uint64_t a3,
                             uint64_t a4, uint64_t a5)
{
    register uint64_t r10 asm("r10") = a4;
    register uint64_t r8 asm("r8") = a5;
    long result;

    asm volatile("syscall"
                 : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                 : "0"(number)
                 : "rcx", "r11", "memory");
    return result;
}

#define HANDLE(pointer) ((xen_guest_handle_t){(uint64_t)(pointer)})

static inline long hyp_set_trap_table(const void *table)
{
    return hypercall(__HYPERVISOR_set_trap_table, (uint64_t)table, 0, 0, 0, 0);
}

static inline long hyp_mmu_update(const void *requests, unsigned count, void *done, unsigned domid)
{
    return hypercall(__HYPERVISOR_mmu_update, (uint64_t)requests, count, (uint64_t)done, domid, 0);
}

static inline long hyp_set_gdt(const void *frames, unsigned entries)
{
    return hypercall(__HYPERVISOR_set_gdt, (uint64_t)frames, entries, 0, 0, 0);
}

static inline long hyp_stack_switch(uint64_t ss, uint64_t sp)
{
    return hypercall(__HYPERVISOR_stack_switch, ss, sp, 0, 0, 0);
}

static inline long hyp_set_callbacks(uint64_t event, uint64_t failsafe, uint64_t syscall)
{
    return hypercall(__HYPERVISOR_set_callbacks, event, failsafe, syscall, 0, 0);
}

static inline long hyp_fpu_taskswitch(int set)
{
    return hypercall(__HYPERVISOR_fpu_taskswitch, set, 0, 0, 0, 0);
}

static inline long hyp_platform_op(struct xen_platform_op *op)
{
    return hypercall(__HYPERVISOR_platform_op, (uint64_t)op, 0, 0, 0, 0);
}

static inline long hyp_set_debugreg(int reg, uint64_t value)
{
    return hypercall(__HYPERVISOR_set_debugreg, reg, value, 0, 0, 0);
}

static inline long hyp_get_debugreg(int reg)
{
    return hypercall(__HYPERVISOR_get_debugreg, reg, 0, 0, 0, 0);
}

static inline long hyp_update_descriptor(uint64_t address, uint64_t descriptor)
{
    return hypercall(__HYPERVISOR_update_descriptor, address, descriptor, 0, 0, 0);
}

static inline long hyp_memory_op(unsigned cmd, const void *arg)
{
    return hypercall(__HYPERVISOR_memory_op, cmd, (uint64_t)arg, 0, 0, 0);
}

static inline long hyp_multicall(const void *calls, unsigned count)
{
    return hypercall(__HYPERVISOR_multicall, (uint64_t)calls, count, 0, 0, 0);
}

static inline long hyp_update_va_mapping(uint64_t va, uint64_t pte, uint64_t flags)
{
    return hypercall(__HYPERVISOR_update_va_mapping, va, pte, flags, 0, 0);
}

static inline long hyp_update_va_mapping_otherdomain(uint64_t va, uint64_t pte, uint64_t flags,
                                                     unsigned domid)
{
    return hypercall(__HYPERVISOR_update_va_mapping_otherdomain, va, pte, flags, domid, 0);
}

static inline long hyp_set_timer_op(uint64_t timeout)
{
    return hypercall(__HYPERVISOR_set_timer_op, timeout, 0, 0, 0, 0);
}

static inline long hyp_xen_version(unsigned cmd, void *arg)
{
    return hypercall(__HYPERVISOR_xen_version, cmd, (uint64_t)arg, 0, 0, 0);
}

static inline long hyp_console_io(unsigned cmd, int count, void *buffer)
{
    return hypercall(__HYPERVISOR_console_io, cmd, count, (uint64_t)buffer, 0, 0);
}

static inline long hyp_grant_table_op(unsigned cmd, void *array, unsigned count)
{
    return hypercall(__HYPERVISOR_grant_table_op, cmd, (uint64_t)array, count, 0, 0);
}

static inline long hyp_vm_assist(unsigned cmd, unsigned type)
{
    return hypercall(__HYPERVISOR_vm_assist, cmd, type, 0, 0, 0);
}

static inline long hyp_vcpu_op(unsigned cmd, unsigned vcpu, void *arg)
{
    return hypercall(__HYPERVISOR_vcpu_op, cmd, vcpu, (uint64_t)arg, 0, 0);
}

static inline long hyp_set_segment_base(unsigned which, uint64_t base)
{
    return hypercall(__HYPERVISOR_set_segment_base, which, base, 0, 0, 0);
}

static inline long hyp_mmuext_op(const void *ops, unsigned count, void *done, unsigned domid)
{
    return hypercall(__HYPERVISOR_mmuext_op, (uint64_t)ops, count, (uint64_t)done, domid, 0);
}

static inline long hyp_nmi_op(unsigned cmd, void *arg)
{
    return hypercall(__HYPERVISOR_nmi_op, cmd, (uint64_t)arg, 0, 0, 0);
}

static inline long hyp_sched_op(unsigned cmd, void *arg)
{
    return hypercall(__HYPERVISOR_sched_op, cmd, (uint64_t)arg, 0, 0, 0);
}

static inline long hyp_callback_op(unsigned cmd, void *arg)
{
    return hypercall(__HYPERVISOR_callback_op, cmd, (uint64_t)arg, 0, 0, 0);
}

static inline long hyp_event_channel_op(unsigned cmd, void *arg)
{
    return hypercall(__HYPERVISOR_event_channel_op, cmd, (uint64_t)arg, 0, 0, 0);
}

static inline long hyp_physdev_op(unsigned cmd, void *arg)
{
    return hypercall(__HYPERVISOR_physdev_op, cmd, (uint64_t)arg, 0, 0, 0);
}

static inline long hyp_hvm_op(unsigned cmd, void *arg)
{
    return hypercall(__HYPERVISOR_hvm_op, cmd, (uint64_t)arg, 0, 0, 0);
}

static inline long hyp_dm_op(unsigned domid, unsigned count, const void *buffers)
{
    return hypercall(__HYPERVISOR_dm_op, domid, count, (uint64_t)buffers, 0, 0);
}

static inline long hyp_sysctl(struct xen_sysctl *op)
{
    return hypercall(__HYPERVISOR_sysctl, (uint64_t)op, 0, 0, 0, 0);
}

static inline long hyp_domctl(struct xen_domctl *op)
{
    return hypercall(__HYPERVISOR_domctl, (uint64_t)op, 0, 0, 0, 0);
}

#endif
