/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What exits of a hardware guest lead to, whoever made the processor. All for the current vcpu,
 * with its registers in `regs` (the frame of its CPU).
 */
#ifndef ARCH_HVM_EXIT_H
#define ARCH_HVM_EXIT_H

#include <hv/domain.h>

struct cpu_user_regs;

/** Bits of CR0 that the guest changes without an exit. */
#define CR0_OWN (CR0_TS | CR0_MP | CR0_EM | CR0_WP | CR0_AM)

/** A hypercall: number and result in rax (hvm/hypercall.c). Interrupts on. */
void hvm_hypercall(struct vcpu *v, struct cpu_user_regs *regs);
/** The same of 32-bit code, and how it is issued again (hvm/compat.c). */
uint32_t hvm_hypercall_32(struct vcpu *v, struct cpu_user_regs *regs);
void hvm_restart_32(struct cpu_user_regs *regs, unsigned nr_args, const uint64_t *args);
/** Those that there are: bit n for number n. */
extern const uint64_t hvm_hypercalls;

/**
 * It halts with interrupts off: nothing but another vcpu brings it back. When all have done so the
 * domain has powered itself off.
 */
void hvm_vcpu_down(struct vcpu *v);

/** MSRs (hvm/msr.c): false when the guest is to get #GP. */
bool hvm_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value);
bool hvm_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value);
/** Is each of the eight a memory type that there is (SDM volume 3, 11.12.2)? */
bool hvm_pat_ok(uint64_t pat);

/**
 * The guest's view of its control and debug registers (hvm/modes.c): false when it is to get #GP.
 * The vendor loads what came of it.
 */
bool hvm_set_cr0(struct vcpu *v, uint64_t value);
bool hvm_set_cr4(struct vcpu *v, uint64_t value);
uint64_t hvm_cr4_may(const struct domain *d); /* the bits of CR4 that its vcpus may set */
bool hvm_set_debug_register(struct vcpu *v, unsigned n, uint64_t value);

#endif
