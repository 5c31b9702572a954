/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space through ports 0xcf8 and 0xcfc ("mechanism #1"). */
#include "io.h"
#include "pci.h"

#define PORT_ADDRESS 0xcf8
#define PORT_DATA    0xcfc
#define ENABLE       0x80000000U

/* Selects the register; the result is the port that has it. */
static uint16_t select(uint8_t devfn, uint8_t reg)
{
    out32(PORT_ADDRESS, ENABLE | (uint32_t)devfn << 8 | (reg & 0xfc));
    return PORT_DATA + (reg & 3);
}

uint8_t pci_read8(uint8_t devfn, uint8_t reg) { return in8(select(devfn, reg)); }
uint16_t pci_read16(uint8_t devfn, uint8_t reg) { return in16(select(devfn, reg)); }
uint32_t pci_read32(uint8_t devfn, uint8_t reg) { return in32(select(devfn, reg)); }

void pci_write8(uint8_t devfn, uint8_t reg, uint8_t value) { out8(select(devfn, reg), value); }
void pci_write16(uint8_t devfn, uint8_t reg, uint16_t value) { out16(select(devfn, reg), value); }
void pci_write32(uint8_t devfn, uint8_t reg, uint32_t value) { out32(select(devfn, reg), value); }
