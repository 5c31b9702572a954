/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers: Intel 82371SB (PIIX3), 82371AB (PIIX4) and 82441FX data sheets; SDM volume 3,
 * chapters 10 and 11.
 */
#include "chipset.h"
#include "io.h"
#include "pci.h"
#include "platform.h"

#include <stdbool.h>

#define INTEL_HOST_BRIDGE 0x12378086
#define INTEL_PIIX3       0x70008086
#define INTEL_PIIX3_IDE   0x70108086
#define INTEL_PIIX4_PM    0x71138086

/* Host bridge: who answers from 0xf0000 on, and in pieces of 32 KiB from 0xc0000 on. */
#define PAM_FIRST     0x59
#define PAM_LAST      0x5f
#define PAM_ALL_RAM   0x33

#define CLASS_VGA     0x0300

/* Timing of the two IDE channels, and whether there is such a channel. */
#define IDE_REG_TIMING(channel) (0x40 + 2 * (channel))
#define IDE_DECODED   0x8000

#define PM_REG_BASE   0x40
#define PM_REG_ENABLE 0x80
#define PM_BASE_IO    0x1
#define PM_ENABLED    0x1

#define PORT_ELCR     0x4d0

#define LAPIC_SPURIOUS 0xf0
#define LAPIC_LINT0    0x350
#define LAPIC_LINT1    0x360
#define LAPIC_ON       0x1ff        /* with spurious interrupts as vector 255 */
#define MODE_EXTINT    0x700
#define MODE_NMI       0x400
#define IOAPIC_DATA    4            /* in words of 32 bits */

#define CPU_APIC       (1U << 9)    /* CPUID 1, EDX */
#define CPU_MTRR       (1U << 12)

#define MSR_MTRR_CAP     0xfe
#define MSR_MTRR_BASE(n) (0x200 + 2 * (n))
#define MSR_MTRR_MASK(n) (0x201 + 2 * (n))
#define MSR_MTRR_DEFAULT 0x2ff
#define MTRR_CAP_COUNT   0xff
#define MTRR_CAP_FIXED   0x100
#define MTRR_VALID       0x800
#define MTRR_ON          0xc00      /* fixed ones as well */
#define UNCACHED         0
#define WRITE_BACK       6
#define BYTES(type)      (0x0101010101010101ULL * (type))

/* -- PCI's -- */

static void setup_host_bridge(uint8_t devfn)
{
    for (unsigned int reg = PAM_FIRST; reg <= PAM_LAST; reg++)
        pci_write8(devfn, reg, PAM_ALL_RAM);
}

static void setup_piix3(uint8_t devfn)
{
    static const uint8_t irqs[PLATFORM_LINKS] = PLATFORM_LINK_IRQS;

    for (unsigned int link = 0; link < PLATFORM_LINKS; link++)
        pci_write8(devfn, PLATFORM_PIIX3_LINKS + link, irqs[link]);
    out8(PORT_ELCR, PLATFORM_LINK_MASK & 0xff);
    out8(PORT_ELCR + 1, PLATFORM_LINK_MASK >> 8);
}

static void setup_ide(uint8_t devfn)
{
    pci_write16(devfn, IDE_REG_TIMING(0), IDE_DECODED);
    pci_write16(devfn, IDE_REG_TIMING(1), IDE_DECODED);
}

static void setup_pm(uint8_t devfn)
{
    pci_write32(devfn, PM_REG_BASE, PLATFORM_PM_BASE | PM_BASE_IO);
    pci_write8(devfn, PM_REG_ENABLE, PM_ENABLED);
    pci_write8(devfn, PCI_INTERRUPT_LINE, PLATFORM_SCI);
}

static const struct {
    uint32_t id;
    void (*setup)(uint8_t devfn);
} chips[] = {
    { INTEL_HOST_BRIDGE, setup_host_bridge },
    { INTEL_PIIX3, setup_piix3 },
    { INTEL_PIIX3_IDE, setup_ide },
    { INTEL_PIIX4_PM, setup_pm },
};

