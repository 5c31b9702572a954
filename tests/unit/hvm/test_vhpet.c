/* SPDX-License-Identifier: GPL-2.0-only */
/* The HPET: its counter, timers once and again, edges and levels, in place of PIT and clock. */
#include "pc.h"

#define BASE    0xfed00000UL
#define CONFIG  (BASE + 0x10)
#define STATUS  (BASE + 0x20)
#define COUNTER (BASE + 0xf0)
#define TIMER(n)      (BASE + 0x100 + 0x20 * (n))
#define COMPARATOR(n) (TIMER(n) + 8)
#define TICK 16 /* ns */
#define MS_TICKS (MS / TICK)

/* Input 20 of the IO-APIC is vector 0x50, level-triggered or not. */
static void route(bool level)
{
    write32(0xfec00000, 0x10 + 2 * 20);
    write32(0xfec00010, 0x50 | (level ? 0x8000 : 0));
}

static int taken(void)
{
    struct vcpu *v = pc->vcpu[0];
    uint8_t vector = vlapic_pending(v);

    if (!vector)
        return -1;
    take_interrupt(v, vector);
    vlapic_write(v, LAPIC_EOI, 0);
    return vector;
}

START_TEST(counts)
{
    ck_assert_uint_eq(read32(BASE), 0x8086a201);
    ck_assert_uint_eq(read32(BASE + 4), 16000000); /* fs */
    pass(MS);
    ck_assert_uint_eq(read32(COUNTER), 0); /* it is stopped */
    write32(COUNTER + 4, 5);
    write32(CONFIG, 1);
    pass(MS);
    ck_assert_uint_eq(read32(COUNTER), MS_TICKS);
    ck_assert_uint_eq(read32(COUNTER + 4), 5);
    write32(CONFIG, 0);
    pass(MS);
    ck_assert_uint_eq(read32(COUNTER), MS_TICKS);
    ck_assert_uint_eq(read32(BASE + 0x160), 0); /* a fourth timer */
    write32(BASE + 0x160, ~0U);
    write32(BASE + 0x3fc, ~0U);
    ck_assert_uint_eq(read32(BASE + 0x3fc), 0);
}
END_TEST

START_TEST(once)
{
    route(false);
    write32(CONFIG, 1);
    write32(TIMER(2), 20 << 9 | 4);
    ck_assert_uint_eq(read32(TIMER(2)), 20 << 9 | 0x34);
    write32(COMPARATOR(2) + 4, 0);
    write32(COMPARATOR(2), MS_TICKS);
    pass(MS - TICK);
    ck_assert_int_eq(taken(), -1);
    pass(TICK);
    ck_assert_int_eq(taken(), 0x50);
    pass(1000 * MS);
    ck_assert_int_eq(taken(), -1);
    ck_assert_uint_eq(read32(STATUS), 0);
}
END_TEST

/* With 32 bits the counter comes round to a comparator that it has passed. */
START_TEST(thirty_two_bits)
{
    route(false);
    write32(COUNTER, 0xffffff00);
    write32(CONFIG, 1);
    write32(TIMER(0), 20 << 9 | 0x104);
    write32(COMPARATOR(0), 0x100);
    pass(0x1ff * TICK);
    ck_assert_int_eq(taken(), -1);
    pass(TICK);
    ck_assert_int_eq(taken(), 0x50);
}
END_TEST

/* As Linux sets it up: the next time first, then the period. */
START_TEST(again)
{
    route(false);
    write32(CONFIG, 1);
    write32(TIMER(0), 20 << 9 | 0x14c);
    write32(COMPARATOR(0), 2 * MS_TICKS);
    write32(COMPARATOR(0), MS_TICKS);
    pass(MS);
    ck_assert_int_eq(taken(), -1);
    for (unsigned i = 0; i < 5; i++) {
        pass(MS);
        ck_assert_int_eq(taken(), 0x50);
    }
    pass(10 * MS + MS / 2);
    ck_assert_int_eq(taken(), 0x50); /* what was missed is missed */
    ck_assert_int_eq(taken(), -1);
    pass(MS / 2);
    ck_assert_int_eq(taken(), 0x50); /* and in step */
    write32(COMPARATOR(0), 0); /* none that is too short */
    pass(MS);
    ck_assert_int_eq(taken(), 0x50);
    pass(MS / 20);
    ck_assert_int_eq(taken(), -1);
}
END_TEST

