/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The firmware's tables: root pointer, RSDT or XSDT, and up to six tables with any contents, some
 * with the checksum put right so that they are read; the last one ends where memory does. Nothing
 * outside of mapped memory is read, and what is taken over has its bounds.
 */
#include "fuzz.h"
#include "machine.h"

#include <arch/acpi.h>
#include <arch/layout.h>
#include <string.h>

#define RSDP_AT    0xf0000
#define ROOT_AT    0x10000
#define TABLE_AT   0x20000
#define TABLE_ROOM 0x1000
#define MOST       6

static void fix_sum(uint8_t *p, size_t n, size_t at)
{
    uint8_t sum = 0;

    if (n <= at)
        return;
    p[at] = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i];
    p[at] = -sum;
}

/* A table as far as its bytes go; where it lies. */
static uint64_t put_table(unsigned nr, bool last)
{
    static const char names[][5] = { "APIC", "FACP", "HPET", "MCFG", "DSDT", "SSDT" };
    uint8_t t[TABLE_ROOM] = { 0 };
    unsigned how = fuzz_byte(), n = fuzz_below(1024);
    uint32_t length = how & 0x80 ? (uint32_t)fuzz_number() : n;
    uint64_t at = last ? MEMORY_END - n : TABLE_AT + nr * TABLE_ROOM;

    for (unsigned i = 8; i < n; i++)
        t[i] = fuzz_byte();
    memcpy(t, names[how % 6], 4);
    memcpy(t + 4, &length, 4);
    if (!(how & 0x40))
        fix_sum(t, n, 9);
    machine_put(at, t, n);
    return at;
}

static void put_root(const uint64_t *tables, unsigned n, bool xsdt)
{
    unsigned width = xsdt ? 8 : 4;
    uint8_t root[36 + MOST * 8] = "RSDT", rsdp[36] = "RSD PTR ";
    uint32_t length = fuzz_one_in(16) ? (uint32_t)fuzz_number() : 36 + n * width;
    uint64_t root_at = fuzz_one_in(16) ? fuzz_number() : ROOT_AT;

    if (xsdt)
        root[0] = 'X';
    memcpy(root + 4, &length, 4);
    for (unsigned i = 0; i < n; i++)
        memcpy(root + 36 + i * width, &tables[i], width);
    fix_sum(root, 36 + n * width, 9);
    machine_put(ROOT_AT, root, sizeof(root));

    rsdp[15] = xsdt ? 2 : 0;
    rsdp[20] = 36;
    memcpy(rsdp + (xsdt ? 24 : 16), &root_at, width);
    fix_sum(rsdp, 20, 8);
    fix_sum(rsdp, 36, 32);
    machine_put(RSDP_AT, rsdp, sizeof(rsdp));
}

void fuzz_one(const uint8_t *data, size_t size)
{
    unsigned n = 1 + fuzz_below(MOST);
    bool xsdt = fuzz_byte() & 1;
    uint64_t tables[MOST];

    machine_memory_init();
    for (unsigned i = 0; i < n; i++)
        tables[i] = fuzz_one_in(32) ? fuzz_number() : put_table(i, i == n - 1);
    put_root(tables, n, xsdt);
    acpi_init(xsdt ? RSDP_AT : 0, true);
    FUZZ_CHECK(acpi_info.nr_cpus <= ACPI_MAX_CPUS && acpi_info.nr_ioapics <= ACPI_MAX_IOAPICS &&
                   acpi_info.nr_overrides <= ACPI_MAX_OVERRIDES &&
                   acpi_info.nr_mcfg <= ACPI_MAX_MCFG,
               "more than there is room for");
}
