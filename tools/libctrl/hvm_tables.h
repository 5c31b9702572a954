/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an HVM guest's firmware and operating system find in memory about their machine: ACPI,
 * SMBIOS, the PCI interrupt table, and what SeaBIOS on Xen is told. Pure computation: nothing here
 * touches a hypervisor. All of it lies at fixed places (firmware/platform.h).
 */
#ifndef LIBCTRL_HVM_TABLES_H
#define LIBCTRL_HVM_TABLES_H

#include "layout.h"
#include "../../firmware/platform.h"

#include <stddef.h>

#define HVM_TABLE_PAGES 8       /* from PLATFORM_TABLES on: enough for 128 vcpus */

/* What the tables are made of. */
struct hvm_machine {
    uint32_t vcpus;
    struct pfn_range low, high; /* RAM; what is between 640 KiB and 1 MiB counts as if it were */
    uint64_t hole;              /* address where devices may begin, below 4 GiB */
    uint64_t hole64, hole64_mb; /* the same above 4 GiB, and its size */
    uint8_t uuid[16];
    bool acpi, hpet, serial;
};

/* At PLATFORM_BOARD; the DSDT reads it. */
struct hvm_board {
    uint32_t hole_first, hole_last;
    uint64_t hole64_first;
    uint32_t hole64_mb;
    uint8_t hpet, serial, reserved[2];
};

/* Bytes that are written one table after the other, all zero before. */
struct table_space {
    char *base;
    uint64_t at;                /* guest address of base */
    size_t used;
};

/* Room for a table, its address a multiple of `align`. */
void *table_get(struct table_space *s, size_t bytes, size_t align);
/* Where a place in the space is for the guest. */
uint64_t table_address(const struct table_space *s, const void *p);

/* These write tables and return the address of what leads to them. */
uint64_t acpi_hvm_write(struct table_space *s, const struct hvm_machine *m);
uint64_t smbios_write(struct table_space *s, const struct hvm_machine *m);
uint64_t pir_write(struct table_space *s);

/*
 * All of them: pages at PLATFORM_FIRMWARE_INFO (one), PLATFORM_BOARD (one), PLATFORM_TABLES
 * (HVM_TABLE_PAGES). Returns the bytes taken of the last.
 */
size_t hvm_tables_write(const struct hvm_machine *m, void *info, void *board, void *tables);

#endif
