/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SCHEDOP_poll sleeps until one of the named ports is pending (masked or not) or the time has come.
 * No port and a time is a sleep. A port that is pending already returns at once. More than 128
 * ports, ports that are not there, a list that cannot be read: refused.
 */
#include <guest.h>

static long poll(const evtchn_port_t *ports, unsigned count, uint64_t timeout)
{
    sched_poll_t arg = {.ports = HANDLE(ports), .nr_ports = count, .timeout = timeout};

    return hyp_sched_op(SCHEDOP_poll, &arg);
}

static void sender(void *port)
{
    busy_wait(10 * MS);
    event_send(*(evtchn_port_t *)port);
}

GUEST_TEST("poll")
{
    evtchn_port_t ports[2] = {bind_ipi(0), bind_ipi(0)};
    uint64_t start = now();
    unsigned early = 0;

    CHECK_EQ(poll(NULL, 0, start + 10 * MS), 0);
    CHECK(now() < start + 5000 * MS);
    sleep(10 * MS);
    CHECK(now() >= start + 10 * MS);
    start = now();
    do { /* with several ports any event may end the sleep */
        CHECK_EQ(poll(ports, 2, start + 10 * MS), 0);
        CHECK(!event_pending(ports[0]) && !event_pending(ports[1]));
    } while (now() < start + 10 * MS && ++early < 100);
    CHECK(now() >= start + 10 * MS);
    CHECK_EQ(event_send(ports[1]), 0);
    start = now();
    CHECK_EQ(poll(ports, 2, start + 10000 * MS), 0);
    CHECK(now() < start + 5000 * MS);
    event_clear(ports[1]);
    if (vcpus_present() > 1) {
        start = now();
        CHECK(vcpu_start(1, sender, &ports[0]));
        CHECK_EQ(poll(ports, 2, start + 10000 * MS), 0);
        CHECK(event_pending(ports[0]));
        CHECK(now() >= start + 10 * MS && now() < start + 5000 * MS);
        CHECK(vcpu_wait(1, 20000 * MS));
        event_clear(ports[0]);
    }
    CHECK_EQ(poll(ports, 129, now()), -XEN_EINVAL);
    CHECK_EQ(poll(ports, ~0U, now()), -XEN_EINVAL);
    CHECK_EQ(poll((void *)0x1000, 1, now()), -XEN_EFAULT);
    CHECK_EQ(poll((evtchn_port_t[]){131072}, 1, now()), -XEN_EINVAL);
    CHECK_EQ(poll((evtchn_port_t[]){~0U}, 1, now()), -XEN_EINVAL);
    event_close(ports[0]);
    event_close(ports[1]);
}
