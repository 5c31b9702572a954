/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sizes as people write them.
 */
#include "size.h"

#include <check.h>

static const struct {
    const char *text;
    uint64_t unit, bytes; /* 0: it is no size */
} sizes[] = {
    { "1", 1, 1 },
    { "1", 1 << 20, 1 << 20 },
    { "64K", 1 << 20, 64 << 10 },
    { "3M", 1, 3 << 20 },
    { "2G", 1, 2ULL << 30 },
    { "5T", 1, 5ULL << 40 },
    { "8388607T", 1, 8388607ULL << 40 },
    { "8388608T", 1, 0 },
    { "9223372036854775807", 1, INT64_MAX },
    { "9223372036854775808", 1, 0 },
    { "99999999999999999999", 1, 0 },
    { "9223372036854775807", 1 << 20, 0 },
    { "0", 1, 0 },
    { "0M", 1, 0 },
    { "", 1, 0 },
    { "M", 1, 0 },
    { "-1", 1, 0 },
    { "+1", 1, 0 },
    { " 1", 1, 0 },
    { "1 M", 1, 0 },
    { "1MB", 1, 0 },
    { "1X", 1, 0 },
};

START_TEST(each_size)
{
    uint64_t bytes = 1;
    bool good = parse_size(sizes[_i].text, sizes[_i].unit, &bytes);

    ck_assert_msg(good == (sizes[_i].bytes != 0), "'%s'", sizes[_i].text);
    if (good)
        ck_assert_uint_eq(bytes, sizes[_i].bytes);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("size");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_loop_test(t, each_size, 0, sizeof(sizes) / sizeof(sizes[0]));
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
