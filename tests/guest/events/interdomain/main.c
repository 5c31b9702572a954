/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interdomain ports (event_channel.h), both ends in this domain: alloc_unbound, bind_interdomain,
 * send both ways, status at each step. A send to a masked port leaves it pending without an upcall;
 * unmasking by EVTCHNOP_unmask delivers it. Closing one end makes the other unbound, and a send to
 * it is fine and does nothing.
 */
#include <guest.h>

static evtchn_port_t a, b;

static void expect_status(evtchn_port_t port, unsigned want, int line)
{
    evtchn_status_t status;
    long result = event_status(port, &status);

    if (result || status.status != want)
        report(STATUS_FAILURE, __FILE__, line, "port %u: %ld, status %u, not %u", port, result,
               status.status, want);
}

static void check_connect(void)
{
    evtchn_bind_interdomain_t bind = {.remote_dom = DOMID_SELF};
    evtchn_status_t status;

    a = alloc_unbound(DOMID_SELF);
    expect_status(a, EVTCHNSTAT_unbound, __LINE__);
    bind.remote_port = a;
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind), 0);
    b = bind.local_port;
    CHECK(b != a);
    expect_status(a, EVTCHNSTAT_interdomain, __LINE__);
    CHECK_EQ(event_status(b, &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_interdomain);
    CHECK_EQ(status.u.interdomain.dom, own_domid());
    CHECK_EQ(status.u.interdomain.port, a);
    CHECK_EQ(status.vcpu, 0);
    /* a second bind to the same port is refused */
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind), -XEN_EINVAL);
    event_clear(a);
    event_clear(b);
}

static void check_send(void)
{
    event_mask(a, false);
    event_mask(b, false);
    event_count[a] = event_count[b] = 0;
    CHECK_EQ(event_send(b), 0);
    CHECK(event_pending(a) && !event_pending(b));
    CHECK(vcpu_info()->evtchn_upcall_pending);
    CHECK(event_wait(a, PATIENCE));
    CHECK_EQ(event_send(a), 0);
    CHECK(event_wait(b, PATIENCE));
    CHECK_EQ(event_count[a], 1);
    CHECK_EQ(event_count[b], 1);
    events_on();
    CHECK_EQ(event_send(a), 0); /* delivered before the next instruction */
    CHECK_EQ(event_count[b], 2);
    events_off();
}

static void check_mask(void)
{
    evtchn_unmask_t unmask = {.port = a};

    event_count[a] = 0;
    event_mask(a, true);
    CHECK_EQ(event_send(b), 0);
    CHECK_EQ(event_send(b), 0);
    CHECK(event_pending(a));
    CHECK(!event_wait(a, 2 * MS));
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_unmask, &unmask), 0);
    CHECK(event_wait(a, PATIENCE));
    CHECK_EQ(event_count[a], 1);
    CHECK(!(shared_info->evtchn_mask[a / 64] >> a % 64 & 1));
}

static void check_close(void)
{
    CHECK_EQ(event_close(a), 0);
    expect_status(a, EVTCHNSTAT_closed, __LINE__);
    expect_status(b, EVTCHNSTAT_unbound, __LINE__);
    CHECK_EQ(event_send(b), 0);
    CHECK_EQ(event_close(b), 0);
    CHECK_EQ(event_close(b), -XEN_EINVAL);
    CHECK_EQ(event_send(b), -XEN_EINVAL);
}

GUEST_TEST("interdomain ports from alloc to close")
{
    check_connect();
    check_send();
    check_mask();
    check_close();
}
