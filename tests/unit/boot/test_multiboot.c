/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot loader's information, good and broken, and the memory map against a plain model.
 */
#include "fake.h"
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#include <arch/boot.h>

#define MB1 0x2badb002
#define MB2 0x36d76289

static uint8_t info[8192];
static size_t used;

static void begin(void)
{
    machine_memory_init();
    memset(info, 0, sizeof(info));
    memset(&boot_info, 0, sizeof(boot_info));
    used = 8;
}

static uint8_t *tag(uint32_t type, const void *content, size_t n)
{
    uint32_t head[2] = { type, 8 + n };
    uint8_t *at = info + used;

    memcpy(at, head, 8);
    memcpy(at + 8, content, n);
    used += (8 + n + 7) & ~7UL;
    return at;
}

static const char *parse_mb2(void)
{
    uint32_t end[2] = { 0, 8 }, total;

    memcpy(info + used, end, 8);
    total = used + 8;
    memcpy(info, &total, 4);
    return multiboot_parse(MB2, machine_put_at_end(info, total, 8));
}

static void add_map(void)
{
    struct {
        uint32_t entry_size, version;
        struct {
            uint64_t addr, len;
            uint32_t type, zero;
        } e[3];
    } map = { 24,
              0,
              { { 0, 0x9fc00, 1, 0 }, { 0x100000, 0x7f00000, 1, 0 }, { 0xf0000, 0x10000, 2, 0 } } };

    tag(6, &map, sizeof(map));
}

static void add_module(uint32_t start, uint32_t end, const char *line)
{
    uint8_t m[128];

    memcpy(m, &start, 4);
    memcpy(m + 4, &end, 4);
    strcpy((char *)m + 8, line);
    tag(3, m, 8 + strlen(line) + 1);
}

START_TEST(a_good_one)
{
    begin();
    tag(1, "console=com1 noreboot", 22);
    tag(2, "GRUB 2.06", 10);
    add_module(0x1000000, 0x1000100, "placeholder root=/dev/sda1");
    add_module(0x2000000, 0x2000000, "");
    add_map();
    ck_assert_ptr_null(parse_mb2());
    ck_assert_str_eq(boot_info.cmdline, "console=com1 noreboot");
    ck_assert_uint_eq(boot_info.nr_modules, 2);
    ck_assert_str_eq(boot_info.modules[0].cmdline, "placeholder root=/dev/sda1");
    ck_assert_uint_eq(boot_info.modules[0].bytes, 0x100);
    ck_assert_uint_eq(boot_info.nr_e820, 3);
    ck_assert_uint_eq(boot_info.e820[1].start, 0xf0000);
    ck_assert_uint_eq(e820_ram_end(), 0x8000000);
}
END_TEST

START_TEST(other_loaders_put_file_names_first)
{
    begin();
    tag(1, "/boot/xen-like console=com1", 28);
    tag(2, "qemu", 5);
    add_module(0x1000000, 0x1000100, "vmlinux  quiet");
    add_map();
    ck_assert_ptr_null(parse_mb2());
    ck_assert_str_eq(boot_info.cmdline, "console=com1");
    ck_assert_str_eq(boot_info.modules[0].cmdline, "quiet");
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    ck_assert_ptr_nonnull(multiboot_parse(0x12345678, 0));

    begin();
    ck_assert_ptr_nonnull(parse_mb2()); /* no map */

    begin();
    add_map();
    add_module(0x200000, 0x201000, "over the image");
    ck_assert_ptr_nonnull(parse_mb2());

    begin();
    add_map();
    add_module(0x9000, 0xa0000, "not in RAM");
    ck_assert_ptr_nonnull(parse_mb2());

    begin();
    add_map();
    add_module(0x1000000, 0x1002000, "a");
    add_module(0x1001000, 0x1003000, "b");
    ck_assert_ptr_nonnull(parse_mb2());

    begin();
    add_map();
    add_module(0x1002000, 0x1001000, "backwards");
    ck_assert_ptr_nonnull(parse_mb2());

    begin();
    add_map();
    for (unsigned i = 0; i < BOOT_MAX_MODULES + 1; i++)
        add_module(0x1000000 + i * 0x1000, 0x1001000 + i * 0x1000, "one of many");
    ck_assert_ptr_nonnull(parse_mb2());
}
END_TEST

static void add_efi_map(const uint64_t e[][5], unsigned n, uint32_t entry_size)
{
    uint8_t map[1024] = { 0 };

    memcpy(map, &entry_size, 4);
    for (unsigned i = 0; i < n; i++)
        memcpy(map + 8 + i * entry_size, e[i], 40);
    tag(17, map, 8 + n * entry_size);
}

/* type, address, virtual address, pages, attributes */
static const uint64_t efi_good[][5] = {
    { 7, 0x100000, 0, 0x7f00, 15 },
    { 5, 0x8000000, 0, 0x10, 1UL << 63 | 15 },
    { 6, 0x8010000, 0, 0x20, 1UL << 63 | 15 },
};
static const uint64_t efi_wrong[][5] = {
    { 6, 0x8000800, 0, 1, 15 },       /* not a whole page */
    { 6, 0x8000000, 0, 1UL << 60, 15 }, /* more than there are addresses */
    { 6, -4096UL, 0, 2, 15 },         /* over the end */
    { 6, 0x8000000, 0, 0, 15 },       /* nothing, which does no harm */
};

