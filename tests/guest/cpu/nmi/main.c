/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NMIs of a guest: nmi_op registers the handler (CALLBACKTYPE_nmi as well), VCPUOP_send_nmi raises
 * one on a vcpu of the own domain, delivered whatever the event mask is. A vcpu that blocks or
 * polls while one is pending does not sleep: both calls in one multicall, so that the NMI cannot be
 * delivered in between; an event from the timer would end the sleep, and must not have come (on
 * Xen 4.17 it comes: it looks for events only).
 */
#include <guest.h>

static volatile unsigned count;

static bool on_nmi(struct trap_frame *frame)
{
    (void)frame;
    count++;
    return true;
}

static void check_block(unsigned cmd, void *arg)
{
    multicall_entry_t calls[] = {
        {.op = __HYPERVISOR_vcpu_op, .args = {VCPUOP_send_nmi, 0, 0}},
        {.op = __HYPERVISOR_sched_op, .args = {cmd, (uint64_t)arg}},
    };
    evtchn_port_t port = bind_virq(VIRQ_TIMER, 0);

    count = 0;
    event_mask(port, false);
    CHECK_EQ(hyp_set_timer_op(now() + 20000 * MS), 0);
    CHECK_EQ(hyp_multicall(calls, 2), 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(event_pending(port) || event_count[port], false);
    hyp_set_timer_op(0);
    events_off();
    event_close(port);
}

GUEST_TEST("NMI: registered, sent to the own vcpu, delivered")
{
    sched_poll_t poll = {.timeout = now() + 20000 * MS};
    xennmi_callback_t callback = {.handler_address = (uint64_t)entry_nmi};

    CHECK_EQ(hyp_nmi_op(XENNMI_register_callback, &callback), 0);
    trap_hook(VEC_NMI_CALLBACK, on_nmi);
    count = 0;
    CHECK_EQ(hyp_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
    hyp_xen_version(XENVER_version, NULL);
    CHECK_EQ(count, 1);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_send_nmi, 4096, NULL), -XEN_ENOENT);
    check_block(SCHEDOP_block, NULL);
    check_block(SCHEDOP_poll, &poll);
    CHECK_EQ(hyp_nmi_op(XENNMI_unregister_callback, NULL), 0);
    CHECK_EQ(hyp_nmi_op(XENNMI_register_callback, NULL), -XEN_EFAULT);
    callback.handler_address = 0x8000000000000000UL;
    CHECK_EQ(hyp_nmi_op(XENNMI_register_callback, &callback), -XEN_EINVAL);
    CHECK_EQ(hyp_nmi_op(99, NULL), -XEN_ENOSYS);
    trap_hook(VEC_NMI_CALLBACK, NULL);
}
