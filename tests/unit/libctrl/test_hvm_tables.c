/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an HVM guest finds in memory, read as its firmware and its operating system do: every
 * pointer followed, every sum taken, every table inside of its pages; ACPI's byte code understood by
 * ACPICA.
 */
#include "acpi.h"
#include "hvm_tables.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BYTES (HVM_TABLE_PAGES * 4096)

static uint8_t info[4096], board[4096], tables[BYTES];
static struct hvm_machine machine;
static size_t used;

static void setup(void)
{
    machine = (struct hvm_machine){
        .vcpus = 2,
        .low = { 0, 0xf0000 },
        .high = { 0x100000, 0x40000 },
        .hole = 0xf0000000,
        .hole64 = 0x180000000,
        .hole64_mb = 0x10000,
        .uuid = { 0x12, 0x34, 0x56, 0x78, 0x9a },
        .acpi = true,
        .hpet = true,
        .serial = true,
    };
}

static void write_all(void)
{
    memset(info, 0, sizeof(info));
    memset(board, 0, sizeof(board));
    memset(tables, 0, sizeof(tables));
    used = hvm_tables_write(&machine, info, board, tables);
    ck_assert_uint_le(used, BYTES);
}

/* Bytes at a guest address: in the tables or on the information page. */
static const uint8_t *guest(uint64_t at, size_t bytes)
{
    if (at >= PLATFORM_FIRMWARE_INFO && at + bytes <= PLATFORM_FIRMWARE_INFO + sizeof(info))
        return info + (at - PLATFORM_FIRMWARE_INFO);
    ck_assert(at >= PLATFORM_TABLES && at + bytes <= PLATFORM_TABLES + used);
    return tables + (at - PLATFORM_TABLES);
}

static uint64_t get(const uint8_t *p, unsigned int bytes)
{
    uint64_t n = 0;

    memcpy(&n, p, bytes);
    return n;
}

static void check_sum(const uint8_t *p, size_t bytes)
{
    uint8_t sum = 0;

    while (bytes--)
        sum += *p++;
    ck_assert_uint_eq(sum, 0);
}

static const uint8_t *find(const char *anchor)
{
    const uint8_t *list = guest(get(info + 16, 4), 4);

    for (uint64_t i = 0; i < get(info + 20, 4); i++) {
        const uint8_t *t = guest(get(list + 4 * i, 4), 16);

        if (memcmp(t, anchor, strlen(anchor)) == 0)
            return t;
    }
    return NULL;
}

START_TEST(what_seabios_is_told)
{
    const uint8_t *map;
    uint64_t end = 0, ram = 0, entries;

    write_all();
    ck_assert_int_eq(memcmp(info, "XenHVMSeaBIOS", 14), 0);
    ck_assert_uint_eq(info[14], 32);
    check_sum(info, 32);
    entries = get(info + 28, 4);
    map = guest(get(info + 24, 4), 20 * entries);
    for (uint64_t i = 0; i < entries; i++, map += 20) {
        ck_assert_uint_ge(get(map, 8), end);
        end = get(map, 8) + get(map + 8, 8);
        if (get(map + 16, 4) == 1)
            ram += get(map + 8, 8);
    }
    ck_assert_uint_eq(ram, (0x130000UL << 12) - (384 << 10));
    ck_assert_uint_eq(end, 0x140000UL << 12);
}
END_TEST

/* ---- ACPI ---- */

static const uint8_t *table(uint64_t at, const char *signature)
{
    const uint8_t *t = guest(at, 36);

    ck_assert_int_eq(memcmp(t, signature, 4), 0);
    guest(at, get(t + 4, 4));
    check_sum(t, get(t + 4, 4));
    return t;
}

/* The one that both lists have of that signature. */
static const uint8_t *listed(const char *signature)
{
    const uint8_t *rsdp = find("RSD PTR "), *rsdt, *xsdt;
    unsigned int n;

    check_sum(rsdp, 20);
    check_sum(rsdp, 36);
    rsdt = table(get(rsdp + 16, 4), "RSDT");
    xsdt = table(get(rsdp + 24, 8), "XSDT");
    n = (get(rsdt + 4, 4) - 36) / 4;
    ck_assert_uint_eq(n, (get(xsdt + 4, 4) - 36) / 8);
    for (unsigned int i = 0; i < n; i++) {
        uint64_t at = get(rsdt + 36 + 4 * i, 4);

        ck_assert_uint_eq(at, get(xsdt + 36 + 8 * i, 8));
        if (memcmp(guest(at, 4), signature, 4) == 0)
            return table(at, signature);
    }
    return NULL;
}

