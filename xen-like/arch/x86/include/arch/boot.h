/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the boot loader handed over, copied into the hypervisor's own memory and checked
 * (boot/multiboot.c).
 */
#ifndef ARCH_BOOT_H
#define ARCH_BOOT_H

#include <arch/page.h>

#define BOOT_MAX_MODULES 16
#define BOOT_MAX_E820    128
#define BOOT_CMDLINE_MAX 2048
#define BOOT_STRINGS_MAX 4096
#define BOOT_MAX_EFI_REGIONS 512

/** A module: machine addresses. Not overlapping the image or each other; all of it is RAM. */
struct boot_module {
    uint64_t start, bytes;
    const char *cmdline; /* never NULL */
};

#define E820_RAM      1
#define E820_RESERVED 2
#define E820_ACPI     3
#define E820_NVS      4
#define E820_UNUSABLE 5

struct e820_entry {
    uint64_t start, bytes;
    uint32_t type;
};

/** A region of EFI's memory map: whole pages, and an end that is an address of 64 bits. */
struct efi_region {
    uint64_t start, bytes, attributes;
    uint32_t type;
};

struct boot_info {
    const char *loader;
    const char *cmdline;
    unsigned nr_modules;
    struct boot_module modules[BOOT_MAX_MODULES];
    unsigned nr_e820; /* sorted by address, not overlapping */
    struct e820_entry e820[BOOT_MAX_E820];
    uint64_t rsdp; /* machine address of the ACPI root pointer, 0 = not told */
    bool efi;      /* the firmware is EFI: nothing of a BIOS is there */
    uint64_t efi_system_table; /* machine address, 0: an EFI of 32 bits, or none */
    unsigned nr_efi_regions;   /* as the firmware gave them */
    unsigned efi_regions_lost; /* those that make no sense or find no room */
    struct efi_region efi_regions[BOOT_MAX_EFI_REGIONS];
};

/** Filled before anything else runs, constant from then on. */
extern struct boot_info boot_info;

/** The L4 of CPUs that run no guest; its hypervisor slots are what every guest's L4 gets. Constant
 * after hvmap_init. */
extern pte_t boot_l4[PT_ENTRIES];

/** Read multiboot 1 or 2 information at machine address `info` into boot_info: NULL, or what is
 * wrong with it. */
const char *multiboot_parse(uint32_t magic, uint32_t info);
/** A part of a module lies in [start, start + bytes). */
bool boot_has_module(uint64_t start, uint64_t bytes);

/** Sort and cut the memory map of the loader: later entries that overlap become holes of the
 * stronger type. */
void e820_normalise(struct boot_info *bi);
/** Type at one address; 0 for a hole. */
uint32_t e820_type_at(uint64_t addr);
/** [start, start + bytes) is RAM throughout. */
bool e820_is_ram(uint64_t start, uint64_t bytes);
/** There is RAM in [start, start + bytes). */
bool e820_has_ram(uint64_t start, uint64_t bytes);
void e820_print(void);
/** End of the last RAM entry. */
uint64_t e820_ram_end(void);

/** Give the modules' memory to the allocator, once Dom0 is built. */
void boot_release_modules(void);

/** Steps of the start that other files own. */
struct domain;
void mm_init(void);     /* mm/: TLB clock */
void policy_init(void); /* cpu/: CPUID and MSR policies */
/** Create Dom0 from the first module, paused; panics with the reason if it cannot be.
 * boot/dom0_build.c */
struct domain *dom0_create_and_build(const struct boot_info *bi);

/** First C function, on the boot stack. */
__attribute__((noreturn)) void boot_main(uint32_t magic, uint32_t info);

#endif
