/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine of a few frames for the model test: memory, allocator, TLB clock, continuations. No
 * real hypervisor below it.
 */
#ifndef MODEL_MACHINE_H
#define MODEL_MACHINE_H

#include <arch/mm.h>
#include <hv/domain.h>

#define FRAMES     96
#define NR_DOMAINS 2

/** A hypercall that gave way: what the vcpu will issue when it runs next. */
struct continuation {
    bool pending;
    unsigned number;
    uint64_t args[6];
};

extern struct domain domains[NR_DOMAINS]; /* 0: control, 1: guest */
extern struct continuation *continuation; /* where hypercall_restart notes one */
extern unsigned preempt_percent;
extern unsigned long tlb_flushes;         /* tlb_flush_before_retype calls so far */
extern unsigned long foreign_flushes;      /* tlb_flush_foreign_use calls so far */
extern unsigned long pages_freed;
/* written uncached (as far as the reference saw), and not flushed from the cache since */
extern bool cache_stale[FRAMES];
/* another domain's writable mapping went (as far as the reference saw), and no flush since */
extern bool foreign_stale[FRAMES];

void machine_reset(unsigned seed);
unsigned rnd(unsigned below);
/** Where rnd's numbers come from; NULL: a generator of its own, from machine_reset's seed. */
extern unsigned (*random_source)(unsigned below);
pte_t *frame_at(unsigned n);
/** Give a free frame to `d`: its number, or 0 when there is none. */
unsigned frame_alloc(struct domain *d);

#endif
