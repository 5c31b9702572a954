/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO ABI (event_channel.h): a control block per vcpu, an array of event words, 16
 * priorities. After init_control and expand_array, a send sets PENDING and LINKED in the port's
 * word, makes the port head of its priority's queue and sets the queue's ready bit. Lower numbers
 * are served first. A masked port is not queued until EVTCHNOP_unmask. Wrong offsets, frames,
 * vcpus and priorities are refused, a failed init_control leaves the two-level ABI working
 * (advisory 188). EVTCHNOP_reset goes back to two levels.
 */
#include <guest.h>

static evtchn_fifo_control_block_t *control;
#define ARRAY_PAGES 4 /* the ports may be numbered up to 4095 after other tests */
static volatile event_word_t *words;
static uint8_t *array[ARRAY_PAGES];

static long init_control(uint64_t gfn, uint32_t offset, uint32_t vcpu)
{
    evtchn_init_control_t arg = {.control_gfn = gfn, .offset = offset, .vcpu = vcpu};
    long result = hyp_event_channel_op(EVTCHNOP_init_control, &arg);

    if (!result)
        CHECK_EQ(arg.link_bits, EVTCHN_FIFO_LINK_BITS);
    return result;
}

static long set_priority(evtchn_port_t port, uint32_t priority)
{
    evtchn_set_priority_t arg = {.port = port, .priority = priority};

    return hyp_event_channel_op(EVTCHNOP_set_priority, &arg);
}

static void check_init(void)
{
    uint64_t gfn = virt_to_mfn(control);
    evtchn_expand_array_t expand = {.array_gfn = ~0UL};

    CHECK_EQ(init_control(gfn, 4096, 0), -XEN_EINVAL);
    CHECK_EQ(init_control(gfn, 4, 0), -XEN_EINVAL);
    CHECK_EQ(init_control(gfn, 4096 - 64, 0), -XEN_EINVAL);
    CHECK_EQ(init_control(gfn, ~7U, 0), -XEN_EINVAL);
    CHECK_EQ(init_control(gfn, 0, 4096), -XEN_ENOENT);
    CHECK(init_control(~0UL, 0, 0) < 0);
    CHECK(init_control(top_table_mfn(), 0, 0) < 0); /* a page table is not writable */
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_expand_array, &expand), -XEN_EOPNOTSUPP);
    CHECK_EQ(init_control(gfn, 0, 0), 0);
    CHECK(hyp_event_channel_op(EVTCHNOP_expand_array, &expand) < 0);
    for (int i = 0; i < ARRAY_PAGES; i++) {
        expand.array_gfn = virt_to_mfn(array[i]);
        CHECK_EQ(hyp_event_channel_op(EVTCHNOP_expand_array, &expand), 0);
    }
    CHECK(page_protect((void *)words, PTE_RO) == 0); /* the hypervisor's mapping is its own */
    CHECK(page_protect((void *)words, PTE_RW) == 0);
}

static void check_delivery(evtchn_port_t port, unsigned priority)
{
    words[port] &= ~(1U << EVTCHN_FIFO_MASKED);
    CHECK_EQ(set_priority(port, priority), 0);
    vcpu_info()->evtchn_upcall_pending = 0;
    CHECK_EQ(event_send(port), 0);
    CHECK_EQ(words[port] >> EVTCHN_FIFO_LINKED, 1U << 2 | 1);
    CHECK_EQ(control->ready, 1U << priority);
    CHECK_EQ(control->head[priority], port);
    CHECK_EQ(vcpu_info()->evtchn_upcall_pending, 1);
    control->ready = 0;
    words[port] = 0;
}

static void check_order(evtchn_port_t a, evtchn_port_t b)
{
    CHECK_EQ(set_priority(a, EVTCHN_FIFO_PRIORITY_DEFAULT), 0);
    CHECK_EQ(set_priority(b, EVTCHN_FIFO_PRIORITY_DEFAULT), 0);
    CHECK_EQ(event_send(a), 0);
    CHECK_EQ(event_send(b), 0);
    CHECK_EQ(event_send(a), 0);
    CHECK_EQ(control->ready, 1U << EVTCHN_FIFO_PRIORITY_DEFAULT);
    CHECK_EQ(control->head[EVTCHN_FIFO_PRIORITY_DEFAULT], a);
    CHECK_EQ(words[a] & EVTCHN_FIFO_LINK_MASK, b); /* a links to b, b ends the queue */
    CHECK_EQ(words[b] & EVTCHN_FIFO_LINK_MASK, 0);
    control->ready = 0;
    control->head[EVTCHN_FIFO_PRIORITY_DEFAULT] = 0;
    words[a] = words[b] = 0;
}

static void check_mask(evtchn_port_t port)
{
    evtchn_unmask_t unmask = {.port = port};

    words[port] = 1U << EVTCHN_FIFO_MASKED;
    CHECK_EQ(event_send(port), 0);
    CHECK_EQ(words[port], 1U << EVTCHN_FIFO_MASKED | 1U << EVTCHN_FIFO_PENDING);
    CHECK_EQ(control->ready, 0);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_unmask, &unmask), 0);
    CHECK_EQ(words[port] >> EVTCHN_FIFO_LINKED, 1U << 2 | 1);
    CHECK(control->ready != 0);
    control->ready = 0;
    words[port] = 0;
}

static void reset(void)
{
    evtchn_reset_t arg = {.dom = DOMID_SELF};
    evtchn_port_t port;

    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_reset, &arg), 0);
    port = bind_ipi(0);
    event_clear(port);
    event_mask(port, false);
    CHECK_EQ(event_send(port), 0);
    CHECK(event_wait(port, PATIENCE));
    CHECK_EQ(event_close(port), 0);
}

GUEST_TEST("FIFO event channels: set-up, queues, priorities, masks, reset")
{
    evtchn_port_t a, b;

    NEEDS_DOM0(); /* a reset would close the console's port of others */
    control = page_alloc();
    for (int i = 0; i < ARRAY_PAGES; i++) {
        array[i] = page_alloc();
        if (array[i] != array[0] + i * PAGE_SIZE)
            error("the pages are not in a row");
    }
    words = (event_word_t *)array[0];
    check_init();
    a = bind_ipi(0);
    b = bind_ipi(0);
    words[a] = words[b] = 0;
    check_delivery(a, EVTCHN_FIFO_PRIORITY_MAX);
    check_delivery(b, EVTCHN_FIFO_PRIORITY_MIN);
    CHECK_EQ(set_priority(a, EVTCHN_FIFO_PRIORITY_MIN + 1), -XEN_EINVAL);
    CHECK_EQ(set_priority(a, ~0U), -XEN_EINVAL);
    check_order(a, b);
    check_mask(a);
    vcpu_info()->evtchn_upcall_pending = 0;
    reset();
    for (int i = 0; i < ARRAY_PAGES; i++)
        page_free(array[i]);
    page_free(control);
}
