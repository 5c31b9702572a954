/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device models of hardware guests: ioreq servers. hvm/ioreq.c: servers, what they serve, their
 * pages; hvm/ioreq_send.c: requests of a vcpu and their answers. (public/hvm/ioreq.h)
 *
 * A server's pages are written by its device model at any time: of a request only state and data
 * are read back, once each, and nothing is derived from them but whether there is an answer and
 * what it says.
 */
#ifndef ARCH_IOREQ_H
#define ARCH_IOREQ_H

#include <arch/hvm_io.h>
#include <hv/frames.h>
#include <hv/lock.h>
#include <public/hvm/dm_op.h>
#include <public/hvm/ioreq.h>

struct domain;
struct rangeset;
struct vcpu;

#define IOREQ_SERVERS 8   /* of a domain */
#define IOREQ_RANGES  256 /* of a server, of each kind */
#define IOREQ_KINDS   3   /* XEN_DMOP_IO_RANGE_* */

struct ioreq_server {
    /* set at creation */
    domid_t owner;                   /* domain of the device model */
    bool atomic_indices;             /* of the ring: HVM_IOREQSRV_BUFIOREQ_ATOMIC */
    struct shared_iopage *slots;     /* shared with the domain, so that its device model can map */
    struct buffered_iopage *ring;    /* likewise; NULL: it has none */
    unsigned ring_port;
    unsigned *ports;                 /* of each vcpu's slot */
    struct rangeset *ranges[IOREQ_KINDS];

    /* LOCK_IOREQ of the domain */
    bool enabled;
    bool stale;                      /* it is still to be told that memory has gone */
    uint32_t ring_written;           /* the ring's index, which the shared one follows */
};

struct ioreq_domain {
    struct spinlock lock; /* LOCK_IOREQ: all below */
    struct ioreq_server *servers[IOREQ_SERVERS];
    bool closed;          /* no more of them: the domain is on its way out */
    uint32_t pci_address; /* what the guest wrote to port 0xcf8 */

    /* atomic */
    bool memory_changed;  /* the guest has taken pages out of its memory */
};

/** A request that a vcpu has sent. LOCK_IOREQ of its domain. */
struct ioreq_vcpu {
    enum {
        IOREQ_IDLE,
        IOREQ_WANTED,  /* the guest's instruction is run again for the answer */
        IOREQ_DROPPED, /* nobody asks for the answer; the slot is taken until it comes */
    } state;
    struct hvm_io io;
    uint64_t rip;                /* of the instruction */
    struct ioreq_server *server; /* NULL: it has gone */
};

void ioreq_domain_init(struct domain *d);
/** The domain dies: all its servers go, and none comes. */
void ioreq_domain_release(struct domain *d);

/* --- what a device model asks for: 0 or -errno; for the current domain (hvm/ioreq.c) ---------- */
/** -ENOSPC, -EINVAL (no vcpus yet, or it dies), -ENOMEM. */
int ioreq_server_create(struct domain *d, struct xen_dm_op_create_ioreq_server *op);
int ioreq_server_destroy(struct domain *d, ioservid_t id); /* -ENOENT, -EPERM: another domain's */
int ioreq_server_set_state(struct domain *d, ioservid_t id, bool enabled);
/** The ring's port. Frames come by XENMEM_acquire_resource only (-EOPNOTSUPP). */
int ioreq_server_info(struct domain *d, struct xen_dm_op_get_ioreq_server_info *op);
/** -EEXIST: some of it is served already; -ENOENT: not all of it is. -ENOSPC: too many ranges. */
int ioreq_server_map(struct domain *d, const struct xen_dm_op_ioreq_server_range *op);
int ioreq_server_unmap(struct domain *d, const struct xen_dm_op_ioreq_server_range *op);

/** Is this access some server's now? */
struct ioreq_target {
    unsigned kind;        /* XEN_DMOP_IO_RANGE_* */
    uint64_t first, last; /* that have to be in a range */
    uint64_t address;     /* in the request */
};
struct ioreq_server *ioreq_server_for(struct ioreq_domain *i, const struct ioreq_target *t);

/* --- a vcpu's requests (hvm/ioreq_send.c) ----------------------------------------------------- */
/**
 * An access of the current vcpu that no device of the hypervisor's claims. HVM_IO_WAIT: it was
 * sent, and the vcpu sleeps until there is an answer; the same access has to be made again then.
 * Where nobody answers reads are all ones.
 */
enum hvm_io_result ioreq_access(struct vcpu *v, struct hvm_io *io);
/** Has a device model said that such accesses are its? */
bool ioreq_is_served(struct vcpu *v, const struct hvm_io *io);
/** Device models are to forget what they have mapped of the guest's memory. */
void ioreq_memory_changed(struct domain *d);
/** Its instruction will not be run again. */
void ioreq_forget(struct vcpu *v);
/** The instruction at `rip` waits: nothing may come between it and its next run. Current vcpu. */
bool ioreq_waits(const struct vcpu *v, uint64_t rip);

#endif
