/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports that are not there. XSA-221 (row 26): a poll of a port whose bucket was never allocated
 * followed a null pointer. XSA-317 (row 26): a guest could have more ports than there were buckets
 * for.
 *
 * Here every operation is tried on ports beyond what is allocated, beyond the domain's limit and
 * beyond each ABI's; then under FIFO more ports are bound than the two-level ABI has, and the
 * domain goes back: what is beyond the bitmaps then must not be read or written there (behind the
 * pending bits stand the mask bits, which are the test's).
 */
#include <guest.h>

#define MANY 4500 /* more than EVTCHN_2L_NR_CHANNELS */
#define WORD_PAGES 5

static uint8_t *pages[WORD_PAGES + 1];

static long poll(evtchn_port_t port)
{
    sched_poll_t arg = {.ports = HANDLE(&port), .nr_ports = 1, .timeout = 1};

    return hyp_sched_op(SCHEDOP_poll, &arg);
}

static void check_not_there(evtchn_port_t port)
{
    evtchn_bind_vcpu_t move = {.port = port};
    evtchn_set_priority_t priority = {.port = port};
    evtchn_status_t status;

    CHECK_EQ(event_send(port), -XEN_EINVAL);
    CHECK_EQ(event_close(port), -XEN_EINVAL);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
    CHECK(hyp_event_channel_op(EVTCHNOP_set_priority, &priority) < 0);
    CHECK(event_status(port, &status) || status.status == EVTCHNSTAT_closed);
    poll(port); /* an error, or nothing is pending: what counts is that the machine survives it */
}

static void check_beyond(void)
{
    static const evtchn_port_t beyond[] = {4094, 4096, 4097, 8191, 65535, 131071, 131072, 262144,
                                           0x7fffffff, 0x80000000, ~0U};

    for (unsigned i = 0; i < ARRAY_SIZE(beyond); i++)
        check_not_there(beyond[i]);
    CHECK(poll(131072) < 0 && poll(~0U) < 0);
}

static void go_fifo(void)
{
    evtchn_init_control_t control = {.control_gfn = virt_to_mfn(pages[0])};

    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_init_control, &control), 0);
    for (unsigned i = 1; i <= WORD_PAGES; i++) {
        evtchn_expand_array_t expand = {.array_gfn = virt_to_mfn(pages[i])};

        CHECK_EQ(hyp_event_channel_op(EVTCHNOP_expand_array, &expand), 0);
    }
}

static void check_back(void)
{
    evtchn_reset_t reset = {.dom = DOMID_SELF};
    uint64_t before[64];
    evtchn_port_t last = 0;
    unsigned wrong = 0;

    go_fifo();
    while (last < MANY) {
        evtchn_bind_ipi_t ipi = {.vcpu = 0};

        if (!CHECK_EQ(hyp_event_channel_op(EVTCHNOP_bind_ipi, &ipi), 0))
            break;
        last = ipi.port;
    }
    CHECK_EQ(event_send(last), 0);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_reset, &reset), 0);
    for (unsigned i = 0; i < 64; i++) /* every other bit is set */
        before[i] = shared_info->evtchn_mask[i] = 0xaaaaaaaaaaaaaaaaUL;
    for (evtchn_port_t port = EVTCHN_2L_NR_CHANNELS; port <= last; port++) {
        evtchn_unmask_t unmask = {port};

        wrong += event_send(port) != -XEN_EINVAL || event_close(port) != -XEN_EINVAL;
        hyp_event_channel_op(EVTCHNOP_unmask, &unmask);
    }
    CHECK_EQ(wrong, 0);
    CHECK(!memcmp(before, shared_info->evtchn_mask, sizeof(before)));
    check_beyond();
    for (unsigned i = 0; i < 20; i++) /* there are ports for everybody */
        CHECK_EQ(event_close(bind_ipi(0)), 0);
    memset(shared_info->evtchn_mask, 0xff, sizeof(shared_info->evtchn_mask));
    memset(shared_info->evtchn_pending, 0, sizeof(shared_info->evtchn_pending));
    shared_info->vcpu_info[0].evtchn_pending_sel = 0;
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
}

GUEST_TEST("XSA-221, 317: ports that are not there")
{
    check_beyond();
    if (!is_dom0())
        return; /* others have fewer ports, and a reset would close the console's */
    for (unsigned i = 0; i <= WORD_PAGES; i++)
        pages[i] = page_alloc();
    check_back();
    for (unsigned i = 0; i <= WORD_PAGES; i++)
        page_free(pages[i]);
}
