/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels, inner side: what a port is, and what the two ABIs have to offer. For
 * common/event_*.c only.
 *
 * Locks: binding, closing and resetting hold the domain's event lock, both domains' for a
 * connection. A port's own lock covers its connection: sending holds it alone, so the other end
 * cannot go away meanwhile. Virtual and physical interrupts are sent without a lock: what they read
 * stays allocated until the CPU leaves the hypervisor, and the worst that a port closed at that
 * moment can bring its guest is an event too many.
 */
#ifndef HV_EVENT_PORT_H
#define HV_EVENT_PORT_H

#include <hv/domain.h>
#include <hv/bug.h>
#include <hv/event_channel.h>
#include <hv/lock.h>
#include <hv/softirq.h>

#define PORTS_PER_BUCKET  64 /* allocated together */
#define BUCKETS_PER_GROUP 64
#define PORTS_PER_GROUP   (PORTS_PER_BUCKET * BUCKETS_PER_GROUP)
#define PORT_GROUPS       (EVTCHN_FIFO_NR_CHANNELS / PORTS_PER_GROUP)
#define WORDS_PER_PAGE    (PAGE_SIZE / sizeof(event_word_t))
#define MAX_PIRQS         1024

enum port_state {
    PORT_FREE,
    PORT_RESERVED,
    PORT_UNBOUND,
    PORT_INTERDOMAIN,
    PORT_PIRQ,
    PORT_VIRQ,
    PORT_IPI
};

struct port {
    struct spinlock lock;
    uint8_t state;         /* enum port_state */
    uint8_t priority;      /* FIFO queue to use */
    uint16_t vcpu;         /* that is told */
    domid_t remote_id;     /* unbound: who may connect */
    uint16_t queued; /* FIFO: queue it was last put into: vcpu * EVTCHN_FIFO_MAX_QUEUES + priority;
                        locks of both queues */
    bool pending_early;    /* FIFO: sent before the guest gave a word for it */
    bool for_hv; /* this end is the hypervisor's: nothing of the guest's touches it (event_hv.c) */
    union {
        uint32_t remote_port; /* interdomain */
        uint32_t pirq;
        uint32_t virq;
        uint32_t next_free;
    };
    struct domain *remote; /* interdomain */
};
_Static_assert(sizeof(struct port) == 32, "a bucket of ports is 2 KiB");

/* FIFO state of a vcpu. */
struct evtchn_vcpu {
    struct spinlock lock;            /* LOCK_EVENT_QUEUE, taken with interrupts off */
    uint32_t tail[EVTCHN_FIFO_MAX_QUEUES]; /* last port of each queue, 0 = none known */
    struct evtchn_fifo_control_block *block; /* in a page of the guest */
};

/* FIFO state of a domain. Freed after a quiescent state. */
struct evtchn_fifo {
    struct rcu_head rcu;
    unsigned nr_words;               /* ports that have a word */
    event_word_t *pages[EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE]; /* of the guest */
    struct evtchn_vcpu *detached[MAX_VCPUS_PV]; /* filled when it is torn down */
};

struct evtchn_domain {
    struct spinlock lock;            /* LOCK_EVENT: all but what is marked atomic */
    unsigned max_port;               /* highest port that it may have */
    unsigned nr_ports;               /* atomic: ports that are allocated; never shrinks */
    unsigned nr_listed;              /* of them: those that are on the list when they are free */
    unsigned free_first, free_last;  /* list of free ports, longest free first; 0 = empty */
    unsigned close_next,
        reset_next; /* progress of closing all: at the end, and at the guest's wish */
    bool closed;                     /* no new ports */
    unsigned nr_pirqs;               /* bound */
    uint64_t poll_mask[MAX_VCPUS_PV / 64]; /* atomic: vcpus in SCHEDOP_poll */
    struct evtchn_fifo *fifo;        /* atomic: NULL = two-level ABI */
    uint32_t *pirq_ports;            /* atomic entries: [MAX_PIRQS], once one is bound */
    struct port **groups[PORT_GROUPS];
};

