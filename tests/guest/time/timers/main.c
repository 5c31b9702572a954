/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers of a vcpu raise VIRQ_TIMER: set_timer_op (absolute ns, 0 stops it), the singleshot timer
 * (vcpu.h; with VCPU_SSHOTTMR_future a time in the past may be -ETIME; Xen 4.17 fires at once),
 * the periodic timer (at least 1 ms, else -EINVAL). A timer never fires early, and one in the past
 * fires at once. Timers of other vcpus cannot be set: -EINVAL.
 */
#include <guest.h>

static evtchn_port_t port;

/* Waits for the event; false if it came before its time or not at all. */
static bool fired_at(uint64_t deadline)
{
    bool came = event_wait(port, PATIENCE);
    uint64_t t = now();

    event_count[port] = 0;
    if (came && t + MS < deadline) /* clocks of two CPUs may differ by less */
        failure("fired %lu ns early", deadline - t);
    return came && t + MS >= deadline;
}

static bool quiet_for(uint64_t ns)
{
    bool came = event_wait(port, ns);

    event_count[port] = 0;
    return !came;
}

/* True if a timer was stopped by now before its time; else it may have fired, which is undone. */
static bool stopped_before(uint64_t deadline)
{
    if (now() + MS < deadline)
        return true;
    event_clear(port);
    return false;
}

static void check_set_timer(void)
{
    uint64_t deadline = now() + 5 * MS;

    CHECK_EQ(hyp_set_timer_op(deadline), 0);
    CHECK(fired_at(deadline));
    CHECK_EQ(hyp_set_timer_op(now() - MS), 0);
    CHECK(fired_at(0));
    do {
        deadline = now() + 5 * MS;
        CHECK_EQ(hyp_set_timer_op(deadline), 0);
        CHECK_EQ(hyp_set_timer_op(0), 0);
    } while (!stopped_before(deadline));
    CHECK(quiet_for(20 * MS));
}

static void check_singleshot(void)
{
    vcpu_set_singleshot_timer_t timer = {.timeout_abs_ns = now() + 5 * MS};
    long result;

    CHECK_EQ(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer), 0);
    CHECK(fired_at(timer.timeout_abs_ns));
    do {
        timer.timeout_abs_ns = now() + 5 * MS;
        CHECK_EQ(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer), 0);
        CHECK_EQ(hyp_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
    } while (!stopped_before(timer.timeout_abs_ns));
    CHECK(quiet_for(20 * MS));
    timer = (vcpu_set_singleshot_timer_t){now() - MS, VCPU_SSHOTTMR_future};
    result = hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer);
    CHECK(result == -XEN_ETIME ? quiet_for(5 * MS) : !result && fired_at(0));
    timer.flags = 0;
    CHECK_EQ(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer), 0);
    CHECK(fired_at(0));
    CHECK_EQ(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, NULL), -XEN_EFAULT);
}

static void check_periodic(void)
{
    vcpu_set_periodic_timer_t period = {2 * MS};
    uint64_t start = now();

    event_count[port] = 0;
    CHECK_EQ(hyp_vcpu_op(VCPUOP_set_periodic_timer, 0, &period), 0);
    events_on();
    CHECK(WAIT_FOR(event_count[port] >= 20)); /* ticks may be missed, and none comes too often */
    events_off();
    CHECK(event_count[port] <= (now() - start) / period.period_ns + 1);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    event_clear(port);
    event_count[port] = 0;
    CHECK(quiet_for(20 * MS));
    period.period_ns = MS / 2;
    CHECK_EQ(hyp_vcpu_op(VCPUOP_set_periodic_timer, 0, &period), -XEN_EINVAL);
    period.period_ns = ~0UL;
    CHECK_EQ(hyp_vcpu_op(VCPUOP_set_periodic_timer, 0, &period), -XEN_EINVAL);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_set_periodic_timer, 0, NULL), -XEN_EFAULT);
}

static void check_others(void)
{
    vcpu_set_singleshot_timer_t timer = {.timeout_abs_ns = now() + MS};

    if (vcpus_present() < 2)
        return;
    CHECK_EQ(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 1, &timer), -XEN_EINVAL);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_stop_singleshot_timer, 1, NULL), -XEN_EINVAL);
}

GUEST_TEST("timers: set_timer_op, singleshot, periodic")
{
    port = bind_virq(VIRQ_TIMER, 0);
    event_mask(port, false);
    check_set_timer();
    check_singleshot();
    check_periodic();
    check_others();
    event_close(port);
}
