/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports: the table of a domain, which grows by buckets, its free list, closing, and the choice
 * between the two ABIs.
 */
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/event_port.h>
#include <hv/hypercall.h>
#include <hv/page_alloc.h>
#include <public/errno.h>

#define BUSY_TRIES 16 /* free ports looked at before the table is grown */

/* --- the two ABIs ----------------------------------------------------------------------------- */

void port_set_pending(struct domain *d, struct port *p, unsigned n)
{
    struct evtchn_fifo *f = fifo_of(d);

    if (f)
        fifo_set_pending(d, f, p, n);
    else
        twolevel_set_pending(d, p, n);
}

static void port_clear_pending(struct domain *d, unsigned n)
{
    struct evtchn_fifo *f = fifo_of(d);

    if (f)
        fifo_clear_pending(f, n);
    else
        twolevel_clear_pending(d, n);
}

void port_unmask(struct domain *d, struct port *p, unsigned n)
{
    struct evtchn_fifo *f = fifo_of(d);

    if (f)
        fifo_unmask(d, f, p, n);
    else
        twolevel_unmask(d, p, n);
}

bool port_is_pending(const struct domain *d, unsigned n)
{
    struct evtchn_fifo *f = fifo_of(d);

    return f ? fifo_is_pending(f, n) : twolevel_is_pending(d, n);
}

/* A closed port that the guest has not taken out of its queue yet cannot be used again. */
static bool port_is_busy(const struct domain *d, unsigned n)
{
    struct evtchn_fifo *f = fifo_of(d);

    return f && fifo_is_busy(f, n);
}

/* --- the table -------------------------------------------------------------------------------- */

static unsigned limit_of(const struct domain *d)
{
    unsigned abi = d->evtchn->fifo ? EVTCHN_FIFO_NR_CHANNELS : twolevel_ports(d);

    return MIN(abi, d->evtchn->max_port + 1);
}

static void append_free(struct evtchn_domain *e, unsigned n)
{
    port_lookup(e, n)->next_free = 0;
    if (e->free_last)
        port_lookup(e, e->free_last)->next_free = n;
    else
        e->free_first = n;
    e->free_last = n;
}

static unsigned take_free(struct evtchn_domain *e)
{
    unsigned n = e->free_first;

    if (n) {
        e->free_first = port_lookup(e, n)->next_free;
        if (!e->free_first)
            e->free_last = 0;
    }
    return n;
}

static int add_bucket(struct evtchn_domain *e)
{
    unsigned first = e->nr_ports;
    struct port ***group = &e->groups[first / PORTS_PER_GROUP];
    struct port *bucket = hv_zalloc_array(PORTS_PER_BUCKET, sizeof(*bucket));

    if (!bucket)
        return -XEN_ENOMEM;
    if (!*group)
        *group = hv_zalloc_array(BUCKETS_PER_GROUP, sizeof(**group));
    if (!*group) {
        hv_free(bucket);
        return -XEN_ENOMEM;
    }
    for (unsigned i = 0; i < PORTS_PER_BUCKET; i++) {
        spin_init(&bucket[i].lock, LOCK_EVENT_CHANNEL);
        bucket[i].priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
    }
    (*group)[first / PORTS_PER_BUCKET % BUCKETS_PER_GROUP] = bucket;
    __atomic_store_n(&e->nr_ports, first + PORTS_PER_BUCKET, __ATOMIC_RELEASE);
    return 0;
}

/** Put the free ones of these ports on the list. */
static void list_free(struct domain *d, unsigned first, unsigned end)
{
    struct evtchn_domain *e = d->evtchn;

    for (unsigned n = MAX(first, 1U); n < MIN(end, limit_of(d)); n++)
        if (port_lookup(e, n)->state == PORT_FREE)
            append_free(e, n);
}

/* One more bucket on the list; after a reset from FIFO there may be some that are not. */
static int grow(struct domain *d)
{
    struct evtchn_domain *e = d->evtchn;
    unsigned first = e->nr_listed;
    int rc = 0;

    if (first >= limit_of(d))
        return -XEN_ENOSPC;
    if (first == e->nr_ports)
        rc = add_bucket(e);
    if (rc)
        return rc;
    e->nr_listed = first + PORTS_PER_BUCKET;
    list_free(d, first, e->nr_listed);
    return 0;
}

/** Back from FIFO: ports that the two-level ABI does not have leave the list. */
static void list_anew(struct domain *d)
{
    struct evtchn_domain *e = d->evtchn;

    e->free_first = e->free_last = 0;
    e->nr_listed = MIN(e->nr_ports, twolevel_ports(d));
    list_free(d, 0, e->nr_listed);
}

/* The longest free port that the guest has done with. */
static unsigned take_idle(struct domain *d)
{
    struct evtchn_domain *e = d->evtchn;

    for (unsigned i = 0; i < BUSY_TRIES; i++) {
        unsigned n = take_free(e);

        if (!n || !port_is_busy(d, n))
            return n;
        append_free(e, n);
    }
    return 0;
}

int port_alloc(struct domain *d, struct port **p)
{
    struct evtchn_domain *e = d->evtchn;
    unsigned n;
    int rc = 0;

    if (e->closed)
        return -XEN_EINVAL;
    n = take_idle(d);
    if (!n)
        rc = grow(d);
    if (rc)
        return rc;
    if (!n)
        n = take_idle(d);
    *p = port_lookup(e, n);
    return n ? (int)n : -XEN_ENOSPC;
}

void port_set_state(struct port *p, enum port_state state)
{
    spin_lock(&p->lock);
    port_put_state(p, state);
    spin_unlock(&p->lock);
}

