/* SPDX-License-Identifier: MIT */
/* hvm_op(cmd, arg): calls of and about HVM guests. -EPERM, -ESRCH, -EINVAL, -EFAULT, -ENOSYS. */
#ifndef XEN_PUBLIC_HVM_HVM_OP_H
#define XEN_PUBLIC_HVM_HVM_OP_H

#include "../xen.h"

#define HVMOP_set_param                0  /* xen_hvm_param */
#define HVMOP_get_param                1  /* xen_hvm_param */
#define HVMOP_flush_tlbs               5  /* no arg: TLBs of all vcpus of the caller */
#define HVMOP_pagetable_dying          9  /* xen_hvm_pagetable_dying: a hint, ignored */
#define HVMOP_get_time                 10 /* xen_hvm_get_time */
#define HVMOP_xentrace                 11 /* never served */
#define HVMOP_set_mem_access           12 /* old, never served */
#define HVMOP_get_mem_access           13 /* old, never served */
#define HVMOP_get_mem_type             15 /* xen_hvm_get_mem_type */
#define HVMOP_set_evtchn_upcall_vector 23 /* xen_hvm_evtchn_upcall_vector */
#define HVMOP_guest_request_vm_event   24 /* never served */
#define HVMOP_altp2m                   25 /* never served */

/* xen_dm_op_create_ioreq_server.handle_bufioreq */
#define HVM_IOREQSRV_BUFIOREQ_OFF    0
#define HVM_IOREQSRV_BUFIOREQ_LEGACY 1
#define HVM_IOREQSRV_BUFIOREQ_ATOMIC 2 /* the server reads both indices at once */

#ifndef __ASSEMBLER__

/** One of HVM_PARAM_* (params.h). */
struct xen_hvm_param {
    domid_t domid;  /* IN */
    uint16_t pad;
    uint32_t index; /* IN */
    uint64_t value; /* IN/OUT */
};
typedef struct xen_hvm_param xen_hvm_param_t;

/** What a guest frame is. */
typedef enum {
    HVMMEM_ram_rw,      /* memory */
    HVMMEM_ram_ro,      /* memory, writes are dropped */
    HVMMEM_mmio_dm,     /* accesses go to the device model */
    HVMMEM_unused,      /* refused */
    HVMMEM_ioreq_server /* accesses go to the ioreq server that claimed the type */
} hvmmem_type_t;

/** A top-level page table of the guest goes away. */
struct xen_hvm_pagetable_dying {
    domid_t domid; /* IN */
    uint16_t pad[3];
    uint64_t gpa;  /* IN */
};
typedef struct xen_hvm_pagetable_dying xen_hvm_pagetable_dying_t;

/** System time. */
struct xen_hvm_get_time {
    uint64_t now; /* OUT: ns */
};
typedef struct xen_hvm_get_time xen_hvm_get_time_t;

struct xen_hvm_get_mem_type {
    domid_t domid;     /* IN */
    uint16_t mem_type; /* OUT: HVMMEM_* */
    uint16_t pad[2];
    uint64_t pfn;      /* IN: guest frame */
};
typedef struct xen_hvm_get_mem_type xen_hvm_get_mem_type_t;

/** Interrupt vector for events of one vcpu, in place of HVM_PARAM_CALLBACK_IRQ. */
struct xen_hvm_evtchn_upcall_vector {
    uint32_t vcpu;  /* IN */
    uint8_t vector; /* IN: 0: none; else at least 16 */
};
typedef struct xen_hvm_evtchn_upcall_vector xen_hvm_evtchn_upcall_vector_t;

#endif /* !__ASSEMBLER__ */
#endif
