/* SPDX-License-Identifier: MIT */
/*
 * What a PVH kernel is started with: ebx holds the physical address of hvm_start_info, in 32-bit
 * protected mode without paging. All addresses are physical, 0 means none.
 */
#ifndef XEN_PUBLIC_HVM_START_INFO_H
#define XEN_PUBLIC_HVM_START_INFO_H

#define XEN_HVM_START_MAGIC_VALUE 0x336ec578

/* hvm_memmap_table_entry.type: as in ACPI's address map. */
#define XEN_HVM_MEMMAP_TYPE_RAM      1
#define XEN_HVM_MEMMAP_TYPE_RESERVED 2
#define XEN_HVM_MEMMAP_TYPE_ACPI     3
#define XEN_HVM_MEMMAP_TYPE_NVS      4
#define XEN_HVM_MEMMAP_TYPE_UNUSABLE 5
#define XEN_HVM_MEMMAP_TYPE_DISABLED 6
#define XEN_HVM_MEMMAP_TYPE_PMEM     7

#ifndef __ASSEMBLER__

#include <stdint.h>

struct hvm_start_info {
    uint32_t magic;          /* XEN_HVM_START_MAGIC_VALUE */
    uint32_t version;        /* 1; 0 ends before memmap_paddr */
    uint32_t flags;          /* SIF_* */
    uint32_t nr_modules;
    uint64_t modlist_paddr;  /* hvm_modlist_entry[nr_modules] */
    uint64_t cmdline_paddr;  /* zero-terminated */
    uint64_t rsdp_paddr;     /* ACPI */
    uint64_t memmap_paddr;   /* hvm_memmap_table_entry[memmap_entries] */
    uint32_t memmap_entries;
    uint32_t reserved;       /* 0 */
};

struct hvm_modlist_entry {
    uint64_t paddr;
    uint64_t size; /* bytes */
    uint64_t cmdline_paddr;
    uint64_t reserved; /* 0 */
};

struct hvm_memmap_table_entry {
    uint64_t addr;
    uint64_t size; /* bytes */
    uint32_t type; /* XEN_HVM_MEMMAP_TYPE_* */
    uint32_t reserved; /* 0 */
};

#endif /* !__ASSEMBLER__ */
#endif
