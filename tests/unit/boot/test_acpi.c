/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The firmware's tables: a small good set, the same with a wrong checksum, and random contents with
 * a right one, at the end of mapped memory.
 */
#include "fake.h"
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#include <arch/acpi.h>
#include <arch/layout.h>

#define RSDP_AT 0xf0000
#define RSDT_AT 0x10000
#define MADT_AT 0x11000

static void fix_sum(uint8_t *p, size_t n, size_t at)
{
    uint8_t sum = 0;

    p[at] = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i];
    p[at] = -sum;
}

static void put_table(uint64_t at, const char *name, uint8_t *t, uint32_t n)
{
    memcpy(t, name, 4);
    memcpy(t + 4, &n, 4);
    fix_sum(t, n, 9);
    machine_put(at, t, n);
}

static void put_roots(uint32_t table)
{
    uint8_t rsdp[20] = "RSD PTR ", rsdt[40] = { 0 };
    uint32_t at = RSDT_AT;

    memcpy(rsdp + 16, &at, 4);
    fix_sum(rsdp, sizeof(rsdp), 8);
    machine_put(RSDP_AT, rsdp, sizeof(rsdp));
    memcpy(rsdt + 36, &table, 4);
    put_table(RSDT_AT, "RSDT", rsdt, sizeof(rsdt));
    memset(&acpi_info, 0, sizeof(acpi_info));
}

static uint32_t make_madt(uint8_t *t)
{
    static const uint8_t entries[] = {
        0,  8,  0, 0, 1,   0, 0,    0, /* CPU 0 */
        0,  8,  1, 4, 1,   0, 0,    0, /* CPU 1, APIC id 4 */
        0,  8,  2, 5, 0,   0, 0,    0, /* one that is not there */
        1,  12, 7, 0, 0,   0, 0xc0, 0xfe, 0, 0, 0, 0, 2, 10, 0, 9,
        20, 0,  0, 0, 0xf, 0,                                      /* ISA 9 is GSI 20, level, low */
        9,  16, 0, 0, 0,   1, 0,    0,    1, 0, 0, 0, 9, 0,  0, 0, /* x2APIC id 256 */
    };

    memset(t, 0, 44);
    memcpy(t + 44, entries, sizeof(entries));
    return 44 + sizeof(entries);
}

START_TEST(a_good_madt)
{
    uint8_t t[256];

    machine_memory_init();
    put_roots(MADT_AT);
    put_table(MADT_AT, "APIC", t, make_madt(t));
    acpi_init(0, true);
    ck_assert(acpi_info.present);
    ck_assert_uint_eq(acpi_info.nr_cpus, 3);
    ck_assert_uint_eq(acpi_info.cpus[1].apic_id, 4);
    ck_assert_uint_eq(acpi_info.cpus[2].apic_id, 256);
    ck_assert_uint_eq(acpi_info.nr_ioapics, 1);
    ck_assert_uint_eq(acpi_info.ioapics[0].addr, 0xfec00000);
    ck_assert_uint_eq(acpi_info.nr_overrides, 1);
    ck_assert(acpi_info.overrides[0].level && acpi_info.overrides[0].active_low);
    ck_assert_uint_eq(acpi_info.overrides[0].gsi, 20);
}
END_TEST

START_TEST(a_wrong_checksum_is_told_and_the_table_left_out)
{
    uint8_t t[256];
    uint32_t n;

    machine_memory_init();
    put_roots(MADT_AT);
    n = make_madt(t);
    put_table(MADT_AT, "APIC", t, n);
    t[50]++;
    machine_put(MADT_AT, t, n);
    fake_log_clear();
    acpi_init(0, true);
    ck_assert_uint_eq(acpi_info.nr_cpus, 0);
    ck_assert_ptr_nonnull(strstr(fake_log, "checksum"));
}
END_TEST

START_TEST(no_tables_at_all)
{
    machine_memory_init();
    acpi_init(0, true);
    ck_assert(!acpi_info.present);
    put_roots(MADT_AT);
    acpi_init(0, false); /* there are some, but not where an EFI has them */
    ck_assert(!acpi_info.present);
    acpi_init(RSDP_AT, false);
    ck_assert(acpi_info.present);
}
END_TEST

/* Lengths inside a table are not to be believed: behind its end nothing is mapped. */
START_TEST(random_contents)
{
    static const char names[4][5] = { "APIC", "FACP", "HPET", "MCFG" };

    srandom(3);
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t t[320];
        uint32_t n = 36 + (uint32_t)random() % (sizeof(t) - 36);

        if (round % 100 == 0)
            machine_memory_init();
        for (unsigned i = 0; i < n; i++)
            t[i] = random() % 4 ? (uint8_t)(random() % 20) : (uint8_t)random();
        put_roots(MEMORY_END - n);
        put_table(MEMORY_END - n, names[round % 4], t, n);
        acpi_init(0, true);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("acpi");
    TCase *t = tcase_create("acpi");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_good_madt);
    tcase_add_test(t, a_wrong_checksum_is_told_and_the_table_left_out);
    tcase_add_test(t, no_tables_at_all);
    tcase_add_test(t, random_contents);
    suite_add_tcase(s, t);
    return s;
}
