/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's memory and string functions. The build renames them (memcpy to hv_memcpy and so
 * on), so that the program's own stay the C library's.
 */
#include "fake.h"

#include <hv/string.h>

static unsigned char src[200], dst[200];

static void fill(void)
{
    for (unsigned i = 0; i < sizeof(src); i++) {
        src[i] = (unsigned char)(i * 7 + 1);
        dst[i] = 0xaa;
    }
}

START_TEST(copying)
{
    for (unsigned at = 0; at < 9; at++)
        for (unsigned n = 0; n < 100; n++) {
            fill();
            ck_assert_ptr_eq(memcpy(dst + at, src + 3, n), dst + at);
            for (unsigned i = 0; i < sizeof(dst); i++)
                ck_assert_uint_eq(dst[i], i >= at && i < at + n ? src[3 + i - at] : 0xaa);
        }
}
END_TEST

START_TEST(moving)
{
    for (int by = -20; by <= 20; by++)
        for (unsigned n = 0; n < 60; n++) {
            fill();
            for (unsigned i = 0; i < sizeof(dst); i++)
                dst[i] = (unsigned char)i;
            ck_assert_ptr_eq(memmove(dst + 50 + by, dst + 50, n), dst + 50 + by);
            for (unsigned i = 0; i < n; i++)
                ck_assert_uint_eq(dst[50 + by + (int)i], 50 + i);
        }
}
END_TEST

START_TEST(filling)
{
    for (unsigned at = 0; at < 9; at++)
        for (unsigned n = 0; n < 100; n++) {
            fill();
            ck_assert_ptr_eq(memset(dst + at, 0x1c3, n), dst + at);
            for (unsigned i = 0; i < sizeof(dst); i++)
                ck_assert_uint_eq(dst[i], i >= at && i < at + n ? 0xc3 : 0xaa);
        }
}
END_TEST

START_TEST(comparing)
{
    ck_assert_int_eq(memcmp("abc", "abd", 2), 0);
    ck_assert_int_lt(memcmp("abc", "abd", 3), 0);
    ck_assert_int_gt(memcmp("\xff", "\x01", 1), 0);
    ck_assert_int_eq(strcmp("abc", "abc"), 0);
    ck_assert_int_lt(strcmp("ab", "abc"), 0);
    ck_assert_int_gt(strcmp("\xff", "a"), 0);
    ck_assert_int_eq(strncmp("abc", "abd", 2), 0);
    ck_assert_int_eq(strncmp("ab", "ab", 10), 0);
    ck_assert_int_gt(strncmp("abd", "abc", 3), 0);
}
END_TEST

START_TEST(lengths_and_places)
{
    const char *s = "hello";
    char out[4];

    ck_assert_uint_eq(strlen(s), 5);
    ck_assert_uint_eq(strnlen(s, 3), 3);
    ck_assert_uint_eq(strnlen(s, 9), 5);
    ck_assert_ptr_eq(strchr(s, 'l'), s + 2);
    ck_assert_ptr_eq(strchr(s, 0), s + 5);
    ck_assert_ptr_null(strchr(s, 'x'));
    ck_assert_uint_eq(hv_strlcpy(out, s, sizeof(out)), 5);
    ck_assert_int_eq(strcmp(out, "hel"), 0);
    ck_assert_uint_eq(hv_strlcpy(out, s, 0), 5);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("string");
    TCase *t = tcase_create("string");

    tcase_add_test(t, copying);
    tcase_add_test(t, moving);
    tcase_add_test(t, filling);
    tcase_add_test(t, comparing);
    tcase_add_test(t, lengths_and_places);
    suite_add_tcase(s, t);
    return s;
}
