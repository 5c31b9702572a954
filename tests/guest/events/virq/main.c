/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual interrupts (xen.h, VIRQ_*): bound once per vcpu or once at all; a second bind is
 * -EEXIST, an unknown number -EINVAL, a global one on another vcpu -EINVAL, a vcpu that is not
 * there -ENOENT. Ports of per-vcpu interrupts stay where they are. Only Dom0 gets the global ones
 * of the machine.
 */
#include <guest.h>

static long bind(unsigned virq, unsigned vcpu, evtchn_port_t *port)
{
    evtchn_bind_virq_t arg = {.virq = virq, .vcpu = vcpu};
    long result = hyp_event_channel_op(EVTCHNOP_bind_virq, &arg);

    if (port)
        *port = arg.port;
    return result;
}

static void check_global(unsigned virq)
{
    evtchn_port_t port;
    evtchn_status_t status;
    evtchn_bind_vcpu_t move = {.vcpu = 1};

    CHECK_EQ(bind(virq, 1, NULL), -XEN_EINVAL);
    if (!CHECK_EQ(bind(virq, 0, &port), 0))
        return;
    CHECK_EQ(bind(virq, 0, NULL), -XEN_EEXIST);
    CHECK_EQ(event_status(port, &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_virq);
    CHECK_EQ(status.u.virq, virq);
    CHECK_EQ(event_send(port), -XEN_EINVAL);
    move.port = port;
    if (vcpus_present() > 1) {
        CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_vcpu, &move), 0);
        CHECK_EQ(event_status(port, &status), 0);
        CHECK_EQ(status.vcpu, 1);
    }
    CHECK_EQ(event_close(port), 0);
}

static void check_per_vcpu(unsigned virq)
{
    evtchn_port_t port, second = 0;
    evtchn_bind_vcpu_t move = {.vcpu = 0};

    CHECK_EQ(bind(virq, 0, &port), 0);
    CHECK_EQ(bind(virq, 0, NULL), -XEN_EEXIST);
    if (vcpus_present() > 1)
        CHECK_EQ(bind(virq, 1, &second), 0);
    move.port = port;
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
    CHECK_EQ(event_close(port), 0);
    if (second)
        CHECK_EQ(event_close(second), 0);
}

GUEST_TEST("virtual interrupts: binding")
{
    check_per_vcpu(VIRQ_TIMER);
    check_per_vcpu(VIRQ_DEBUG);
    if (is_dom0()) {
        check_global(VIRQ_DOM_EXC);
        check_global(VIRQ_CONSOLE);
        check_global(VIRQ_CON_RING);
        check_global(VIRQ_PCPU_STATE);
        check_global(VIRQ_ENOMEM);
    }
    CHECK_EQ(bind(NR_VIRQS, 0, NULL), -XEN_EINVAL);
    CHECK_EQ(bind(~0U, 0, NULL), -XEN_EINVAL);
    CHECK_EQ(bind(VIRQ_TIMER, 4096, NULL), -XEN_ENOENT);
    CHECK_EQ(bind(VIRQ_TIMER, ~0U, NULL), -XEN_ENOENT);
}
