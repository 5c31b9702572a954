/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSA-380 and XSA-394 (row 23): the end of many mappings was one long work that could not be
 * interrupted; and a handle whose unmap had been done in part was counted wrongly.
 *
 * Here: as many mappings as there are windows, unmapped in one call that an event interrupts, with
 * entries in between that are wrong: a handle twice, another's address, none at all. Each handle
 * ends exactly once. The event is delivered before the call is through: the handler counts how
 * many are left. At the end no mark is left and the handles can be used again.
 */
#include <guest.h>

#define REF 33
#define MAPS 48

static uint8_t *page, *windows[MAPS];
static gnttab_map_grant_ref_t maps[MAPS];
static gnttab_unmap_grant_ref_t unmaps[MAPS * 3];
static unsigned upcalls;
static bool early;

static void look(void)
{
    upcalls++;
    if (unmaps[MAPS * 3 - 1].status == 99)
        early = true;
}

static void map_all(void)
{
    grant(REF, page, own_domid(), 0);
    for (unsigned i = 0; i < MAPS; i++)
        maps[i] = (gnttab_map_grant_ref_t){.host_addr = (uint64_t)windows[i],
                                           .flags = GNTMAP_host_map, .ref = REF,
                                           .dom = own_domid(), .status = 99};
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, maps, MAPS), 0);
    for (unsigned i = 0; i < MAPS; i++)
        CHECK_EQ(maps[i].status, GNTST_okay);
}

/* Of each three: one at the wrong place, the right one, the right one again. */
static void unmap_all(void)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < MAPS; i++)
        for (unsigned j = 0; j < 3; j++)
            unmaps[i * 3 + j] = (gnttab_unmap_grant_ref_t){
                .host_addr = (uint64_t)windows[j ? i : (i + MAPS - 1) % MAPS] + (j ? 0 : 0x800000),
                .handle = maps[i].handle, .status = 99};
    vcpu_info()->evtchn_upcall_pending = 1;
    *(volatile uint8_t *)&vcpu_info()->evtchn_upcall_mask = 0;
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, unmaps, MAPS * 3), 0);
    events_off();
    for (unsigned i = 0; i < MAPS * 3; i++)
        wrong += (unmaps[i].status == GNTST_okay) != (i % 3 == 1) || unmaps[i].status == 99;
    CHECK_EQ(wrong, 0);
}

GUEST_TEST("XSA-380, 394: many unmaps at once, in part wrong, interrupted")
{
    page = page_alloc();
    for (unsigned i = 0; i < MAPS; i++)
        windows[i] = window_alloc();
    upcall_hook(look);
    for (unsigned round = 0; round < 3; round++) {
        early = false;
        map_all();
        unmap_all();
        CHECK(early);
        for (unsigned i = 0; i < MAPS; i++)
            CHECK(!can_read(windows[i]));
        CHECK(grant_end(REF));
    }
    upcall_hook(NULL);
    CHECK(upcalls >= 3);
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page), 0), 0);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page), 0), 0);
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    for (unsigned i = 0; i < MAPS; i++)
        window_free(windows[i]);
    page_free(page);
}
