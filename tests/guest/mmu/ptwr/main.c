/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Emulated page-table writes (VMASST_TYPE_writable_pagetables): a store to a read-only mapped
 * table faults into the hypervisor, which checks and does it. Tried with the instructions that
 * kernels use: mov of 8 bytes, xchg, lock cmpxchg (that matches and that does not), lock btr (a
 * bit of an entry), and, or. A bad entry is a page fault of the guest's. Writes to higher-level
 * tables are not emulated but reflected.
 */
#include <guest.h>

static uint8_t *page, *window;
static volatile uint64_t *entry;

static void check_store(void)
{
    uint64_t good = virt_to_mfn(page) << 12 | PTE_RW, value;

    *page = 0x77;
    CHECK_FAULT(NO_FAULT, *entry = good);
    CHECK_EQ(*window, 0x77);
    value = 0;
    CHECK_FAULT(NO_FAULT, asm volatile("xchg %0, %1" : "+r"(value), "+m"(*entry)));
    CHECK_EQ(value & ~(PTE_A | PTE_D | PTE_G), good & ~(PTE_A | PTE_D));
    CHECK(!(*entry & PTE_P));
    CHECK_EQ(mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)window, 0), 0);
    CHECK(!can_read(window));
}

static uint64_t compare_exchange(uint64_t expected, uint64_t value)
{
    asm volatile("lock cmpxchg %2, %1" : "+a"(expected), "+m"(*entry) : "r"(value) : "memory");
    return expected;
}

static void check_locked(void)
{
    uint64_t good = virt_to_mfn(page) << 12 | PTE_RW, was = 0;

    *entry = 0;
    CHECK_FAULT(NO_FAULT, was = compare_exchange(0, good));
    CHECK_EQ(was, 0);
    CHECK_EQ(*entry & PTE_MFN, good & PTE_MFN);
    CHECK_FAULT(NO_FAULT, was = compare_exchange(0x1234, 0));
    CHECK(was != 0x1234);
    CHECK(*entry & PTE_P);
    CHECK_FAULT(NO_FAULT, asm volatile("lock btrq $1, %0" : "+m"(*entry)::"memory"));
    CHECK(!(*entry & PTE_W));
    CHECK_FAULT(NO_FAULT, asm volatile("lock orq %1, %0" : "+m"(*entry) : "r"(PTE_W) : "memory"));
    CHECK(*entry & PTE_W);
    CHECK_FAULT(NO_FAULT, asm volatile("lock andq %1, %0" : "+m"(*entry) : "r"(~PTE_W)));
    CHECK(!(*entry & PTE_W));
    CHECK_FAULT(NO_FAULT, *entry = 0);
}

static void check_refused(void)
{
    uint64_t table = top_table_mfn() << 12 | PTE_RW;
    volatile uint64_t *l2 = entry_of(window, 2);

    *entry = 0;
    CHECK_FAULT(FAULT(VEC_PF, PF_PROT | PF_WRITE), *entry = table);
    CHECK_FAULT(FAULT(VEC_PF, PF_PROT | PF_WRITE), *entry = 1UL << 50 | PTE_RW);
    CHECK_EQ(*entry, 0);
    CHECK_FAULT(FAULT(VEC_PF, PF_PROT | PF_WRITE), *l2 = *l2);
}

GUEST_TEST("emulated page-table writes")
{
    page = page_alloc();
    window = window_alloc();
    entry = entry_of(window, 1);
    check_store();
    check_locked();
    check_refused();
    window_free(window);
    page_free(page);
}