/** Port `n` of the domain if it is allocated (in whatever state), or NULL. */
static inline struct port *port_lookup(const struct evtchn_domain *e, unsigned n)
{
    unsigned nr = __atomic_load_n(&e->nr_ports, __ATOMIC_ACQUIRE);

    if (n >= nr)
        return NULL;
    n = index_nospec(n, nr);
    return &e->groups[n / PORTS_PER_GROUP][n / PORTS_PER_BUCKET % BUCKETS_PER_GROUP]
                     [n % PORTS_PER_BUCKET];
}

/* --- event_port.c: the event lock is held ----------------------------------------------------- */
/** Take a free port: its number, or -ENOSPC, -ENOMEM, -EINVAL (domain on its way out). Its state is
 * still PORT_FREE. */
int port_alloc(struct domain *d, struct port **p);
/** Give a port back, unlinked from everything; `p->lock` is not held. */
void port_free(struct domain *d, unsigned n);
/** Change the state. Senders look at it, and at the other end, under the port's lock. */
static inline void port_put_state(struct port *p, enum port_state state)
{
    ASSERT(spin_is_locked(&p->lock));
    p->state = state;
}
/** The same; takes the port's lock. */
void port_set_state(struct port *p, enum port_state state);
/**
 * Close one port: 0, -EINVAL (it is not open, or the hypervisor's end and not `for_hv`), or -EAGAIN
 * (give way, then try again). No lock is held.
 */
int port_close(struct domain *d, unsigned n, bool for_hv);

/* --- event_2l.c and event_fifo.c, behind the domain's ABI ------------------------------------- */
/** Make a port pending and tell its vcpu. Any context. */
void port_set_pending(struct domain *d, struct port *p, unsigned n);
void port_unmask(struct domain *d, struct port *p, unsigned n);
bool port_is_pending(const struct domain *d, unsigned n);

/** How many ports the two-level ABI has for such a kernel. */
unsigned twolevel_ports(const struct domain *d);
void twolevel_set_pending(struct domain *d, struct port *p, unsigned n);
void twolevel_clear_pending(struct domain *d, unsigned n);
void twolevel_unmask(struct domain *d, struct port *p, unsigned n);
bool twolevel_is_pending(const struct domain *d, unsigned n);

void fifo_set_pending(struct domain *d, struct evtchn_fifo *f, struct port *p, unsigned n);
void fifo_clear_pending(const struct evtchn_fifo *f, unsigned n);
void fifo_unmask(struct domain *d, struct evtchn_fifo *f, struct port *p, unsigned n);
bool fifo_is_pending(const struct evtchn_fifo *f, unsigned n);
bool fifo_is_busy(const struct evtchn_fifo *f, unsigned n);
int fifo_init_control(struct domain *d, struct evtchn_init_control *op);
int fifo_expand_array(struct domain *d, const struct evtchn_expand_array *op);
/** Back to the two-level ABI; the guest's pages are let go after a quiescent state. The event lock
 * is held. */
void fifo_destroy(struct domain *d);
/** The same at once, when nobody can be sending. */
void fifo_destroy_now(struct domain *d);

/** A port has become pending: wake whoever polls it. */
static inline void port_wake_pollers(struct domain *d, unsigned n)
{
    _Static_assert(MAX_VCPUS_PV == 128, "two words");
    if (unlikely(READ_ONCE(d->evtchn->poll_mask[0]) | READ_ONCE(d->evtchn->poll_mask[1])))
        evtchn_check_pollers(d, n);
}

static inline struct evtchn_fifo *fifo_of(const struct domain *d)
{
    return __atomic_load_n(&d->evtchn->fifo, __ATOMIC_ACQUIRE);
}

/* --- event_virq.c: the event lock is held ----------------------------------------------------- */
long virq_bind(struct domain *d, struct evtchn_bind_virq *op);
long pirq_bind(struct domain *d, struct evtchn_bind_pirq *op);
void virq_unbind(struct domain *d, const struct port *p, unsigned n);
void pirq_unbind(struct domain *d, const struct port *p);
bool virq_is_global(unsigned virq);
/** The domain dies: what it handled of the machine's interrupts goes back to the control domain. No
 * lock is held. */
void virq_handlers_release(struct domain *d);

#endif
