/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MSI and MSI-X: the hypervisor chooses vector and CPU and writes the message into the device; a
 * domain only ever names the device and the entry. Callers of the set-up functions hold the pirq
 * map lock (pirq.c). PCI local bus specification 3.0, section 6.8.
 */
#include <arch/hvmap.h>
#include <arch/irq.h>
#include <arch/pci.h>
#include <arch/smp.h>
#include <public/errno.h>

#define MSI_CTRL        2
#define MSI_CTRL_ENABLE 0x0001
#define MSI_CTRL_QUEUE  0x0070
#define MSI_CTRL_64BIT  0x0080
#define MSI_CTRL_MASK   0x0100
#define MSI_ADDR_LOW    4
#define MSI_ADDR_HIGH   8

#define MSIX_CTRL         2
#define MSIX_CTRL_SIZE    0x07ff
#define MSIX_TABLE        4
#define MSIX_ENTRY_BYTES  16
#define MSIX_ENTRY_MASKED 1

#define MSI_ADDRESS 0xfee00000u

struct msi {
    uint32_t sbdf;
    bool used, msix, masked_bit;
    uint8_t cap;
    uint16_t entry;
    volatile uint32_t *slot; /* MSI-X: the table entry */
};

static struct msi msis[NR_IRQS - MAX_GSIS];

/* Last mapped table pages: a device's entries share them, and they are mapped for good. */
#define TABLE_CACHE 64
static struct {
    uint64_t page;
    char *va;
} tables[TABLE_CACHE];
static unsigned nr_tables;

static struct msi *msi_of(unsigned irq) { return &msis[irq - MAX_GSIS]; }

/* --- writing to devices ----------------------------------------------------------------------- */
static void set_msi_mask(const struct msi *m, bool masked)
{
    uint16_t ctrl = pci_read(m->sbdf, m->cap + MSI_CTRL, 2);
    unsigned reg = m->cap + (ctrl & MSI_CTRL_64BIT ? 0x10 : 0x0c);
    uint32_t bits;

    if (ctrl & MSI_CTRL_MASK) {
        bits = pci_read(m->sbdf, reg, 4);
        pci_write(m->sbdf, reg, 4, masked ? bits | 1 : bits & ~1u);
    }
    if (masked && !(ctrl & MSI_CTRL_MASK))
        pci_write(m->sbdf, m->cap + MSI_CTRL, 2, ctrl & ~MSI_CTRL_ENABLE);
    else if (!masked)
        pci_write(m->sbdf, m->cap + MSI_CTRL, 2, ctrl | MSI_CTRL_ENABLE);
}

static void set_mask(unsigned irq, bool masked)
{
    const struct msi *m = msi_of(irq);

    if (!m->msix)
        set_msi_mask(m, masked);
    else if (masked)
        m->slot[3] |= MSIX_ENTRY_MASKED;
    else
        m->slot[3] &= ~MSIX_ENTRY_MASKED;
}

static void chip_mask(unsigned irq) { set_mask(irq, true); }
static void chip_unmask(unsigned irq) { set_mask(irq, false); }

static void write_msi(const struct msi *m, uint32_t address, uint32_t data)
{
    uint16_t ctrl = pci_read(m->sbdf, m->cap + MSI_CTRL, 2);

    /* one vector is all that is ever enabled */
    pci_write(m->sbdf, m->cap + MSI_CTRL, 2, ctrl & ~MSI_CTRL_QUEUE);
    pci_write(m->sbdf, m->cap + MSI_ADDR_LOW, 4, address);
    if (ctrl & MSI_CTRL_64BIT)
        pci_write(m->sbdf, m->cap + MSI_ADDR_HIGH, 4, 0);
    pci_write(m->sbdf, m->cap + (ctrl & MSI_CTRL_64BIT ? 0xc : 8), 2, data);
}

static void chip_route(unsigned irq, uint8_t vector, unsigned cpu)
{
    const struct msi *m = msi_of(irq);
    uint32_t address = MSI_ADDRESS | (cpu_apic_id(cpu) & 0xff) << 12;
    uint32_t was;

    if (!m->msix) {
        write_msi(m, address, vector);
        return;
    }
    was = m->slot[3];
    m->slot[3] = was | MSIX_ENTRY_MASKED; /* an unmasked entry must not change */
    m->slot[0] = address;
    m->slot[1] = 0;
    m->slot[2] = vector;
    m->slot[3] = was;
}

