/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's GDT is made of pages of its own, which must not be mapped writable (set_gdt). Its
 * descriptors are loaded like on hardware; update_descriptor changes one, checked: no call gate
 * that ring 3 could use, no ring-0 segment reaches the table. While in use the page cannot be
 * mapped writable; after set_gdt(none) it can. More entries than the guest may own, frames that
 * are not its own: -EINVAL.
 */
#include <guest.h>

#define CODE64_DPL3 0x00affb000000ffffUL
#define DATA_DPL3   0x00cff3000000ffffUL
#define DATA_DPL0   0x00cf93000000ffffUL
#define CALL_GATE   0x0000ec0000330000UL

static uint64_t *gdt;

static void load_fs(uint16_t selector)
{
    asm volatile("mov %0, %%fs" ::"r"((uint32_t)selector));
}

static void check_loaded(void)
{
    uint64_t frame = virt_to_mfn(gdt);

    CHECK_EQ(hyp_set_gdt(&frame, 512), -XEN_EINVAL); /* still mapped writable */
    CHECK_EQ(page_protect(gdt, PTE_RO), 0);
    CHECK_EQ(hyp_set_gdt(&frame, 512), 0);
    CHECK_FAULT(NO_FAULT, load_fs(5 << 3 | 3));
    CHECK_FAULT(NO_FAULT, load_fs(0));
    CHECK_FAULT(FAULT(VEC_GP, 9 << 3), load_fs(9 << 3 | 3)); /* an empty entry */
    CHECK(page_protect(gdt, PTE_RW) < 0);
}

static void check_update(void)
{
    uint64_t maddr = virt_to_mfn(gdt) << 12;
    volatile uint64_t *entries = gdt;

    CHECK_EQ(hyp_update_descriptor(maddr + 9 * 8, DATA_DPL3), 0);
    CHECK_EQ(entries[9] & ~(1UL << 40), DATA_DPL3 & ~(1UL << 40));
    CHECK_FAULT(NO_FAULT, load_fs(9 << 3 | 3));
    load_fs(0);
    CHECK_EQ(hyp_update_descriptor(maddr + 9 * 8, 0), 0);
    if (hyp_update_descriptor(maddr + 9 * 8, CALL_GATE) == 0) /* refused, or closed to ring 3 */
        CHECK((entries[9] >> 45 & 3) == 0);
    CHECK_EQ(hyp_update_descriptor(maddr + 9 * 8, 0), 0);
    CHECK_EQ(hyp_update_descriptor(maddr + 9 * 8 + 4, DATA_DPL3), -XEN_EINVAL);
    CHECK_EQ(hyp_update_descriptor(~0UL << 12, DATA_DPL3), -XEN_EINVAL);
    CHECK_EQ(entries[9], 0);
    if (hyp_update_descriptor(maddr + 10 * 8, DATA_DPL0) == 0)
        CHECK(entries[10] >> 45 & 3); /* accepted ones never keep ring 0 */
}

static void check_errors(void)
{
    uint64_t frames[16];

    for (unsigned i = 0; i < ARRAY_SIZE(frames); i++)
        frames[i] = virt_to_mfn(gdt);
    CHECK_EQ(hyp_set_gdt(frames, FIRST_RESERVED_GDT_ENTRY + 1), -XEN_EINVAL);
    CHECK_EQ(hyp_set_gdt(frames, ~0U), -XEN_EINVAL);
    CHECK_EQ(hyp_set_gdt((void *)0x1000, 512), -XEN_EFAULT);
    frames[0] = ~0UL;
    CHECK_EQ(hyp_set_gdt(frames, 512), -XEN_EINVAL);
    frames[0] = top_table_mfn();
    CHECK_EQ(hyp_set_gdt(frames, 512), -XEN_EINVAL);
}

GUEST_TEST("a guest's own GDT")
{
    gdt = page_alloc();
    gdt[5] = DATA_DPL3;
    gdt[6] = CODE64_DPL3;
    check_loaded();
    check_update();
    check_errors();
    CHECK_EQ(hyp_set_gdt(NULL, 0), 0);
    CHECK_EQ(page_protect(gdt, PTE_RW), 0);
    page_free(gdt);
}
