/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A check of page tables that fails is undone, which can be interrupted like the check itself. The
 * call fails when it is issued again, wherever it was interrupted; and another call, which the
 * event's handler makes meanwhile, is not told of it.
 */
#include <guest.h>

#define TABLES 3

static uint64_t *spare;
static volatile unsigned made;
static volatile long other;

static void make_another_call(void)
{
    long result = mmuext(made++ % 2 ? MMUEXT_UNPIN_TABLE : MMUEXT_PIN_L1_TABLE,
                         virt_to_mfn(spare), 0);

    if (result)
        other = result;
}

/* Pin a table with the nth question whether to give way answered by yes; true if it was asked. */
static bool pin_interrupted(uint64_t *table, uint64_t nth)
{
    bool asked;

    other = 0;
    fault_interrupt(nth);
    events_on();
    CHECK_EQ(mmuext(MMUEXT_PIN_L2_TABLE, virt_to_mfn(table), 0), -XEN_EINVAL);
    events_off();
    asked = fault_interrupted(nth);
    CHECK_EQ(other, 0);
    CHECK_EQ(page_protect(table, PTE_RW), 0);
    CHECK_EQ(page_protect(table, PTE_RO), 0);
    return asked;
}

GUEST_TEST("a check that fails while it is interrupted")
{
    uint64_t *l1[TABLES], *l2, nth = 1;
    uint8_t *page;

    if (!faults_possible()) {
        printk("this hypervisor cannot interrupt calls on demand\n");
        return;
    }
    page = page_alloc();
    spare = page_alloc();
    CHECK_EQ(page_protect(spare, PTE_RO), 0);
    l2 = page_alloc();
    for (unsigned i = 0; i < TABLES; i++) {
        l1[i] = page_alloc();
        CHECK_EQ(page_protect(l1[i], PTE_RO), 0);
        l2[i] = virt_to_mfn(l1[i]) << 12 | PTE_RW;
    }
    l2[TABLES] = virt_to_mfn(page) << 12 | PTE_RW; /* no table: it is written to */
    CHECK_EQ(page_protect(l2, PTE_RO), 0);
    upcall_hook(make_another_call);
    while (pin_interrupted(l2, nth))
        nth++;
    upcall_hook(NULL);
    CHECK(nth >= 2 * TABLES); /* on the way there and back */
    CHECK(made >= nth - 1);
    CHECK_EQ(page_protect(l2, PTE_RW), 0);
    for (unsigned i = 0; i < TABLES; i++) {
        CHECK_EQ(page_protect(l1[i], PTE_RW), 0);
        page_free(l1[i]);
    }
    page_free(l2);
    mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(spare), 0);
    CHECK_EQ(page_protect(spare, PTE_RW), 0);
    page_free(spare);
    page_free(page);
}
