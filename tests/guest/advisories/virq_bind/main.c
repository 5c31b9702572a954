/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSA-496 (row 28): binding a virtual interrupt that was bound already took the error path, which
 * undid the state of the binding that was there.
 *
 * Here: a bound timer is bound again, at the same and at another vcpu, with wrong vcpus and
 * numbers, and with no port left. Each fails with its error, and the first binding goes on: its
 * status is the same and its event arrives. After it is closed it can be bound anew.
 */
#include <guest.h>

static evtchn_port_t port;

static long bind(unsigned virq, unsigned vcpu)
{
    evtchn_bind_virq_t arg = {.virq = virq, .vcpu = vcpu};

    return hyp_event_channel_op(EVTCHNOP_bind_virq, &arg);
}

static void check_works(void)
{
    evtchn_status_t status;

    CHECK_EQ(event_status(port, &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_virq);
    CHECK_EQ(status.u.virq, VIRQ_TIMER);
    event_clear(port);
    event_count[port] = 0;
    event_mask(port, false);
    CHECK_EQ(hyp_set_timer_op(now() + MS), 0);
    CHECK(event_wait(port, 60000 * MS));
    event_mask(port, true);
}

static void check_no_port_left(void)
{
    static evtchn_port_t taken[4200];
    unsigned n = 0;

    while (n < ARRAY_SIZE(taken)) {
        evtchn_alloc_unbound_t arg = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};

        if (hyp_event_channel_op(EVTCHNOP_alloc_unbound, &arg))
            break;
        taken[n++] = arg.port;
    }
    CHECK_EQ(bind(VIRQ_TIMER, 0), -XEN_EEXIST);
    CHECK_EQ(bind(VIRQ_DEBUG, 0), -XEN_ENOSPC);
    while (n)
        event_close(taken[--n]);
}

GUEST_TEST("XSA-496: a failed bind_virq leaves the other's binding alone")
{
    port = bind_virq(VIRQ_TIMER, 0);
    check_works();
    CHECK_EQ(bind(VIRQ_TIMER, 0), -XEN_EEXIST);
    check_works();
    CHECK_EQ(bind(VIRQ_TIMER, 999), -XEN_ENOENT);
    CHECK_EQ(bind(NR_VIRQS, 0), -XEN_EINVAL);
    CHECK_EQ(bind(~0U, 0), -XEN_EINVAL);
    CHECK_EQ(bind(VIRQ_DOM_EXC, 1), -XEN_EINVAL); /* not a vcpu's own */
    check_works();
    check_no_port_left();
    check_works();
    CHECK_EQ(event_close(port), 0);
    port = bind_virq(VIRQ_TIMER, 0);
    check_works();
    event_close(port);
}
