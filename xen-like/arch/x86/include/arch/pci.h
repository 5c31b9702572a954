/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration space. A function is named by segment << 16 | bus << 8 | device << 3 |
 * function.
 */
#ifndef ARCH_PCI_H
#define ARCH_PCI_H

#include <hv/types.h>

#define PCI_VENDOR_ID       0x00
#define PCI_COMMAND         0x04
#define PCI_STATUS          0x06
#define PCI_BAR0            0x10
#define PCI_CAP_POINTER     0x34
#define PCI_COMMAND_MEMORY  0x0002
#define PCI_STATUS_CAPS     0x0010
#define PCI_CAP_MSI         0x05
#define PCI_CAP_MSIX        0x11

/** Map the memory-mapped configuration space that the firmware lists (MCFG). */
void pci_init(void);
/** Use a range of buses' mapped configuration space that Dom0 found to be reserved. 0, -EINVAL or
 * -ENOMEM. */
int pci_add_mmcfg(uint64_t addr, uint16_t segment, uint8_t first, uint8_t last);

/** Read or write 1, 2 or 4 bytes, naturally aligned. What does not exist reads as all ones. */
uint32_t pci_read(uint32_t sbdf, unsigned reg, unsigned bytes);
void pci_write(uint32_t sbdf, unsigned reg, unsigned bytes, uint32_t value);
bool pci_exists(uint32_t sbdf);
/** Offset of a capability, or 0. */
unsigned pci_find_cap(uint32_t sbdf, uint8_t id);
/** Machine address in memory BAR `bar`, 0 if it is none. */
uint64_t pci_bar_address(uint32_t sbdf, unsigned bar);

/**
 * Dom0's accesses through ports 0xcf8 and 0xcfc (emulated): `address` is the last value written to
 * 0xcf8. `port_off` 0 to 3 is the offset within 0xcfc.
 */
uint32_t pci_cf8_read(uint32_t address, unsigned port_off, unsigned bytes);
void pci_cf8_write(uint32_t address, unsigned port_off, unsigned bytes, uint32_t value);

#endif
