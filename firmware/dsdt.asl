/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ACPI's description of a hardware guest's board: one PCI bus, with the addresses that the tables'
 * maker says are free for devices (struct hvm_board of tools/libctrl/hvm_tables.h), interrupts
 * through the PIIX3's links to the PICs or past them to the IO-APIC, and what is at fixed places.
 * The C preprocessor comes first.
 */
#include "platform.h"

#define GSIS(slot)                                                                                 \
    Package () { ((slot) << 16) + 0xffff, 0, 0, PLATFORM_GSI(slot, 0) },                           \
    Package () { ((slot) << 16) + 0xffff, 1, 0, PLATFORM_GSI(slot, 1) },                           \
    Package () { ((slot) << 16) + 0xffff, 2, 0, PLATFORM_GSI(slot, 2) },                           \
    Package () { ((slot) << 16) + 0xffff, 3, 0, PLATFORM_GSI(slot, 3) }
#define LINKS(slot, a, b, c, d)                                                                    \
    Package () { ((slot) << 16) + 0xffff, 0, \_SB.a, 0 },                                          \
    Package () { ((slot) << 16) + 0xffff, 1, \_SB.b, 0 },                                          \
    Package () { ((slot) << 16) + 0xffff, 2, \_SB.c, 0 },                                          \
    Package () { ((slot) << 16) + 0xffff, 3, \_SB.d, 0 }
#define FOUR_GSIS(slot) GSIS(slot), GSIS(slot + 1), GSIS(slot + 2), GSIS(slot + 3)
#define FOUR_LINKS(slot)                                                                           \
    LINKS(slot, LNKA, LNKB, LNKC, LNKD), LINKS(slot + 1, LNKB, LNKC, LNKD, LNKA),                  \
    LINKS(slot + 2, LNKC, LNKD, LNKA, LNKB), LINKS(slot + 3, LNKD, LNKA, LNKB, LNKC)

/* A link: PIQx is its register in the PIIX3, whose top bit switches it off. */
#define LINK(name, number, PIQ)                                                                    \
    Device (name) {                                                                                \
        Name (_HID, EisaId ("PNP0C0F"))                                                            \
        Name (_UID, number)                                                                        \
        Name (_PRS, ResourceTemplate () { IRQ (Level, ActiveLow, Shared) { 5, 10, 11 } })          \
        Name (NOW, ResourceTemplate () { IRQ (Level, ActiveLow, Shared) { 5 } })                   \
        Method (_STA)                                                                              \
        {                                                                                          \
            If (PIQ & 0x80) { Return (0x09) }                                                      \
            Return (0x0b)                                                                          \
        }                                                                                          \
        Method (_DIS) { PIQ |= 0x80 }                                                              \
        Method (_CRS, 0, Serialized)                                                               \
        {                                                                                          \
            CreateWordField (NOW, 1, MASK)                                                         \
            MASK = 1 << (PIQ & 0x0f)                                                               \
            Return (NOW)                                                                           \
        }                                                                                          \
        Method (_SRS, 1, Serialized)                                                               \
        {                                                                                          \
            CreateWordField (Arg0, 1, MASK)                                                        \
            FindSetRightBit (MASK, Local0)                                                         \
            PIQ = Local0 - 1                                                                       \
        }                                                                                          \
    }

