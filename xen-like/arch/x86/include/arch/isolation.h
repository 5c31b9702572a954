/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page isolation. On CPUs whose user mode can read supervisor memory by speculation (Meltdown) a
 * guest runs on a root of its CPU's own, in which the hypervisor's part of the address space holds
 * next to nothing. mm/isolation.c.
 *
 * Code that only such CPUs need stands in entry.S behind a two-byte jump; enabling replaces the
 * jumps by nops.
 */
#ifndef ARCH_ISOLATION_H
#define ARCH_ISOLATION_H

#ifdef __ASSEMBLY__
        .macro IF_ISOLATING label
771:    .byte 0xeb, \label - 772f /* jmp \label */
772:
        .pushsection .isolation_sites, "a"
        .balign 8
        .quad 771b
        .popsection
        .endm
#else
#include <hv/types.h>

struct domain;

/** Guests of this machine run isolated. Constant after isolation_init. */
extern bool isolation_on;

/**
 * Decide, make CPU 0's tables, patch the entry code. Before the first guest and before other CPUs
 * start.
 */
void isolation_init(void);
/** Tables of another CPU, whose per-CPU area is mapped: 0 or -ENOMEM. */
int isolation_cpu_init(unsigned cpu);
/**
 * `cr3` is about to be loaded for hypervisor code; its guest will run on the restricted copy of it.
 */
void isolation_load(uint64_t cr3);
/** Entries of an L4 of `d` have changed: all copies in use follow, before this returns. */
void isolation_l4_changed(const struct domain *d);
/** An L4 is none any more: copies that are not in use are not to be used again. */
void isolation_l4_gone(void);
#endif

#endif
