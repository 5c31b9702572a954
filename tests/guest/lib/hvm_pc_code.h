/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Assembler text for 32-bit guests that program a PC's interrupt controllers: the PICs with vectors
 * 0x20 and 0x28, a local APIC and an IO-APIC by their pages. Registers and values are strings.
 */
#ifndef GUEST_HVM_PC_CODE_H
#define GUEST_HVM_PC_CODE_H

#define OUT(port, value) "mov $" value ", %al; out %al, $" port "; "
#define PIC_BEGIN                                                                      \
    OUT("0x20", "0x11") OUT("0x21", "0x20") OUT("0x21", "4") OUT("0x21", "1")          \
    OUT("0xa0", "0x11") OUT("0xa1", "0x28") OUT("0xa1", "2") OUT("0xa1", "1")
#define PIC_MASKS(master, slave) OUT("0x21", master) OUT("0xa1", slave)
#define PCI_LEVELS   "mov $0x4d1, %edx; mov $0x0c, %al; out %al, %dx; " /* 10 and 11 */
#define LAPIC(reg, value) "movl $" value ", 0xfee00" reg "; "
#define LAPIC_EOI    LAPIC("0b0", "0")
#define IOAPIC(reg, value) "movl $" reg ", 0xfec00000; movl $" value ", 0xfec00010; "

#endif
