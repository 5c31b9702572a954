/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports of a domain whose end is the hypervisor's: a device model at the other end is told of
 * requests, and what it sends lets the vcpu look for the answer. The domain's own calls leave them
 * alone.
 */
#include <hv/event_port.h>
#include <public/errno.h>

int evtchn_open_hv(struct vcpu *v, domid_t remote)
{
    struct domain *d = v->domain;
    struct port *p;
    int n;

    spin_lock(&d->evtchn->lock);
    n = port_alloc(d, &p);
    if (n > 0) {
        p->remote_id = remote;
        p->remote_port = 0;
        p->vcpu = v->id;
        p->for_hv = true;
        port_set_state(p, PORT_UNBOUND);
    }
    spin_unlock(&d->evtchn->lock);
    return n;
}

void evtchn_close_hv(struct domain *d, unsigned n)
{
    while (port_close(d, n, true) == -XEN_EAGAIN)
        ;
}
