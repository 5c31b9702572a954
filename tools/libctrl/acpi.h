/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ACPI tables for a PVH guest: it learns from them how many vcpus it has, and that there is no
 * other hardware to look for (ACPI 6.1, "hardware-reduced").
 */
#ifndef LIBCTRL_ACPI_H
#define LIBCTRL_ACPI_H

#include <stddef.h>
#include <stdint.h>

#define ACPI_MAX_VCPUS 128

/*
 * Write them to `page` (all zero before), which the guest has at physical address `at`; the RSDP is
 * first. Returns the bytes taken; 4096 are enough for ACPI_MAX_VCPUS.
 */
size_t acpi_write(void *page, uint64_t at, uint32_t vcpus);

#endif
