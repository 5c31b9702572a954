/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of hardware guests: of the one table, those that mean something for them. A 64-bit
 * kernel passes arguments in the same registers as a PV one; for 32-bit code see hvm/compat.c.
 */
#include <arch/hvm.h>
#include <arch/hvm_exit.h>
#include <arch/hypercall.h>
#include <arch/msr_index.h>
#include <arch/vmcs.h>
#include <hv/hypercall.h>
#include <hv/statistics.h>
#include <public/errno.h>

#define CALL(name) (1UL << __HYPERVISOR_##name)
const uint64_t hvm_hypercalls =
    CALL(memory_op) | CALL(multicall) | CALL(set_timer_op) | CALL(xen_version) | CALL(console_io) |
    CALL(grant_table_op) | CALL(vm_assist) | CALL(vcpu_op) | CALL(xsm_op) | CALL(sched_op) |
    CALL(event_channel_op) | CALL(hvm_op) | CALL(dm_op);

/* Privilege is that of the stack segment (SDM volume 3, 5.5). */
static unsigned privilege(void)
{
    return vmread(VMCS_SEGMENT(VMCS_GUEST_ES_ACCESS, 2)) >> 5 & 3;
}

void hvm_hypercall(struct vcpu *v, struct cpu_user_regs *regs)
{
    uint64_t nr = regs->rax;

    statistics_count_hypercall(v);
    if (privilege())
        regs->rax = -XEN_EPERM;
    else if (!(v->arch.hvm->efer & EFER_LMA))
        regs->rax = hvm_hypercall_32(v, regs);
    else if (nr >= 64 || !(hvm_hypercalls >> nr & 1))
        regs->rax = -XEN_ENOSYS;
    else
        regs->rax = hypercall_handler(nr)(regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8,
                                          regs->r9);
    if (unlikely(READ_ONCE(v->domain->arch.hvm->ioreq.memory_changed)))
        ioreq_memory_changed(v->domain);
}
