/* SPDX-License-Identifier: MIT */
/*
 * Event channels: event_channel_op(cmd, arg), arg points to the structure named after the command.
 * A port is an index into the domain's own table; port 0 is never valid. Common errors: -EINVAL
 * for a port or parameter out of range, -ENOENT for a vcpu that is not there, -ENOSPC when the
 * table is full, -ESRCH for an unknown domain, -EPERM for someone else's domain.
 */
#ifndef XEN_PUBLIC_EVENT_CHANNEL_H
#define XEN_PUBLIC_EVENT_CHANNEL_H

#include "xen.h"

#define EVTCHNOP_bind_interdomain 0
#define EVTCHNOP_bind_virq        1
#define EVTCHNOP_bind_pirq        2
#define EVTCHNOP_close            3
#define EVTCHNOP_send             4
#define EVTCHNOP_status           5
#define EVTCHNOP_alloc_unbound    6
#define EVTCHNOP_bind_ipi         7
#define EVTCHNOP_bind_vcpu        8
#define EVTCHNOP_unmask           9
#define EVTCHNOP_reset            10
#define EVTCHNOP_init_control     11
#define EVTCHNOP_expand_array     12
#define EVTCHNOP_set_priority     13

/* evtchn_bind_pirq.flags */
#define BIND_PIRQ__WILL_SHARE 1

/* evtchn_status.status */
#define EVTCHNSTAT_closed      0
#define EVTCHNSTAT_unbound     1
#define EVTCHNSTAT_interdomain 2
#define EVTCHNSTAT_pirq        3
#define EVTCHNSTAT_virq        4
#define EVTCHNSTAT_ipi         5

/** Ports of the two-level ABI: bits of shared_info.evtchn_pending. */
#define EVTCHN_2L_NR_CHANNELS 4096

/*
 * FIFO ABI: one 32-bit word per port in an array of guest pages, and per vcpu one queue for each
 * of 16 priorities, 0 first. A word's low bits link to the next port of its queue, 0 ends it.
 */
#define EVTCHN_FIFO_PRIORITY_MAX     0
#define EVTCHN_FIFO_PRIORITY_DEFAULT 7
#define EVTCHN_FIFO_PRIORITY_MIN     15
#define EVTCHN_FIFO_MAX_QUEUES       16

/* Bit numbers in an event word. */
#define EVTCHN_FIFO_PENDING 31
#define EVTCHN_FIFO_MASKED  30
#define EVTCHN_FIFO_LINKED  29 /* in a queue */
#define EVTCHN_FIFO_BUSY    28 /* the tail is being changed */

#define EVTCHN_FIFO_LINK_BITS   17
#define EVTCHN_FIFO_LINK_MASK   ((1 << EVTCHN_FIFO_LINK_BITS) - 1)
#define EVTCHN_FIFO_NR_CHANNELS (1 << EVTCHN_FIFO_LINK_BITS)

#ifndef __ASSEMBLER__

typedef uint32_t evtchn_port_t;
typedef uint32_t event_word_t;

/** Allocate a port of dom that remote_dom may bind to. Only privileged callers name another dom. */
struct evtchn_alloc_unbound {
    domid_t dom, remote_dom; /* IN, DOMID_SELF allowed */
    evtchn_port_t port;      /* OUT */
};
typedef struct evtchn_alloc_unbound evtchn_alloc_unbound_t;

/** Connect a new local port to an unbound port that remote_dom made for the caller. */
struct evtchn_bind_interdomain {
    domid_t remote_dom;        /* IN */
    evtchn_port_t remote_port; /* IN */
    evtchn_port_t local_port;  /* OUT */
};
typedef struct evtchn_bind_interdomain evtchn_bind_interdomain_t;

/** Bind VIRQ_*; those that exist once need vcpu 0. -EEXIST if bound already. */
struct evtchn_bind_virq {
    uint32_t virq;      /* IN */
    uint32_t vcpu;      /* IN */
    evtchn_port_t port; /* OUT */
};
typedef struct evtchn_bind_virq evtchn_bind_virq_t;

