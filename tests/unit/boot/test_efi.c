/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of an EFI firmware, good and damaged: what is followed, what Dom0 is told, and when
 * the firmware's services are left alone. Their page tables and calls are efi_call.c's, whose part
 * the test plays.
 */
#include "fake.h"
#include "machine.h"

#include <string.h>

#include <arch/efi.h>
#include <arch/features.h>
#include <public/errno.h>

#define CODE_AT    0x4000000 /* the firmware's regions, 16 pages each */
#define DATA_AT    0x4010000
#define SYSTEM_AT  (DATA_AT + 0x18)
#define RUNTIME_AT (DATA_AT + 0x1000)
#define CONFIG_AT  (DATA_AT + 0x2000)
#define VENDOR_AT  (DATA_AT + 0x3000)
#define RSDP_AT    0x4020014

struct cpu_features cpu_features = { .phys_bits = 40 };

static const struct efi_runtime_services *served;
static int services_result;

const struct efi_runtime_services *efi_services(void) { return served; }

int efi_services_init(const struct boot_info *bi, const struct efi_runtime_services *s)
{
    if (!services_result)
        served = s;
    return services_result;
}

int copy_to_guest_bytes(uint64_t dst, const void *src, size_t bytes)
{
    memcpy((void *)dst, src, bytes);
    return 0;
}

static struct {
    struct efi_table_head head;
    uint64_t vendor;
    uint32_t firmware_revision, padding;
    uint64_t console[6], runtime, boot, nr_config, config;
} system_table;
static struct efi_runtime_services services;
static struct {
    uint32_t guid[4];
    uint64_t table;
} config[2] = {
    { { 0xeb9d2d30, 0x11d32d88, 0x9000169a, 0x4dc13f27 }, 0x1234 },  /* ACPI 1.0 */
    { { 0x8868e871, 0x11d3e4f1, 0x800022bc, 0x81883cc7 }, RSDP_AT }, /* ACPI 2.0 */
};

static void add_region(uint64_t start, uint64_t bytes, uint32_t type, uint64_t attributes)
{
    boot_info.efi_regions[boot_info.nr_efi_regions++] =
        (struct efi_region){ start, bytes, attributes, type };
}

/* A machine on which all is well; each test spoils what it is about. */
static void setup(void)
{
    machine_memory_init();
    memset(&boot_info, 0, sizeof(boot_info));
    boot_info.e820[0] = (struct e820_entry){ 0, CODE_AT, E820_RAM };
    boot_info.e820[1] = (struct e820_entry){ CODE_AT, 0x20000, E820_RESERVED };
    boot_info.nr_e820 = 2;
    boot_info.efi = true;
    boot_info.efi_system_table = SYSTEM_AT;
    add_region(0, CODE_AT, 7, EFI_MEMORY_WB);
    add_region(CODE_AT, 0x10000, EFI_RUNTIME_CODE, EFI_MEMORY_WB | EFI_MEMORY_RUNTIME);
    add_region(DATA_AT, 0x10000, 6, EFI_MEMORY_WB | EFI_MEMORY_RUNTIME);
    system_table.head =
        (struct efi_table_head){ 0x5453595320494249, 2 << 16 | 70, sizeof(system_table), 0, 0 };
    system_table.vendor = VENDOR_AT;
    system_table.firmware_revision = 17;
    system_table.runtime = RUNTIME_AT;
    system_table.nr_config = 2;
    system_table.config = CONFIG_AT;
    services.head =
        (struct efi_table_head){ 0x56524553544e5552, 2 << 16 | 70, sizeof(services), 0, 0 };
    services.get_time = CODE_AT + 16;
    services.query_variable_info = CODE_AT + 0xffff;
}

static void start(void)
{
    machine_put(SYSTEM_AT, &system_table, sizeof(system_table));
    machine_put(RUNTIME_AT, &services, sizeof(services));
    machine_put(CONFIG_AT, config, sizeof(config));
    machine_put(VENDOR_AT, u"Maker", 12);
    fake_log_clear();
    efi_init(&boot_info);
}

static long info(uint32_t index, union xenpf_efi_info *i)
{
    memset(i, 0, sizeof(*i));
    return efi_info(index, i);
}

START_TEST(dom0_is_told)
{
    union xenpf_efi_info i;
    uint16_t name[8];

    start();
    ck_assert_ptr_nonnull(served);
    ck_assert_uint_eq(served->get_time, CODE_AT + 16);
    ck_assert_uint_eq(efi_rsdp(), RSDP_AT);
    ck_assert_int_eq(info(XEN_FW_EFI_VERSION, &i), 0);
    ck_assert_uint_eq(i.version, 2 << 16 | 70);
    ck_assert_int_eq(info(XEN_FW_EFI_CONFIG_TABLE, &i), 0);
    ck_assert_uint_eq(i.cfg.addr, CONFIG_AT);
    ck_assert_uint_eq(i.cfg.nent, 2);
    memset(name, 0xff, sizeof(name));
    i.vendor.bufsz = sizeof(name) - 1;
    i.vendor.name.addr = (uint64_t)name;
    ck_assert_int_eq(efi_info(XEN_FW_EFI_VENDOR, &i), 0);
    ck_assert_uint_eq(i.vendor.revision, 17);
    ck_assert_int_eq(memcmp(name, u"Maker\0\xffff", 14), 0);
    i.mem.addr = DATA_AT + 0x800;
    i.mem.size = ~0UL;
    ck_assert_int_eq(efi_info(XEN_FW_EFI_MEM_INFO, &i), 0);
    ck_assert_uint_eq(i.mem.size, 0xf800);
    ck_assert_uint_eq(i.mem.type, 6);
    i.mem.size = 5;
    ck_assert_int_eq(efi_info(XEN_FW_EFI_MEM_INFO, &i), 0);
    ck_assert_uint_eq(i.mem.size, 5);
    i.mem.addr = DATA_AT + 0x10000;
    ck_assert_int_eq(efi_info(XEN_FW_EFI_MEM_INFO, &i), -XEN_ESRCH);
    ck_assert_int_eq(info(XEN_FW_EFI_PCI_ROM, &i), -XEN_ESRCH);
    ck_assert_int_eq(info(7, &i), -XEN_EINVAL);
}
END_TEST

