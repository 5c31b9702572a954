/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fake machine of the unit tests: several CPUs, of which a test (or each of its threads) is one
 * at a time.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <hv/types.h>
#include <public/xen.h>

struct vcpu;

extern _Thread_local unsigned fake_cpu;     /* the CPU that this thread is */
extern _Thread_local bool fake_irqs_off;
extern struct vcpu *fake_current[MAX_CPUS];

static inline unsigned this_cpu(void) { return fake_cpu; }
#define current (fake_current[this_cpu()])

static inline void cpu_relax(void) { __builtin_ia32_pause(); }
static inline void irq_disable(void) { fake_irqs_off = true; }
static inline void irq_enable(void) { fake_irqs_off = false; }
static inline unsigned long irq_save(void)
{
    unsigned long was_on = !fake_irqs_off;
    fake_irqs_off = true;
    return was_on;
}
static inline void irq_restore(unsigned long was_on)
{
    if (was_on)
        fake_irqs_off = false;
}
static inline bool irqs_enabled(void) { return !fake_irqs_off; }

#endif
