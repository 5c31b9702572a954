/* SPDX-License-Identifier: GPL-2.0-only */
/* Machine checks (cpu/mce.c) and stopping CPUs (cpu/nmi.c). */
#ifndef ARCH_MCE_H
#define ARCH_MCE_H

struct mc_info;

/** Switch on all banks of this CPU and look at them from time to time. CR4.MCE is set by
 * cpu_features_init. */
void mce_init_cpu(void);
/** Keep a report for Dom0 to fetch; dropped while many others wait. cpu/mca_op.c */
void mca_report(const struct mc_info *info);
/** All CPUs but this one stop for good. */
void stop_other_cpus(void);
/** Once, before Dom0 is made: NMIs of the board can be told to it. */
void nmi_init(void);

#endif
