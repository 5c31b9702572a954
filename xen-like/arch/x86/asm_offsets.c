/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Structure offsets for assembly. Compiled to assembly only; the build turns its "->NAME value"
 * lines into asm_offsets.h.
 */
#include <arch/cpu.h>
#include <arch/hvm.h>
#include <hv/domain.h>
#include <public/statistics.h>
#include <public/xen.h>
#include <arch/hypercall.h>

#define DEFINE(name, value) __asm__ volatile("\n->" #name " %0" ::"i"((long)(value)))
#define OFFSET(name, type, member) DEFINE(name, offsetof(type, member))
#define FRAME(name, member)                                                                        \
    DEFINE(FRAME_##name, offsetof(struct cpu_info, member) - offsetof(struct cpu_info, guest))
#define REG(r) OFFSET(REGS_##r, struct cpu_user_regs, r)

void asm_offsets(void);
void asm_offsets(void)
{
    REG(r15);
    REG(r14);
    REG(r13);
    REG(r12);
    REG(rbp);
    REG(rbx);
    REG(r11);
    REG(r10);
    REG(r9);
    REG(r8);
    REG(rax);
    REG(rcx);
    REG(rdx);
    REG(rsi);
    REG(rdi);
    REG(error_code);
    REG(entry_vector);
    REG(rip);
    REG(cs);
    REG(rflags);
    REG(rsp);
    REG(ss);
    REG(es);

    DEFINE(CPUINFO_SIZE, sizeof(struct cpu_info));
    OFFSET(CPUINFO_guest, struct cpu_info, guest);
    /* from the guest frame, which %rsp points at on the entry and exit paths */
    FRAME(current, current_vcpu);
    FRAME(hv_cr3, hv_cr3);
    FRAME(guest_cr3, guest_cr3);
    FRAME(softirq, softirq_pending);
    OFFSET(CPUINFO_hv_cr3, struct cpu_info, hv_cr3);

    OFFSET(VCPU_vcpu_info, struct vcpu, vcpu_info);
    OFFSET(VCPU_statistics, struct vcpu, statistics);
    OFFSET(STATISTICS_hypercalls, struct xen_vcpu_statistics, hypercalls);
    OFFSET(VCPU_areas_stale, struct vcpu, areas_stale);
    OFFSET(VCPU_kernel_mode, struct vcpu, arch.kernel_mode);
    OFFSET(VCPU_nmi_mce, struct vcpu, arch.nmi_pending);
    OFFSET(VCPU_guest_table, struct vcpu, arch.guest_table);
    OFFSET(VCPU_guest_table_user, struct vcpu, arch.guest_table_user);
    OFFSET(VCPU_cr3, struct vcpu, arch.cr3);
    OFFSET(VCPU_fast_syscall_sp, struct vcpu, arch.fast_syscall_sp);
    OFFSET(VCPU_syscall_callback, struct vcpu, arch.syscall_callback);
    OFFSET(VCPU_syscall_disables_events, struct vcpu, arch.syscall_disables_events);
    OFFSET(VCPU_hvm, struct vcpu, arch.hvm);
    OFFSET(HVM_launched, struct hvm_vcpu, launched);
    OFFSET(VCPUINFO_pending, struct vcpu_info, evtchn_upcall_pending);
    OFFSET(VCPUINFO_mask, struct vcpu_info, evtchn_upcall_mask);

    OFFSET(IRET_rax, struct iret_context, rax);
    OFFSET(IRET_r11, struct iret_context, r11);
    OFFSET(IRET_rcx, struct iret_context, rcx);
    OFFSET(IRET_flags, struct iret_context, flags);
    OFFSET(IRET_rip, struct iret_context, rip);
    OFFSET(IRET_cs, struct iret_context, cs);
    OFFSET(IRET_rflags, struct iret_context, rflags);
    OFFSET(IRET_rsp, struct iret_context, rsp);
    OFFSET(IRET_ss, struct iret_context, ss);

    OFFSET(HC_entry, struct hypercall_row, entry);
    DEFINE(HC_ROW_SIZE, sizeof(struct hypercall_row));
}
