/* SPDX-License-Identifier: GPL-2.0-only */
/* The IO-APIC: its registers, edges and levels, whom its messages reach; the local APIC's page. */
#include "pc.h"

#define BASE  0xfec00000UL
#define LAPIC 0xfee00000UL

static void write_entry(unsigned pin, uint32_t low, uint32_t high)
{
    write32(BASE, 0x11 + 2 * pin);
    write32(BASE + 0x10, high);
    write32(BASE, 0x10 + 2 * pin);
    write32(BASE + 0x10, low);
}

static uint32_t read_entry(unsigned pin)
{
    write32(BASE, 0x10 + 2 * pin);
    return read32(BASE + 0x10);
}

/* The vector that a vcpu has requested, which is taken and ended. */
static int taken_by(unsigned vcpu)
{
    struct vcpu *v = pc->vcpu[vcpu];
    uint8_t vector = vlapic_pending(v);

    if (!vector)
        return -1;
    take_interrupt(v, vector);
    vlapic_write(v, LAPIC_EOI, 0);
    return vector;
}

START_TEST(registers)
{
    write32(BASE, 1);
    ck_assert_uint_eq(read32(BASE + 0x10), 0x2f0020);
    write32(BASE, 0);
    write32(BASE + 0x10, 0xffffffff);
    ck_assert_uint_eq(read32(BASE + 0x10), 0x0f000000);
    ck_assert_uint_eq(read_entry(47), 0x10000);
    write_entry(47, 0xffffffff, 0xffffffff);
    ck_assert_uint_eq(read_entry(47), 0x1afff);
    write32(BASE, 0x10 + 2 * 47 + 1);
    ck_assert_uint_eq(read32(BASE + 0x10), 0xff000000);
    for (unsigned i = 0x10 + 2 * 48; i < 0x100; i++) { /* there are no more */
        write32(BASE, i);
        write32(BASE + 0x10, 0xffffffff);
        ck_assert_uint_eq(read32(BASE + 0x10), 0);
    }
}
END_TEST

START_TEST(edges)
{
    write_entry(2, 0x41, 0);
    vplatform_assert(platform, IRQ_TIMER);
    ck_assert_int_eq(taken_by(0), 0x41);
    ck_assert_int_eq(taken_by(0), -1);
    vplatform_deassert(platform, IRQ_TIMER);
    ck_assert_int_eq(taken_by(0), -1);
    write_entry(2, 0x10041, 0);
    vplatform_assert(platform, IRQ_TIMER);
    write_entry(2, 0x41, 0);
    ck_assert_int_eq(taken_by(0), -1); /* an edge that was masked is lost */
}
END_TEST

START_TEST(levels)
{
    write_entry(20, 0x8051, 0);
    vplatform_assert(platform, 20);
    ck_assert_int_eq(vlapic_pending(pc->vcpu[0]), 0x51);
    ck_assert_uint_eq(read_entry(20), 0xc051);
    ck_assert_int_eq(taken_by(0), 0x51);
    ck_assert_int_eq(taken_by(0), 0x51); /* it is still up */
    vplatform_deassert(platform, 20);
    ck_assert_int_eq(taken_by(0), 0x51);
    ck_assert_int_eq(taken_by(0), -1);
    ck_assert_uint_eq(read_entry(20), 0x8051);
    write_entry(20, 0x18051, 0);
    vplatform_assert(platform, 20);
    ck_assert_int_eq(taken_by(0), -1);
    write_entry(20, 0x8051, 0);
    ck_assert_int_eq(taken_by(0), 0x51);
    write32(BASE + 0x40, 0x51); /* what is over is told by hand */
    ck_assert_int_eq(taken_by(0), 0x51);
}
END_TEST

START_TEST(destinations)
{
    write_entry(3, 0x61, 2U << 24); /* vcpu 1 has id 2 */
    write_entry(4, 0x62, 0xffU << 24);
    write_entry(5, 0x963, 3U << 24);
    vlapic_write(pc->vcpu[0], LAPIC_LDR, 1U << 24);
    vlapic_write(pc->vcpu[1], LAPIC_LDR, 2U << 24);
    vplatform_assert(platform, 3);
    ck_assert_int_eq(taken_by(0), -1);
    ck_assert_int_eq(taken_by(1), 0x61);
    vplatform_assert(platform, 4);
    ck_assert_int_eq(taken_by(0), 0x62);
    ck_assert_int_eq(taken_by(1), 0x62);
    vlapic_write(pc->vcpu[0], LAPIC_SVR, 0xff); /* off: lowest priority is the other's */
    vplatform_assert(platform, 5);
    ck_assert_int_eq(taken_by(0), -1);
    ck_assert_int_eq(taken_by(1), 0x63);
}
END_TEST

START_TEST(any_register)
{
    unsigned seed = 1;

    for (unsigned i = 0; i < 20000; i++) {
        unsigned r = rand_r(&seed), line = r % VIOAPIC_PINS;

        switch (r >> 8 & 3) {
        case 0: write32(BASE + (r >> 16 & 0xfc), rand_r(&seed)); break;
        case 1: read32(BASE + (r >> 16 & 0xfc)); break;
        case 2:
            if (line != IRQ_CASCADE && !platform->asserted[line])
                vplatform_assert(platform, line);
            else if (line != IRQ_CASCADE)
                vplatform_deassert(platform, line);
            break;
        default: taken_by(r & 1);
        }
    }
}
END_TEST

START_TEST(local_page)
{
    ck_assert_uint_eq(read32(LAPIC + LAPIC_VERSION), 0x50014);
    write32(LAPIC + LAPIC_TPR, 0x70);
    ck_assert_uint_eq(read32(LAPIC + LAPIC_TPR), 0x70);
    ck_assert_uint_eq(read32(LAPIC + LAPIC_TPR + 4), 0);
    vlapic_wrmsr(pc->vcpu[0], 0x1b,
                 0xfee00000 | LAPIC_BASE_ENABLED | LAPIC_BASE_X2APIC | LAPIC_BASE_BSP);
    ck_assert_uint_eq(read32(LAPIC + LAPIC_VERSION), ~0U); /* it is by MSR now */
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = { registers, edges, levels, destinations, any_register,
                                   local_page };

    return pc_suite("vioapic", tests, ARRAY_SIZE(tests));
}
