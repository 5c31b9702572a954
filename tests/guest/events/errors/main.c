/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every event channel operation with wrong arguments: ports 0, beyond the table, not allocated;
 * domains that are not there; buffers that cannot be read or, for results, not be written (the port
 * must not stay allocated then). Ports until the limit: -ENOSPC, all given back.
 */
#include <guest.h>

static const evtchn_port_t bad_ports[] = {0, 4095, 4096, 131071, 131072, 0x7fffffff, 0xffffffff};

static void check_bad_ports(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(bad_ports); i++) {
        evtchn_port_t port = bad_ports[i];
        evtchn_bind_vcpu_t move = {.port = port};
        evtchn_unmask_t unmask = {.port = port};
        evtchn_bind_interdomain_t bind = {.remote_dom = DOMID_SELF, .remote_port = port};
        evtchn_set_priority_t priority = {.port = port};

        CHECK_EQ(event_send(port), -XEN_EINVAL);
        CHECK_EQ(event_close(port), -XEN_EINVAL);
        CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
        CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind), -XEN_EINVAL);
        CHECK(hyp_event_channel_op(EVTCHNOP_set_priority, &priority) < 0);
        if (port >= 131072)
            CHECK_EQ(hyp_event_channel_op(EVTCHNOP_unmask, &unmask), -XEN_EINVAL);
    }
}

static void check_bad_handles(void)
{
    static const uint64_t handles[] = {0x1000, HYPERVISOR_VIRT_START, 0x8000000000000000UL,
                                       MACH2PHYS_VIRT_START, ~0UL};

    for (unsigned cmd = EVTCHNOP_bind_interdomain; cmd <= EVTCHNOP_set_priority; cmd++)
        for (unsigned i = 0; i < ARRAY_SIZE(handles); i++)
            if (handles[i] != MACH2PHYS_VIRT_START && cmd != EVTCHNOP_reset &&
                hyp_event_channel_op(cmd, (void *)handles[i]) != -XEN_EFAULT)
                failure("event_channel_op %u at %lx is not -EFAULT", cmd, handles[i]);
    CHECK_EQ(hyp_event_channel_op(99, NULL), -XEN_ENOSYS);
    CHECK_EQ(hyp_event_channel_op(~0U, NULL), -XEN_ENOSYS);
}

/* The answer cannot be stored: the caller gets -EFAULT. */
static void check_read_only_result(void)
{
    evtchn_bind_ipi_t *page = page_alloc(), *window = window_alloc();

    CHECK_EQ(map_mfn(window, virt_to_mfn(page), PTE_RO), 0);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_ipi, window), -XEN_EFAULT);
    for (evtchn_port_t port = 1; port < 64; port++) { /* the port itself may exist */
        evtchn_status_t status;

        if (!event_status(port, &status) && status.status == EVTCHNSTAT_ipi)
            event_close(port);
    }
    window_free(window);
    page_free(page);
}

static void check_domains(void)
{
    evtchn_alloc_unbound_t alloc = {.dom = 0x7000, .remote_dom = DOMID_SELF};
    evtchn_bind_interdomain_t bind = {.remote_dom = 0x7000, .remote_port = 1};
    evtchn_status_t status = {.dom = 0x7000, .port = 1};
    evtchn_reset_t reset = {.dom = 0x7000};

    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_alloc_unbound, &alloc), -XEN_ESRCH);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_interdomain, &bind), -XEN_ESRCH);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_status, &status), -XEN_ESRCH);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_reset, &reset), -XEN_ESRCH);
    status = (evtchn_status_t){.dom = DOMID_SELF, .port = 131072};
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_status, &status), -XEN_EINVAL);
}

/* Takes every port that there is. */
static void check_all_ports(void)
{
    static evtchn_port_t taken[4200];
    unsigned n = 0;
    long result = 0;

    while (n < ARRAY_SIZE(taken)) {
        evtchn_alloc_unbound_t arg = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};

        result = hyp_event_channel_op(EVTCHNOP_alloc_unbound, &arg);
        if (result)
            break;
        taken[n++] = arg.port;
    }
    CHECK_EQ(result, -XEN_ENOSPC);
    CHECK(n > 900 && n < 4096);
    while (n)
        if (event_close(taken[--n]))
            failure("port %u does not close", taken[n]);
}

GUEST_TEST("event channels: wrong ports, handles, domains; all ports")
{
    check_bad_ports();
    check_bad_handles();
    check_read_only_result();
    check_domains();
    check_all_ports();
}
