/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checksum of records is zlib's CRC-32, whatever the length, the place and the beginning.
 */
#include "checksum.h"

#include <check.h>
#include <stdlib.h>
#include <zlib.h>

#define LONG 1500

static unsigned char bytes[LONG + 16];

START_TEST(is_that_of_zlib)
{
    srand(1);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = rand() >> 8;
    for (size_t len = 0; len <= LONG; len++) {
        const unsigned char *at = bytes + len % 16;
        uint32_t before = len % 3 ? rand() : 0;

        /* without a body zlib's begins anew, and nothing is to be forgotten */
        ck_assert_uint_eq(checksum_add(before, at, len), len ? crc32(before, at, len) : before);
    }
}
END_TEST

START_TEST(has_no_parts)
{
    uint32_t whole = checksum_add(0, bytes, LONG);

    for (size_t first = 0; first <= LONG; first++)
        ck_assert_uint_eq(checksum_add(checksum_add(0, bytes, first), bytes + first, LONG - first), whole);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("checksum");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_test(t, is_that_of_zlib);
    tcase_add_test(t, has_no_parts);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
