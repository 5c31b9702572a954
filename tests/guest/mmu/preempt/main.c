/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Validation and updates that take long are interrupted and go on by themselves: the guest's timer
 * events are delivered meanwhile, and the call's outcome is that of one call. A tree of many full
 * L1 tables is pinned and unpinned again and again while a periodic timer ticks; long mmu_update
 * lists the same. At the end every table is an ordinary page again.
 */
#include <guest.h>

#define TABLES 64

static uint64_t *l1[TABLES], *l2;

static void build(void)
{
    uint8_t *page = page_alloc();

    l2 = page_alloc();
    for (int i = 0; i < TABLES; i++) {
        l1[i] = page_alloc();
        for (int j = 0; j < 512; j++)
            l1[i][j] = virt_to_mfn(page) << 12 | PTE_RW;
        CHECK_EQ(page_protect(l1[i], PTE_RO), 0);
        l2[i] = virt_to_mfn(l1[i]) << 12 | PTE_RW;
    }
    CHECK_EQ(page_protect(l2, PTE_RO), 0);
    page_free(page);
}

static void take_down(void)
{
    CHECK_EQ(page_protect(l2, PTE_RW), 0);
    page_free(l2);
    for (int i = 0; i < TABLES; i++) {
        CHECK_EQ(page_protect(l1[i], PTE_RW), 0);
        page_free(l1[i]);
    }
}

GUEST_TEST("long validation with a timer ticking")
{
    evtchn_port_t port = bind_virq(VIRQ_TIMER, 0);
    vcpu_set_periodic_timer_t period = {2 * MS};

    build();
    event_mask(port, false);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_set_periodic_timer, 0, &period), 0);
    events_on();
    for (uint64_t end = now() + 40 * MS; now() < end || !event_count[port];) {
        CHECK_EQ(mmuext(MMUEXT_PIN_L2_TABLE, virt_to_mfn(l2), 0), 0);
        CHECK(page_protect(l1[TABLES - 1], PTE_RW) < 0);
        CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l2), 0), 0);
    }
    events_off();
    CHECK_EQ(hyp_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    event_close(port);
    take_down();
}
