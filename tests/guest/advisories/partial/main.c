/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSA-299, 309 and 310 (row 10): the check of a page table that is interrupted leaves it half done,
 * and what was done meanwhile to the table or to those it names was counted wrongly.
 *
 * Here the check of a tree is interrupted by an event, and the handler does everything to the tree
 * that could disturb it: pins, unpins, other levels, writable mappings, entries changed, roots
 * loaded, pages given away. Likewise when a tree is taken apart. One moment is certain: an event
 * that is pending when the call begins interrupts it after its first entry; more moments come from
 * the other vcpu. Whatever was answered, in the end every page is an ordinary one, and can be a
 * table of each level.
 */
#include <guest.h>

#define L1S 6

static uint64_t *l1[L1S], *l2[2], *l3, *l4;
static uint8_t *window;
static volatile unsigned disturbed, budget; /* how often it was; how often a call may still be */
static unsigned which;
static volatile bool stop;

static void fill(void)
{
    for (unsigned i = 0; i < L1S; i++)
        for (unsigned j = 0; j < 512; j += 7)
            l1[i][j] = virt_to_mfn(l1[(i + 1) % L1S]) << 12 | PTE_RO;
    for (unsigned i = 0; i < L1S; i++) {
        l2[0][i * 3] = virt_to_mfn(l1[i]) << 12 | PTE_RW;
        l2[1][i * 5] = virt_to_mfn(l1[L1S - 1 - i]) << 12 | PTE_RW;
    }
    l3[2] = l3[9] = virt_to_mfn(l2[0]) << 12 | PTE_RW;
    l3[1] = virt_to_mfn(l2[1]) << 12 | PTE_RW;
    l4[3] = l4[4] = virt_to_mfn(l3) << 12 | PTE_RW;
    l4[511] = ((uint64_t *)start_info->pt_base)[511];
}

static void protect_all(uint64_t flags)
{
    for (unsigned i = 0; i < L1S; i++)
        CHECK_EQ(page_protect(l1[i], flags), 0);
    CHECK_EQ(page_protect(l2[0], flags), 0);
    CHECK_EQ(page_protect(l2[1], flags), 0);
    CHECK_EQ(page_protect(l3, flags), 0);
    CHECK_EQ(page_protect(l4, flags), 0);
}

static uint64_t any_mfn(void)
{
    void *const all[] = {l1[0], l1[1], l1[L1S - 1], l2[0], l2[1], l3, l4};

    return virt_to_mfn(all[random_below(ARRAY_SIZE(all))]);
}

/* Nothing is expected of a single one. */
static void disturb(void)
{
    uint64_t mfn = any_mfn();

    if (!budget)
        return;
    budget--;
    disturbed++;
    switch (which++ % 10) {
    case 0: case 9: mmuext(MMUEXT_UNPIN_TABLE, mfn, 0); break;
    case 1: mmuext(MMUEXT_PIN_L1_TABLE + random_below(4), mfn, 0); break;
    case 2: map_mfn(window, mfn, PTE_RW); break;
    case 3: map_mfn(window, mfn, PTE_RO); break;
    case 4: pte_write(mfn << 12 | random_below(512) * 8, 0); break;
    case 5: pte_write(mfn << 12 | random_below(512) * 8, any_mfn() << 12 | PTE_RO); break;
    case 6: mmuext(MMUEXT_NEW_USER_BASEPTR, mfn, 0); break;
    case 7: mmuext(MMUEXT_CLEAR_PAGE, mfn, 0); break;
    default: unmap(window);
    }
}

static void interrupt_soon(void)
{
    events_off();
    vcpu_info()->evtchn_upcall_pending = 1;
    *(volatile uint8_t *)&vcpu_info()->evtchn_upcall_mask = 0;
}

static void interrupted(unsigned cmd, uint64_t mfn)
{
    struct mmuext_op op = {.cmd = cmd, .arg1.mfn = mfn};

    budget = 1 + random_below(4); /* what is disturbed for ever never ends */
    interrupt_soon();
    hyp_mmuext_op(&op, 1, NULL, DOMID_SELF);
    events_off();
}

static void undo_all(void)
{
    void *const all[] = {l4, l3, l2[0], l2[1], l1[0], l1[1], l1[2], l1[3], l1[4], l1[5]};

    CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, top_table_mfn(), 0), 0);
    CHECK_EQ(unmap(window), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
        mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(all[i]), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
        if (page_protect(all[i], PTE_RW)) {
            failure("page %u is still a table", i);
            continue;
        }
        memset(all[i], 0, PAGE_SIZE);
    }
}

static void check_ordinary(uint64_t *page)
{
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    for (unsigned level = 0; level < 4; level++) {
        CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE + level, virt_to_mfn(page), 0), 0);
        CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page), 0), 0);
    }
    CHECK_EQ(page_protect(page, PTE_RW), 0);
}

static void one_round(void)
{
    fill();
    protect_all(PTE_RO);
    for (unsigned i = 0; i < L1S; i++) /* some parts are held by themselves */
        if (random_below(2))
            CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(l1[i]), 0), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L2_TABLE, virt_to_mfn(l2[0]), 0), 0);
    interrupted(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4));
    interrupted(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(l4));
    interrupted(MMUEXT_UNPIN_TABLE, virt_to_mfn(l4));
    interrupted(MMUEXT_NEW_USER_BASEPTR, top_table_mfn());
    interrupted(MMUEXT_PIN_L3_TABLE, virt_to_mfn(l3));
    undo_all();
}

/* The other vcpu makes events pending on this one at any time. */
static void pester(void *unused)
{
    (void)unused;
    while (!stop) {
        random_pause();
        *(volatile uint8_t *)&shared_info->vcpu_info[0].evtchn_upcall_pending = 1;
    }
    hyp_set_timer_op(0);
}

static void many_rounds(unsigned rounds)
{
    while (rounds--)
        one_round();
    vcpu_info()->evtchn_upcall_pending = 0;
}

GUEST_TEST("XSA-299, 309, 310: tables half checked")
{
    unsigned times = option("times") ? (unsigned)number(option("times")) : 1;
    uint64_t **const all[] = {&l2[0], &l2[1], &l3, &l4};

    for (unsigned i = 0; i < L1S; i++)
        l1[i] = page_alloc();
    for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
        *all[i] = page_alloc();
    window = window_alloc();
    disturbed = which = 0;
    upcall_hook(disturb);
    many_rounds(20 * times);
    CHECK(disturbed >= 20);
    if (vcpus_present() > 1) {
        stop = false;
        CHECK(vcpu_start(1, pester, NULL));
        many_rounds(10 * times);
        stop = true;
        CHECK(vcpu_wait(1));
    }
    printk("disturbed %u times\n", disturbed);
    vcpu_info()->evtchn_upcall_pending = 0;
    upcall_hook(NULL);
    window_free(window);
    for (unsigned i = 0; i < L1S; i++) {
        check_ordinary(l1[i]);
        page_free(l1[i]);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
        check_ordinary(*all[i]);
        page_free(*all[i]);
    }
}
