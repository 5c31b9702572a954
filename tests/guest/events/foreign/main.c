/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels of another domain, as a toolstack makes them: a port of a new domain for Dom0 to
 * bind (alloc_unbound for it), bound here, its state seen from both sides. The wrong end cannot
 * bind it. When the domain is destroyed the local end becomes unbound, and a send to it does
 * nothing.
 */
#include <guest.h>

static domid_t domid;

static evtchn_port_t alloc_there(domid_t remote)
{
    evtchn_alloc_unbound_t arg = {.dom = domid, .remote_dom = remote};

    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_alloc_unbound, &arg), 0);
    return arg.port;
}

static evtchn_status_t status_there(evtchn_port_t port)
{
    evtchn_status_t status = {.dom = domid, .port = port};

    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_status, &status), 0);
    return status;
}

static evtchn_port_t check_bind(void)
{
    evtchn_port_t there = alloc_there(0), other = alloc_there(domid);
    evtchn_bind_interdomain_t bind = {.remote_dom = domid, .remote_port = other};
    evtchn_status_t status;

    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind), -XEN_EINVAL);
    bind.remote_port = there;
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind), 0);
    status = status_there(there);
    CHECK_EQ(status.status, EVTCHNSTAT_interdomain);
    CHECK_EQ(status.u.interdomain.dom, 0);
    CHECK_EQ(status.u.interdomain.port, bind.local_port);
    CHECK_EQ(event_send(bind.local_port), 0);
    return bind.local_port;
}

GUEST_TEST("event channels of another domain, and its end")
{
    struct xen_domctl op = {.u.max_vcpus.max = 1};
    evtchn_reset_t reset;
    evtchn_status_t status;
    evtchn_port_t here;

    NEEDS_DOM0();
    CHECK_EQ(domain_create(0, &domid), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_vcpus, domid), 0);
    here = check_bind();
    CHECK_EQ(domain_destroy(domid), 0);
    CHECK_EQ(event_status(here, &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_unbound);
    CHECK_EQ(event_send(here), 0);
    CHECK_EQ(event_close(here), 0);
    reset.dom = domid;
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_reset, &reset), -XEN_ESRCH);
}
