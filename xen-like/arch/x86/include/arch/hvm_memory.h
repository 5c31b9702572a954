/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a hardware guest by the addresses that it uses itself: the current vcpu's, with its
 * page tables as they are now. hvm/walk.c, hvm/window.c.
 */
#ifndef ARCH_HVM_MEMORY_H
#define ARCH_HVM_MEMORY_H

#include <hv/domain.h>

/** How a guest's page tables are to be read. Not those of a processor that runs: copies. */
struct paging_mode {
    uint64_t cr0, cr3, cr4, efer;
};

/** Kinds of access; as bits of a page fault's error code. */
#define WALK_WRITE 2u
#define WALK_USER  4u
#define WALK_FETCH 16u

/**
 * Translate a linear address, and set accessed and dirty bits on the way as the processor would.
 * 0 and the guest-physical address in *gpa, or the error code of the page fault with its present
 * bit, plus WALK_FAULT. (Intel SDM volume 3, chapter 4)
 */
#define WALK_FAULT (1u << 31)
uint32_t guest_walk(struct domain *d, const struct paging_mode *m, uint64_t va, uint32_t access,
                    uint64_t *gpa);

/* --- windows (hvm/window.c) ------------------------------------------------------------------- */
struct window;

/**
 * While a hardware guest's vcpu is current, the hypervisor runs on page tables of that vcpu's own,
 * in which the guest's addresses are empty at first. A copy from or to them faults, and the page
 * is mapped then: for the rest of this hypercall. So handlers need not know what kind of guest
 * called.
 */
int window_init(struct vcpu *v);  /* 0 or -ENOMEM */
void window_free(struct vcpu *v);
/**
 * A page of a vcpu's for copies of what 32-bit code passes: hypercall handlers find it at the address
 * WINDOW_NARROW, which such code does not have, and here. NULL: there is no memory for it.
 */
#define WINDOW_NARROW (1UL << 46)
void *window_narrow_page(struct vcpu *v);
/** Root of these tables. */
uint64_t window_root(const struct vcpu *v);
/** A fault in the hypervisor at an address of the current vcpu's guest: true if it can be tried
 * again. */
bool window_fault(struct vcpu *v, uint64_t addr, uint32_t error);
/** Before the guest goes on: its pages are let go of, and CR2 is its own again. */
void window_close(struct vcpu *v);

#endif
