/* SPDX-License-Identifier: GPL-2.0-only */
/* What runs where: the block at the end of each CPU's stack, found from the stack pointer alone. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <arch/layout.h>
#include <hv/types.h>
#include <public/xen.h>

struct vcpu;

/**
 * Stands at the end of every CPU's stack. `guest` is the frame that entry.S saved for the current
 * vcpu when it entered the hypervisor (hypercall, exception or interrupt from guest mode); it is
 * the vcpu's register state while it is current.
 */
struct cpu_info {
    uint64_t scratch; /* entry.S; puts the end of guest.ss at a multiple of 16, where the processor
                         starts pushing */
    struct cpu_user_regs guest; /* es..gs at its end are kept only across a context switch */
    unsigned cpu;
    unsigned pad;
    struct vcpu *current_vcpu;
    uint64_t cr4;               /* value loaded in CR4 */
    uint64_t hv_cr3; /* page isolation (Meltdown): root to load on entry, 0 when not isolating */
    uint64_t guest_cr3;         /* ... and the restricted root to load before return to a guest */
    uint64_t *softirq_pending;  /* this CPU's softirq_cpus[].pending */
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct cpu_info) == 256, "entry.S computes with this");

static inline struct cpu_info *get_cpu_info(void)
{
    unsigned long sp;
    __asm__("mov %%rsp, %0" : "=r"(sp));
    return (struct cpu_info *)((sp & ~(STACK_SIZE - 1UL)) + STACK_SIZE) - 1;
}

static inline unsigned this_cpu(void) { return get_cpu_info()->cpu; }
#define current (get_cpu_info()->current_vcpu)
static inline struct cpu_user_regs *guest_regs(void) { return &get_cpu_info()->guest; }

static inline void cpu_relax(void) { __asm__ volatile("pause" ::: "memory"); }
static inline void irq_disable(void) { __asm__ volatile("cli" ::: "memory"); }
static inline void irq_enable(void) { __asm__ volatile("sti" ::: "memory"); }
static inline unsigned long irq_save(void)
{
    unsigned long f;
    __asm__ volatile("pushfq; popq %0; cli" : "=r"(f)::"memory");
    return f;
}
#define X86_EFLAGS_IF_BIT 0x200UL
static inline void irq_restore(unsigned long f)
{
    if (f & X86_EFLAGS_IF_BIT)
        irq_enable();
}
static inline bool irqs_enabled(void)
{
    unsigned long f;
    __asm__ volatile("pushfq; popq %0" : "=r"(f));
    return f & X86_EFLAGS_IF_BIT;
}

#endif
