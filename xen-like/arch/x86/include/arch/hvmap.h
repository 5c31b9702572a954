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

/* linker script */
extern char image_start[], image_text_end[], image_rodata_end[], image_data_end[],
    image_boot_start[], image_end[];

#endif
