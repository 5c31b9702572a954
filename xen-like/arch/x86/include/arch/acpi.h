/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the firmware's ACPI tables say about the machine (ACPI 6.4, chapters 4 and 5). Filled once
 * at boot by platform/acpi.c.
 */
#ifndef ARCH_ACPI_H
#define ARCH_ACPI_H

#include <hv/types.h>

#define ACPI_MAX_IOAPICS   16
#define ACPI_MAX_OVERRIDES 32
#define ACPI_MAX_MCFG      16
#define ACPI_MAX_CPUS      (MAX_CPUS * 2)

struct acpi_cpu {
    uint32_t apic_id, acpi_id;
    bool enabled;
};
struct acpi_ioapic {
    uint32_t id, gsi_base;
    uint64_t addr;
};
/** An ISA interrupt that is wired elsewhere or otherwise than ISA has it. */
struct acpi_override {
    uint32_t isa_irq, gsi;
    bool level, active_low;
};
struct acpi_mcfg {
    uint64_t addr;
    uint16_t segment;
    uint8_t first_bus, last_bus;
};
/** Generic address structure. */
struct acpi_address {
    uint8_t space, width, offset, access; /* space: 0 memory, 1 I/O, 2 PCI configuration */
    uint64_t addr;
} __attribute__((packed));

struct acpi_info {
    bool present;
    unsigned nr_cpus, nr_ioapics, nr_overrides, nr_mcfg;
    struct acpi_cpu cpus[ACPI_MAX_CPUS];
    struct acpi_ioapic ioapics[ACPI_MAX_IOAPICS];
    struct acpi_override overrides[ACPI_MAX_OVERRIDES];
    struct acpi_mcfg mcfg[ACPI_MAX_MCFG];
    uint64_t lapic_addr;
    uint64_t hpet_addr;
    /* FADT */
    uint32_t pm1a_cnt, pm1b_cnt, pm_timer; /* I/O ports, 0 = none */
    bool pm_timer_32bit;
    uint16_t sci;
    bool reset_supported;
    struct acpi_address reset_reg;
    uint8_t reset_value;
    bool s5_known; /* \_S5 was found in the DSDT */
    uint8_t s5_type_a, s5_type_b;
};
extern struct acpi_info acpi_info;

/** Fill acpi_info by the tables below the root pointer at `rsdp_hint`; if that is none, by one that is
 * found where a `bios` would have it. */
void acpi_init(uint64_t rsdp_hint, bool bios);

#endif
