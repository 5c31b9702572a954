/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short forms of the event operations, as the current vcpu, and two connected guests to try them.
 */
#ifndef EVENT_FORMS_H
#define EVENT_FORMS_H

#include "svc_machine.h"

#include <hv/arch.h>
#include <hv/event_port.h>
#include <public/errno.h>

static inline struct domain *dom0(void)
{
    return hardware_domain;
}

static inline long event(unsigned cmd, void *arg)
{
    return CALL(event_channel_op, cmd, (uint64_t)arg, 0);
}

/* --- short forms: as the current vcpu --------------------------------------------------------- */

static inline long alloc_unbound(domid_t dom, domid_t remote)
{
    struct evtchn_alloc_unbound op = { .dom = dom, .remote_dom = remote };
    long rc = event(EVTCHNOP_alloc_unbound, &op);

    return rc ? rc : op.port;
}

static inline long bind_interdomain(domid_t remote, unsigned port)
{
    struct evtchn_bind_interdomain op = { .remote_dom = remote, .remote_port = port };
    long rc = event(EVTCHNOP_bind_interdomain, &op);

    return rc ? rc : op.local_port;
}

static inline long bind_virq(unsigned virq, unsigned vcpu)
{
    struct evtchn_bind_virq op = { .virq = virq, .vcpu = vcpu };
    long rc = event(EVTCHNOP_bind_virq, &op);

    return rc ? rc : op.port;
}

static inline long bind_ipi(unsigned vcpu)
{
    struct evtchn_bind_ipi op = { .vcpu = vcpu };
    long rc = event(EVTCHNOP_bind_ipi, &op);

    return rc ? rc : op.port;
}

static inline long with_port(unsigned cmd, unsigned port)
{
    struct evtchn_close op = { .port = port }; /* close, send and unmask look alike */

    return event(cmd, &op);
}

static inline unsigned status(domid_t dom, unsigned port)
{
    struct evtchn_status op = { .dom = dom, .port = port };

    ck_assert_int_eq(event(EVTCHNOP_status, &op), 0);
    return op.status;
}

static inline bool pending_2l(const struct domain *d, unsigned port)
{
    return d->shared_info->evtchn_pending[port / 64] >> port % 64 & 1;
}

static inline void take_2l(struct domain *d, unsigned port)
{
    d->shared_info->evtchn_pending[port / 64] &= ~(1UL << port % 64);
    d->vcpu[0]->vcpu_info->evtchn_pending_sel = 0;
    d->vcpu[0]->vcpu_info->evtchn_upcall_pending = 0;
}

/* Two guests, connected: ports[0] of a, ports[1] of b. */
static struct domain *a, *b;
static long ports[2];

static inline void setup(void)
{
    svc_init();
    a = svc_domain(2, 20);
    b = svc_domain(2, 20);
    svc_become(a, 0);
    ports[0] = alloc_unbound(DOMID_SELF, b->id);
    ck_assert_int_gt(ports[0], 0);
    svc_become(b, 0);
    ports[1] = bind_interdomain(a->id, ports[0]);
    ck_assert_int_gt(ports[1], 0);
    take_2l(b, ports[1]);
    svc_become(a, 0);
}

#endif
