/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where everything lies in the physical memory of a new PVH guest. Pure computation: nothing here
 * touches a hypervisor, so all of it is tested on the host.
 *
 * RAM from 0 up to at most PVH_LOW_END, and from 4 GiB on what does not fit below; the kernel where
 * it was linked to be, then the ramdisk, then a page with hvm_start_info and what it points to. In
 * the hole below 4 GiB, as the ABI's firmware-less guests expect: ACPI tables and the two rings.
 */
#ifndef LIBCTRL_PVH_LAYOUT_H
#define LIBCTRL_PVH_LAYOUT_H

#include "layout.h"

/* Page frames. */
#define PVH_LOW_END    0xf0000UL
#define PVH_HIGH_START 0x100000UL
#define PVH_ACPI       0xfeff0UL
#define PVH_ACPI_PAGES 1
#define PVH_STORE      0xfeff8UL
#define PVH_CONSOLE    0xfeff9UL

struct pvh_layout {
    struct pfn_range low, high; /* RAM */
    struct pfn_range loaded;    /* kernel, ramdisk, information: what has to be written */
    uint64_t ramdisk, info;     /* their first pages, in it */
    struct pfn_range acpi;      /* tables, the RSDP first */
    struct pfn_range rings;     /* of store and console */
    uint32_t entry;             /* physical address where the guest begins, in 32-bit mode */
};

enum pvh_error {
    PVH_OK = 0,
    PVH_NO_ENTRY,               /* the kernel has no PHYS32_ENTRY note */
    PVH_BAD_ENTRY,              /* its entry is not in its own image */
    PVH_BAD_ADDRESS,            /* it wants to be below 1 MiB, or above low_end */
    PVH_NO_ROOM,                /* needs more memory: see *need */
    PVH_TOO_LARGE,              /* kernel and ramdisk do not fit below low_end */
};

/*
 * low_end: the first frame below 4 GiB that is not to be RAM. With PVH_NO_ROOM *need is the number of
 * pages that would do. Nothing overflows.
 */
enum pvh_error pvh_layout_compute(struct pvh_layout *l, const struct elf_image *kernel,
                                  uint64_t ramdisk_bytes, uint64_t nr_pages, uint64_t low_end,
                                  uint64_t *need);

/* A phrase for people. */
const char *pvh_error_text(enum pvh_error err);

/*
 * Write the information page (4 KiB, all zero before): what the guest finds at hvm_start_info, and
 * its memory map.
 */
void pvh_layout_write_info(const struct pvh_layout *l, uint64_t ramdisk_bytes, const char *cmdline,
                           void *page);

#endif
