/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What programs for `bootloader` answer: whole, in another order, cut off anywhere, of any bytes.
 */
#include "bootloader.h"
#include "report.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char answer[] = "kernel /run/k\0ramdisk /run/r\0args root=/dev/xvda1 ro\0";
#define LENGTH (sizeof(answer) - 1)

/* A copy that is exactly so long, for the sanitizer. */
static int parse(struct boot_files *b, const char *bytes, size_t length)
{
    *b = (struct boot_files){ .answer = malloc(length) };
    memcpy(b->answer, bytes, length);
    return boot_files_parse(b, length);
}

START_TEST(a_whole_answer)
{
    struct boot_files b;

    ck_assert_int_eq(parse(&b, answer, LENGTH), 0);
    ck_assert_str_eq(b.kernel, "/run/k");
    ck_assert_str_eq(b.ramdisk, "/run/r");
    ck_assert_str_eq(b.cmdline, "root=/dev/xvda1 ro");
    free(b.answer);
    ck_assert_int_eq(parse(&b, "args \0other x\0kernel /k\0", 24), 0);
    ck_assert_str_eq(b.kernel, "/k");
    ck_assert_ptr_null(b.ramdisk);
    ck_assert_str_eq(b.cmdline, "");
    free(b.answer);
}
END_TEST

START_TEST(whose_kernel_it_is)
{
    struct guest_cfg g = { .type = CTRL_PV, .kernel = "/k", .ramdisk = "/r", .cmdline = "c" };
    struct boot_files b;

    ck_assert_int_eq(boot_files_find(&g, &b), XL_OK);
    ck_assert_str_eq(b.kernel, "/k");
    ck_assert_str_eq(b.ramdisk, "/r");
    ck_assert_str_eq(b.cmdline, "c");
    g.type = CTRL_HVM; /* its firmware has them from the device model */
    ck_assert_int_eq(boot_files_find(&g, &b), XL_OK);
    ck_assert(!b.kernel && !b.ramdisk && !b.cmdline);
}
END_TEST

START_TEST(half_an_answer)
{
    struct boot_files b;

    for (size_t n = 0; n < LENGTH; n++) {
        bool whole = n && !answer[n - 1];

        ck_assert_int_eq(parse(&b, answer, n), whole ? 0 : -EINVAL);
        free(b.answer);
    }
}
END_TEST

START_TEST(any_bytes)
{
    struct boot_files b;
    char bytes[64];

    srand(1);
    for (int i = 0; i < 20000; i++) {
        size_t n = rand() % sizeof(bytes);

        for (size_t at = 0; at < n; at++)
            bytes[at] = "kernel \0/"[rand() % 9];
        if (parse(&b, bytes, n) == 0)
            ck_assert_ptr_nonnull(b.kernel);
        free(b.answer);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bootloader");
    TCase *t = tcase_create("answers");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_set_timeout(t, 300);
    tcase_add_test(t, a_whole_answer);
    tcase_add_test(t, whose_kernel_it_is);
    tcase_add_test(t, half_an_answer);
    tcase_add_test(t, any_bytes);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
