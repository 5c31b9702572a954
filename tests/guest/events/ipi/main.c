/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts between vcpus: bind_ipi makes a port that the domain sends to itself and that the
 * bound vcpu receives. Sent to the own vcpu it arrives at once; sent to a second vcpu it is
 * received there and wakes it from SCHEDOP_block. The port cannot be moved to another vcpu.
 */
#include <guest.h>

static evtchn_port_t port;
static volatile bool ready;

static void receiver(void *unused)
{
    (void)unused;
    event_mask(port, false);
    ready = true;
    while (!event_count[port])
        hyp_sched_op(SCHEDOP_block, NULL); /* unmasks events */
    events_off();
}

static void check_own(void)
{
    port = bind_ipi(0);
    event_mask(port, false);
    events_on();
    CHECK_EQ(event_send(port), 0);
    CHECK_EQ(event_count[port], 1);
    events_off();
    CHECK_EQ(event_close(port), 0);
}

static void check_second_vcpu(void)
{
    evtchn_bind_vcpu_t move = {.vcpu = 0};

    port = bind_ipi(1);
    move.port = port;
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
    ready = false;
    CHECK(vcpu_start(1, receiver, NULL));
    CHECK(WAIT_FOR(ready));
    sleep(2 * MS); /* it sleeps by now, if the machine is not too busy */
    CHECK_EQ(event_send(port), 0);
    CHECK(vcpu_wait(1));
    CHECK_EQ(event_count[port], 1);
    CHECK_EQ(event_close(port), 0);
}

GUEST_TEST("interrupts between vcpus")
{
    evtchn_bind_ipi_t bad = {.vcpu = 4096};

    check_own();
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_ipi, &bad), -XEN_ENOENT);
    bad.vcpu = ~0U;
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_ipi, &bad), -XEN_ENOENT);
    NEEDS_VCPUS(2);
    check_second_vcpu();
}
