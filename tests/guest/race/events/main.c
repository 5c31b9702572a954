/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels made, moved and closed on one vcpu while another sends, unmasks, asks for and
 * moves the same ports (advisories 331, 343, 344). Each call gives 0 or one of its errors; at the
 * end all ports are closed again, and events still arrive.
 */
#include <guest.h>

static volatile unsigned odd, calls;
static evtchn_port_t first;

static void expect(long result)
{
    if (result && result != -XEN_EINVAL && result != -XEN_ENOENT)
        odd++;
    calls++;
}

static void pester(void)
{
    for (evtchn_port_t port = first; port < first + 4; port++) {
        evtchn_unmask_t unmask = {port};
        evtchn_bind_vcpu_t move = {.port = port, .vcpu = port & 1};
        evtchn_status_t status;

        expect(event_send(port));
        expect(hyp_event_channel_op(EVTCHNOP_unmask, &unmask));
        expect(hyp_event_channel_op(EVTCHNOP_bind_vcpu, &move));
        expect(event_status(port, &status));
    }
}

static void one_round(void)
{
    evtchn_bind_interdomain_t bind = {.remote_dom = DOMID_SELF};
    evtchn_port_t ipi = bind_ipi(0), other = alloc_unbound(DOMID_SELF);

    bind.remote_port = other;
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind), 0);
    CHECK_EQ(event_send(bind.local_port), 0);
    event_close(other);
    event_close(bind.local_port);
    event_close(ipi);
}

GUEST_TEST("race: ports closed while they are used")
{
    NEEDS_VCPUS(2);
    first = bind_ipi(0);
    event_close(first);
    odd = calls = 0;
    race(one_round, pester, 1000);
    printk("%u calls\n", calls);
    CHECK_EQ(odd, 0);
    memset(shared_info->evtchn_mask, 0xff, sizeof(shared_info->evtchn_mask));
    memset(shared_info->evtchn_pending, 0, sizeof(shared_info->evtchn_pending));
    shared_info->vcpu_info[1].evtchn_pending_sel = 0;
    shared_info->vcpu_info[1].evtchn_upcall_pending = 0;
}
