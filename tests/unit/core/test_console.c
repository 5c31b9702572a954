/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log: ring, filters, rate limit, outputs; and typing to Dom0 or to the debug keys.
 */
#include "fake.h"

#include <string.h>

#include <hv/event_channel.h>
#include <hv/page_alloc.h>
#include <hv/params.h>
#include <hv/printk.h>
#include <hv/softirq.h>

static char out[65536];
static size_t out_len;
static unsigned virqs[NR_VIRQS];
static char keys[16];

void send_global_virq(unsigned virq)
{
    virqs[virq]++;
}

void keyhandler_key(char c)
{
    keys[strlen(keys)] = c;
}

void *hv_alloc_pages(unsigned order, unsigned flags)
{
    static char big[1 << 20];

    return big;
}

static void put(const char *s, size_t len)
{
    memcpy(out + out_len, s, len);
    out_len += len;
    out[out_len] = '\0';
}

static void setup(void)
{
    fake_cpus_init(1);
    console_set_output(put);
    console_late_init();
}

static void type(const char *s)
{
    while (*s)
        console_input(*s++);
}

START_TEST(levels)
{
    printk(LOG_INFO, "one %d\n", 1);
    printk(LOG_DEBUG, "not shown\n");
    ck_assert_str_eq(out, "(XL) one 1\n");
    params_parse("loglvl=all console_timestamps=boot");
    fake_now = 12 * NS_PER_S + 345678 * NS_PER_US;
    printk(LOG_DEBUG, "two\n");
    ck_assert_ptr_nonnull(strstr(out, "[   12.345678] (XL) two\n"));
    fake_wall_base = 951782400 * NS_PER_S - (uint64_t)fake_now; /* a leap day */
    fake_now += 86399 * NS_PER_S + 7 * NS_PER_MS;
    params_parse("console_timestamps=date");
    printk(LOG_DEBUG, "at\n");
    ck_assert_ptr_nonnull(strstr(out, "[2000-02-29 23:59:59] (XL) at\n"));
    fake_now += NS_PER_S;
    params_parse("console_timestamps=datems");
    printk(LOG_DEBUG, "later\n");
    ck_assert_ptr_nonnull(strstr(out, "[2000-03-01 00:00:00.007] (XL) later\n"));
    params_parse("console_timestamps=raw");
    ck_assert_ptr_nonnull(strstr(out, "bad value \"raw\" for console_timestamps"));
    params_parse("loglvl=none console_timestamps=none");
    printk(LOG_ERR, "three\n");
    ck_assert_ptr_null(strstr(out, "three"));
    params_parse("loglvl=error");
    printk(LOG_ERR, "four\n");
    printk(LOG_WARNING, "five\n");
    ck_assert_ptr_nonnull(strstr(out, "four"));
    ck_assert_ptr_null(strstr(out, "five"));
    params_parse("loglvl=all loglvl=loud loglvl=error/loud");
    ck_assert_ptr_nonnull(strstr(out, "bad value \"loud\" for loglvl"));
    ck_assert_ptr_nonnull(strstr(out, "bad value \"error/loud\" for loglvl"));
}
END_TEST

static unsigned count_of(const char *what)
{
    unsigned n = 0;

    for (const char *s = out; (s = strstr(s, what)) != NULL; s++)
        n++;
    return n;
}

START_TEST(guests_are_limited)
{
    params_parse("guest_loglvl=error/all");
    for (unsigned i = 0; i < 100; i++)
        gprintk(LOG_WARNING, "guest says\n");
    ck_assert_uint_eq(count_of("guest says"), 10);
    fake_now += NS_PER_S;
    gprintk(LOG_WARNING, "guest says\n");
    ck_assert_uint_eq(count_of("(90 messages suppressed) guest says"), 1);
    fake_now += 100 * NS_PER_S;
    for (unsigned i = 0; i < 100; i++)
        gprintk(LOG_WARNING, "later\n");
    ck_assert_uint_eq(count_of("later"), 10);
    for (unsigned i = 0; i < 100; i++)
        gprintk(LOG_ERR, "error\n");
    ck_assert_uint_eq(count_of("error"), 100);
}
END_TEST

START_TEST(long_messages_are_cut)
{
    char text[1000];

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    printk(LOG_ERR, "%s\n", text);
    ck_assert_uint_eq(out_len, 511);
    ck_assert_int_eq(out[out_len - 1], '\n');
}
END_TEST

START_TEST(late_outputs_get_the_log_so_far)
{
    static char early[64];

    console_write("early\n", 6);
    memcpy(early, out, sizeof(early));
    out_len = 0;
    console_set_output(put);
    ck_assert_str_eq(out, "early\n");
}
END_TEST

