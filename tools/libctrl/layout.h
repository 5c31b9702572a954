/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where everything lies in the memory of a new PV guest, and which page tables it starts with.
 * Pure computation: nothing here touches a hypervisor, so all of it is tested on the host.
 *
 * Mapped from virt_base on, pfn n at virt_base + n * 4096 (the order is the ABI's, see start_info
 * in public/xen.h): kernel, [ramdisk], [p2m list], start_info, store ring, console ring, page
 * tables, boot stack, then at least 512 KiB of free pages, up to a multiple of 4 MiB.
 * Not mapped there: p2m list with the tables that map it elsewhere (INIT_P2M), then the ramdisk
 * (MOD_START_PFN).
 */
#ifndef LIBCTRL_LAYOUT_H
#define LIBCTRL_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/elf.h>

struct pfn_range {
    uint64_t first, count;
};

/* Page tables of one level for a range of addresses: consecutive ones, in consecutive pages. */
struct table_range {
    uint64_t first_index;       /* address / (512^level * 4096) of the first table */
    uint64_t count;
    uint64_t first_pfn;
};

#define TABLE_LEVELS 4

/* The tables of one map: level[0] is L1. */
struct table_set {
    struct table_range level[TABLE_LEVELS];
    uint64_t count;             /* of all levels */
};

struct pv_layout {
    uint64_t nr_pages;
    uint64_t virt_base;
    struct pfn_range kernel, ramdisk, p2m;      /* p2m: only the list itself */
    struct pfn_range tables;                    /* those of the main map, L4 first */
    uint64_t start_info, store, console, stack; /* pfns */
    uint64_t mapped;            /* pfns [0, mapped) are mapped from virt_base on */
    bool p2m_apart;             /* INIT_P2M: mapped at p2m_virt, not with the rest */
    bool ramdisk_apart;         /* MOD_START_PFN: not mapped */
    uint64_t p2m_virt;
    struct pfn_range p2m_area;  /* p2m_apart: list and its tables */
    struct table_set main_tables, p2m_tables;
    struct pfn_range low, high; /* what has to be written: two runs of pages */
};

enum layout_error {
    LAYOUT_OK = 0,
    LAYOUT_NO_ROOM,             /* needs more memory: see *need */
    LAYOUT_BAD_ADDRESS,         /* maps collide, or leave what a guest may use */
};

/*
 * Compute the layout of a guest of nr_pages pages. With LAYOUT_NO_ROOM *need is the number of pages
 * that would do. Any sizes are allowed; nothing overflows.
 */
enum layout_error pv_layout_compute(struct pv_layout *l, const struct elf_image *kernel,
                                    uint64_t ramdisk_bytes, uint64_t nr_pages, uint64_t *need);

/*
 * Write the contents of all page tables. page(arg, pfn) gives the memory of a table, which is all
 * zero; mfns[] has nr_pages entries.
 */
void pv_layout_write_tables(const struct pv_layout *l, const uint64_t *mfns,
                            uint64_t *(*page)(void *arg, uint64_t pfn), void *arg);

static inline uint64_t pv_layout_virt(const struct pv_layout *l, uint64_t pfn)
{
    return l->virt_base + pfn * 4096;
}

#endif