START_TEST(efi_tells_its_tables_and_its_memory)
{
    uint64_t table = 0x7f000018;

    begin();
    add_map();
    tag(12, &table, 8);
    add_efi_map(efi_good, 3, 48);
    ck_assert_ptr_null(parse_mb2());
    ck_assert(boot_info.efi);
    ck_assert_uint_eq(boot_info.efi_system_table, table);
    ck_assert_uint_eq(boot_info.nr_efi_regions, 3);
    ck_assert_uint_eq(boot_info.efi_regions_lost, 0);
    ck_assert_uint_eq(boot_info.efi_regions[2].start, 0x8010000);
    ck_assert_uint_eq(boot_info.efi_regions[2].bytes, 0x20000);
    ck_assert_uint_eq(boot_info.efi_regions[2].type, 6);
    ck_assert_uint_eq(boot_info.efi_regions[2].attributes, 1UL << 63 | 15);

    begin();
    add_map();
    tag(11, &table, 4); /* 32 bits: no table that could be used */
    ck_assert_ptr_null(parse_mb2());
    ck_assert(boot_info.efi);
    ck_assert_uint_eq(boot_info.efi_system_table, 0);

    begin();
    add_map();
    ck_assert_ptr_null(parse_mb2());
    ck_assert(!boot_info.efi);
}
END_TEST

START_TEST(what_efi_cannot_mean_is_counted)
{
    begin();
    add_map();
    tag(12, "", 0); /* an address that is too short */
    add_efi_map(efi_wrong, 4, 40);
    add_efi_map(efi_good, 1, 48);
    tag(17, "", 0);
    ck_assert_ptr_null(parse_mb2());
    ck_assert(boot_info.efi);
    ck_assert_uint_eq(boot_info.efi_system_table, 0);
    ck_assert_uint_eq(boot_info.efi_regions_lost, 4); /* three regions and one list */
    ck_assert_uint_eq(boot_info.nr_efi_regions, 1);

    begin();
    add_map();
    add_efi_map(efi_good, 3, 24); /* entries too small for what they hold */
    ck_assert_ptr_null(parse_mb2());
    ck_assert_uint_eq(boot_info.efi_regions_lost, 1);
    ck_assert_uint_eq(boot_info.nr_efi_regions, 0);

    begin();
    add_map();
    boot_info.nr_efi_regions = BOOT_MAX_EFI_REGIONS - 1;
    add_efi_map(efi_good, 3, 40);
    ck_assert_ptr_null(parse_mb2());
    ck_assert_uint_eq(boot_info.nr_efi_regions, BOOT_MAX_EFI_REGIONS);
    ck_assert_uint_eq(boot_info.efi_regions_lost, 2);
}
END_TEST

/* Whatever the tags hold, nothing behind the end that the loader names is read: it is not mapped.
 */
START_TEST(random_tags)
{
    srandom(1);
    for (unsigned round = 0; round < 20000; round++) {
        uint32_t total = 16 + (uint32_t)random() % 64 * 8;
        unsigned at = 8;

        if (round % 100 == 0)
            machine_memory_init();
        memset(&boot_info, 0, sizeof(boot_info));
        for (unsigned i = 0; i < total; i++)
            info[i] = (uint8_t)random();
        while (at + 8 <=
               total) { /* most tags have a type that is read and a size that fits nearly */
            uint32_t type = (uint32_t)random() % 19 + 1, size = (uint32_t)random() % 80;

            memcpy(info + at, &type, 4);
            memcpy(info + at + 4, &size, 4);
            at += (size + 8) & ~7u;
        }
        memcpy(info, &total, 4);
        multiboot_parse(MB2, machine_put_at_end(info, total, 8));
    }
}
END_TEST

/* --- the map ---------------------------------------------------------------------------------- */
#define SPAN 64

static uint32_t model_type(const struct e820_entry *e, unsigned n, uint64_t addr)
{
    uint32_t type = 0;

    for (unsigned i = 0; i < n; i++)
        if (addr >= e[i].start && addr < e[i].start + e[i].bytes)
            type = !type || type == E820_RAM ? e[i].type
                   : e[i].type == E820_RAM   ? type
                                             : MAX(type, e[i].type);
    return type;
}

START_TEST(random_maps)
{
    srandom(2);
    for (unsigned round = 0; round < 2000; round++) {
        struct e820_entry in[12];
        unsigned n = (unsigned)random() % 12;

        memset(&boot_info, 0, sizeof(boot_info));
        for (unsigned i = 0; i < n; i++) {
            in[i] = (struct e820_entry){ (uint64_t)random() % SPAN, 1 + (uint64_t)random() % 20,
                                         1 + (uint32_t)random() % 5 };
            boot_info.e820[i] = in[i];
        }
        boot_info.nr_e820 = n;
        e820_normalise(&boot_info);
        for (uint64_t a = 0; a < SPAN + 24; a++)
            ck_assert_uint_eq(e820_type_at(a), model_type(in, n, a));
        for (unsigned i = 1; i < boot_info.nr_e820; i++) {
            const struct e820_entry *p = &boot_info.e820[i - 1], *q = p + 1;

            ck_assert_uint_ge(q->start, p->start + p->bytes);
            ck_assert(q->start > p->start + p->bytes || q->type != p->type);
        }
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("multiboot");
    TCase *t = tcase_create("multiboot");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_good_one);
    tcase_add_test(t, other_loaders_put_file_names_first);
    tcase_add_test(t, what_cannot_be_is_refused);
    tcase_add_test(t, efi_tells_its_tables_and_its_memory);
    tcase_add_test(t, what_efi_cannot_mean_is_counted);
    tcase_add_test(t, random_tags);
    tcase_add_test(t, random_maps);
    suite_add_tcase(s, t);
    return s;
}
