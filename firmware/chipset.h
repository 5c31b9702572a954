/* SPDX-License-Identifier: GPL-2.0-only */
/* The chips that are not asked what they want, because it is known. */
#ifndef FIRMWARE_CHIPSET_H
#define FIRMWARE_CHIPSET_H

#include <stdint.h>

/*
 * The host bridge (memory below 1 MiB can be written), PCI interrupts through the PIIX3 to the PICs
 * with every device's interrupt line, and the PIIX4's ACPI registers. After pci_assign().
 */
void chipset_setup(void);

/*
 * This CPU: interrupts of the PICs come through its local APIC; what is memory is cached, except
 * for the screen and from `hole` up to 4 GiB (multiple of 1 MiB).
 */
void chipset_setup_cpu(uint32_t hole);

#endif
