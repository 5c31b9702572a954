/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of libctrl works without a hypervisor: the error chain, and checking a guest's files.
 */
#include "image.h"
#include "internal.h"

#include <public/sysctl.h>

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ctrl *h;
static char dir[] = "/tmp/test_ctrl.XXXXXX";
static char kernel[64], ramdisk[64];

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, size, f), size);
    fclose(f);
}

static void setup(void)
{
    static struct image m;

    h = calloc(1, sizeof(*h));
    h->privcmd = -1;
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(kernel, sizeof(kernel), "%s/kernel", dir);
    snprintf(ramdisk, sizeof(ramdisk), "%s/ramdisk", dir);
    image_make(&m);
    write_file(kernel, m.bytes, IMAGE_SIZE);
    write_file(ramdisk, "ramdisk", 7);
}

static void teardown(void)
{
    unlink(kernel);
    unlink(ramdisk);
    rmdir(dir);
    ctrl_close(h);
}

static bool ends_with_place(const char *text, const char *file)
{
    const char *at = strrchr(text, '[');

    return at && strstr(at, file) && text[strlen(text) - 1] == ']';
}

START_TEST(chain)
{
    ck_assert_str_eq(ctrl_error(h), "");
    ck_assert_int_eq(ctrl_fail(h, -ENOENT, "no such %s", "file"), -ENOENT);
    ck_assert_int_eq(ctrl_wrap(h, -EINVAL, "cannot load '%s'", "k"), -EINVAL);
    ck_assert_int_eq(ctrl_wrap(h, 0, "guest.cfg:3"), 0);
    ck_assert_int_eq(strncmp(ctrl_error(h), "guest.cfg:3: cannot load 'k': no such file [", 43), 0);
    ck_assert(ends_with_place(ctrl_error(h), "libctrl/test_ctrl.c:"));
    ck_assert_uint_eq(ctrl_error_count(h), 3);
    ck_assert_str_eq(ctrl_error_at(h, 0)->text, "guest.cfg:3");
    ck_assert_int_eq(ctrl_error_at(h, 0)->err, 0);
    ck_assert_str_eq(ctrl_error_at(h, 2)->text, "no such file");
    ck_assert_int_eq(ctrl_error_at(h, 2)->err, ENOENT);
    ck_assert_ptr_null(ctrl_error_at(h, 3));
    ctrl_fail(h, -EIO, "another");
    ck_assert_uint_eq(ctrl_error_count(h), 1);
    ctrl_error_clear(h);
    ck_assert_str_eq(ctrl_error(h), "");
}
END_TEST

START_TEST(long_chain)
{
    char text[2000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    ctrl_fail(h, -EIO, "innermost");
    for (int i = 0; i < 100; i++)
        ctrl_wrap(h, -EIO, "%s", text);
    ck_assert_uint_eq(ctrl_error_count(h), MAX_CAUSES);
    ck_assert_str_eq(ctrl_error_at(h, MAX_CAUSES - 1)->text, "innermost");
    ck_assert_ptr_nonnull(strstr(ctrl_error(h), ": innermost ["));
}
END_TEST

START_TEST(no_handle)
{
    ck_assert_int_eq(ctrl_fail(NULL, -EIO, "x"), -EIO);
    ck_assert_str_eq(ctrl_error(NULL), "out of memory");
    ck_assert_uint_eq(ctrl_error_count(NULL), 0);
    ctrl_error_clear(NULL);
    ctrl_close(NULL);
}
END_TEST

static struct ctrl_guest_config good(void)
{
    return (struct ctrl_guest_config){ .kernel = kernel, .memory_kb = 32768, .vcpus = 1 };
}

static void expect(const struct ctrl_guest_config *cfg, int ret, const char *text)
{
    ck_assert_int_eq(ctrl_guest_check(h, cfg), ret);
    if (!strstr(ctrl_error(h), text))
        ck_abort_msg("'%s' is not in '%s'", text, ctrl_error(h));
}

START_TEST(hardware_guests)
{
    struct ctrl_physinfo old = { .capabilities = XEN_SYSCTL_PHYSCAP_pv, .hw_cap = { ~0U, ~0x20U } };
    struct ctrl_physinfo off = { .capabilities = XEN_SYSCTL_PHYSCAP_pv, .hw_cap = { 0, 0x20 } };
    struct ctrl_physinfo on = { .capabilities = XEN_SYSCTL_PHYSCAP_hvm };

    ck_assert_str_eq(ctrl_no_hardware_guests(&old), "the processor has no VT-x");
    ck_assert_ptr_nonnull(strstr(ctrl_no_hardware_guests(&off), "locked off"));
    ck_assert_ptr_null(ctrl_no_hardware_guests(&on));
}
END_TEST

START_TEST(check_guest)
{
    struct ctrl_guest_config cfg = good();
    char *line = calloc(1, 1100);

    ck_assert_int_eq(ctrl_guest_check(h, &cfg), 0);
    cfg.ramdisk = ramdisk;
    ck_assert_int_eq(ctrl_guest_check(h, &cfg), 0);
    cfg.ramdisk = "/nonexistent/r";
    expect(&cfg, -ENOENT, "cannot load ramdisk '/nonexistent/r': No such file");
    cfg = good();
    cfg.kernel = dir;
    expect(&cfg, -EINVAL, "not a regular file");
    cfg.kernel = "/nonexistent/k";
    expect(&cfg, -ENOENT, "cannot load kernel '/nonexistent/k': No such file");
    cfg.kernel = ramdisk;
    expect(&cfg, -EINVAL, "too short");
    cfg.kernel = "/bin/true";
    expect(&cfg, -EINVAL, "not an executable ELF file");
    cfg = good();
    cfg.memory_kb = 1024;
    expect(&cfg, -ENOSPC, "too little");
    cfg.memory_kb = 32768;
    cfg.maxmem_kb = 4096;
    expect(&cfg, -EINVAL, "maxmem of 4096 KiB is less than memory of 32768 KiB");
    cfg = good();
    cfg.cmdline = memset(line, 'a', 1023);
    ck_assert_int_eq(ctrl_guest_check(h, &cfg), 0);
    line[1023] = 'a';
    expect(&cfg, -E2BIG, "1024 bytes, 1023 are the most");
    free(line);
}
END_TEST

START_TEST(empty_and_cut_kernel)
{
    struct ctrl_guest_config cfg = good();

    ck_assert_int_eq(truncate(kernel, 0x1800), 0);
    expect(&cfg, -EINVAL, "truncated?");
    ck_assert_int_eq(truncate(kernel, 0), 0);
    expect(&cfg, -EINVAL, "the file is empty");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ctrl");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, chain);
    tcase_add_test(t, long_chain);
    tcase_add_test(t, no_handle);
    tcase_add_test(t, hardware_guests);
    tcase_add_test(t, check_guest);
    tcase_add_test(t, empty_and_cut_kernel);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
