/* SPDX-License-Identifier: GPL-2.0-only */
/* ACPI's fixed hardware: the PM timer, PM1's events and their interrupt, the power-off. */
#include "pc.h"

#include <public/sched.h>

#define STATUS  0xb000
#define ENABLED 0xb002
#define CONTROL 0xb004
#define TIMER   0xb008
#define HALF_NS 599933233000L /* 2^31 ticks, and a bit */

START_TEST(pm_timer)
{
    uint32_t before = in32(TIMER);

    pass(1000 * MS);
    ck_assert_uint_eq(in32(TIMER) - before, 3579545);
    ck_assert_uint_eq(in8(TIMER + 1), in32(TIMER) >> 8 & 0xff);
}
END_TEST

START_TEST(timer_event)
{
    pics_begin();
    out8(0x4d1, 0x02);
    out16(ENABLED, 1);
    pass(HALF_NS - 1000 * MS);
    ck_assert_int_eq(take_extint(), -1);
    pass(1000 * MS);
    ck_assert_int_eq(take_extint(), 0x29);
    ck_assert_uint_eq(in32(STATUS), 1 << 16 | 1);
    out16(STATUS, 1);
    ck_assert_uint_eq(in32(STATUS), 1 << 16);
    out8(0xa0, 0x20);
    out8(0x20, 0x20);
    ck_assert_int_eq(take_extint(), -1);
    pass(HALF_NS);
    ck_assert_int_eq(take_extint(), 0x29);
}
END_TEST

START_TEST(buttons)
{
    pics_begin();
    out8(0x4d1, 0x02);
    out16(ENABLED, 0x200);
    vpm_press(platform, VPM_POWER);
    ck_assert_uint_eq(in32(STATUS), 0x200 << 16 | 0x100);
    ck_assert_int_eq(take_extint(), -1);
    vpm_press(platform, VPM_SLEEP);
    ck_assert_int_eq(take_extint(), 0x29);
    ck_assert_uint_eq(in32(STATUS), 0x200 << 16 | 0x300);
    out16(STATUS, 0x200);
    out8(0xa0, 0x20);
    out8(0x20, 0x20);
    ck_assert_int_eq(take_extint(), -1);
    out16(ENABLED, 0x100); /* pressed long ago, and not looked at yet */
    ck_assert_int_eq(take_extint(), 0x29);
}
END_TEST

START_TEST(events_that_exist)
{
    out16(ENABLED, 0xffff);
    ck_assert_uint_eq(in32(STATUS) >> 16, 0x721);
    out8(ENABLED + 1, 0);
    ck_assert_uint_eq(in32(STATUS) >> 16, 0x021);
    out16(STATUS, 0xffff);
    ck_assert_uint_eq(in32(STATUS), 0x021 << 16);
}
END_TEST

START_TEST(power_off)
{
    ck_assert_uint_eq(in8(CONTROL), 1);
    out16(CONTROL, 0x0000);
    out16(CONTROL, 0x2400); /* no such sleep */
    ck_assert_int_eq(shut_down, -1);
    out16(CONTROL, 0x2000);
    ck_assert_int_eq(shut_down, SHUTDOWN_poweroff);
    shut_down = -1;
    out8(CONTROL + 1, 0x20);
    ck_assert_int_eq(shut_down, SHUTDOWN_poweroff);
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = { pm_timer, timer_event, buttons, events_that_exist, power_off };

    return pc_suite("vpm", tests, ARRAY_SIZE(tests));
}