/** Bind a physical interrupt (see physdev.h). -EEXIST if bound already. */
struct evtchn_bind_pirq {
    uint32_t pirq;      /* IN */
    uint32_t flags;     /* IN, BIND_PIRQ__* */
    evtchn_port_t port; /* OUT */
};
typedef struct evtchn_bind_pirq evtchn_bind_pirq_t;

/** Make a port that the domain itself sends to, delivered to vcpu. */
struct evtchn_bind_ipi {
    uint32_t vcpu;      /* IN */
    evtchn_port_t port; /* OUT */
};
typedef struct evtchn_bind_ipi evtchn_bind_ipi_t;

/** Close a port; the other end becomes unbound. */
struct evtchn_close {
    evtchn_port_t port; /* IN */
};
typedef struct evtchn_close evtchn_close_t;

/** Make the other end of an interdomain port, or an IPI port, pending. */
struct evtchn_send {
    evtchn_port_t port; /* IN, local */
};
typedef struct evtchn_send evtchn_send_t;

/** What a port is bound to. */
struct evtchn_status {
    domid_t dom;        /* IN */
    evtchn_port_t port; /* IN */
    uint32_t status;    /* OUT, EVTCHNSTAT_*; the rest as well */
    uint32_t vcpu;      /* where it is delivered */
    union {
        struct {
            domid_t dom;
        } unbound;
        struct {
            domid_t dom;
            evtchn_port_t port;
        } interdomain;
        uint32_t pirq;
        uint32_t virq;
    } u;
};
typedef struct evtchn_status evtchn_status_t;

/** Deliver a port to another vcpu. Not for IPIs and per-vcpu virtual interrupts (-EINVAL). */
struct evtchn_bind_vcpu {
    evtchn_port_t port; /* IN */
    uint32_t vcpu;      /* IN */
};
typedef struct evtchn_bind_vcpu evtchn_bind_vcpu_t;

/** Unmask a port, and deliver it if it is pending. */
struct evtchn_unmask {
    evtchn_port_t port; /* IN */
};
typedef struct evtchn_unmask evtchn_unmask_t;

/** Close all ports of dom and go back to the two-level ABI. */
struct evtchn_reset {
    domid_t dom; /* IN */
};
typedef struct evtchn_reset evtchn_reset_t;

/** Give the FIFO control block of a vcpu: guest frame and 8-byte aligned offset in it. */
struct evtchn_init_control {
    uint64_t control_gfn; /* IN */
    uint32_t offset;      /* IN, bytes */
    uint32_t vcpu;        /* IN */
    uint8_t link_bits;    /* OUT, EVTCHN_FIFO_LINK_BITS */
    uint8_t _pad[7];
};
typedef struct evtchn_init_control evtchn_init_control_t;

/** Add a page of event words, for the next 1024 ports. */
struct evtchn_expand_array {
    uint64_t array_gfn; /* IN */
};
typedef struct evtchn_expand_array evtchn_expand_array_t;

/** Set the FIFO queue of a port. */
struct evtchn_set_priority {
    evtchn_port_t port; /* IN */
    uint32_t priority;  /* IN, 0 (first) to 15 */
};
typedef struct evtchn_set_priority evtchn_set_priority_t;

/** Argument of the old call event_channel_op_compat, which has the command inside. */
struct evtchn_op {
    uint32_t cmd;
    union {
        evtchn_alloc_unbound_t alloc_unbound;
        evtchn_bind_interdomain_t bind_interdomain;
        evtchn_bind_virq_t bind_virq;
        evtchn_bind_pirq_t bind_pirq;
        evtchn_bind_ipi_t bind_ipi;
        evtchn_close_t close;
        evtchn_send_t send;
        evtchn_status_t status;
        evtchn_bind_vcpu_t bind_vcpu;
        evtchn_unmask_t unmask;
    } u;
};
typedef struct evtchn_op evtchn_op_t;

/** FIFO control block of a vcpu. The hypervisor sets bits of ready, the guest clears them. */
struct evtchn_fifo_control_block {
    uint32_t ready; /* bit n: queue n is not empty */
    uint32_t _rsvd;
    uint32_t head[EVTCHN_FIFO_MAX_QUEUES]; /* first port of each queue */
};
typedef struct evtchn_fifo_control_block evtchn_fifo_control_block_t;

#endif /* !__ASSEMBLER__ */
#endif
