/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPUs of the machine: numbering, bring-up, and running something on others. */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include <hv/cpumask.h>

struct vcpu;

/** Number the CPUs that the firmware lists: the one that boots is CPU 0; `maxcpus=` limits them. */
void smp_enumerate(void);
/** Start the others, one after another. One that does not answer is reported and left out. */
void smp_bring_up(void);
/** CPUs numbered so far (possible), whether online or not. */
unsigned nr_cpus_possible(void);
uint32_t cpu_apic_id(unsigned cpu);
uint32_t cpu_acpi_id(unsigned cpu);
/** First C function of another CPU, on its own stack. */
__attribute__((noreturn)) void ap_main(void);

/** GDT, IDT, TSS and system-call MSRs of the calling CPU (traps.c). */
void cpu_tables_init(unsigned cpu);
/** Detect (first call) and enable what this CPU offers: control registers, EFER, XSAVE
 * (cpu/features.c). */
void cpu_features_init(void);
/** The idle loop on the current CPU's stack, for its idle vcpu. */
__attribute__((noreturn)) void idle_loop(void);

/** Handler of VECTOR_CALL. */
void call_interrupt(void);

#endif
