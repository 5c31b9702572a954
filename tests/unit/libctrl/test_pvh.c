/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PVH guests: where things are put for any sizes of memory, kernel and ramdisk, the information
 * page, and ACPI tables as a guest reads them.
 */
#include "acpi.h"
#include "image.h"
#include "pvh_layout.h"

#include <public/hvm/start_info.h>

#include <check.h>
#include <stdlib.h>

#define MIB_PAGES 256UL

static struct image m;
static struct elf_image elf;
static struct pvh_layout l;
static uint64_t need;

static void setup(void)
{
    image_make(&m);
    image_number_note(&m, 18, IMAGE_PADDR + 0x20);
    ck_assert_int_eq(elf_parse(&elf, m.bytes, IMAGE_SIZE), ELF_OK);
}

static enum pvh_error compute(uint64_t ramdisk, uint64_t pages)
{
    return pvh_layout_compute(&l, &elf, ramdisk, pages, PVH_LOW_END, &need);
}

START_TEST(small_guest)
{
    ck_assert_int_eq(compute(5000, 8 * MIB_PAGES), PVH_OK);
    ck_assert_uint_eq(l.low.count, 8 * MIB_PAGES);
    ck_assert_uint_eq(l.high.count, 0);
    ck_assert_uint_eq(l.loaded.first, 0x100);
    ck_assert_uint_eq(l.ramdisk, 0x103);
    ck_assert_uint_eq(l.info, 0x105);
    ck_assert_uint_eq(l.loaded.count, 6);
    ck_assert_uint_eq(l.entry, IMAGE_PADDR + 0x20);
}
END_TEST

START_TEST(memory_on_both_sides_of_the_hole)
{
    ck_assert_int_eq(compute(0, 6 * 1024 * MIB_PAGES), PVH_OK);
    ck_assert_uint_eq(l.low.count, PVH_LOW_END);
    ck_assert_uint_eq(l.high.first, PVH_HIGH_START);
    ck_assert_uint_eq(l.low.count + l.high.count, 6 * 1024 * MIB_PAGES);
    ck_assert_uint_eq(l.info, l.ramdisk);
}
END_TEST

/* What is said to be needed is enough, and a page less is not. */
START_TEST(too_little_memory)
{
    ck_assert_int_eq(compute(1 << 20, 300), PVH_NO_ROOM);
    ck_assert_int_eq(compute(1 << 20, need), PVH_OK);
    ck_assert_int_eq(compute(1 << 20, need - 1), PVH_NO_ROOM);
    ck_assert_int_eq(compute(1 << 20, 0), PVH_NO_ROOM);
}
END_TEST

START_TEST(sizes_without_end)
{
    static const uint64_t sizes[] = { 0xf0000UL << 12, 1UL << 40, UINT64_MAX - 4096, UINT64_MAX };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        ck_assert_int_eq(compute(sizes[i], UINT64_MAX / 8192), PVH_TOO_LARGE);
    elf.phys_end = 1UL << 45;
    ck_assert_int_eq(compute(0, 1UL << 34), PVH_BAD_ADDRESS);
}
END_TEST

START_TEST(kernels_that_cannot)
{
    elf.notes.phys32_entry = IMAGE_PADDR + 0x3000;
    ck_assert_int_eq(compute(0, 2048), PVH_BAD_ENTRY);
    elf.notes.phys32_entry = UINT64_MAX;
    ck_assert_int_eq(compute(0, 2048), PVH_BAD_ENTRY);
    elf.notes.phys32_entry = IMAGE_PADDR;
    elf.phys_start = 0x9f000;
    ck_assert_int_eq(compute(0, 2048), PVH_BAD_ADDRESS);
    elf.notes.seen &= ~(1U << ELF_NOTE_PHYS32_ENTRY);
    ck_assert_int_eq(compute(0, 2048), PVH_NO_ENTRY);
    for (int e = PVH_OK; e <= PVH_TOO_LARGE; e++)
        ck_assert_ptr_nonnull(pvh_error_text(e));
}
END_TEST