START_TEST(levels)
{
    route(true);
    write32(CONFIG, 1);
    write32(TIMER(1), 20 << 9 | 6);
    write32(COMPARATOR(1) + 4, 0);
    write32(COMPARATOR(1), MS_TICKS);
    pass(MS);
    ck_assert_int_eq(taken(), 0x50);
    ck_assert_int_eq(taken(), 0x50); /* it is up still */
    ck_assert_uint_eq(read32(STATUS), 2);
    write32(STATUS + 4, 2);
    ck_assert_uint_eq(read32(STATUS), 2);
    write32(STATUS, 5);
    ck_assert_uint_eq(read32(STATUS), 2);
    write32(STATUS, 2);
    ck_assert_uint_eq(read32(STATUS), 0);
    ck_assert_int_eq(taken(), 0x50);
    ck_assert_int_eq(taken(), -1);
    ck_assert_uint_eq(platform->asserted[20], 0);
}
END_TEST

/* Lines are let go of, whatever becomes of the timer that holds them. */
START_TEST(lets_go)
{
    static const struct {
        uint64_t at;
        uint32_t value;
    } changes[] = { { CONFIG, 0 }, { CONFIG, 3 }, { TIMER(1), 21 << 9 | 6 }, { TIMER(1), 0 } };

    route(true);
    write32(CONFIG, 1);
    write32(TIMER(1), 20 << 9 | 6);
    write32(COMPARATOR(1) + 4, 0);
    write32(COMPARATOR(1), MS_TICKS);
    pass(MS);
    ck_assert_uint_eq(platform->asserted[20], 1);
    write32(changes[_i].at, changes[_i].value);
    for (unsigned line = 0; line < VIOAPIC_PINS; line++)
        ck_assert_uint_eq(platform->asserted[line], 0);
}
END_TEST

/* The first timer is the PIT's interrupt, and the PIT has none. */
START_TEST(legacy)
{
    pics_begin();
    out8(0x43, 0x34);
    out8(0x40, 0);
    out8(0x40, 0);
    pass(100 * MS);
    ck_assert_int_eq(take_extint(), 0x20);
    out8(0x20, 0x20);
    write32(CONFIG, 3);
    pass(100 * MS);
    ck_assert_int_eq(take_extint(), -1);
    write32(TIMER(0), 4);
    write32(COMPARATOR(0) + 4, 0);
    write32(COMPARATOR(0), 101 * MS_TICKS);
    pass(MS);
    ck_assert_int_eq(take_extint(), 0x20);
}
END_TEST

/* An input that it cannot have raises nothing. */
START_TEST(no_route)
{
    write32(CONFIG, 1);
    write32(TIMER(0), 19 << 9 | 6);
    write32(COMPARATOR(0) + 4, 0);
    write32(COMPARATOR(0), MS_TICKS);
    pass(MS);
    for (unsigned line = 0; line < VIOAPIC_PINS; line++)
        ck_assert_uint_eq(platform->asserted[line], 0);
}
END_TEST

START_TEST(absent)
{
    platform->hpet.present = false;
    write32(CONFIG, 1);
    ck_assert_uint_eq(read32(BASE), ~0U);
    platform->hpet.present = true;
    ck_assert_uint_eq(read32(CONFIG), 0);
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = { counts, once, thirty_two_bits, again, levels, legacy, no_route,
                                   absent };
    Suite *s = pc_suite("hvm_vhpet", tests, ARRAY_SIZE(tests));
    TCase *t = tcase_create("changes");

    tcase_add_checked_fixture(t, pc_setup, pc_teardown);
    tcase_add_loop_test(t, lets_go, 0, 4);
    suite_add_tcase(s, t);
    return s;
}