DefinitionBlock ("dsdt.aml", "DSDT", 2, "XENLKE", "XEN-LIKE", 1)
{
    /* Power off: the type that the hypervisor takes as that. */
    Name (\_S5, Package () { 0, 0, 0, 0 })

    Name (PICD, 0)
    Method (\_PIC, 1) { PICD = Arg0 }

    OperationRegion (BORD, SystemMemory, PLATFORM_BOARD, 24)
    Field (BORD, AnyAcc, NoLock, Preserve)
    {
        LOWF, 32, LOWL, 32,     /* below 4 GiB: first and last address for devices */
        HIGF, 64, HIGB, 32,     /* above: first address, size in MiB; 0: none */
        HPTE, 8, SERE, 8        /* is there a HPET, a serial port? */
    }

    Scope (\_SB)
    {
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A03"))
            Name (_UID, 0)
            Name (_BBN, 0)

            Name (BASE, ResourceTemplate ()
            {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode,
                    0, 0, 0xff, 0, 0x100)
                IO (Decode16, 0x0cf8, 0x0cf8, 1, 8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
                    0, 0, 0x0cf7, 0, 0x0cf8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
                    0, 0x0d00, 0xffff, 0, 0xf300)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                    0, 0xa0000, 0xbffff, 0, 0x20000)
            })
            Name (LOWM, ResourceTemplate ()
            {
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                    ReadWrite, 0, 0xf0000000, 0xfbffffff, 0, 0x0c000000)
            })
            Name (HIGM, ResourceTemplate ()
            {
                QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                    ReadWrite, 0, 0x100000000, 0x1ffffffff, 0, 0x100000000)
            })
            Method (_CRS, 0, Serialized)
            {
                /* minimum, maximum and length in the descriptors (ACPI 6.2, 6.4.3.5) */
                CreateDWordField (LOWM, 10, LMIN)
                CreateDWordField (LOWM, 14, LMAX)
                CreateDWordField (LOWM, 22, LLEN)
                CreateQWordField (HIGM, 14, HMIN)
                CreateQWordField (HIGM, 22, HMAX)
                CreateQWordField (HIGM, 38, HLEN)

                LMIN = LOWF
                LMAX = LOWL
                LLEN = LOWL - LOWF + 1
                Local0 = ConcatenateResTemplate (BASE, LOWM)
                If (HIGB == 0) {
                    Return (Local0)
                }
                HMIN = HIGF
                HLEN = HIGB << 20
                HMAX = HMIN + HLEN - 1
                Return (ConcatenateResTemplate (Local0, HIGM))
            }

            Name (GSIP, Package ()
            {
                FOUR_GSIS(0), FOUR_GSIS(4), FOUR_GSIS(8), FOUR_GSIS(12),
                FOUR_GSIS(16), FOUR_GSIS(20), FOUR_GSIS(24), FOUR_GSIS(28)
            })
            Name (PICP, Package ()
            {
                FOUR_LINKS(0), FOUR_LINKS(4), FOUR_LINKS(8), FOUR_LINKS(12),
                FOUR_LINKS(16), FOUR_LINKS(20), FOUR_LINKS(24), FOUR_LINKS(28)
            })
            Method (_PRT)
            {
                If (PICD == 1) {
                    Return (GSIP)
                }
                Return (PICP)
            }

            Device (ISA)
            {
                Name (_ADR, PLATFORM_PIIX3_DEVFN << 13)
                OperationRegion (PIRQ, PCI_Config, PLATFORM_PIIX3_LINKS, 4)
                Field (PIRQ, ByteAcc, NoLock, Preserve)
                {
                    PIQA, 8, PIQB, 8, PIQC, 8, PIQD, 8
                }

                /* What is at fixed ports and has no driver of its own. */
                Device (BRD)
                {
                    Name (_HID, EisaId ("PNP0C02"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x04d0, 0x04d0, 0, 2)
                        IO (Decode16, PLATFORM_GPE, PLATFORM_GPE, 0, PLATFORM_GPE_BYTES)
                        IO (Decode16, PLATFORM_PM_BASE, PLATFORM_PM_BASE, 0, 16)
                    })
                }
                Device (PIC)
                {
                    Name (_HID, EisaId ("PNP0000"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x20, 0x20, 0, 2)
                        IO (Decode16, 0xa0, 0xa0, 0, 2)
                        IRQNoFlags () { 2 }
                    })
                }
                Device (DMA)
                {
                    Name (_HID, EisaId ("PNP0200"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        DMA (Compatibility, BusMaster, Transfer8) { 4 }
                        IO (Decode16, 0x00, 0x00, 0, 16)
                        IO (Decode16, 0x81, 0x81, 0, 15)
                        IO (Decode16, 0xc0, 0xc0, 0, 32)
                    })
                }
                Device (TMR)
                {
                    Name (_HID, EisaId ("PNP0100"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x40, 0x40, 0, 4)
                        IRQNoFlags () { 0 }
                    })
                }
                Device (RTC)
                {
                    Name (_HID, EisaId ("PNP0B00"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x70, 0x70, 0, 2)
                        IRQNoFlags () { 8 }
                    })
                }
                Device (SPKR)
                {
                    Name (_HID, EisaId ("PNP0800"))
                    Name (_CRS, ResourceTemplate () { IO (Decode16, 0x61, 0x61, 0, 1) })
                }
                Device (KBD)
                {
                    Name (_HID, EisaId ("PNP0303"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x60, 0x60, 0, 1)
                        IO (Decode16, 0x64, 0x64, 0, 1)
                        IRQNoFlags () { 1 }
                    })
                }
                Device (MOU)
                {
                    Name (_HID, EisaId ("PNP0F13"))
                    Name (_CRS, ResourceTemplate () { IRQNoFlags () { 12 } })
                }
                Device (COM1)
                {
                    Name (_HID, EisaId ("PNP0501"))
                    Name (_UID, 1)
                    Method (_STA) { If (SERE) { Return (0x0f) } Return (0) }
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x03f8, 0x03f8, 0, 8)
                        IRQNoFlags () { 4 }
                    })
                }
            }
        }

        LINK(LNKA, 1, \_SB.PCI0.ISA.PIQA)
        LINK(LNKB, 2, \_SB.PCI0.ISA.PIQB)
        LINK(LNKC, 3, \_SB.PCI0.ISA.PIQC)
        LINK(LNKD, 4, \_SB.PCI0.ISA.PIQD)

        Device (HPET)
        {
            Name (_HID, EisaId ("PNP0103"))
            Method (_STA) { If (HPTE) { Return (0x0f) } Return (0) }
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadOnly, PLATFORM_HPET, 0x400)
            })
        }
    }
}
