/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a domain sees of the CPU by CPUID and MSRs. cpu/policy.c makes the host's and the two
 * templates for PV guests; cpu/policy_xfer.c hands them to the tools and takes them back.
 */
#ifndef ARCH_CPU_POLICY_H
#define ARCH_CPU_POLICY_H

#include <arch/insn.h>
#include <hv/types.h>
#include <public/domctl.h>

struct cpu_user_regs;
struct domain;
struct vcpu;

#define POLICY_BASIC   0xe  /* leaves 0 to 0xd */
#define POLICY_CACHE   6    /* subleaves of 4 */
#define POLICY_FEAT    3    /* of 7 */
#define POLICY_TOPO    2    /* of 0xb */
#define POLICY_XSTATE  63   /* of 0xd */
#define POLICY_EXT     0x22 /* leaves from 0x80000000 on */

/** Leaves as CPUID returns them; those with subleaves (4, 7, 0xb, 0xd) are in arrays of their own,
 * their `basic` is unused. */
struct cpu_policy {
    struct cpuid_regs basic[POLICY_BASIC];
    struct cpuid_regs cache[POLICY_CACHE];
    struct cpuid_regs feat[POLICY_FEAT];
    struct cpuid_regs topo[POLICY_TOPO];
    struct cpuid_regs xstate[POLICY_XSTATE];
    struct cpuid_regs ext[POLICY_EXT];
    uint64_t platform_info; /* MSR 0xce */
    uint64_t arch_caps;     /* MSR 0x10a */
};

extern struct cpu_policy policy_raw, policy_machine, policy_pv_max, policy_pv_default,
    policy_hvm_max, policy_hvm_default;

/** At boot, after cpu_features_init: fill those above. */
void policy_init(void);
/** A new domain's policy: 0 or -ENOMEM. */
int policy_domain_init(struct domain *d);
/** 0, or the position of the first thing in `p` that exceeds `max`. Positions in *leaf, *subleaf,
 * *msr (~0: none). */
int policy_check(const struct cpu_policy *p, const struct cpu_policy *max, uint32_t *leaf,
                 uint32_t *subleaf, uint32_t *msr);

/* --- cpu/policy_xfer.c ------------------------------------------------------------------------ */
/** XEN_SYSCTL_get_cpu_policy and XEN_DOMCTL_get_cpu_policy: counts in, counts out; -ENOBUFS,
 * -EFAULT. */
int policy_to_guest(const struct cpu_policy *p, uint32_t *nr_leaves, xen_guest_handle_t leaves,
                    uint32_t *nr_msrs, xen_guest_handle_t msrs);
int policy_set_domain(struct domain *d, struct xen_domctl_cpu_policy *op);
/** Feature words in the order of XEN_SYSCTL_get_cpu_featureset. */
#define FEATURESET_WORDS 18
void policy_featureset(const struct cpu_policy *p, uint32_t fs[FEATURESET_WORDS]);

/* --- cpu/byte_strings.c ----------------------------------------------------------------------- */
/** Measures, at boot: false, and a line in the log, if clearing a page by bytes takes more than twice
 * the time that it takes by words. True also if there is no memory to try it with. */
bool byte_strings_are_fast(void);

/* --- cpu/cpuid.c ------------------------------------------------------------------------------ */
/** CPUID of `v` (current), by the registers that it has in `regs`; dynamic parts included. */
void guest_cpuid(struct vcpu *v, struct cpu_user_regs *regs);

/* --- cpu/msr.c -------------------------------------------------------------------------------- */
/** A PV guest's rdmsr/wrmsr: false when it is to get #GP. */
bool guest_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value);
bool guest_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value);

#endif