static const struct irq_chip msi_chip = { "MSI", chip_mask, chip_unmask, chip_route };

/* --- set-up ----------------------------------------------------------------------------------- */
static char *map_table_page(uint64_t maddr)
{
    uint64_t page = maddr & PAGE_MASK;

    for (unsigned i = 0; i < nr_tables; i++)
        if (tables[i].page == page)
            return tables[i].va + (maddr & ~PAGE_MASK);
    if (nr_tables == TABLE_CACHE)
        return NULL;
    tables[nr_tables].va = iomap(page, PAGE_SIZE);
    if (!tables[nr_tables].va)
        return NULL;
    tables[nr_tables].page = page;
    return tables[nr_tables++].va + (maddr & ~PAGE_MASK);
}

/* A memory BAR of the device, never RAM or an interrupt controller. */
static int find_msix_slot(const struct msi_request *req, struct msi *m)
{
    uint32_t table = pci_read(req->sbdf, m->cap + MSIX_TABLE, 4);
    unsigned size = (pci_read(req->sbdf, m->cap + MSIX_CTRL, 2) & MSIX_CTRL_SIZE) + 1;
    uint64_t bar = pci_bar_address(req->sbdf, table & 7), at;

    if (req->entry >= size || !bar)
        return -XEN_EINVAL;
    if (!(pci_read(req->sbdf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY))
        return -XEN_ENXIO;
    at = bar + (table & ~7u) + req->entry * MSIX_ENTRY_BYTES;
    if (at < bar || in_directmap(at, MSIX_ENTRY_BYTES) || at >> 20 == MSI_ADDRESS >> 20 ||
        maddr_is_ioapic(at))
        return -XEN_EINVAL;
    m->slot = (volatile uint32_t *)map_table_page(at);
    return m->slot ? 0 : -XEN_ENOMEM;
}

static bool already_used(const struct msi *want)
{
    for (unsigned i = 0; i < ARRAY_SIZE(msis); i++)
        if (msis[i].used && msis[i].sbdf == want->sbdf &&
            (msis[i].msix != want->msix || msis[i].entry == want->entry))
            return true;
    return false;
}

static int prepare(const struct msi_request *req, struct msi *m)
{
    if (!pci_exists(req->sbdf))
        return -XEN_ENODEV;
    m->sbdf = req->sbdf;
    m->msix = req->table_base;
    m->entry = m->msix ? req->entry : 0;
    m->used = true;
    m->cap = pci_find_cap(req->sbdf, m->msix ? PCI_CAP_MSIX : PCI_CAP_MSI);
    if (!m->cap)
        return -XEN_ENODEV;
    if (already_used(m))
        return -XEN_EEXIST;
    return m->msix ? find_msix_slot(req, m) : 0;
}

int msi_setup(const struct msi_request *req)
{
    struct msi m = { 0 };
    int rc, irq;

    rc = prepare(req, &m);
    if (rc)
        return rc;
    irq = irq_alloc_msi(&msi_chip);
    if (irq < 0)
        return irq;
    rc = irq_vector(irq);
    if (rc < 0) {
        irq_free_msi(irq);
        return rc;
    }
    *msi_of(irq) = m;
    chip_mask(irq);
    chip_route(irq, rc, 0);
    return irq;
}

void msi_release(unsigned irq)
{
    chip_mask(irq);
    msi_of(irq)->used = false;
    irq_free_msi(irq);
}

bool msi_in_use(uint32_t sbdf)
{
    for (unsigned i = 0; i < ARRAY_SIZE(msis); i++)
        if (msis[i].used && msis[i].sbdf == sbdf)
            return true;
    return false;
}

int msi_restore(uint32_t sbdf)
{
    int rc = -XEN_ESRCH;

    for (unsigned i = 0; i < ARRAY_SIZE(msis); i++)
        if (msis[i].used && msis[i].sbdf == sbdf) {
            irq_reroute(i + MAX_GSIS);
            rc = 0;
        }
    return rc;
}