START_TEST(a_bios_has_none)
{
    union xenpf_efi_info i;

    boot_info.efi = false;
    start();
    ck_assert_ptr_null(served);
    ck_assert_uint_eq(efi_rsdp(), 0);
    ck_assert_int_eq(info(XEN_FW_EFI_VERSION, &i), -XEN_ENODEV);
}
END_TEST

/* --- damaged ---------------------------------------------------------------------------------- */
static void no_table(void) { boot_info.efi_system_table = 0; }
static void table_in_ram(void) { boot_info.efi_system_table = 0x1000; }
static void table_nowhere(void) { boot_info.efi_system_table = -8UL; }
static void table_cut(void) { boot_info.efi_system_table = DATA_AT + 0x10000 - 64; }
static void not_a_table(void) { system_table.head.signature++; }
static void no_bytes(void) { system_table.head.bytes = 8; }
static void no_regions(void) { boot_info.nr_efi_regions = 0; }
static void region_free(void) { boot_info.e820[1].type = E820_RAM; }

static void (*const useless[])(void) = {
    no_table,    table_in_ram, table_nowhere, table_cut,
    not_a_table, no_bytes,     no_regions,    region_free,
};

START_TEST(tables_that_are_none)
{
    union xenpf_efi_info i;

    useless[_i]();
    start();
    ck_assert_ptr_null(served);
    ck_assert_uint_eq(efi_rsdp(), 0);
    ck_assert_int_eq(info(XEN_FW_EFI_VERSION, &i), -XEN_ENODEV);
    ck_assert_ptr_nonnull(strstr(fake_log, "no system table"));
}
END_TEST

static void regions_lost(void) { boot_info.efi_regions_lost = 1; }
static void services_nowhere(void) { system_table.runtime = 0; }
static void not_services(void) { services.head.signature++; }
static void code_in_data(void) { services.set_time = DATA_AT; }
static void code_nowhere(void) { services.get_variable = CODE_AT - 1; }
static void another_in_ram(void) { add_region(0x1000, 0x1000, 6, EFI_MEMORY_RUNTIME); }
static void beyond_the_cpu(void) { add_region(1UL << 40, 0x1000, 11, EFI_MEMORY_RUNTIME); }
static void too_much(void) { add_region(1UL << 32, 1UL << 30, 11, EFI_MEMORY_RUNTIME); }
static void no_memory(void) { services_result = -XEN_ENOMEM; }

static void (*const unserved[])(void) = {
    regions_lost,   services_nowhere, not_services, code_in_data, code_nowhere,
    another_in_ram, beyond_the_cpu,   too_much,     no_memory,
};

START_TEST(services_that_are_left_alone)
{
    union xenpf_efi_info i;

    unserved[_i]();
    start();
    ck_assert_ptr_null(served);
    ck_assert_int_eq(info(XEN_FW_EFI_CONFIG_TABLE, &i), 0); /* Dom0 finds its tables all the same */
    ck_assert_int_eq(info(XEN_FW_EFI_RT_VERSION, &i), -XEN_EOPNOTSUPP);
    ck_assert_ptr_nonnull(strstr(fake_log, "runtime services are not used: "));
}
END_TEST

START_TEST(config_tables_that_cannot_be)
{
    system_table.nr_config = _i ? 600 : ~0UL; /* beyond the firmware's memory, or any */
    system_table.config = DATA_AT + 0xf000;
    machine_put(DATA_AT + 0xf000, config, sizeof(config));
    start();
    ck_assert_uint_eq(efi_rsdp(), 0);
}
END_TEST

START_TEST(a_name_up_to_the_end_of_memory)
{
    union xenpf_efi_info i;
    uint16_t name[4] = { 0 };

    system_table.vendor = DATA_AT + 0x10000 - 4;
    machine_put(system_table.vendor, u"Ma", 4);
    start();
    i.vendor.bufsz = sizeof(name);
    i.vendor.name.addr = (uint64_t)name;
    ck_assert_int_eq(efi_info(XEN_FW_EFI_VENDOR, &i), 0);
    ck_assert_int_eq(memcmp(name, u"Ma\0", 8), 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("efi");
    TCase *t = tcase_create("efi");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, dom0_is_told);
    tcase_add_test(t, a_bios_has_none);
    tcase_add_loop_test(t, tables_that_are_none, 0, ARRAY_SIZE(useless));
    tcase_add_loop_test(t, services_that_are_left_alone, 0, ARRAY_SIZE(unserved));
    tcase_add_loop_test(t, config_tables_that_cannot_be, 0, 2);
    tcase_add_test(t, a_name_up_to_the_end_of_memory);
    suite_add_tcase(s, t);
    return s;
}
