/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A granter must be able to rely on the marks in its entry: once they are gone nobody uses the page
 * (XSA-236, row 19: the page's reference was dropped before the count of pins, and the marks, by
 * which others judged it).
 *
 * One vcpu maps the grant, writes, unmaps, and writes on through what its TLB may still know. The
 * other takes the grant back as soon as there is no mark, and makes a page table of the page, at
 * once. That must succeed each time, and the table must stay as it is.
 */
#include <guest.h>

#define REF 34

static volatile uint64_t *page;
static uint8_t *window;
static volatile unsigned mapped;
static unsigned held, kept, changed;

static void write_once(void)
{
    *(volatile uint64_t *)(window + 64) = (uint64_t)mapped << 1 & 0xffe;
}

static void use(void)
{
    gnttab_map_grant_ref_t map = {.host_addr = (uint64_t)window, .flags = GNTMAP_host_map,
                                  .ref = REF, .dom = own_domid()};
    gnttab_unmap_grant_ref_t back = {.host_addr = (uint64_t)window};

    for (unsigned i = 0; i < 10; i++) {
        if (hyp_grant_table_op(GNTTABOP_map_grant_ref, &map, 1) || map.status)
            continue;
        mapped++;
        write_once();
        back.handle = map.handle;
        CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &back, 1), 0);
        CHECK_EQ(back.status, GNTST_okay);
        for (unsigned n = 0; n < 10; n++)
            (void)FAULT_OF(write_once());
    }
}

/* True if the grant is nobody's any more. */
static bool take_back(void)
{
    uint16_t expected = GTF_permit_access;

    return __atomic_compare_exchange_n(&grant_table()[REF].flags, &expected, 0, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void make_table(void)
{
    uint64_t mfn = virt_to_mfn((void *)page), seen;

    if (mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0)) {
        kept++;
        return;
    }
    seen = page[8];
    for (unsigned i = 0; i < 40; i++) {
        changed += page[8] != seen;
        relax();
    }
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0);
    held++;
}

static void one_round(void)
{
    for (unsigned i = 0; i < 10; i++) {
        unsigned before = mapped;

        for (unsigned n = 0; n < 500 && mapped == before; n++)
            relax(); /* it should be mapped, mostly */
        for (unsigned n = random_below(30); n; n--)
            relax();
        if (take_back()) {
            make_table();
            grant(REF, (void *)page, own_domid(), 0);
        }
    }
}

GUEST_TEST("race: a granter takes its page back")
{
    NEEDS_VCPUS(2);
    page = page_alloc();
    window = window_alloc();
    CHECK_EQ(page_protect((void *)page, PTE_RO), 0);
    held = kept = changed = mapped = 0;
    grant(REF, (void *)page, own_domid(), 0);
    do
        race(one_round, use, 30);
    while (!held || !mapped);
    printk("mapped %u times, table %u times\n", mapped, held);
    CHECK_EQ(kept, 0);
    CHECK_EQ(changed, 0);
    CHECK(grant_end(REF));
    window_free(window);
    CHECK_EQ(page_protect((void *)page, PTE_RW), 0);
    page_free((void *)page);
}
