/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSA-188 (row 25): an init_control that failed left the vcpu with a pointer to a control block
 * that was freed, and the next event wrote there.
 *
 * Here init_control fails for each vcpu in each way, before and after another vcpu has succeeded,
 * and events are sent to that vcpu each time: by the two-level ABI they arrive, under FIFO they
 * wait in their word. The page that was refused, or was named first, is not held by anybody.
 */
#include <guest.h>

static uint8_t *control, *words, *other;

static long init_control(unsigned vcpu, uint64_t gfn, uint32_t offset)
{
    evtchn_init_control_t arg = {.control_gfn = gfn, .offset = offset, .vcpu = vcpu};

    return hyp_event_channel_op(EVTCHNOP_init_control, &arg);
}

static void check_failures(unsigned vcpu)
{
    const uint64_t frames[] = {~0UL, 1UL << 40, top_table_mfn(), entry_maddr(control, 1) >> 12};

    for (unsigned i = 0; i < ARRAY_SIZE(frames); i++)
        CHECK_EQ(init_control(vcpu, frames[i], 0), -XEN_EINVAL);
    CHECK_EQ(init_control(vcpu, virt_to_mfn(other), 4096 - 64), -XEN_EINVAL);
    CHECK_EQ(init_control(vcpu, virt_to_mfn(other), 4), -XEN_EINVAL);
    CHECK_EQ(init_control(vcpu, virt_to_mfn(other), ~7U), -XEN_EINVAL);
    CHECK_EQ(init_control(4096, virt_to_mfn(other), 0), -XEN_ENOENT);
}

/* It would not be, if a failed call had kept it. */
static void check_not_held(uint8_t *page)
{
    memset(page, 0, PAGE_SIZE);
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    CHECK(WAIT_FOR(!mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page), 0)));
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page), 0), 0);
    CHECK_EQ(page_protect(page, PTE_RW), 0);
}

/* A table is refused, and then not held: given up, it is the domain's no more. */
static void check_table_refused(void)
{
    uint8_t *table = page_alloc();
    uint64_t frame = virt_to_mfn(table);

    CHECK_EQ(page_protect(table, PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, frame, 0), 0);
    CHECK_EQ(init_control(0, frame, 0), -XEN_EINVAL);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, frame, 0), 0);
    CHECK_EQ(page_give_up(table), frame);
    CHECK(map_mfn(table, frame, PTE_RO) < 0);
    page_refill(table);
    page_free(table);
}

static void send(unsigned vcpu, bool fifo)
{
    evtchn_port_t port = bind_ipi(vcpu);
    volatile event_word_t *word = (volatile event_word_t *)words + port;

    CHECK_EQ(event_send(port), 0);
    if (fifo)
        CHECK_EQ(*word >> EVTCHN_FIFO_PENDING & 1, 1);
    else
        CHECK(event_pending(port));
    event_close(port);
    *word = 0;
    shared_info->vcpu_info[vcpu].evtchn_upcall_pending = 0;
    shared_info->vcpu_info[vcpu].evtchn_pending_sel = 0;
}

GUEST_TEST("XSA-188: FIFO set-up that fails")
{
    evtchn_expand_array_t expand;
    evtchn_reset_t reset = {.dom = DOMID_SELF};
    unsigned vcpus = vcpus_present() < 2 ? 1 : 2;

    NEEDS_DOM0(); /* a reset would close the console's port of others */
    control = page_alloc();
    words = page_alloc();
    other = page_alloc();
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_reset, &reset), 0); /* small port numbers again */
    for (unsigned vcpu = 0; vcpu < vcpus; vcpu++) {
        check_failures(vcpu);
        send(vcpu, false);
    }
    check_table_refused();
    check_not_held(other);
    CHECK_EQ(init_control(0, virt_to_mfn(control), 0), 0);
    expand.array_gfn = virt_to_mfn(words);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_expand_array, &expand), 0);
    CHECK_EQ(init_control(0, virt_to_mfn(other), 0), -XEN_EINVAL); /* it has one */
    if (vcpus > 1)
        check_failures(1);
    for (unsigned vcpu = 0; vcpu < vcpus; vcpu++)
        send(vcpu, true);
    expand.array_gfn = ~0UL;
    CHECK(hyp_event_channel_op(EVTCHNOP_expand_array, &expand) < 0);
    check_not_held(other);
    CHECK_EQ(hyp_event_channel_op(EVTCHNOP_reset, &reset), 0);
    send(0, false);
    check_not_held(control);
    check_not_held(words);
    page_free(other);
    page_free(words);
    page_free(control);
}