START_TEST(acpi_tables)
{
    const uint8_t *fadt, *facs, *hpet;

    write_all();
    fadt = listed("FACP");
    ck_assert_uint_eq(get(fadt + 4, 4), 276);
    table(get(fadt + 40, 4), "DSDT");
    table(get(fadt + 140, 8), "DSDT");
    facs = guest(get(fadt + 36, 4), 64);
    ck_assert_int_eq(memcmp(facs, "FACS", 4), 0);
    ck_assert_uint_eq(get(fadt + 36, 4) % 64, 0);
    ck_assert_uint_eq(get(fadt + 46, 2), 9);        /* interrupt */
    ck_assert_uint_eq(get(fadt + 56, 4), 0xb000);   /* PM1 events, control, timer */
    ck_assert_uint_eq(get(fadt + 64, 4), 0xb004);
    ck_assert_uint_eq(get(fadt + 76, 4), 0xb008);
    ck_assert_uint_eq(get(fadt + 80, 4), 0xafe0);   /* GPE0 */
    ck_assert_uint_eq(get(fadt + 148 + 4, 8), 0xb000);
    ck_assert_uint_eq(get(fadt + 112, 4) >> 20, 0); /* not hardware-reduced */
    hpet = listed("HPET");
    ck_assert_uint_eq(get(hpet + 44, 8), 0xfed00000);
    machine.hpet = false;
    write_all();
    ck_assert_ptr_null(listed("HPET"));
    machine.acpi = false;
    write_all();
    ck_assert_ptr_null(find("RSD PTR "));
    ck_assert_ptr_nonnull(find("_SM_"));
}
END_TEST

START_TEST(interrupts_in_the_madt)
{
    unsigned int cpus = 0, overrides = 0, others = 0;
    const uint8_t *madt, *p;

    machine.vcpus = _i;
    write_all();
    madt = listed("APIC");
    for (p = madt + 44; p < madt + get(madt + 4, 4); p += p[1]) {
        ck_assert_uint_ge(p[1], 6);
        switch (p[0]) {
        case 0:
            ck_assert_uint_eq(p[2], cpus);
            ck_assert_uint_eq(p[3], 2 * cpus++);
            break;
        case 2:
            ck_assert_uint_eq(get(p + 4, 4), p[3] ? p[3] : 2);
            ck_assert_uint_eq(get(p + 8, 2), p[3] ? 15 : 0);
            overrides++;
            break;
        default: others++;
        }
    }
    ck_assert(p == madt + get(madt + 4, 4));
    ck_assert_uint_eq(cpus, machine.vcpus);
    ck_assert_uint_eq(overrides, 5);
    ck_assert_uint_eq(others, 2);
}
END_TEST

/* ---- the DSDT, by ACPICA's interpreter ---- */

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, size, f), size);
    ck_assert_int_eq(fclose(f), 0);
}

/* What evaluating these names prints. */
static void evaluate(const char *names, char *out, size_t size)
{
    const uint8_t *dsdt = table(get(listed("FACP") + 40, 4), "DSDT");
    char dir[] = "/tmp/test_hvm_tables.XXXXXX", command[300], path[64];
    size_t bytes = 0, got;
    FILE *f;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/dsdt.aml", dir);
    write_file(path, dsdt, get(dsdt + 4, 4));
    snprintf(command, sizeof(command), "cd %s && acpiexec -b '%s' dsdt.aml 2>&1", dir, names);
    f = popen(command, "r");
    ck_assert_ptr_nonnull(f);
    while (bytes < size - 1 && (got = fread(out + bytes, 1, size - 1 - bytes, f)) > 0)
        bytes += got;
    out[bytes] = 0;
    ck_assert_int_eq(pclose(f), 0);
    unlink(path);
    ck_assert_int_eq(rmdir(dir), 0);
}

