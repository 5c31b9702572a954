/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands in front of the real <arch/cpu.h>: one CPU, and a current vcpu that the test chooses.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <arch/layout.h>
#include <hv/types.h>
#include <public/xen.h>

struct vcpu;
extern struct vcpu *fake_current;
#define current fake_current

static inline unsigned this_cpu(void) { return 0; }
static inline void cpu_relax(void) {}
static inline void irq_disable(void) {}
static inline void irq_enable(void) {}
static inline unsigned long irq_save(void) { return 0; }
static inline void irq_restore(unsigned long f) {}
static inline bool irqs_enabled(void) { return true; }

#endif