/* A screen has a PC's ports whatever its BARs are; SeaBIOS takes one with both switched on. */
static void setup_vga(uint8_t devfn)
{
    uint16_t command = pci_read16(devfn, PCI_COMMAND);

    if (command & PCI_COMMAND_MEMORY)
        pci_write16(devfn, PCI_COMMAND, command | PCI_COMMAND_IO);
}

static void setup_function(uint8_t devfn, void *arg)
{
    static const uint8_t irqs[PLATFORM_LINKS] = PLATFORM_LINK_IRQS;
    uint8_t pin = pci_read8(devfn, PCI_INTERRUPT_PIN);
    uint32_t id = pci_read32(devfn, PCI_VENDOR);

    (void)arg;
    if (pci_read32(devfn, PCI_CLASS) >> 16 == CLASS_VGA)
        setup_vga(devfn);
    if (pin >= 1 && pin <= 4)
        pci_write8(devfn, PCI_INTERRUPT_LINE, irqs[PLATFORM_LINK(devfn >> 3, pin - 1)]);
    for (unsigned int i = 0; i < sizeof(chips) / sizeof(chips[0]); i++)
        if (chips[i].id == id)
            chips[i].setup(devfn);
}

void chipset_setup(void)
{
    pci_each(setup_function, 0);
}

/* -- the CPU -- */

static void setup_apics(void)
{
    *mmio(PLATFORM_LAPIC + LAPIC_SPURIOUS) = LAPIC_ON;
    *mmio(PLATFORM_LAPIC + LAPIC_LINT0) = MODE_EXTINT;
    *mmio(PLATFORM_LAPIC + LAPIC_LINT1) = MODE_NMI;
    *mmio(PLATFORM_IOAPIC) = 0;
    mmio(PLATFORM_IOAPIC)[IOAPIC_DATA] = PLATFORM_IOAPIC_ID << 24;
}

static void setup_fixed_mtrrs(void)
{
    static const struct {
        uint16_t msr;
        uint8_t type;
    } fixed[] = {
        { 0x250, WRITE_BACK }, { 0x258, WRITE_BACK }, { 0x259, UNCACHED },
        { 0x268, WRITE_BACK }, { 0x269, WRITE_BACK }, { 0x26a, WRITE_BACK },
        { 0x26b, WRITE_BACK }, { 0x26c, WRITE_BACK }, { 0x26d, WRITE_BACK },
        { 0x26e, WRITE_BACK }, { 0x26f, WRITE_BACK },
    };

    for (unsigned int i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        write_msr(fixed[i].msr, BYTES(fixed[i].type));
}

static unsigned int address_bits(void)
{
    return cpuid(0x80000000).eax >= 0x80000008 ? cpuid(0x80000008).eax & 0xff : 36;
}

/* From `hole` to 4 GiB, in pieces that are powers of two and aligned to their size. */
static void setup_mtrrs(uint32_t hole)
{
    uint64_t cap = read_msr(MSR_MTRR_CAP), addresses = (1ULL << address_bits()) - 1;
    unsigned int count = cap & MTRR_CAP_COUNT;
    uint64_t base = hole;

    if (cap & MTRR_CAP_FIXED)
        setup_fixed_mtrrs();
    for (unsigned int n = 0; n < count; n++) {
        uint64_t size = base & -base;
        bool used = base && base >> 32 == 0;

        write_msr(MSR_MTRR_BASE(n), used ? base | UNCACHED : 0);
        write_msr(MSR_MTRR_MASK(n), used ? (addresses & ~(size - 1)) | MTRR_VALID : 0);
        base += used ? size : 0;
    }
    write_msr(MSR_MTRR_DEFAULT, MTRR_ON | WRITE_BACK);
}

void chipset_setup_cpu(uint32_t hole)
{
    uint32_t has = cpuid(1).edx;

    if (has & CPU_APIC)
        setup_apics();
    if (has & CPU_MTRR)
        setup_mtrrs(hole);
}