START_TEST(reading_the_ring)
{
    char buf[64];
    uint32_t index = console_ring_start();

    console_write("abcdef", 6);
    ck_assert_uint_eq(console_ring_copy(&index, buf, 4), 4);
    ck_assert_int_eq(memcmp(buf, "abcd", 4), 0);
    ck_assert_uint_eq(console_ring_copy(&index, buf, 64), 2);
    ck_assert_uint_eq(console_ring_copy(&index, buf, 64), 0);
    console_write("gh", 2);
    ck_assert_uint_eq(console_ring_copy(&index, buf, 64), 2);
    ck_assert_uint_eq(console_ring_start(), index - 8);
    console_ring_clear(index);
    ck_assert_uint_eq(console_ring_start(), index);
    console_write_dom0("not kept", 8);
    ck_assert_uint_eq(console_ring_copy(&index, buf, 64), 0);
    ck_assert_ptr_nonnull(strstr(out, "not kept"));
}
END_TEST

START_TEST(ring_keeps_the_latest)
{
    static char buf[40000];
    char line[32];
    uint32_t index = 0;

    for (unsigned i = 0; i < 3000; i++)
        console_write(line, (size_t)snprintf(line, sizeof(line), "line %04u\n", i));
    out_len = 0;
    ck_assert_uint_eq(console_ring_copy(&index, buf, sizeof(buf)), 16384);
    ck_assert_int_eq(memcmp(buf + 16384 - 10, "line 2999\n", 10), 0);
    ck_assert_uint_eq(index, 30000);
    index = 0x80000000u; /* a place that never was */
    ck_assert_uint_eq(console_ring_copy(&index, buf, sizeof(buf)), 16384);
}
END_TEST

START_TEST(ring_can_grow)
{
    static char buf[40000];
    uint32_t index = 0;

    params_parse("conring_size=20k");
    console_write("before", 6);
    console_late_init();
    for (unsigned i = 0; i < 3000; i++)
        console_write("0123456789", 10);
    ck_assert_uint_eq(console_ring_copy(&index, buf, sizeof(buf)), 30006);
    ck_assert_int_eq(memcmp(buf, "before0123", 10), 0);
}
END_TEST

START_TEST(news_are_told_to_dom0)
{
    console_write("x", 1);
    console_write("y", 1);
    softirq_run();
    ck_assert_uint_eq(virqs[VIRQ_CON_RING], 1);
    softirq_run();
    ck_assert_uint_eq(virqs[VIRQ_CON_RING], 1);
}
END_TEST

START_TEST(typing_to_dom0)
{
    char buf[512];

    type("hello");
    ck_assert_uint_eq(virqs[VIRQ_CONSOLE], 5);
    ck_assert_uint_eq(console_read_input(buf, 3), 3);
    ck_assert_uint_eq(console_read_input(buf + 3, 64), 2);
    ck_assert_int_eq(memcmp(buf, "hello", 5), 0);
    for (unsigned i = 0; i < 1000; i++)
        console_input('z');
    ck_assert_uint_eq(console_read_input(buf, sizeof(buf)), 256);
}
END_TEST

START_TEST(typing_to_the_hypervisor)
{
    char buf[64];

    type("\x01\x01q"); /* two are just two */
    ck_assert_uint_eq(console_read_input(buf, 64), 3);
    type("\x01\x01\x01");
    ck_assert_ptr_nonnull(strstr(out, "input goes to the hypervisor"));
    type("qr");
    softirq_run();
    ck_assert_str_eq(keys, "qr");
    ck_assert_uint_eq(console_read_input(buf, 64), 0);
    type("\x01\x01\x01w");
    ck_assert_uint_eq(console_read_input(buf, 64), 1);
    ck_assert_int_eq(buf[0], 'w');
}
END_TEST

START_TEST(crash_output_needs_no_lock)
{
    params_parse("loglvl=none");
    console_force();
    printk(LOG_ERR, "the end\n");
    ck_assert_ptr_nonnull(strstr(out, "the end"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("console");
    TCase *t = tcase_create("console");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, levels);
    tcase_add_test(t, guests_are_limited);
    tcase_add_test(t, long_messages_are_cut);
    tcase_add_test(t, late_outputs_get_the_log_so_far);
    tcase_add_test(t, reading_the_ring);
    tcase_add_test(t, ring_keeps_the_latest);
    tcase_add_test(t, ring_can_grow);
    tcase_add_test(t, news_are_told_to_dom0);
    tcase_add_test(t, typing_to_dom0);
    tcase_add_test(t, typing_to_the_hypervisor);
    tcase_add_test(t, crash_output_needs_no_lock);
    suite_add_tcase(s, t);
    return s;
}
