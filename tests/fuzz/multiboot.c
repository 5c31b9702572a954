/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the boot loader hands over: multiboot 2 as any bytes of a true length, which end where
 * memory does; multiboot 1 with any contents, in 4 GiB of memory. What is accepted
 * holds what arch/boot.h promises: a sorted map, modules in RAM that overlap nothing, strings with
 * an end, EFI's regions of whole pages.
 */
#include "fuzz.h"
#include "machine.h"

#include <arch/boot.h>
#include <arch/layout.h>
#include <string.h>
#include <sys/mman.h>

#define MB1 0x2badb002
#define MB2 0x36d76289
#define MB1_FIELDS 17 /* of the information that are read */
#define INFO_AT    0x10000
#define LONGEST    0x8000

extern char image_start[], image_end[];

static void check_map(void)
{
    const struct e820_entry *e = boot_info.e820;

    FUZZ_CHECK(boot_info.nr_e820 >= 1 && boot_info.nr_e820 <= BOOT_MAX_E820, "%u entries",
               boot_info.nr_e820);
    for (unsigned i = 0; i < boot_info.nr_e820; i++) {
        FUZZ_CHECK(e[i].bytes && e[i].start + e[i].bytes - 1 >= e[i].start, "entry %u is wrong", i);
        if (i)
            FUZZ_CHECK(e[i - 1].start + e[i - 1].bytes <= e[i].start, "entries %u and %u overlap",
                       i - 1, i);
        FUZZ_CHECK(e820_type_at(e[i].start) == e[i].type, "entry %u is not found", i);
    }
}

static void check_module(unsigned i)
{
    const struct boot_module *m = &boot_info.modules[i];
    uint64_t image_bytes = image_end - image_start;

    (void)strlen(m->cmdline);
    if (!m->bytes)
        return;
    FUZZ_CHECK(m->start + m->bytes > m->start && e820_is_ram(m->start, m->bytes),
               "module %u is not in RAM", i);
    FUZZ_CHECK(m->start >= IMAGE_PHYS + image_bytes ||
                   m->start + m->bytes <= IMAGE_PHYS,
               "module %u lies over the image", i);
    for (unsigned j = 0; j < i; j++) {
        const struct boot_module *n = &boot_info.modules[j];

        FUZZ_CHECK(m->start >= n->start + n->bytes || n->start >= m->start + m->bytes,
                   "modules %u and %u overlap", i, j);
    }
}

static void check_efi(void)
{
    FUZZ_CHECK(boot_info.nr_efi_regions <= BOOT_MAX_EFI_REGIONS, "%u regions",
               boot_info.nr_efi_regions);
    for (unsigned i = 0; i < boot_info.nr_efi_regions; i++) {
        const struct efi_region *r = &boot_info.efi_regions[i];

        FUZZ_CHECK(r->bytes && !((r->start | r->bytes) % PAGE_SIZE) &&
                       r->start + r->bytes > r->start,
                   "region %u is wrong", i);
    }
}

/* The loader's word for how much there is is taken for true: all of it lies in its own memory. */
static const char *parse_mb2(const uint8_t *data, size_t size)
{
    uint8_t info[LONGEST] = { 0 };
    uint32_t total = MAX(size, 16UL) & ~7U;

    memcpy(info, data, size);
    memcpy(info, &total, sizeof(total));
    return multiboot_parse(MB2, machine_put_at_end(info, total, 8));
}

/* Addresses of 32 bits lead to memory, mostly to none but zeros. */
static void map_low_memory(void)
{
    uint64_t bytes = (1UL << 32) - MEMORY_END + LONGEST;

    if (mmap((void *)(DIRECTMAP_START + MEMORY_END), bytes, PROT_READ,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
        fuzz_fail("no memory below 4 GiB");
}

/* Fields 0, 5, 11: flags, number of modules, bytes of the map; the others are addresses. */
static const char *parse_mb1(const uint8_t *data, size_t size)
{
    uint32_t info[MB1_FIELDS];

    for (unsigned i = 0; i < MB1_FIELDS; i++)
        info[i] = i == 0 || i == 5 ? fuzz_bytes(2)
                  : i == 11        ? fuzz_byte() * 24
                                   : INFO_AT + fuzz_bytes(2);
    machine_put(INFO_AT, data, size);
    machine_put(INFO_AT - sizeof(info), info, sizeof(info));
    map_low_memory();
    return multiboot_parse(MB1, INFO_AT - sizeof(info));
}

void fuzz_one(const uint8_t *data, size_t size)
{
    bool mb1 = fuzz_byte() & 1;

    if (size < 1 || size > LONGEST)
        return;
    machine_memory_init();
    munmap((void *)(DIRECTMAP_START + MEMORY_END), LONGEST);
    if (mb1 ? parse_mb1(data + 1, size - 1) : parse_mb2(data + 1, size - 1))
        return;
    (void)strlen(boot_info.cmdline);
    (void)strlen(boot_info.loader);
    check_map();
    FUZZ_CHECK(boot_info.nr_modules <= BOOT_MAX_MODULES, "%u modules", boot_info.nr_modules);
    for (unsigned i = 0; i < boot_info.nr_modules; i++)
        check_module(i);
    check_efi();
}
