/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls of before 3.2.2, which have the command inside their structure:
 * event_channel_op_compat, physdev_op_compat, sched_op_compat. They do what the new ones do and
 * refuse commands that are newer than they are.
 */
#include <guest.h>

GUEST_TEST("old forms of calls")
{
    evtchn_op_t event = {.cmd = EVTCHNOP_bind_ipi, .u.bind_ipi = {.vcpu = 0}};
    physdev_op_t device = {.cmd = PHYSDEVOP_set_iopl, .u.set_iopl = {.iopl = 1}};
    evtchn_port_t port;

    CHECK_EQ(hypercall(__HYPERVISOR_event_channel_op_compat, (uint64_t)&event, 0, 0, 0, 0), 0);
    port = event.u.bind_ipi.port;
    event = (evtchn_op_t){.cmd = EVTCHNOP_send, .u.send = {port}};
    event_clear(port);
    CHECK_EQ(hypercall(__HYPERVISOR_event_channel_op_compat, (uint64_t)&event, 0, 0, 0, 0), 0);
    CHECK(event_pending(port));
    CHECK_EQ(event_close(port), 0);
    event.cmd = EVTCHNOP_init_control;
    CHECK(hypercall(__HYPERVISOR_event_channel_op_compat, (uint64_t)&event, 0, 0, 0, 0) < 0);
    CHECK_EQ(hypercall(__HYPERVISOR_event_channel_op_compat, 0x1000, 0, 0, 0, 0), -XEN_EFAULT);
    CHECK_EQ(hypercall(__HYPERVISOR_physdev_op_compat, (uint64_t)&device, 0, 0, 0, 0), 0);
    device.u.set_iopl.iopl = 0;
    CHECK_EQ(hypercall(__HYPERVISOR_physdev_op_compat, (uint64_t)&device, 0, 0, 0, 0), 0);
    CHECK_EQ(hypercall(__HYPERVISOR_physdev_op_compat, 0x1000, 0, 0, 0, 0), -XEN_EFAULT);
    CHECK_EQ(hypercall(__HYPERVISOR_sched_op_compat, SCHEDOP_yield, 0, 0, 0, 0), 0);
}
