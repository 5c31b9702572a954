/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration space through ports 0xcf8/0xcfc and, where the firmware tells of it, through
 * memory (MCFG). Memory is used for what the ports cannot reach: other segments and registers from
 * 256 on.
 */
#include <arch/acpi.h>
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <arch/pci.h>
#include <hv/lock.h>
#include <hv/printk.h>
#include <public/errno.h>

#define CF8_ENABLE 0x80000000u
#define BUS_BYTES  (1UL << 20)
#define FN_BYTES   4096

struct mmcfg {
    uint16_t segment;
    uint8_t first, last;
    uint64_t addr;    /* of bus 0, as the MCFG has it */
    char *buses[256]; /* mapped when first used */
};

static struct mmcfg mmcfgs[ACPI_MAX_MCFG];
static unsigned nr_mmcfgs;
static struct spinlock pci_lock = SPINLOCK_INIT(LOCK_PLATFORM);

int pci_add_mmcfg(uint64_t addr, uint16_t segment, uint8_t first, uint8_t last)
{
    if (first > last || addr & (BUS_BYTES - 1))
        return -XEN_EINVAL;
    for (unsigned i = 0; i < nr_mmcfgs; i++)
        if (mmcfgs[i].segment == segment && first <= mmcfgs[i].last && mmcfgs[i].first <= last)
            return mmcfgs[i].addr == addr ? 0 : -XEN_EINVAL;
    if (nr_mmcfgs == ACPI_MAX_MCFG)
        return -XEN_ENOMEM;
    mmcfgs[nr_mmcfgs].addr = addr;
    mmcfgs[nr_mmcfgs].segment = segment;
    mmcfgs[nr_mmcfgs].first = first;
    mmcfgs[nr_mmcfgs++].last = last;
    return 0;
}

void pci_init(void)
{
    for (unsigned i = 0; i < acpi_info.nr_mcfg; i++) {
        const struct acpi_mcfg *m = &acpi_info.mcfg[i];

        if (pci_add_mmcfg(m->addr, m->segment, m->first_bus, m->last_bus))
            printk(LOG_WARNING, "PCI: MCFG entry %u is of no use\n", i);
    }
}

/* Memory of a function's registers, or NULL. */
static volatile void *mmcfg_reg(uint32_t sbdf, unsigned reg)
{
    uint16_t segment = sbdf >> 16;
    uint8_t bus = sbdf >> 8;

    for (unsigned i = 0; i < nr_mmcfgs; i++) {
        struct mmcfg *m = &mmcfgs[i];

        if (m->segment != segment || bus < m->first || bus > m->last)
            continue;
        if (!m->buses[bus]) {
            char *p = iomap(m->addr + bus * BUS_BYTES, BUS_BYTES);

            if (!p)
                return NULL;
            WRITE_ONCE(m->buses[bus], p);
        }
        return m->buses[bus] + (sbdf & 0xff) * FN_BYTES + reg;
    }
    return NULL;
}

static bool ports_reach(uint32_t sbdf, unsigned reg) { return sbdf >> 16 == 0 && reg < 256; }

static uint32_t port_address(uint32_t sbdf, unsigned reg)
{
    return CF8_ENABLE | (sbdf & 0xffff) << 8 | (reg & 0xfc);
}

static uint32_t port_read(uint32_t address, unsigned off, unsigned bytes)
{
    unsigned long flags = spin_lock_irqsave(&pci_lock);
    uint32_t v;

    outl(0xcf8, address);
    v = bytes == 1 ? inb(0xcfc + off) : bytes == 2 ? inw(0xcfc + off) : inl(0xcfc);
    spin_unlock_irqrestore(&pci_lock, flags);
    return v;
}

static void port_write(uint32_t address, unsigned off, unsigned bytes, uint32_t v)
{
    unsigned long flags = spin_lock_irqsave(&pci_lock);

    outl(0xcf8, address);
    if (bytes == 1)
        outb(0xcfc + off, v);
    else if (bytes == 2)
        outw(0xcfc + off, v);
    else
        outl(0xcfc, v);
    spin_unlock_irqrestore(&pci_lock, flags);
}

uint32_t pci_cf8_read(uint32_t address, unsigned port_off, unsigned bytes)
{
    if (port_off + bytes > 4)
        return ~0u;
    return port_read(address, port_off, bytes);
}

void pci_cf8_write(uint32_t address, unsigned port_off, unsigned bytes, uint32_t value)
{
    if (port_off + bytes <= 4)
        port_write(address, port_off, bytes, value);
}

uint32_t pci_read(uint32_t sbdf, unsigned reg, unsigned bytes)
{
    volatile void *p;

    if (ports_reach(sbdf, reg))
        return port_read(port_address(sbdf, reg), reg & 3, bytes);
    p = mmcfg_reg(sbdf, reg);
    if (!p)
        return ~0u;
    return bytes == 1   ? *(volatile uint8_t *)p
           : bytes == 2 ? *(volatile uint16_t *)p
                        : *(volatile uint32_t *)p;
}

void pci_write(uint32_t sbdf, unsigned reg, unsigned bytes, uint32_t value)
{
    volatile void *p;

    if (ports_reach(sbdf, reg)) {
        port_write(port_address(sbdf, reg), reg & 3, bytes, value);
        return;
    }
    p = mmcfg_reg(sbdf, reg);
    if (!p)
        return;
    if (bytes == 1)
        *(volatile uint8_t *)p = value;
    else if (bytes == 2)
        *(volatile uint16_t *)p = value;
    else
        *(volatile uint32_t *)p = value;
}

bool pci_exists(uint32_t sbdf) { return pci_read(sbdf, PCI_VENDOR_ID, 2) != 0xffff; }

unsigned pci_find_cap(uint32_t sbdf, uint8_t id)
{
    unsigned pos;

    if (!(pci_read(sbdf, PCI_STATUS, 2) & PCI_STATUS_CAPS))
        return 0;
    pos = pci_read(sbdf, PCI_CAP_POINTER, 1) & ~3u;
    for (unsigned i = 0; i < 48 && pos >= 0x40; i++) {
        if (pci_read(sbdf, pos, 1) == id)
            return pos;
        pos = pci_read(sbdf, pos + 1, 1) & ~3u;
    }
    return 0;
}

uint64_t pci_bar_address(uint32_t sbdf, unsigned bar)
{
    uint32_t low, high = 0;

    if (bar > 5)
        return 0;
    low = pci_read(sbdf, PCI_BAR0 + 4 * bar, 4);
    if (low & 1)
        return 0;
    if ((low & 6) == 4 && bar < 5)
        high = pci_read(sbdf, PCI_BAR0 + 4 * bar + 4, 4);
    return (uint64_t)high << 32 | (low & ~0xfu);
}
