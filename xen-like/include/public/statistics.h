/* SPDX-License-Identifier: MIT */
/*
 * Statistics of all vcpus and CPUs: a table that the hypervisor writes, in pages that the control
 * domain maps and only reads. xen-like's own: Xen answers -ENOSYS to the sysctl.
 *
 * XEN_SYSCTL_statistics says how large the table is. Its pages are resource XENMEM_resource_statistics
 * of DOMID_XEN, id 0 (XENMEM_acquire_resource). A page is an array of struct xen_vcpu_statistics;
 * those that nobody uses have DOMID_INVALID.
 */
#ifndef XEN_PUBLIC_STATISTICS_H
#define XEN_PUBLIC_STATISTICS_H

#include "xen.h"

#define XEN_SYSCTL_statistics      0x786c0001 /* xen_sysctl_statistics; beyond Xen's numbers */
#define XENMEM_resource_statistics 0x786c

#ifndef __ASSEMBLER__

/** In `u` of a struct xen_sysctl. All OUT. */
struct xen_sysctl_statistics {
    uint32_t nr_frames;     /* pages that the table has now */
    uint32_t entry_size;    /* sizeof(struct xen_vcpu_statistics); may grow, fields stay */
    uint64_t now;           /* ns of the clock of `entered` */
    uint64_t generation;    /* another one when pages have come or gone: map anew */
};

/**
 * One vcpu, or with DOMID_IDLE one CPU. To be copied while `sequence` is even, and copied again if it
 * has changed meanwhile. hypercalls and events are written without it, each by one store.
 */
struct xen_vcpu_statistics {
    uint32_t sequence;      /* odd while the hypervisor writes */
    domid_t domid;          /* DOMID_INVALID: nobody's */
    uint16_t vcpu;          /* number of the vcpu; of the CPU */
    uint16_t state;         /* RUNSTATE_* */
    uint16_t cpu;           /* where it was when it entered that state */
    uint32_t reserved;
    uint64_t entered;       /* ns; the time since belongs to `state` and is in no field yet */
    uint64_t running;       /* ns; of a CPU: idle */
    uint64_t waiting;       /* ns: runnable, while something else ran */
    uint64_t hypercalls;    /* without returns by iret that take the short way */
    uint64_t events;        /* sent by EVTCHNOP_send */
    uint64_t switches;      /* how often it began to run; of a CPU: whoever did */
};

#endif /* __ASSEMBLER__ */
#endif
