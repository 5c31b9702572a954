/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions and the processor's tables. */
#ifndef ARCH_TRAPS_H
#define ARCH_TRAPS_H

#include <public/xen.h>

/** Called by entry.S with interrupts off; regs->entry_vector and error_code tell what happened. */
void do_exception(struct cpu_user_regs *regs);
void do_page_fault(struct cpu_user_regs *regs);
void do_debug_in_hv(struct cpu_user_regs *regs);
__attribute__((noreturn)) void do_double_fault(struct cpu_user_regs *regs);
void do_nmi(struct cpu_user_regs *regs);           /* cpu/nmi.c */
void do_machine_check(struct cpu_user_regs *regs); /* cpu/mce.c */
void do_irq(struct cpu_user_regs *regs);           /* irq/irq.c */

/** panic(), telling of the place where `regs` were taken instead of the caller's. */
__attribute__((noreturn, format(printf, 2, 3))) void crash(const struct cpu_user_regs *regs,
                                                           const char *fmt, ...);

/**
 * Fill GDT, IDT and TSS of `cpu` and load them and the system call MSRs. Runs on that CPU; its area
 * is mapped and its cpu_info has cpu, current_vcpu and cr4 set.
 */
void cpu_tables_init(unsigned cpu);
/** The MSRs of system calls, for PV guests of this CPU. */
void cpu_load_syscall_msrs(unsigned cpu);
/** Load the GDT register for guests of `v` (their own table) or, for an idle vcpu, for the
 * hypervisor alone. */
struct vcpu;
void cpu_load_gdt(struct vcpu *v);
/** PTE of this CPU's hypervisor page of the GDT, as it stands in vcpus' windows. */
uint64_t cpu_gdt_pte(unsigned cpu);

static inline uint64_t read_dr6(void)
{
    uint64_t v;
    __asm__ volatile("mov %%dr6, %0" : "=r"(v));
    return v;
}
static inline void write_dr6(uint64_t v) { __asm__ volatile("mov %0, %%dr6" ::"r"(v)); }

#endif
