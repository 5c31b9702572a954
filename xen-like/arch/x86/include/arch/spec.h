/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protections against speculative execution that depend on the processor: which of them this
 * machine gets (cpu/spec_choice.c, a pure function), and their doing (cpu/spec.c). docs/security.md
 * has the whole.
 */
#ifndef ARCH_SPEC_H
#define ARCH_SPEC_H

#include <hv/types.h>

struct vcpu;

/** What the processor says of itself. */
struct spec_cpu {
    bool is_intel;
    bool rtm, md_clear;         /* CPUID 7: ebx 11, edx 10 */
    bool ibrs_ibpb;             /* CPUID 7 edx 26: SPEC_CTRL and PRED_CMD */
    bool ibpb;                  /* CPUID 0x80000008 ebx 12: PRED_CMD */
    bool l1d_flush;             /* CPUID 7 edx 28: FLUSH_CMD */
    uint64_t arch_capabilities; /* that MSR, 0 where there is none */
};

/** What the hypervisor does about it. */
struct spec_choice {
    bool verw; /* clear the CPU's buffers on the way to a guest: MDS, TAA, MMIO stale data, RFDS */
    bool ibpb; /* flush indirect predictors between domains */
    bool ibrs; /* enhanced IBRS, on for good */
    bool l1d;  /* empty the L1 data cache on the way to a hardware guest: L1TF */
};

/** Pure. */
struct spec_choice spec_choose(const struct spec_cpu *cpu);

/** Choose, by processor and command line, say so in the log, and put the entry code right; after
 * isolation_init, before other CPUs and guests. CPU 0 is set up, too. */
void spec_init(void);
/** SPEC_CTRL of each further CPU. */
void spec_init_cpu(void);
/** This CPU is about to load the guest `v`: what another domain taught its predictors goes. */
void spec_switch_to(const struct vcpu *v);
/** The L1 data cache is to be emptied, by FLUSH_CMD, as the last thing before a hardware guest is
 * entered. */
bool spec_flushes_l1d(void);
/** What returns may be predicted from leads nowhere. */
void spec_fill_return_stack(void);

#endif
