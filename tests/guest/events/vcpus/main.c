/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An interdomain port can be delivered to any vcpu (EVTCHNOP_bind_vcpu): the event then shows in
 * that vcpu's vcpu_info, not in the sender's. EVTCHNOP_reset closes all ports of a domain.
 */
#include <guest.h>

static void check_bind_vcpu(evtchn_port_t a, evtchn_port_t b)
{
    evtchn_bind_vcpu_t move = {.port = a, .vcpu = 1};
    evtchn_status_t status;

    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_vcpu, &move), 0);
    CHECK_EQ(event_status(a, &status), 0);
    CHECK_EQ(status.vcpu, 1);
    event_mask(a, false);
    shared_info->vcpu_info[1].evtchn_upcall_pending = 0;
    shared_info->vcpu_info[1].evtchn_upcall_mask = 1;
    vcpu_info()->evtchn_upcall_pending = 0;
    CHECK_EQ(event_send(b), 0);
    CHECK_EQ(shared_info->vcpu_info[1].evtchn_upcall_pending, 1);
    CHECK_EQ(vcpu_info()->evtchn_upcall_pending, 0);
    shared_info->vcpu_info[1].evtchn_upcall_pending = 0;
    shared_info->vcpu_info[1].evtchn_pending_sel = 0;
    event_clear(a);
    move.vcpu = 4096;
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_vcpu, &move), -XEN_ENOENT);
}

GUEST_TEST("ports on another vcpu; reset")
{
    evtchn_bind_interdomain_t bind = {.remote_dom = DOMID_SELF};
    evtchn_reset_t reset = {.dom = DOMID_SELF};
    evtchn_status_t status;
    evtchn_port_t a;

    NEEDS_DOM0(); /* a reset would close the console's port of others */
    a = alloc_unbound(DOMID_SELF);
    bind.remote_port = a;
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind), 0);
    if (vcpus_present() > 1)
        check_bind_vcpu(a, bind.local_port);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_reset, &reset), 0);
    CHECK_EQ(event_status(a, &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_closed);
    event_mask(a, true);
    event_clear(a);
    event_clear(bind.local_port);
}
