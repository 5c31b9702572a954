/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's own mappings: image, direct map, frame table, M2P, per-CPU areas, device memory.
 * mm/hvmap.c.
 */
#ifndef ARCH_HVMAP_H
#define ARCH_HVMAP_H

#include <arch/boot.h>
#include <arch/page.h>

/** Build everything above from the memory map, switch to it, and give all free RAM to the page
 * allocator. */
void hvmap_init(const struct boot_info *bi);

/** Map device memory, uncached, for good. Any alignment. NULL when addresses or memory run out.
 * LOCK_PLATFORM. */
void *iomap(uint64_t maddr, size_t bytes);
/** As direct map if it is RAM or ACPI memory, else as iomap with ordinary caching decided by the
 * MTRRs. */
const void *firmware_map(uint64_t maddr, size_t bytes);
/** True if the direct map holds all of [maddr, maddr + bytes). */
bool in_directmap(uint64_t maddr, size_t bytes);

/** Can user mode of this CPU read supervisor memory by speculation (Meltdown)? */
bool cpu_is_meltdown_prone(void);

/** Machine address of something in the image or the direct map. */
uint64_t hv_maddr(const void *va);

/* --- page tables (mm/hv_tables.c), which are made as they are needed -------------------------- */
/** A clear page for one (mm/hvmap.c): NULL without memory, once the page allocator runs. */
pte_t *hv_new_table(void);
/** The table that an entry leads to. NULL without memory. */
pte_t *hv_table_below(pte_t *e);
/** The entry for `va` in its table of `level`; no larger page maps it. NULL without memory. */
pte_t *hv_entry(uint64_t va, unsigned level);
/** Set the L1 entry for `va` in the tables below the L4 entry `top`: 0 or -ENOMEM. */
int hv_map_below(pte_t *top, uint64_t va, pte_t new);
/** Map [va, va + bytes) to [pa, pa + bytes) by pages as large as can be: 0 or -ENOMEM. */
int hv_map_range(uint64_t va, uint64_t pa, uint64_t bytes, uint64_t flags);
/** The entry that maps the page at `va`, as if by 4 KiB pages, not global; 0 if there is none. */
pte_t hv_pte(uint64_t va);

/* linker script */
extern char image_start[], image_text_end[], image_rodata_end[], image_data_end[],
    image_boot_start[], image_end[];

#endif
