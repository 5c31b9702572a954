/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ACPI tables as they lie in memory (ACPI 6.1, chapter 5.2), and what the tables of all types of
 * guests share.
 */
#ifndef LIBCTRL_ACPI_TABLES_H
#define LIBCTRL_ACPI_TABLES_H

#include <stddef.h>
#include <stdint.h>

/* Flags of the FADT. */
#define FADT_WBINVD           (1U << 0)
#define FADT_C1               (1U << 2)   /* HLT */
#define FADT_NO_POWER_BUTTON  (1U << 4)
#define FADT_NO_SLEEP_BUTTON  (1U << 5)
#define FADT_NO_RTC_WAKE      (1U << 6)
#define FADT_TIMER_32         (1U << 8)
#define FADT_PHYSICAL_APIC    (1U << 19)  /* destinations */
#define FADT_HARDWARE_REDUCED (1U << 20)
/* Its boot flags. */
#define BOOT_LEGACY  (1U << 0)            /* devices at a PC's ports */
#define BOOT_8042    (1U << 1)
#define BOOT_NO_VGA  (1U << 2)
#define BOOT_NO_CMOS (1U << 5)

#define MADT_PCAT 1U                      /* there are two PICs as well */

struct acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision;
    char creator[4];
    uint32_t creator_revision;
} __attribute__((packed));

struct acpi_rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt, length;
    uint64_t xsdt;
    uint8_t full_checksum, reserved[3];
} __attribute__((packed));

/* A register. */
struct acpi_gas {
    uint8_t space, bits, shift, access;
    uint64_t address;
} __attribute__((packed));

#define ACPI_SPACE_MEMORY 0
#define ACPI_SPACE_IO     1

/* Revision 6. Of what is not there all is 0. */
struct acpi_fadt {
    struct acpi_header h;
    uint32_t facs, dsdt;
    uint8_t reserved, profile;
    uint16_t sci;
    uint32_t smi_command;
    uint8_t smi_values[4];
    uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer, gpe0, gpe1;
    uint8_t pm1_event_bytes, pm1_control_bytes, pm2_control_bytes, pm_timer_bytes, gpe0_bytes,
        gpe1_bytes, gpe1_base, c_states;
    uint16_t c2_latency, c3_latency, flush[2];
    uint8_t duty[2], rtc[3];
    uint16_t boot_flags;
    uint8_t reserved2;
    uint32_t flags;
    struct acpi_gas reset;
    uint8_t reset_value, arm[2], minor;
    uint64_t facs_address, dsdt_address;
    struct acpi_gas x_pm1a_event, x_pm1b_event, x_pm1a_control, x_pm1b_control, x_pm2_control,
        x_pm_timer, x_gpe0, x_gpe1, sleep_control, sleep_status;
    uint64_t hypervisor;
} __attribute__((packed));

_Static_assert(sizeof(struct acpi_fadt) == 276, "a FADT of revision 6 has 276 bytes");

struct acpi_madt_cpu {
    uint8_t type, length, processor, apic_id;
    uint32_t flags;
} __attribute__((packed));

struct acpi_madt {
    struct acpi_header h;
    uint32_t lapic, flags;
    struct acpi_madt_cpu cpus[];
} __attribute__((packed));

/* What is to be added to a byte so that the sum of all is 0. */
uint8_t table_checksum(const void *data, size_t bytes);

/* Fills in the header of a table that is written. */
void acpi_seal(struct acpi_header *h, const char *signature, uint8_t revision, uint32_t length);
/* Fills in the RSDP; the addresses are those of RSDT, or 0, and XSDT. */
void acpi_seal_rsdp(struct acpi_rsdp *r, uint32_t rsdt, uint64_t xsdt);
/* The local APICs, before anything else of the MADT; returns where it goes on. */
void *acpi_write_cpus(struct acpi_madt *m, uint32_t vcpus);

#endif
