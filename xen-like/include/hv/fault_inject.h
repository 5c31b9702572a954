/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failing allocations and interrupting hypercalls on purpose, for tests. debug/fault_inject.c; only
 * debug builds have it, and nothing of it stands in the allocators: the linker puts it before them
 * (hypervisor.mk).
 *
 * A vcpu of the control domain arms it for its own hypercalls with a sysctl that is not in the
 * ABI: fail the n-th allocation from now on, or it and those after it; interrupt the n-th time that
 * a long operation asks whether it should give way. Arming it again begins a new count and tells
 * how the last one ended.
 */
#ifndef HV_FAULT_INJECT_H
#define HV_FAULT_INJECT_H

#include <stdint.h>

#define XEN_SYSCTL_debug_fault_inject 0x7e570001u

/** xen_sysctl.u of the call. A release build answers -ENOSYS. */
struct fault_inject {
    /* IN: the first allocation that fails (from 1 on; 0: none), and how many fail from there */
    uint64_t first, nr;
    /* IN: which question whether to give way is answered by yes (from 1 on; 0: none); the vcpu is
     * told of events then, so that its handler runs before the operation goes on */
    uint64_t interrupt;
    /* OUT: of the arming before this one: allocations seen, and failed; questions asked */
    uint64_t seen, failed, asked;
    /* OUT: what the hypervisor's heap holds at this moment: small objects and the pages they are
     * in, which are not free pages although nobody may hold an object there; and how much waits for
     * a quiescent state to be freed (calls), without which the others are final */
    uint64_t heap_bytes, heap_pages, unfinished;
};

#endif
