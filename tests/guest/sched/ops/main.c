/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched_op (sched.h): yield returns 0 at once; block unmasks events and returns when one is
 * pending; shutdown with an unknown reason, an argument that cannot be read and unknown commands
 * are refused; shutdown of others is for controllers; pin_override is for Dom0 and needs a CPU
 * that is there.
 */
#include <guest.h>

static void check_block(void)
{
    evtchn_port_t port = bind_virq(VIRQ_TIMER, 0);
    uint64_t deadline = now() + 5 * MS;

    event_mask(port, false);
    CHECK_EQ(hyp_set_timer_op(deadline), 0);
    do { /* a console daemon that connects just now wakes, too */
        CHECK_EQ(hyp_sched_op(SCHEDOP_block, NULL), 0);
    } while (!event_count[port]);
    CHECK(now() + MS >= deadline);
    CHECK_EQ(vcpu_info()->evtchn_upcall_mask, 0);
    CHECK_EQ(event_count[port], 1);
    events_off();
    /* something is pending already: block does not sleep, but delivers it */
    CHECK_EQ(hyp_set_timer_op(now() - MS), 0);
    CHECK(WAIT_FOR(event_pending(port)));
    CHECK_EQ(hyp_sched_op(SCHEDOP_block, NULL), 0);
    CHECK_EQ(event_count[port], 2);
    events_off();
    event_close(port);
}

static void check_pin(void)
{
    sched_pin_override_t pin = {.pcpu = 0};

    if (!is_dom0()) {
        CHECK_EQ(hyp_sched_op(SCHEDOP_pin_override, &pin), -XEN_EPERM);
        return;
    }
    CHECK_EQ(hyp_sched_op(SCHEDOP_pin_override, &pin), 0);
    pin.pcpu = -1;
    CHECK_EQ(hyp_sched_op(SCHEDOP_pin_override, &pin), 0);
    pin.pcpu = 4000;
    CHECK_EQ(hyp_sched_op(SCHEDOP_pin_override, &pin), -XEN_EINVAL);
    CHECK_EQ(hyp_sched_op(SCHEDOP_pin_override, NULL), -XEN_EFAULT);
}

static void check_remote(void)
{
    sched_remote_shutdown_t remote = {.domain_id = 0x7000, .reason = SHUTDOWN_poweroff};

    CHECK_EQ(hyp_sched_op(SCHEDOP_remote_shutdown, &remote), -XEN_ESRCH);
    CHECK_EQ(hyp_sched_op(SCHEDOP_remote_shutdown, NULL), -XEN_EFAULT);
    if (!is_dom0()) {
        remote.domain_id = 0;
        CHECK(hyp_sched_op(SCHEDOP_remote_shutdown, &remote) < 0);
    }
}

GUEST_TEST("sched_op: yield, block, refused values")
{
    CHECK_EQ(hyp_sched_op(SCHEDOP_yield, NULL), 0);
    check_block();
    CHECK_EQ(hyp_sched_op(SCHEDOP_shutdown, NULL), -XEN_EFAULT);
    CHECK_EQ(hyp_sched_op(SCHEDOP_shutdown_code, NULL), -XEN_EFAULT);
    CHECK_EQ(hyp_sched_op(SCHEDOP_poll, NULL), -XEN_EFAULT);
    CHECK_EQ(hyp_sched_op(SCHEDOP_watchdog, NULL), -XEN_EFAULT);
    CHECK_EQ(hyp_sched_op(99, NULL), -XEN_ENOSYS);
    CHECK_EQ(hyp_sched_op(~0U, NULL), -XEN_ENOSYS);
    check_pin();
    check_remote();
    CHECK_EQ(hypercall(__HYPERVISOR_sched_op_compat, SCHEDOP_yield, 0, 0, 0, 0), 0);
}