void port_free(struct domain *d, unsigned n)
{
    struct port *p = port_lookup(d->evtchn, n);

    spin_lock(&p->lock);
    port_put_state(p, PORT_FREE);
    p->remote = NULL;
    p->vcpu = 0;
    p->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
    p->pending_early = false;
    p->for_hv = false;
    spin_unlock(&p->lock);
    port_clear_pending(d, n);
    if (n < d->evtchn->nr_listed)
        append_free(d->evtchn, n);
}

/* --- closing ---------------------------------------------------------------------------------- */

/* Both domains' event locks are held. */
static void disconnect(struct domain *d, struct port *p)
{
    struct port *rp = port_lookup(p->remote->evtchn, p->remote_port);

    BUG_ON(!rp || rp->state != PORT_INTERDOMAIN || rp->remote != d);
    spin_lock_pair(&p->lock, &rp->lock);
    port_put_state(rp, PORT_UNBOUND);
    rp->remote = NULL;
    rp->remote_port = 0;
    rp->remote_id = d->id;
    port_put_state(p, PORT_RESERVED);
    p->remote = NULL;
    spin_unlock_pair(&p->lock, &rp->lock);
}

/* The event locks are held: d's and, for a connection, the other end's. */
static int close_locked(struct domain *d, struct port *p, unsigned n, bool for_hv)
{
    if (p->for_hv && !for_hv)
        return -XEN_EINVAL;
    switch ((enum port_state)p->state) {
    case PORT_FREE:
    case PORT_RESERVED:
        return -XEN_EINVAL;
    case PORT_INTERDOMAIN:
        disconnect(d, p);
        break;
    case PORT_VIRQ:
        virq_unbind(d, p, n);
        break;
    case PORT_PIRQ:
        pirq_unbind(d, p);
        break;
    case PORT_UNBOUND:
    case PORT_IPI:
        break;
    }
    port_free(d, n);
    return 0;
}

/* The other end's domain, if there is one whose lock is needed too. */
static struct domain *peer_of(const struct domain *d, const struct port *p)
{
    return p->state == PORT_INTERDOMAIN && p->remote != d ? p->remote : NULL;
}

int port_close(struct domain *d, unsigned n, bool for_hv)
{
    struct evtchn_domain *e = d->evtchn;
    struct port *p = port_lookup(e, n);
    struct domain *peer;
    int rc;

    if (!p)
        return -XEN_EINVAL;
    for (;;) {
        spin_lock(&e->lock);
        peer = peer_of(d, p);
        if (!peer) {
            rc = close_locked(d, p, n, for_hv);
            spin_unlock(&e->lock);
            return rc;
        }
        spin_unlock(&e->lock);

        /* the two locks have an order; see whether all is as before once they are held */
        spin_lock_pair(&e->lock, &peer->evtchn->lock);
        if (peer_of(d, p) == peer) {
            rc = close_locked(d, p, n, for_hv);
            spin_unlock_pair(&e->lock, &peer->evtchn->lock);
            return rc;
        }
        spin_unlock_pair(&e->lock, &peer->evtchn->lock);
        if (hypercall_preempt_check())
            return -XEN_EAGAIN;
    }
}

static int close_all(struct domain *d, unsigned *next, bool for_hv)
{
    while (*next < READ_ONCE(d->evtchn->nr_ports)) {
        int rc = port_close(d, *next, for_hv);

        if (rc == -XEN_EAGAIN)
            return -XEN_ERESTART;
        ++*next;
        if (*next % 16 == 0 && hypercall_preempt_check())
            return -XEN_ERESTART;
    }
    return 0;
}

int evtchn_reset(struct domain *d, bool resuming)
{
    struct evtchn_domain *e = d->evtchn;
    int rc;

    if (!resuming)
        e->reset_next = 0;
    rc = close_all(d, &e->reset_next, false);
    if (rc)
        return rc;
    spin_lock(&e->lock);
    e->reset_next = 0;
    if (!e->closed && e->fifo) {
        fifo_destroy(d);
        list_anew(d);
    }
    spin_unlock(&e->lock);
    return 0;
}

/* --- life cycle ------------------------------------------------------------------------------- */

int evtchn_domain_init(struct domain *d, unsigned max_ports)
{
    struct evtchn_domain *e = hv_zalloc(sizeof(*e));
    int rc;

    if (!e)
        return -XEN_ENOMEM;
    spin_init(&e->lock, LOCK_EVENT);
    e->max_port = MIN(max_ports, EVTCHN_FIFO_NR_CHANNELS - 1U);
    d->evtchn = e;
    rc = grow(d);
    if (rc) {
        d->evtchn = NULL;
        hv_free(e);
        return rc;
    }
    port_set_state(port_lookup(e, 0), PORT_RESERVED);
    return 0;
}

int evtchn_domain_close(struct domain *d)
{
    struct evtchn_domain *e = d->evtchn;

    spin_lock(&e->lock);
    e->closed = true;
    spin_unlock(&e->lock);
    virq_handlers_release(d);
    return close_all(d, &e->close_next, true);
}

int evtchn_domain_release_pages(struct domain *d)
{
    fifo_destroy_now(d);
    return 0;
}

static void free_group(struct port **group)
{
    if (!group)
        return;
    for (unsigned i = 0; i < BUCKETS_PER_GROUP; i++)
        hv_free(group[i]);
    hv_free(group);
}

void evtchn_domain_free(struct domain *d)
{
    struct evtchn_domain *e = d->evtchn;

    if (!e)
        return;
    for (unsigned i = 0; i < PORT_GROUPS; i++)
        free_group(e->groups[i]);
    hv_free(e->pirq_ports);
    hv_free(e);
    d->evtchn = NULL;
}
