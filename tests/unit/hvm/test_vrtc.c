/* SPDX-License-Identifier: GPL-2.0-only */
/* The clock: dates in each format, setting them, its three interrupts. */
#include "pc.h"

#include <time.h>

#define SECOND 1000000000L

static uint8_t get(unsigned reg)
{
    out8(0x70, reg);
    return in8(0x71);
}

static void put(unsigned reg, uint8_t value)
{
    out8(0x70, reg);
    out8(0x71, value);
}

static void set_host(int64_t seconds) { fake_wall_base = seconds * SECOND - fake_now; }

static unsigned number(uint8_t bcd) { return (bcd >> 4) * 10 + (bcd & 15); }

/* Days of some centuries, as the C library has them. */
START_TEST(calendar)
{
    put(0x0b, 0x06); /* binary, 24 hours */
    for (int64_t at = 0; at < 9000000000; at += 97 * 86400 + 3671) {
        time_t t = at;
        struct tm tm;

        set_host(at);
        gmtime_r(&t, &tm);
        ck_assert_uint_eq(get(0), tm.tm_sec);
        ck_assert_uint_eq(get(2), tm.tm_min);
        ck_assert_uint_eq(get(4), tm.tm_hour);
        ck_assert_uint_eq(get(6), tm.tm_wday + 1);
        ck_assert_uint_eq(get(7), tm.tm_mday);
        ck_assert_uint_eq(get(8), tm.tm_mon + 1);
        ck_assert_uint_eq(get(0x32) * 100 + get(9), tm.tm_year + 1900);
    }
}
END_TEST

START_TEST(formats)
{
    set_host(1700000000 - 8000); /* 2023-11-14 20:00:00 */
    ck_assert_uint_eq(get(4), 0x20);
    ck_assert_uint_eq(get(9), 0x23);
    put(0x0b, 0x00);
    ck_assert_uint_eq(get(4), 0x88); /* 8 p.m. */
    put(0x0b, 0x04);
    ck_assert_uint_eq(get(4), 0x88);
    set_host(1700000000 - 8000 + 4 * 3600);
    ck_assert_uint_eq(get(4), 12); /* midnight */
    pc->time_offset_seconds = 12 * 3600;
    ck_assert_uint_eq(get(4), 0x8c); /* noon */
}
END_TEST

START_TEST(setting)
{
    set_host(1700000000);
    put(0x0b, 0x82);
    put(0, 0x59);
    put(2, 0x59);
    put(4, 0x23);
    put(7, 0x28);
    put(8, 0x02);
    put(9, 0x24);
    pass(5 * SECOND); /* it does not go on */
    ck_assert_uint_eq(get(0), 0x59);
    put(0x0b, 0x02);
    pass(SECOND);
    ck_assert_uint_eq(get(0), 0);
    ck_assert_uint_eq(get(7), 0x29); /* a leap year's */
    put(0x32, 0x99); /* at once */
    ck_assert_uint_eq(number(get(0x32)), 99);
    put(0x0b, 0x82);
    put(8, 0xff); /* no month */
    put(7, 0);
    put(0x0b, 0x02);
    ck_assert_uint_le(number(get(8)), 12);
    ck_assert_uint_ge(number(get(7)), 1);
}
END_TEST

static bool interrupted(void)
{
    if (take_extint() != 0x28)
        return false;
    out8(0xa0, 0x20);
    out8(0x20, 0x20);
    return true;
}

START_TEST(periodic)
{
    unsigned n = 0;

    pics_begin();
    put(0x0b, 0x42);
    for (unsigned i = 0; i < 1000; i++) {
        pass(MS);
        if (!interrupted())
            continue;
        ck_assert_uint_eq(get(0x0c), 0xc0);
        n++;
    }
    ck_assert_uint_ge(n, 990); /* one at each step: 1024 Hz */
    pass(MS);
    interrupted();
    pass(10 * MS);
    ck_assert(!interrupted()); /* the last was not looked at */
    get(0x0c);
    put(0x0a, 0x20); /* no rate */
    pass(10 * MS);
    ck_assert(!interrupted());
}
END_TEST

START_TEST(each_second)
{
    pics_begin();
    set_host(1700000000);
    put(0x0b, 0x12);
    pass(SECOND - MS);
    ck_assert(!interrupted());
    pass(MS);
    ck_assert(interrupted());
    ck_assert_uint_eq(get(0x0c) & 0xd0, 0x90);
    ck_assert(!(get(0x0a) & 0x80));
    pass(SECOND - 200000);
    ck_assert(get(0x0a) & 0x80); /* about to change */
}
END_TEST

START_TEST(alarm_clock)
{
    pics_begin();
    set_host(1700000000); /* 22:13:20 */
    put(1, 0x25);
    put(3, 0xff);
    put(5, 0xc0);
    put(0x0b, 0x22);
    for (unsigned i = 0; i < 4; i++) {
        pass(SECOND);
        ck_assert(!interrupted());
    }
    pass(SECOND);
    ck_assert(interrupted());
    ck_assert_uint_eq(get(0x0c) & 0xa0, 0xa0);
}
END_TEST

START_TEST(any_byte)
{
    unsigned seed = 1;

    pics_begin();
    set_host(1700000000);
    for (unsigned i = 0; i < 20000; i++) {
        unsigned r = rand_r(&seed);

        out8(0x70, r & 0x1000 ? r : r & 15);
        if (r & 0x100)
            out8(0x71, r >> 16);
        else
            in8(0x71);
        if (r & 0x200)
            pass((r >> 16) * 1000UL);
        interrupted();
    }
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = { calendar, formats, setting, periodic, each_second, alarm_clock,
                                   any_byte };

    return pc_suite("vrtc", tests, ARRAY_SIZE(tests));
}
