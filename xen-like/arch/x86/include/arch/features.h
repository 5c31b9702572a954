/* SPDX-License-Identifier: GPL-2.0-only */
/* What the CPUs of this machine can do (all are taken to be like the first). */
#ifndef ARCH_FEATURES_H
#define ARCH_FEATURES_H

#include <hv/types.h>

struct cpu_features {
    uint32_t max_leaf, max_ext_leaf, signature;
    unsigned phys_bits, clflush_line;
    bool is_intel, is_amd;
    bool nx, page1gb, rdtscp, smep, smap, umip, pcid, fsgsbase, xsave, x2apic;
    bool ibrs, stibp, arch_capabilities, cpuid_faulting;
};
/** Constant after cpu_features_init. */
extern struct cpu_features cpu_features;

/** CPU 0, after its tables are loaded: find out what there is and switch it on. */
void cpu_features_init(void);
/** CR0, CR4, PAT and XCR0 of each further CPU. */
void cpu_features_init_cpu(void);

#endif
