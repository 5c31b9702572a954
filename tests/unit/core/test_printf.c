/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatting, compared with the C library's. The build renames the hypervisor's functions to
 * hv_snprintf and hv_vsnprintf.
 */
#include "fake.h"

#include <hv/printk.h>
#include <hv/string.h>

#undef snprintf
extern int snprintf(char *buf, size_t size, const char *fmt, ...);

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-zero-length"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-overflow"

/** Both give the same text and length. */
#define SAME(...)                                                                     \
    do {                                                                              \
        char ours_[512], theirs_[512];                                                \
        int a_ = hv_snprintf(ours_, sizeof(ours_), __VA_ARGS__);                      \
        int b_ = snprintf(theirs_, sizeof(theirs_), __VA_ARGS__);                     \
        ck_assert_str_eq(ours_, theirs_);                                             \
        ck_assert_int_eq(a_, b_);                                                     \
    } while (0)

START_TEST(integers)
{
    static const long values[] = { 0, 1, -1, 9, 10, 42, -12345, INT32_MAX, INT32_MIN, INT64_MAX,
                                   INT64_MIN, 0x80, 0xffff };
    static const char *const flags[] = { "", "-", "+", " ", "0", "#", "-+", "+0", "#0", "-#" };
    static const char *const widths[] = { "", "1", "5", "20", ".0", ".3", "10.4", "3.10" };
    static const char *const kinds[] = { "d", "i", "u", "x", "X", "o", "ld", "lu", "lx", "lld",
                                         "llu", "zx", "hd", "hhx", "hhd" };
    char fmt[32];

    for (unsigned f = 0; f < ARRAY_SIZE(flags); f++)
        for (unsigned w = 0; w < ARRAY_SIZE(widths); w++)
            for (unsigned k = 0; k < ARRAY_SIZE(kinds); k++) {
                if (strchr(flags[f], '#') && kinds[k][0] == 'o')
                    continue; /* # with o counts its zero into the precision: not needed here */
                snprintf(fmt, sizeof(fmt), "[%%%s%s%s]", flags[f], widths[w], kinds[k]);
                for (unsigned i = 0; i < ARRAY_SIZE(values); i++)
                    SAME(fmt, values[i]);
            }
}
END_TEST

START_TEST(text)
{
    SAME("");
    SAME("plain");
    SAME("100%%");
    SAME("%c%c", 'a', 'b');
    SAME("[%3c][%-3c]", 'x', 'y');
    SAME("%s", "text");
    SAME("[%10s][%-10s]", "right", "left");
    SAME("[%.2s][%5.1s]", "cut", "cut");
    SAME("[%.*s]", 3, "abcdef");
    SAME("[%*d][%-*d][%*d]", 6, 42, 6, 42, -6, 42);
    SAME("%s %d %s %lx", "mixed", 5, "things", 0xdeadbeefUL);
}
END_TEST

START_TEST(precision_reads_no_further)
{
    char not_terminated[3] = { 'a', 'b', 'c' };
    char out[16];

    ck_assert_int_eq(hv_snprintf(out, sizeof(out), "%.3s", not_terminated), 3);
    ck_assert_str_eq(out, "abc");
}
END_TEST

START_TEST(bounds)
{
    char out[8];

    for (size_t size = 0; size <= sizeof(out); size++) {
        for (unsigned i = 0; i < sizeof(out); i++)
            out[i] = 'X';
        ck_assert_int_eq(hv_snprintf(out, size, "%s", "0123456789"), 10);
        for (size_t i = 0; i < sizeof(out); i++)
            ck_assert_int_eq(out[i], i >= size ? 'X' : i == size - 1 ? '\0' : '0' + (int)i);
    }
    ck_assert_int_eq(hv_snprintf(NULL, 0, "%d", 12345), 5);
    ck_assert_int_eq(hv_snprintf(out, sizeof(out), "%200d", 1), 200);
}
END_TEST

START_TEST(own_ways)
{
    char out[64];
    const char *none = NULL;

    hv_snprintf(out, sizeof(out), "%p", (void *)0x1234);
    ck_assert_str_eq(out, "0000000000001234");
    hv_snprintf(out, sizeof(out), "%s", none);
    ck_assert_str_eq(out, "(null)");
    hv_snprintf(out, sizeof(out), "a %y b");
    ck_assert_str_eq(out, "a %y b");
    hv_snprintf(out, sizeof(out), "end %");
    ck_assert_str_eq(out, "end %");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("printf");
    TCase *t = tcase_create("printf");

    tcase_add_test(t, integers);
    tcase_add_test(t, text);
    tcase_add_test(t, precision_reads_no_further);
    tcase_add_test(t, bounds);
    tcase_add_test(t, own_ways);
    suite_add_tcase(s, t);
    return s;
}
