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

/* Any event may end a sleep, such as the console daemon's: so often at most is it slept again. */
#define MAX_EARLY 100

static void check_time(const evtchn_port_t *ports, unsigned count)
{
    uint64_t end = now() + 10 * MS;
    unsigned early = 0;

    do {
        CHECK_EQ(poll(ports, count, end), 0);
    } while (now() < end && ++early < MAX_EARLY);
    CHECK(now() >= end);
}

/* Without a time: a poll that misses the event never comes back. */
static void check_events(const evtchn_port_t *ports)
{
    uint64_t start = now();

    CHECK(!event_pending(ports[0]) && !event_pending(ports[1]));
    CHECK_EQ(event_send(ports[1]), 0);
    CHECK_EQ(poll(ports, 2, 0), 0);
    event_clear(ports[1]);
    if (vcpus_present() < 2 || !CHECK(vcpu_start(1, sender, (void *)ports)))
        return;
    do {
        CHECK_EQ(poll(ports, 2, 0), 0);
    } while (!event_pending(ports[0]));
    CHECK(now() >= start + 10 * MS);
    CHECK(vcpu_wait(1));
    event_clear(ports[0]);
}

GUEST_TEST("poll")
{
    evtchn_port_t ports[2] = {bind_ipi(0), bind_ipi(0)};

    check_time(NULL, 0);
    check_time(ports, 2);
    check_events(ports);
    CHECK_EQ(poll(ports, 129, now()), -XEN_EINVAL);
    CHECK_EQ(poll(ports, ~0U, now()), -XEN_EINVAL);
    CHECK_EQ(poll((void *)0x1000, 1, now()), -XEN_EFAULT);
    CHECK_EQ(poll((evtchn_port_t[]){131072}, 1, now()), -XEN_EINVAL);
    CHECK_EQ(poll((evtchn_port_t[]){~0U}, 1, now()), -XEN_EINVAL);
    event_close(ports[0]);
    event_close(ports[1]);
}
