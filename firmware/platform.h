/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the board of a hardware guest with a PC's devices is like: facts that the loader, the DSDT
 * and the tables that libctrl makes have to agree on. For C, assembly and ASL.
 */
#ifndef FIRMWARE_PLATFORM_H
#define FIRMWARE_PLATFORM_H

/* Guest addresses. RAM ends where the hole begins; tables and chips are at its upper end. */
#define PLATFORM_HOLE_DEFAULT  0xf0000000
#define PLATFORM_BOARD         0xfc000000 /* struct hvm_board of libctrl; BARs end before */
#define PLATFORM_TABLES        0xfc001000 /* ACPI and others */
#define PLATFORM_IOAPIC        0xfec00000
#define PLATFORM_HPET          0xfed00000
#define PLATFORM_LAPIC         0xfee00000
#define PLATFORM_FIRMWARE_INFO 0x00001000 /* where SeaBIOS on Xen looks for what it is to know */
#define PLATFORM_FIRMWARE_MAX  0x00040000 /* bytes, ending at 1 MiB */

#define PLATFORM_IOAPIC_ID 1              /* local APICs have even ones */

/* ACPI's registers, as a device model for Xen and the hypervisor have them. */
#define PLATFORM_PM_BASE     0xb000
#define PLATFORM_PM_EVENT    PLATFORM_PM_BASE
#define PLATFORM_PM_CONTROL  0xb004
#define PLATFORM_PM_TIMER    0xb008
#define PLATFORM_GPE         0xafe0
#define PLATFORM_GPE_BYTES   4
#define PLATFORM_SCI         9

/* I/O ports for BARs. */
#define PLATFORM_IO_FIRST 0xc000
#define PLATFORM_IO_LAST  0xffff

/* PCI: the PIIX3 at slot 1, function 0, routes four links to interrupts of the PICs. */
#define PLATFORM_PIIX3_DEVFN 0x08
#define PLATFORM_PIIX3_LINKS 0x60
#define PLATFORM_LINKS       4
#define PLATFORM_LINK_IRQS   { 5, 10, 11, 5 }
#define PLATFORM_LINK_MASK   0x0c20
#define PLATFORM_LINK(slot, pin) (((slot) + (pin)) & 3) /* pin: 0 to 3 */

/* The IO-APIC's pin of a device's interrupt pin, as Xen's interface has it. */
#define PLATFORM_GSI(slot, pin) (((((slot) << 2) + ((slot) >> 3) + (pin)) & 31) + 16)

#endif
