/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GRUB's menu as bootdisk reads it: what grub-mkconfig writes, what a person writes, and what a
 * guest writes to break it.
 */
#include "grub_menu.h"
#include "grub_words.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As grub-mkconfig of Debian 12 writes it, shortened. */
static const char debian[] =
    "if [ -s $prefix/grubenv ]; then\n  set have_grubenv=true\n  load_env\nfi\n"
    "if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\n   set next_entry=\n"
    "   save_env next_entry\n   set boot_once=true\nelse\n   set default=\"0\"\nfi\n"
    "if [ x\"${feature_menuentry_id}\" = xy ]; then\n  menuentry_id_option=\"--id\"\n"
    "else\n  menuentry_id_option=\"\"\nfi\nexport menuentry_id_option\n"
    "function gfxmode {\n\tset gfxpayload=\"${1}\"\n\tmenuentry 'no' {\n\t}\n}\n"
    "menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'simple-1' {\n"
    "\tload_video\n\tif [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi\n"
    "\tset root='hd0,msdos1'\n\techo\t'Loading Linux 6.1 ...'\n"
    "\tlinux\t/boot/vmlinuz-6.1 root=UUID=6c69 ro  quiet \"a b\" $vt_handoff\n"
    "\techo\t'Loading initial ramdisk ...'\n\tinitrd\t/boot/initrd.img-6.1\n}\n"
    "submenu 'Advanced options' $menuentry_id_option 'advanced-1' {\n"
    "\tmenuentry 'Debian, 6.1' --class debian --unrestricted --id six-1 {\n"
    "\t\tlinux\t($root)/boot/vmlinuz-6.1 root=/dev/xvda1 ro\n"
    "\t\tinitrd\t/boot/ucode.cpio /boot/initrd.img-6.1\n\t}\n"
    "\tmenuentry 'Debian, 5.10' $menuentry_id_option 'five-10' {\n"
    "\t\tlinux /boot/vmlinuz-5.10 root=/dev/xvda1 ro single\n\t}\n}\n"
    "menuentry 'Memory test' {\n\tlinux16 /boot/memtest86+.bin\n}\n"
    "menuentry \"Another system\" {\n\tchainloader +1\n}\n";

static struct grub_menu menu;

static int read_menu(const char *text)
{
    return grub_menu_read(text, strlen(text), NULL, 0, &menu);
}

static const char *kernel_of(const char *choice)
{
    const struct grub_entry *e = grub_menu_find(&menu, choice);

    return e ? e->kernel : "none";
}

START_TEST(what_grub_mkconfig_writes)
{
    const struct grub_entry *e;

    ck_assert_int_eq(read_menu(debian), 0);
    ck_assert_int_eq(menu.count, 6);
    ck_assert_str_eq(menu.chosen, "0");
    e = grub_menu_find(&menu, menu.chosen);
    ck_assert_str_eq(e->title, "Debian GNU/Linux");
    ck_assert_str_eq(e->id, "simple-1");
    ck_assert_str_eq(e->kernel, "/boot/vmlinuz-6.1");
    ck_assert_str_eq(e->args, "root=UUID=6c69 ro quiet a b");
    ck_assert_str_eq(e->ramdisks, "/boot/initrd.img-6.1");
    grub_menu_free(&menu);
}
END_TEST

START_TEST(entries_are_found)
{
    static const char *const found[][2] = {
        { "Debian GNU/Linux", "/boot/vmlinuz-6.1" },
        { "simple-1", "/boot/vmlinuz-6.1" },
        { "1", "(hd0,msdos1)/boot/vmlinuz-6.1" },
        { "1>0", "(hd0,msdos1)/boot/vmlinuz-6.1" },
        { "advanced-1>five-10", "/boot/vmlinuz-5.10" },
        { "Advanced options>Debian, 5.10", "/boot/vmlinuz-5.10" },
        { "1>six-1", "(hd0,msdos1)/boot/vmlinuz-6.1" },
        { "2", "/boot/memtest86+.bin" },
        { "3", "none" }, /* starts no Linux */
        { "4", "none" },
        { "1>2", "none" },
        { "0>0", "none" },
        { "five-10", "none" }, /* it is in a submenu */
        { "", "none" },
        { ">", "none" },
        { "-1", "none" },
        { "99999999999999999999", "none" },
    };

    ck_assert_int_eq(read_menu(debian), 0);
    for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++)
        ck_assert_msg(strcmp(kernel_of(found[i][0]), found[i][1]) == 0, "'%s' is %s", found[i][0],
                      kernel_of(found[i][0]));
    ck_assert_str_eq(grub_menu_find(&menu, "1")->ramdisks, "/boot/ucode.cpio /boot/initrd.img-6.1");
    grub_menu_free(&menu);
}
END_TEST