START_TEST(information)
{
    char *page = calloc(1, 4096), *longest = malloc(1024);
    const struct hvm_start_info *si = (void *)page;
    const struct hvm_memmap_table_entry *map;
    uint64_t at;

    memset(longest, 'x', 1023);
    longest[1023] = 0;
    ck_assert_int_eq(compute(4096, 5 * 1024 * MIB_PAGES), PVH_OK);
    at = l.info << 12;
    pvh_layout_write_info(&l, 4096, longest, page);
    ck_assert_uint_eq(si->version, 1);
    ck_assert_str_eq(page + (si->cmdline_paddr - at), longest);
    map = (void *)(page + (si->memmap_paddr - at));
    ck_assert_uint_eq(si->memmap_entries, 4);
    for (uint32_t i = 1; i < si->memmap_entries; i++)
        ck_assert_uint_le(map[i - 1].addr + map[i - 1].size, map[i].addr);
    ck_assert_uint_eq(map[3].addr, 1UL << 32);
    memset(page, 0, 4096);
    ck_assert_int_eq(compute(0, 2048), PVH_OK);
    pvh_layout_write_info(&l, 0, NULL, page);
    ck_assert_uint_eq(si->nr_modules, 0);
    ck_assert_uint_eq(si->memmap_entries, 3);
    ck_assert_str_eq(page + (si->cmdline_paddr - (l.info << 12)), "");
    free(page);
    free(longest);
}
END_TEST

/* ---- ACPI, read as a guest does ---- */

#define ACPI_AT 0xfeff0000UL

static uint32_t get32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static void check_sum(const uint8_t *p, uint32_t bytes)
{
    uint8_t sum = 0;

    while (bytes--)
        sum += *p++;
    ck_assert_uint_eq(sum, 0);
}

/* The table at a physical address, of this signature, whole and right. */
static const uint8_t *table(const uint8_t *page, uint64_t at, const char *signature, size_t used)
{
    const uint8_t *t = page + (at - ACPI_AT);

    ck_assert(at >= ACPI_AT && at + 36 <= ACPI_AT + used);
    ck_assert_int_eq(memcmp(t, signature, 4), 0);
    ck_assert_uint_le(at - ACPI_AT + get32(t + 4), used);
    check_sum(t, get32(t + 4));
    return t;
}

START_TEST(acpi_tables)
{
    uint32_t vcpus = _i;
    uint8_t *page = calloc(1, 4096);
    size_t used = acpi_write(page, ACPI_AT, vcpus);
    const uint8_t *xsdt, *fadt, *madt;

    ck_assert_uint_le(used, 4096);
    ck_assert_int_eq(memcmp(page, "RSD PTR ", 8), 0);
    check_sum(page, 20);
    check_sum(page, 36);
    xsdt = table(page, get64(page + 24), "XSDT", used);
    fadt = table(page, get64(xsdt + 36), "FACP", used);
    madt = table(page, get64(xsdt + 44), "APIC", used);
    ck_assert_uint_eq(get32(xsdt + 4), 52);
    ck_assert_uint_eq(get32(fadt + 4), 276);
    ck_assert_uint_eq(get32(fadt + 112) >> 20 & 1, 1); /* hardware-reduced */
    table(page, get32(fadt + 40), "DSDT", used);
    table(page, get64(fadt + 140), "DSDT", used);
    ck_assert_uint_eq(get32(madt + 4), 44 + 8 * vcpus);
    ck_assert_uint_eq(get32(madt + 36), 0xfee00000);
    for (uint32_t v = 0; v < vcpus; v++) {
        const uint8_t *cpu = madt + 44 + 8 * v;

        ck_assert_uint_eq(get32(cpu), 0x0800 | v << 16 | (2 * v) << 24);
        ck_assert_uint_eq(get32(cpu + 4), 1);
    }
    free(page);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pvh");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, small_guest);
    tcase_add_test(t, memory_on_both_sides_of_the_hole);
    tcase_add_test(t, too_little_memory);
    tcase_add_test(t, sizes_without_end);
    tcase_add_test(t, kernels_that_cannot);
    tcase_add_test(t, information);
    tcase_add_loop_test(t, acpi_tables, 1, ACPI_MAX_VCPUS + 1);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
