/* SPDX-License-Identifier: GPL-2.0-only */
/* Each CPU's area: tables and stacks (layout.h: PERCPU_*). mm/hvmap.c. */
#ifndef ARCH_PERCPU_H
#define ARCH_PERCPU_H

#include <arch/cpu.h>
#include <arch/layout.h>

/** Allocate and map the area of a CPU. 0 or -ENOMEM. CPU 0's is made by hvmap_init. */
int percpu_area_init(unsigned cpu);

static inline uint64_t percpu_area(unsigned cpu)
{
    return PERCPU_START + cpu * (uint64_t)PERCPU_STRIDE;
}

/** A CPU's block at the end of its stack: also its initial stack pointer. */
static inline struct cpu_info *percpu_info(unsigned cpu)
{
    return (struct cpu_info *)(percpu_area(cpu) + PERCPU_STACK + STACK_SIZE) - 1;
}

#endif
