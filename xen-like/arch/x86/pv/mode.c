/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest kernel and guest user mode of a PV vcpu, both in ring 3: which page tables and which GS
 * base are loaded. entry.S does the same on its two short paths.
 */
#include <arch/cpu.h>
#include <arch/isolation.h>
#include <arch/mm.h>
#include <arch/pv.h>
#include <arch/hypercall.h>
#include <hv/arch.h>
#include <hv/bug.h>

void write_ptbase(struct vcpu *v)
{
    mfn_t root = v->arch.kernel_mode ? v->arch.guest_table : v->arch.guest_table_user;

    v->arch.cr3 = mfn_to_maddr(root);
    switch_cr3(v->arch.cr3);
}

void toggle_guest_mode(struct vcpu *v)
{
    v->arch.kernel_mode = !v->arch.kernel_mode;
    __asm__ volatile("swapgs");
    write_ptbase(v);
}

void pv_update_fast_syscall(struct vcpu *v)
{
    uint64_t sp = v->arch.kernel_sp & ~15UL;
    bool ok = !isolation_on && sp && v->arch.syscall_callback && !touches_hv_range(sp - 64, 64);

    v->arch.fast_syscall_sp = ok ? sp : 0;
}

static void enter_callback(struct vcpu *v, struct cpu_user_regs *regs, uint64_t rip, bool mask)
{
    struct pv_entry e = { .rip = rip, .mask_events = mask };

    pv_enter_kernel(v, regs, &e);
}

/* The rest of this file is called by entry.S */
void pv_syscall_from_user(struct vcpu *v, struct cpu_user_regs *regs);
void pv_syscall32(struct vcpu *v, struct cpu_user_regs *regs);
void pv_sysenter(struct vcpu *v, struct cpu_user_regs *regs);
void pv_bad_kernel_stack(struct vcpu *v);
void pv_bad_iret(struct vcpu *v);

void pv_syscall_from_user(struct vcpu *v, struct cpu_user_regs *regs)
{
    enter_callback(v, regs, v->arch.syscall_callback, v->arch.syscall_disables_events);
    regs->rflags &= ~RFLAGS_DF;
}

/* SYSCALL in 32-bit code. Without a handler: #UD at the instruction, as on a processor without it
 */
void pv_syscall32(struct vcpu *v, struct cpu_user_regs *regs)
{
    if (v->arch.syscall32_callback && !v->arch.kernel_mode) {
        enter_callback(v, regs, v->arch.syscall32_callback,
                       v->arch.syscall32_disables_events);
        return;
    }
    regs->rip -= 2;
    pv_reflect(v, regs, TRAP_INVALID_OP, 0);
}

/* SYSENTER keeps nothing of the caller: the handler knows where to return. Without one: #GP, as
 * with SYSENTER_CS 0 */
void pv_sysenter(struct vcpu *v, struct cpu_user_regs *regs)
{
    if (v->arch.sysenter_callback && !v->arch.kernel_mode) {
        enter_callback(v, regs, v->arch.sysenter_callback,
                       v->arch.sysenter_disables_events);
        return;
    }
    pv_reflect(v, regs, TRAP_PROTECTION, 0);
}

void pv_bad_kernel_stack(struct vcpu *v)
{
    domain_crash(v->domain, "guest kernel's stack at %#lx cannot be written for a system call",
                 v->arch.kernel_sp);
}

void pv_bad_iret(struct vcpu *v)
{
    domain_crash(v->domain,
                 "iret hypercall: frame at %#lx unreadable, or no page table for user mode",
                 guest_regs()->rsp);
}

/* The long way of the iret hypercall: after NMIs, and when the short one has refused the frame's
 * address */
long do_iret(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    struct vcpu *v = current;
    struct cpu_user_regs *regs = guest_regs();
    struct iret_context c;

    if (copy_from_guest_va(&c, regs->rsp, sizeof(c)) ||
        ((c.cs & 3) == 3 && !v->arch.guest_table_user.n)) {
        pv_bad_iret(v);
        return 0;
    }
    v->arch.nmi_masked = false;
    if ((c.cs & 3) == 3)
        toggle_guest_mode(v);
    regs->rip = c.rip;
    regs->cs = c.cs | 3;
    regs->rflags =
        (c.rflags & 0xffffffff & ~(RFLAGS_IOPL | RFLAGS_VM | RFLAGS_NT)) | RFLAGS_IF | RFLAGS_FIXED;
    regs->rsp = c.rsp;
    regs->ss = c.ss | 3;
    regs->rcx = c.rcx;
    regs->r11 = c.r11;
    regs->entry_vector = 0;
    v->vcpu_info->evtchn_upcall_mask = !(c.rflags & RFLAGS_IF);
    return (long)c.rax;
}
