/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The switch to FIFO event channels and back, under fire. XSA-343, 344, 505 (row 27): a reset
 * closed ports and freed queues that senders used at that moment. XSA-340, 358, 359 (row 28): a
 * queue was used before all of it could be seen.
 *
 * One vcpu sends to, unmasks, moves, asks for, binds and closes ports without end; the other sets
 * the FIFO ABI up, sees that an event gets into its queue, and resets. Each call gives 0 or one of
 * its errors. In the end no port is open, an event arrives as ever, and the pages of the queues are
 * held by nobody.
 */
#include <guest.h>

#define SETS 2
#define WORD_PAGES 2
#define PORTS 6

static uint8_t *pages[SETS][WORD_PAGES + 1];
static volatile evtchn_port_t ports[PORTS];
static volatile unsigned odd, calls, queued;

static void expect(long result)
{
    calls++;
    if (result && result != -XEN_EINVAL && result != -XEN_ENOENT && result != -XEN_ENOSYS &&
        result != -XEN_ENOSPC && result != -XEN_EAGAIN && result != -XEN_EEXIST)
        odd++;
}

static void pester(void)
{
    evtchn_bind_ipi_t ipi = {.vcpu = random_below(2)};
    evtchn_bind_virq_t virq = {.virq = VIRQ_DEBUG, .vcpu = 1};

    for (unsigned i = 0; i < 12; i++) {
        evtchn_port_t port = ports[random_below(PORTS)];
        evtchn_unmask_t unmask = {port};
        evtchn_bind_vcpu_t move = {.port = port, .vcpu = random_below(2)};
        evtchn_set_priority_t priority = {.port = port, .priority = random_below(16)};
        evtchn_status_t status;

        expect(event_send(port));
        expect(hyp_event_channel_op(EVTCHNOP_unmask, &unmask));
        expect(hyp_event_channel_op(EVTCHNOP_bind_vcpu, &move));
        expect(hyp_event_channel_op(EVTCHNOP_set_priority, &priority));
        expect(event_status(port, &status));
    }
    expect(hyp_event_channel_op(EVTCHNOP_bind_virq, &virq));
    expect(hyp_event_channel_op(EVTCHNOP_bind_ipi, &ipi));
    expect(event_send(ipi.port));
    if (random_below(2))
        expect(event_close(ipi.port));
}

static void set_up(uint8_t *const *set)
{
    evtchn_init_control_t control = {.control_gfn = virt_to_mfn(set[0])};

    for (unsigned vcpu = 0; vcpu < 2; vcpu++) {
        control.vcpu = vcpu;
        control.offset = vcpu * 1024;
        CHECK_EQ(hyp_event_channel_op(EVTCHNOP_init_control, &control), 0);
    }
    for (unsigned i = 0; i < WORD_PAGES; i++) {
        evtchn_expand_array_t expand = {.array_gfn = virt_to_mfn(set[1 + i])};

        CHECK_EQ(hyp_event_channel_op(EVTCHNOP_expand_array, &expand), 0);
    }
}

static volatile event_word_t *word_of(uint8_t *const *set, evtchn_port_t port)
{
    return (volatile event_word_t *)set[1 + port / 1024] + port % 1024;
}

static void one_round(void)
{
    static unsigned round;
    uint8_t *const *set = pages[round++ % SETS];
    evtchn_reset_t reset = {.dom = DOMID_SELF};
    evtchn_bind_ipi_t ipi = {.vcpu = 0};

    for (unsigned i = 0; i < PORTS; i++)
        if (!hyp_event_channel_op(EVTCHNOP_bind_ipi, &ipi))
            ports[i] = ipi.port;
    for (unsigned i = 0; i <= WORD_PAGES; i++)
        memset(set[i], 0, PAGE_SIZE);
    set_up(set);
    if (ports[0] < WORD_PAGES * 1024 && !event_send(ports[0]))
        queued += *word_of(set, ports[0]) >> EVTCHN_FIFO_PENDING & 1;
    random_pause();
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_reset, &reset), 0);
    memset(shared_info->evtchn_pending, 0, sizeof(shared_info->evtchn_pending));
}

static void check_pages(void)
{
    for (unsigned i = 0; i < SETS * (WORD_PAGES + 1); i++) {
        uint8_t *page = pages[i / (WORD_PAGES + 1)][i % (WORD_PAGES + 1)];
        uint64_t mfn = virt_to_mfn(page);

        memset(page, 0, PAGE_SIZE);
        CHECK_EQ(page_protect(page, PTE_RO), 0);
        CHECK(WAIT_FOR(!mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0)));
        CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0);
        CHECK_EQ(page_protect(page, PTE_RW), 0);
        page_free(page);
    }
}

static void check_delivery(void)
{
    evtchn_port_t port;

    memset(shared_info->evtchn_mask, 0xff, sizeof(shared_info->evtchn_mask));
    memset(shared_info->evtchn_pending, 0, sizeof(shared_info->evtchn_pending));
    for (unsigned vcpu = 0; vcpu < 2; vcpu++) {
        shared_info->vcpu_info[vcpu].evtchn_pending_sel = 0;
        shared_info->vcpu_info[vcpu].evtchn_upcall_pending = 0;
    }
    port = bind_ipi(0);
    event_mask(port, false);
    CHECK_EQ(event_send(port), 0);
    CHECK(event_wait(port, PATIENCE));
    CHECK_EQ(event_close(port), 0);
}

GUEST_TEST("race: FIFO events set up and reset under fire")
{
    evtchn_reset_t reset = {.dom = DOMID_SELF};

    NEEDS_DOM0(); /* a reset would close the console's port of others */
    NEEDS_VCPUS(2);
    for (unsigned i = 0; i < SETS * (WORD_PAGES + 1); i++)
        pages[i / (WORD_PAGES + 1)][i % (WORD_PAGES + 1)] = page_alloc();
    odd = calls = queued = 0;
    do
        race(one_round, pester, 30);
    while (!queued);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_reset, &reset), 0);
    printk("%u calls, %u events queued\n", calls, queued);
    CHECK_EQ(odd, 0);
    check_delivery();
    check_pages();
}
