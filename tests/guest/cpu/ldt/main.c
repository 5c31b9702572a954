/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MMUEXT_SET_LDT: the table is at a linear address of the guest's and becomes a segment page when a
 * descriptor in it is first used; then it cannot be mapped writable until the LDT is dropped.
 * Unaligned, in the hypervisor's range, more than 8192 entries: -EINVAL. A descriptor that is used
 * from a page that holds a bad one, or from no page, is a fault of the guest's.
 */
#include <guest.h>

#define DATA_DPL3 0x00cff3000000ffffUL

static void load_fs(uint16_t selector)
{
    asm volatile("mov %0, %%fs" ::"r"((uint32_t)selector));
}

static long set_ldt(uint64_t base, unsigned entries)
{
    return mmuext(MMUEXT_SET_LDT, base, entries);
}

GUEST_TEST("LDT")
{
    uint64_t *ldt = page_alloc();

    ldt[1] = DATA_DPL3;
    CHECK_EQ(page_protect(ldt, PTE_RO), 0);
    CHECK_EQ(set_ldt((uint64_t)ldt, 512), 0);
    CHECK_FAULT(NO_FAULT, load_fs(1 << 3 | 7));
    CHECK(page_protect(ldt, PTE_RW) < 0);
    CHECK_FAULT(FAULT(VEC_GP, 2 << 3 | 4), load_fs(2 << 3 | 7)); /* an empty entry */
    load_fs(0);
    CHECK_EQ(set_ldt(0, 0), 0);
    CHECK_EQ(page_protect(ldt, PTE_RW), 0);
    CHECK_FAULT(FAULT(VEC_GP, 1 << 3 | 4), load_fs(1 << 3 | 7));
    CHECK_EQ(set_ldt((uint64_t)ldt + 8, 10), -XEN_EINVAL);
    CHECK_EQ(set_ldt((uint64_t)ldt, 8193), -XEN_EINVAL);
    CHECK_EQ(set_ldt(HYPERVISOR_VIRT_START, 512), -XEN_EINVAL);
    CHECK_EQ(set_ldt(0x8000000000000000UL, 512), -XEN_EINVAL);
    CHECK_EQ(set_ldt(0x200000, 512), 0); /* nothing there: noticed at use */
    CHECK(FAULT_OF(load_fs(1 << 3 | 7)) != NO_FAULT);
    CHECK_EQ(set_ldt(0, 0), 0);
    page_free(ldt);
}
