/* SPDX-License-Identifier: GPL-2.0-only */
/* The PICs: which interrupt is next, edges and levels, the ways to end one, both chips together. */
#include "pc.h"

#define EOI 0x20

static void edge(unsigned irq)
{
    vplatform_assert(platform, irq);
    vplatform_deassert(platform, irq);
}

START_TEST(priorities)
{
    pics_begin();
    edge(5);
    edge(3);
    ck_assert_int_eq(take_extint(), 0x23);
    ck_assert_int_eq(take_extint(), -1); /* 5 waits for its end */
    edge(1);
    ck_assert_int_eq(take_extint(), 0x21); /* but 1 does not */
    ck_assert_int_eq(in8(0x20), 0x20);     /* requested */
    out8(0x20, 0x0b);
    ck_assert_int_eq(in8(0x20), 0x0a);     /* served */
    out8(0x20, EOI);
    out8(0x20, EOI);
    ck_assert_int_eq(take_extint(), 0x25);
    out8(0x20, 0x60 | 5); /* the end of that one */
    ck_assert_int_eq(in8(0x20), 0);
}
END_TEST

START_TEST(masks)
{
    pics_begin();
    out8(0x21, 0x10);
    edge(4);
    ck_assert_int_eq(take_extint(), -1);
    ck_assert_int_eq(in8(0x21), 0x10);
    out8(0x21, 0);
    ck_assert_int_eq(take_extint(), 0x24); /* the edge was kept */
}
END_TEST

START_TEST(slave)
{
    pics_begin();
    edge(12);
    edge(9);
    ck_assert_int_eq(take_extint(), 0x29);
    ck_assert_int_eq(take_extint(), -1);
    out8(0xa0, EOI);
    out8(0x20, EOI);
    ck_assert_int_eq(take_extint(), 0x2c);
    edge(3);
    ck_assert_int_eq(take_extint(), -1); /* input 2 of the master comes before */
    edge(1);
    ck_assert_int_eq(take_extint(), 0x21);
}
END_TEST

START_TEST(levels)
{
    pics_begin();
    out8(0x4d0, 0xff);
    out8(0x4d1, 0x02);
    ck_assert_int_eq(in8(0x4d0), 0xf8); /* not the timer's */
    vplatform_assert(platform, 9);
    vplatform_assert(platform, 9); /* of two devices */
    ck_assert_int_eq(take_extint(), 0x29);
    out8(0xa0, EOI);
    out8(0x20, EOI);
    vplatform_deassert(platform, 9);
    ck_assert_int_eq(take_extint(), 0x29);
    vplatform_deassert(platform, 9);
    out8(0xa0, EOI);
    out8(0x20, EOI);
    ck_assert_int_eq(take_extint(), -1);
    vplatform_assert(platform, 9);
    vplatform_deassert(platform, 9);
    ck_assert_int_eq(take_extint(), -1); /* gone before it was taken */
    vplatform_assert(platform, 5);
    vplatform_assert(platform, 7);
    ck_assert_int_eq(take_extint(), 0x25);
    vplatform_deassert(platform, 5);
    vplatform_deassert(platform, 7);
}
END_TEST

START_TEST(rotation)
{
    pics_begin();
    out8(0x20, 0xc0 | 4); /* 4 is the lowest: 5 the highest */
    edge(4);
    edge(5);
    ck_assert_int_eq(take_extint(), 0x25);
    out8(0x20, 0xa0); /* its end, and the lowest from now on */
    ck_assert_int_eq(take_extint(), 0x24);
    edge(5);
    ck_assert_int_eq(take_extint(), -1);
}
END_TEST

START_TEST(special_mask)
{
    pics_begin();
    edge(1);
    ck_assert_int_eq(take_extint(), 0x21);
    out8(0x20, 0x68);
    out8(0x21, 0x02); /* what is masked does not hold the lower ones back */
    edge(6);
    ck_assert_int_eq(take_extint(), 0x26);
}
END_TEST

START_TEST(automatic_end)
{
    pics_begin();
    out8(0x20, 0x11);
    out8(0x21, 0x40);
    out8(0x21, 4);
    out8(0x21, 3);
    edge(6);
    ck_assert_int_eq(take_extint(), 0x46);
    edge(6);
    ck_assert_int_eq(take_extint(), 0x46);
}
END_TEST

START_TEST(polling)
{
    pics_begin();
    edge(4);
    out8(0x20, 0x0c);
    ck_assert_int_eq(in8(0x20), 0x84);
    ck_assert_int_eq(take_extint(), -1); /* it is served */
    out8(0x20, 0x0c);
    ck_assert_int_eq(in8(0x20), 7);
    ck_assert_int_eq(in8(0x20), 0); /* requests again */
}
END_TEST

START_TEST(way_to_the_processor)
{
    struct vcpu *v = pc->vcpu[0];

    pics_begin();
    edge(1);
    ck_assert_int_eq(kicks[0], 1);
    ck_assert(!vplatform_extint_pending(pc->vcpu[1]));
    vlapic_write(v, LAPIC_LVT_LINT0, LAPIC_EXTINT << 8 | LAPIC_LVT_MASKED);
    ck_assert(!vplatform_extint_pending(v));
    write32(0xfec00000, 0x10);
    write32(0xfec00010, LAPIC_EXTINT << 8); /* pin 0 of the IO-APIC */
    ck_assert(vplatform_extint_pending(v));
    write32(0xfec00010, LAPIC_LVT_MASKED);
    ck_assert(!vplatform_extint_pending(v));
    vlapic_wrmsr(v, 0x1b, 0xfee00000 | LAPIC_BASE_BSP); /* no local APIC */
    ck_assert_int_eq(take_extint(), 0x21);
    ck_assert_int_eq(vplatform_extint(v), 0x27); /* spurious */
}
END_TEST

START_TEST(any_byte)
{
    static const uint16_t ports[] = { 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1 };
    unsigned seed = 1;

    for (unsigned i = 0; i < 20000; i++) {
        unsigned r = rand_r(&seed);

        if (r & 0x100)
            out8(ports[r % 6], r >> 16);
        else if (r & 0x200)
            in8(ports[r % 6]);
        else if (r & 0x400)
            edge(r >> 16 & 15);
        else if (take_extint() >= 0)
            out8(ports[r & 2], EOI);
    }
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = { priorities, masks, slave, levels, rotation, special_mask,
                                   automatic_end, polling, way_to_the_processor, any_byte };

    return pc_suite("vpic", tests, ARRAY_SIZE(tests));
}