/* Of each slot's and each pin's interrupt, in the order of the package, the IO-APIC's pin. */
static void check_routes(const char *text)
{
    for (uint64_t i = 0; i < 128; i++) {
        const uint64_t slot = i / 4, pin = i % 4;
        const uint64_t expected[] = { slot << 16 | 0xffff, pin, 0,
                                      (slot * 4 + slot / 8 + pin) % 32 + 16 };

        for (int n = 0; n < 4; n++) {
            text = strstr(text, "[Integer] = ");
            ck_assert_ptr_nonnull(text);
            text += strlen("[Integer] = ");
            ck_assert_uint_eq(strtoull(text, NULL, 16), expected[n]);
        }
    }
}

START_TEST(dsdt_is_understood)
{
    static char out[1 << 17];
    const char *routes;

    write_all();
    evaluate("evaluate \\_PIC 1;evaluate \\_SB.PCI0._PRT;evaluate \\_S5;"
             "evaluate \\_SB.PCI0._CRS;evaluate \\_SB.LNKA._CRS;evaluate \\_SB.LNKD._STA",
             out, sizeof(out));
    ck_assert(!strstr(out, "Error") && !strstr(out, "AE_") && !strstr(out, "failed"));
    routes = strstr(out, "PCI0._PRT returned");
    ck_assert_ptr_nonnull(routes);
    check_routes(routes);
    ck_assert_ptr_nonnull(strstr(routes, "LNKA._CRS returned"));
}
END_TEST

/* ---- SMBIOS and the PIR ---- */

START_TEST(smbios)
{
    const uint8_t *e, *p, *end;
    unsigned int n = 0, processors = 0;

    machine.vcpus = _i;
    write_all();
    e = find("_SM_");
    check_sum(e, e[5]);
    check_sum(e + 16, 15);
    p = guest(get(e + 24, 4), get(e + 22, 2));
    end = p + get(e + 22, 2);
    while (p < end) {
        ck_assert_uint_ge(p[1], 4);
        if (p[0] == 1)
            ck_assert_int_eq(memcmp(p + 8, machine.uuid, 16), 0);
        processors += p[0] == 4;
        ck_assert(++n < get(e + 28, 2) || p[0] == 127);
        for (p += p[1]; p[0] || p[1]; p++)
            ck_assert(p + 2 < end);
        p += 2;
    }
    ck_assert(p == end);
    ck_assert_uint_eq(n, get(e + 28, 2));
    ck_assert_uint_eq(processors, machine.vcpus);
}
END_TEST

START_TEST(pci_interrupt_table)
{
    const uint8_t *p;

    write_all();
    p = find("$PIR");
    ck_assert_uint_eq((p - tables) % 16, 0);
    ck_assert_uint_eq(get(p + 6, 2), 32 + 31 * 16);
    check_sum(p, get(p + 6, 2));
    ck_assert_uint_eq(p[32 + 16 * 2 + 1], 3 << 3);
    ck_assert_uint_eq(p[32 + 16 * 2 + 2], 0x63);    /* slot 3, first pin: the fourth link */
    ck_assert_uint_eq(p[32 + 16 * 2 + 5], 0x60);
}
END_TEST

START_TEST(board_of_the_dsdt)
{
    const struct hvm_board *b = (const void *)board;

    machine.hole = 0xc0000000;
    write_all();
    ck_assert_uint_eq(b->hole_first, 0xc0000000);
    ck_assert_uint_eq(b->hole_last, 0xfbffffff);
    ck_assert_uint_eq(b->hole64_first, 0x180000000);
    ck_assert_uint_eq(b->hole64_mb, 0x10000);
    ck_assert_uint_eq(offsetof(struct hvm_board, hpet), 20);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("hvm_tables");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, what_seabios_is_told);
    tcase_add_test(t, acpi_tables);
    tcase_add_loop_test(t, interrupts_in_the_madt, 1, ACPI_MAX_VCPUS + 1);
    tcase_add_test(t, dsdt_is_understood);
    tcase_add_loop_test(t, smbios, 1, ACPI_MAX_VCPUS + 1);
    tcase_add_test(t, pci_interrupt_table);
    tcase_add_test(t, board_of_the_dsdt);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
