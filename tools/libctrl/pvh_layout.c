/* SPDX-License-Identifier: GPL-2.0-only */
#include "pvh_layout.h"

#include <public/hvm/start_info.h>

#include <string.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096UL

#define FIRST_FREE 0x100UL /* 1 MiB: what is below belongs to firmware, elsewhere */

static uint64_t pages_of(uint64_t bytes)
{
    return (bytes >> PAGE_SHIFT) + !!(bytes & (PAGE_SIZE - 1));
}

static bool is_loaded(const struct elf_image *kernel, uint64_t phys)
{
    for (unsigned int i = 0; i < kernel->nr_segments; i++)
        if (phys >= kernel->segments[i].phys &&
            phys - kernel->segments[i].phys < kernel->segments[i].mem_size)
            return true;
    return false;
}

enum pvh_error pvh_layout_compute(struct pvh_layout *l, const struct elf_image *kernel,
                                  uint64_t ramdisk_bytes, uint64_t nr_pages, uint64_t low_end,
                                  uint64_t *need)
{
    uint64_t first = kernel->phys_start >> PAGE_SHIFT, kernel_end = pages_of(kernel->phys_end);
    uint64_t end;

    if (!elf_has_note(kernel, ELF_NOTE_PHYS32_ENTRY))
        return PVH_NO_ENTRY;
    if (!is_loaded(kernel, kernel->notes.phys32_entry))
        return PVH_BAD_ENTRY;
    if (first < FIRST_FREE || kernel_end > low_end)
        return PVH_BAD_ADDRESS;
    if (pages_of(ramdisk_bytes) >= low_end - kernel_end)
        return PVH_TOO_LARGE;
    end = kernel_end + pages_of(ramdisk_bytes) + 1;
    if (nr_pages < end) {
        *need = end;
        return PVH_NO_ROOM;
    }
    *l = (struct pvh_layout){
        .low = { 0, nr_pages < low_end ? nr_pages : low_end },
        .loaded = { first, end - first },
        .ramdisk = kernel_end,
        .info = end - 1,
        .acpi = { PVH_ACPI, PVH_ACPI_PAGES },
        .rings = { PVH_STORE, 2 },
        .entry = kernel->notes.phys32_entry,
    };
    l->high = (struct pfn_range){ PVH_HIGH_START, nr_pages - l->low.count };
    return PVH_OK;
}

const char *pvh_error_text(enum pvh_error err)
{
    static const char *const texts[] = {
        [PVH_OK] = "no error",
        [PVH_NO_ENTRY] = "it has no PHYS32_ENTRY note, so it cannot be a PVH guest",
        [PVH_BAD_ENTRY] = "its PHYS32_ENTRY is outside of its image",
        [PVH_BAD_ADDRESS] = "it wants to be loaded where a PVH guest has no memory",
        [PVH_NO_ROOM] = "there is too little memory",
        [PVH_TOO_LARGE] = "kernel and ramdisk are too large to fit below 4 GiB",
    };

    return texts[err];
}

/* -- the information page -- */

#define MAP_ENTRIES 4

/* Its contents, one after the other. */
struct info_page {
    struct hvm_start_info start;
    struct hvm_modlist_entry ramdisk;
    struct hvm_memmap_table_entry map[MAP_ENTRIES];
    char cmdline[1024];
};

_Static_assert(sizeof(struct info_page) <= 4096, "the information is one page");

static void add_to_map(struct info_page *p, uint64_t first, uint64_t count, uint32_t type)
{
    if (count)
        p->map[p->start.memmap_entries++] = (struct hvm_memmap_table_entry){
            .addr = first << PAGE_SHIFT,
            .size = count << PAGE_SHIFT,
            .type = type,
        };
}

void pvh_layout_write_info(const struct pvh_layout *l, uint64_t ramdisk_bytes, const char *cmdline,
                           void *page)
{
    uint64_t at = l->info << PAGE_SHIFT;
    struct info_page *p = page;

    p->start = (struct hvm_start_info){
        .magic = XEN_HVM_START_MAGIC_VALUE,
        .version = 1,
        .nr_modules = ramdisk_bytes ? 1 : 0,
        .modlist_paddr = at + offsetof(struct info_page, ramdisk),
        .cmdline_paddr = at + offsetof(struct info_page, cmdline),
        .rsdp_paddr = l->acpi.first << PAGE_SHIFT,
        .memmap_paddr = at + offsetof(struct info_page, map),
    };
    p->ramdisk.paddr = l->ramdisk << PAGE_SHIFT;
    p->ramdisk.size = ramdisk_bytes;
    add_to_map(p, l->low.first, l->low.count, XEN_HVM_MEMMAP_TYPE_RAM);
    add_to_map(p, l->acpi.first, l->acpi.count, XEN_HVM_MEMMAP_TYPE_ACPI);
    add_to_map(p, l->rings.first, l->rings.count, XEN_HVM_MEMMAP_TYPE_RESERVED);
    add_to_map(p, l->high.first, l->high.count, XEN_HVM_MEMMAP_TYPE_RAM);
    if (cmdline)
        strncpy(p->cmdline, cmdline, sizeof(p->cmdline) - 1);
}