START_TEST(the_default_is_what_was_saved)
{
    static const char text[] =
        "set default=0\nset default=\"${saved_entry}\"\n"
        "menuentry a --id a {\nlinux /a\n}\nmenuentry b --id b {\nlinux /b\n}\n";
    static const char saved[] = "# GRUB Environment Block\nother=1\nsaved_entry=b\n##########";

    ck_assert_int_eq(grub_menu_read(text, strlen(text), saved, strlen(saved), &menu), 0);
    ck_assert_str_eq(kernel_of(menu.chosen), "/b");
    grub_menu_free(&menu);
    ck_assert_int_eq(grub_menu_read(text, strlen(text), "saved_entry", 11, &menu), 0);
    ck_assert_str_eq(kernel_of(menu.chosen), "/a");
    grub_menu_free(&menu);
}
END_TEST

START_TEST(what_a_person_writes)
{
    ck_assert_int_eq(
        read_menu(
            "# mine\nset k=/vm; set default='the \"one\"'\n"
            "menuentry \"the \\\"one\\\"\" {linux $k/${k}x a=$k 'b=$k' \"c=$k\" d\\ e \\\n f # no\n"
            "initrd /i ; }\n"
            "menuentry two\n{\nlinux /two\n}"),
        0);
    ck_assert_int_eq(menu.count, 1);
    ck_assert_str_eq(kernel_of(menu.chosen), "/vm//vmx");
    ck_assert_str_eq(menu.entries[0].args, "a=/vm b=$k c=/vm d e f");
    ck_assert_str_eq(menu.entries[0].ramdisks, "/i");
    grub_menu_free(&menu);
}
END_TEST

START_TEST(nothing_to_read)
{
    static const char *const texts[] = {
        "",          "\n\n;;",      "}",           "{ {",
        "menuentry", "menuentry x", "menuentry {", "linux /a",
        "'",         "\"",          "\"\\",        "$",
        "${",        "${a",         "\\",          "menuentry '' {",
        "set",       "set =",       "set =1",      "then",
        "#"
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ck_assert_int_eq(read_menu(texts[i]), 0);
        ck_assert_str_eq(kernel_of(menu.chosen), "none");
        grub_menu_free(&menu);
    }
}
END_TEST

/* Too much of anything is left out, or refused; it does not run over. */
START_TEST(too_much)
{
    size_t size = 1 << 20;
    char *text = malloc(size + 1), *at = text;

    memset(text, 'x', size);
    text[size] = '\0';
    memcpy(text, "menuentry a {\nlinux ", 20);
    strcpy(text + size - 3, "\n}");
    ck_assert_int_eq(read_menu(text), 0);
    ck_assert_uint_eq(strlen(kernel_of("0")), GRUB_TEXT_MAX - 1 - strlen("linux "));
    grub_menu_free(&menu);

    for (size_t i = 0; i < size; i++)
        text[i] = i % 2 ? ' ' : '{';
    ck_assert_int_eq(read_menu(text), 0);
    grub_menu_free(&menu);

    for (int i = 0; i <= GRUB_ENTRIES_MAX; i++)
        at += sprintf(at, "menuentry %d {\nlinux /%d\n}\n", i, i);
    *at = '\0';
    ck_assert_int_eq(read_menu(text), -E2BIG);
    ck_assert_ptr_null(menu.entries);

    at = text;
    for (int i = 0; i < 100; i++)
        at += sprintf(at, "set v%d=%d\nsubmenu s {\n", i, i);
    at += sprintf(at, "menuentry deep {\nlinux /deep\n}\n");
    for (int i = 0; i < 100; i++)
        at += sprintf(at, "}\n");
    strcpy(at, "menuentry e {\nlinux /e $v1 $v99\n}\n");
    ck_assert_int_eq(read_menu(text), 0);
    ck_assert_int_eq(menu.count, GRUB_DEPTH_MAX + 1);
    ck_assert_str_eq(kernel_of("0"), "none");
    ck_assert_str_eq(kernel_of("e"), "/e");
    ck_assert_str_eq(grub_menu_find(&menu, "e")->args, "1");
    grub_menu_free(&menu);
    free(text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("menu");
    TCase *t = tcase_create("menu");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_set_timeout(t, 300);
    tcase_add_test(t, what_grub_mkconfig_writes);
    tcase_add_test(t, entries_are_found);
    tcase_add_test(t, the_default_is_what_was_saved);
    tcase_add_test(t, what_a_person_writes);
    tcase_add_test(t, nothing_to_read);
    tcase_add_test(t, too_much);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
