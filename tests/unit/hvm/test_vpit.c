/* SPDX-License-Identifier: GPL-2.0-only */
/* The PIT: what its counters hold, their outputs, interrupts of the first; port 0x61. */
#include "pc.h"

#define TICK_NS(n) ((s_time_t)(n) * 1000000000 / 1193182 + 1)

static unsigned read_count(unsigned channel)
{
    unsigned low;

    out8(0x43, channel << 6); /* latch */
    low = in8(0x40 + channel);
    return low | in8(0x40 + channel) << 8;
}

static void set_count(unsigned channel, unsigned mode, unsigned count)
{
    out8(0x43, channel << 6 | 0x30 | mode << 1);
    out8(0x40 + channel, count);
    out8(0x40 + channel, count >> 8);
}

static unsigned interrupts(void)
{
    unsigned n = 0;

    while (take_extint() == 0x20) {
        n++;
        out8(0x20, 0x20);
    }
    return n;
}

START_TEST(counters)
{
    set_count(1, 0, 1000);
    pass(TICK_NS(100));
    ck_assert_uint_eq(read_count(1), 900);
    pass(TICK_NS(900));
    ck_assert_uint_le(read_count(1), 1);
    set_count(1, 2, 1000);
    pass(TICK_NS(2300));
    ck_assert_uint_eq(read_count(1), 700);
    set_count(1, 3, 1000);
    pass(TICK_NS(100));
    ck_assert_uint_eq(read_count(1), 800); /* by twos */
    set_count(1, 2, 0);
    pass(TICK_NS(1));
    ck_assert_uint_eq(read_count(1), 0xffff);
}
END_TEST

START_TEST(ways_to_access)
{
    out8(0x43, 0x50); /* channel 1, low byte only */
    out8(0x41, 200);
    pass(TICK_NS(10));
    ck_assert_uint_eq(in8(0x41), 190);
    out8(0x43, 0x60); /* high byte only */
    out8(0x41, 4);
    ck_assert_uint_eq(in8(0x41), 4);
    set_count(1, 2, 0x1234);
    out8(0x43, 0xc4); /* count and status of channel 1 */
    pass(TICK_NS(50));
    ck_assert_uint_eq(in8(0x41), 0xb4); /* output up, both bytes, mode 2 */
    ck_assert_uint_eq(in8(0x41), 0x34);
    ck_assert_uint_eq(in8(0x41), 0x12);
    ck_assert_uint_eq(read_count(1), 0x1234 - 50);
    ck_assert_uint_eq(in8(0x43), 0xff);
}
END_TEST

START_TEST(once)
{
    pics_begin();
    set_count(0, 0, 2000);
    pass(TICK_NS(1000));
    ck_assert_uint_eq(interrupts(), 0);
    pass(TICK_NS(1000));
    ck_assert_uint_eq(interrupts(), 1);
    pass(100 * MS);
    ck_assert_uint_eq(interrupts(), 0);
}
END_TEST

START_TEST(again_and_again)
{
    unsigned n = 0;

    pics_begin();
    set_count(0, 2, 11932); /* 100 Hz */
    for (unsigned i = 0; i < 1000; i++) {
        pass(MS);
        n += interrupts();
    }
    ck_assert_uint_eq(n, 99);
    out8(0x43, 0x34); /* no count: it waits for one */
    pass(100 * MS);
    ck_assert_uint_eq(interrupts(), 0);
}
END_TEST

/* The host's timers do not run as fast as a guest may ask for. */
START_TEST(fastest)
{
    unsigned n = 0;

    pics_begin();
    set_count(0, 2, 1);
    for (unsigned i = 0; i < 2000; i++) {
        pass(5000);
        n += interrupts();
    }
    ck_assert_uint_ge(n, 90);
    ck_assert_uint_le(n, 10 * MS / VPLATFORM_SHORTEST_PERIOD);
}
END_TEST

START_TEST(speaker_port)
{
    bool refresh = in8(0x61) & 0x10;

    pass(15085);
    ck_assert(!(in8(0x61) & 0x10) == refresh);
    set_count(2, 0, 100);
    pass(TICK_NS(1000));
    ck_assert(!(in8(0x61) & 0x20)); /* the gate is closed */
    out8(0x61, 3);
    pass(TICK_NS(99));
    ck_assert_uint_eq(in8(0x61) & 0x2f, 3);
    pass(TICK_NS(1));
    ck_assert_uint_eq(in8(0x61) & 0x2f, 0x23);
}
END_TEST

START_TEST(any_byte)
{
    unsigned seed = 1;

    pics_begin();
    for (unsigned i = 0; i < 20000; i++) {
        unsigned r = rand_r(&seed), port = (r & 7) > 3 ? 0x61 : 0x40 + (r & 3);

        if (r & 0x100)
            out8(port, r >> 16);
        else
            in8(port);
        if (r & 0x200)
            pass(r >> 16);
        interrupts();
    }
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = { counters, ways_to_access, once, again_and_again, fastest,
                                   speaker_port, any_byte };

    return pc_suite("vpit", tests, ARRAY_SIZE(tests));
}
