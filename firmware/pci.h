/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bus 0 as the device model shows it: what its devices ask for in ports and memory is found out,
 * given and switched on. No device is believed: each is looked at a fixed number of times, and what
 * it says of itself is used only as far as it makes sense.
 */
#ifndef FIRMWARE_PCI_H
#define FIRMWARE_PCI_H

#include <stdint.h>

/* Configuration space (PCI 3.0, 6.1 and 6.2). */
#define PCI_VENDOR         0x00     /* and the device in the upper half */
#define PCI_COMMAND        0x04
#define PCI_COMMAND_IO     0x1
#define PCI_COMMAND_MEMORY 0x2
#define PCI_CLASS          0x08     /* revision in the lowest byte */
#define PCI_HEADER         0x0e
#define PCI_HEADER_MANY    0x80     /* functions */
#define PCI_BAR            0x10
#define PCI_INTERRUPT_LINE 0x3c
#define PCI_INTERRUPT_PIN  0x3d

/*
 * Addresses that may be given to devices, both ends included; none if last < first. The last one of
 * all 64 bits is in none.
 */
struct pci_window {
    uint64_t first, last;
};

enum pci_space { PCI_IO, PCI_LOW, PCI_HIGH, PCI_SPACES };

/*
 * Gives every device of bus 0 its addresses: those that want most first, in PCI_LOW what is memory,
 * in PCI_HIGH what can be there and does not fit. A device that cannot have all it wants of one
 * kind is left switched off for that kind, and said so.
 */
void pci_assign(const struct pci_window windows[PCI_SPACES]);

/* Calls visit() for each function on bus 0: at most 256. */
void pci_each(void (*visit)(uint8_t devfn, void *arg), void *arg);

/* Registers of function `devfn` on bus 0, naturally aligned. config.c has them. */
uint8_t pci_read8(uint8_t devfn, uint8_t reg);
uint16_t pci_read16(uint8_t devfn, uint8_t reg);
uint32_t pci_read32(uint8_t devfn, uint8_t reg);
void pci_write8(uint8_t devfn, uint8_t reg, uint8_t value);
void pci_write16(uint8_t devfn, uint8_t reg, uint16_t value);
void pci_write32(uint8_t devfn, uint8_t reg, uint32_t value);

#endif
