/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual and physical interrupts as events. They may be sent from interrupt context, so sending
 * takes no lock: which port an interrupt is bound to is one word, and what it leads to stays
 * allocated until this CPU leaves the hypervisor.
 */
#include <hv/arch.h>
#include <hv/event_port.h>
#include <hv/page_alloc.h>
#include <hv/policy.h>
#include <hv/rangeset.h>
#include <public/errno.h>

/* Domains other than the control domain that handle an interrupt of the machine; each holds a
 * reference. */
static struct domain *handlers[NR_VIRQS];

bool virq_is_global(unsigned virq)
{
    switch (virq) {
    case VIRQ_TIMER:
    case VIRQ_DEBUG:
    case VIRQ_XENOPROF:
    case VIRQ_XENPMU:
        return false;
    default:
        return true;
    }
}

/* --- sending ---------------------------------------------------------------------------------- */

void send_vcpu_virq(struct vcpu *v, unsigned virq)
{
    struct domain *d = v->domain;
    unsigned n = READ_ONCE(v->virq_port[virq]);
    struct port *p = n ? port_lookup(d->evtchn, n) : NULL;

    if (p && READ_ONCE(p->state) == PORT_VIRQ && p->virq == virq)
        port_set_pending(d, p, n);
}

void send_global_virq(unsigned virq)
{
    struct domain *d = __atomic_load_n(&handlers[virq], __ATOMIC_ACQUIRE);

    if (!d)
        d = hardware_domain;
    if (d && d->vcpu[0])
        send_vcpu_virq(d->vcpu[0], virq);
}

void send_pirq_event(struct domain *d, unsigned pirq)
{
    uint32_t *ports = __atomic_load_n(&d->evtchn->pirq_ports, __ATOMIC_ACQUIRE);
    unsigned n = ports && pirq < MAX_PIRQS ? READ_ONCE(ports[pirq]) : 0;
    struct port *p = n ? port_lookup(d->evtchn, n) : NULL;

    if (p && READ_ONCE(p->state) == PORT_PIRQ && p->pirq == pirq)
        port_set_pending(d, p, n);
}

/* --- who handles the machine's interrupts ----------------------------------------------------- */

int set_global_virq_handler(struct domain *d, unsigned virq)
{
    struct domain *old;

    if (virq >= NR_VIRQS || !virq_is_global(virq))
        return -XEN_EINVAL;
    if (!domain_get(d))
        return -XEN_ESRCH;
    old = __atomic_exchange_n(&handlers[virq], d, __ATOMIC_SEQ_CST);
    if (old)
        domain_put(old);
    if (READ_ONCE(d->dying) == DOMDYING_alive)
        return 0;
    virq_handlers_release(d); /* its end may have done so before */
    return -XEN_ESRCH;
}

void virq_handlers_release(struct domain *d)
{
    for (unsigned i = 0; i < NR_VIRQS; i++) {
        struct domain *expected = d;

        if (try_cmpxchg(&handlers[i], &expected, NULL))
            domain_put(d);
    }
}

/* --- binding: the event lock is held ---------------------------------------------------------- */

long virq_bind(struct domain *d, struct evtchn_bind_virq *op)
{
    struct vcpu *v;
    struct port *p;
    int n;

    if (op->virq >= NR_VIRQS || (virq_is_global(op->virq) && op->vcpu))
        return -XEN_EINVAL;
    v = vcpu_by_id(d, op->vcpu);
    if (!v)
        return -XEN_ENOENT;
    if (v->virq_port[op->virq])
        return -XEN_EEXIST;
    n = port_alloc(d, &p);
    if (n < 0)
        return n;
    p->virq = op->virq;
    p->vcpu = op->vcpu;
    port_set_state(p, PORT_VIRQ);
    __atomic_store_n(&v->virq_port[op->virq], n, __ATOMIC_RELEASE);
    op->port = n;
    return 0;
}

void virq_unbind(struct domain *d, const struct port *p, unsigned n)
{
    struct vcpu *v;

    /* a global one may be delivered elsewhere than where it was bound */
    for_each_vcpu(d, v)
        if (v->virq_port[p->virq] == n)
            WRITE_ONCE(v->virq_port[p->virq], 0);
}

static int ensure_pirq_ports(struct evtchn_domain *e)
{
    uint32_t *ports;

    if (e->pirq_ports)
        return 0;
    ports = hv_zalloc_array(MAX_PIRQS, sizeof(*ports));
    if (!ports)
        return -XEN_ENOMEM;
    __atomic_store_n(&e->pirq_ports, ports, __ATOMIC_RELEASE);
    return 0;
}

long pirq_bind(struct domain *d, struct evtchn_bind_pirq *op)
{
    struct evtchn_domain *e = d->evtchn;
    struct vcpu *v = d->vcpu[0];
    struct port *p;
    int n, rc;

    if (op->pirq >= MAX_PIRQS || (op->flags & ~BIND_PIRQ__WILL_SHARE) || !v)
        return -XEN_EINVAL;
    if (!rangeset_contains(d->irq_caps, op->pirq, op->pirq))
        return -XEN_EPERM;
    rc = ensure_pirq_ports(e);
    if (rc)
        return rc;
    if (e->pirq_ports[op->pirq])
        return -XEN_EEXIST;
    n = port_alloc(d, &p);
    if (n < 0)
        return n;
    p->pirq = op->pirq;
    p->vcpu = 0;
    port_set_state(p, PORT_PIRQ);
    WRITE_ONCE(e->pirq_ports[op->pirq], n);
    rc = pirq_guest_bind(v, op->pirq); /* one domain has the hardware: nobody shares */
    if (rc) {
        WRITE_ONCE(e->pirq_ports[op->pirq], 0);
        port_free(d, n);
        return rc;
    }
    e->nr_pirqs++;
    op->port = n;
    return 0;
}

void pirq_unbind(struct domain *d, const struct port *p)
{
    pirq_guest_unbind(d, p->pirq);
    WRITE_ONCE(d->evtchn->pirq_ports[p->pirq], 0);
    d->evtchn->nr_pirqs--;
}

void evtchn_move_pirqs(struct vcpu *v)
{
    struct evtchn_domain *e = v->domain->evtchn;
    unsigned left = READ_ONCE(e->nr_pirqs);

    for (unsigned i = 0; left && i < MAX_PIRQS; i++) {
        unsigned n = READ_ONCE(e->pirq_ports[i]);

        if (!n)
            continue;
        left--;
        if (READ_ONCE(port_lookup(e, n)->vcpu) == v->id)
            pirq_set_affinity(v->domain, i, v->processor);
    }
}
