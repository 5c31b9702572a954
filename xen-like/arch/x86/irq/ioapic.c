/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IO-APICs: one redirection entry for each GSI. A GSI is masked until someone binds it.
 * Destinations are physical APIC ids, so a CPU whose id does not fit 8 bits gets no line
 * interrupts.
 */
#include <arch/acpi.h>
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <arch/irq.h>
#include <arch/smp.h>
#include <hv/lock.h>
#include <hv/printk.h>
#include <public/errno.h>

#define IOREGSEL     0x00
#define IOWIN        0x10
#define REG_VERSION  1
#define REG_RTE(pin) (0x10 + 2 * (pin))

#define RTE_ACTIVE_LOW (1u << 13)
#define RTE_LEVEL      (1u << 15)
#define RTE_MASKED     (1u << 16)

struct ioapic {
    volatile uint32_t *regs;
    uint64_t addr;
    unsigned gsi_base, pins;
};

static struct ioapic ioapics[ACPI_MAX_IOAPICS];
static unsigned nr_ioapics, gsi_end;
static uint32_t rte_low[MAX_GSIS]; /* what the hardware holds */
static struct spinlock ioapic_lock = SPINLOCK_INIT(LOCK_PLATFORM);

static uint32_t reg_read(const struct ioapic *io, uint32_t reg)
{
    io->regs[IOREGSEL / 4] = reg;
    return io->regs[IOWIN / 4];
}

static void reg_write(const struct ioapic *io, uint32_t reg, uint32_t v)
{
    io->regs[IOREGSEL / 4] = reg;
    io->regs[IOWIN / 4] = v;
}

static const struct ioapic *ioapic_of(unsigned gsi)
{
    for (unsigned i = 0; i < nr_ioapics; i++)
        if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].pins)
            return &ioapics[i];
    return NULL;
}

static void write_low(unsigned gsi, uint32_t low)
{
    const struct ioapic *io = ioapic_of(gsi);

    rte_low[gsi] = low;
    reg_write(io, REG_RTE(gsi - io->gsi_base), low);
}

/* --- chip ------------------------------------------------------------------------------------- */
static void gsi_mask(unsigned gsi)
{
    unsigned long flags = spin_lock_irqsave(&ioapic_lock);

    write_low(gsi, rte_low[gsi] | RTE_MASKED);
    spin_unlock_irqrestore(&ioapic_lock, flags);
}

static void gsi_unmask(unsigned gsi)
{
    unsigned long flags = spin_lock_irqsave(&ioapic_lock);

    write_low(gsi, rte_low[gsi] & ~RTE_MASKED);
    spin_unlock_irqrestore(&ioapic_lock, flags);
}

static void gsi_route(unsigned gsi, uint8_t vector, unsigned cpu)
{
    const struct ioapic *io = ioapic_of(gsi);
    unsigned long flags = spin_lock_irqsave(&ioapic_lock);
    uint32_t low = (rte_low[gsi] & ~0xffu) | vector;

    write_low(gsi, low | RTE_MASKED);
    reg_write(io, REG_RTE(gsi - io->gsi_base) + 1, cpu_apic_id(cpu) << 24);
    write_low(gsi, low);
    spin_unlock_irqrestore(&ioapic_lock, flags);
}

static const struct irq_chip ioapic_chip = { "IO-APIC", gsi_mask, gsi_unmask, gsi_route };

/* --- configuration ---------------------------------------------------------------------------- */
unsigned nr_gsis(void) { return gsi_end; }

unsigned isa_to_gsi(unsigned isa_irq)
{
    for (unsigned i = 0; i < acpi_info.nr_overrides; i++)
        if (acpi_info.overrides[i].isa_irq == isa_irq)
            return acpi_info.overrides[i].gsi;
    return isa_irq;
}

static void set_mode(unsigned gsi, bool level, bool active_low)
{
    unsigned long flags = spin_lock_irqsave(&ioapic_lock);
    uint32_t low = rte_low[gsi] & ~(RTE_LEVEL | RTE_ACTIVE_LOW);

    write_low(gsi, low | (level ? RTE_LEVEL : 0) | (active_low ? RTE_ACTIVE_LOW : 0));
    spin_unlock_irqrestore(&ioapic_lock, flags);
}

int gsi_setup(unsigned gsi, bool level, bool active_low)
{
    if (gsi >= gsi_end || !ioapic_of(gsi))
        return -XEN_EINVAL;
    if (irq_is_hv(gsi))
        return -XEN_EEXIST; /* set up already, by its user */
    set_mode(gsi, level, active_low);
    irq_set_level(gsi, level);
    return 0;
}

int ioapic_read_reg(uint64_t base, uint32_t reg, uint32_t *value)
{
    for (unsigned i = 0; i < nr_ioapics; i++) {
        unsigned long flags;

        if (ioapics[i].addr != base)
            continue;
        if (reg >= REG_RTE(ioapics[i].pins))
            return -XEN_EINVAL;
        flags = spin_lock_irqsave(&ioapic_lock);
        *value = reg_read(&ioapics[i], reg);
        spin_unlock_irqrestore(&ioapic_lock, flags);
        return 0;
    }
    return -XEN_EINVAL;
}

bool maddr_is_ioapic(uint64_t maddr)
{
    for (unsigned i = 0; i < nr_ioapics; i++)
        if ((maddr ^ ioapics[i].addr) >> PAGE_SHIFT == 0)
            return true;
    return false;
}

static const struct acpi_override *override_for(unsigned gsi)
{
    for (unsigned i = 0; i < acpi_info.nr_overrides; i++)
        if (acpi_info.overrides[i].gsi == gsi)
            return &acpi_info.overrides[i];
    return NULL;
}

/* ISA lines are edge and active high, PCI lines level and active low, overrides say for themselves.
 */
static void init_gsi(unsigned gsi)
{
    const struct acpi_override *o = override_for(gsi);
    bool level = o ? o->level : gsi >= 16, active_low = o ? o->active_low : gsi >= 16;

    rte_low[gsi] = RTE_MASKED;
    set_mode(gsi, level, active_low);
    irq_set_chip(gsi, &ioapic_chip, level);
}

static void add_ioapic(const struct acpi_ioapic *a)
{
    struct ioapic *io = &ioapics[nr_ioapics];

    io->addr = a->addr;
    io->gsi_base = a->gsi_base;
    io->regs = iomap(a->addr, 0x20);
    if (!io->regs)
        return;
    io->pins = (reg_read(io, REG_VERSION) >> 16 & 0xff) + 1;
    if (io->gsi_base >= MAX_GSIS || io->pins > MAX_GSIS - io->gsi_base) {
        printk(LOG_WARNING, "IO-APIC at %#lx: interrupts from %u on are too many\n", a->addr,
               io->gsi_base);
        return;
    }
    nr_ioapics++;
    gsi_end = MAX(gsi_end, io->gsi_base + io->pins);
    for (unsigned pin = 0; pin < io->pins; pin++)
        init_gsi(io->gsi_base + pin);
    printk(LOG_INFO, "IO-APIC at %#lx: GSI %u-%u\n", a->addr, io->gsi_base,
           io->gsi_base + io->pins - 1);
}

/* The two 8259s would raise vectors of their own: move them out of the way of exceptions and mask
 * all. */
void pic_silence(void)
{
    outb(0x20, 0x11);
    outb(0xa0, 0x11);
    outb(0x21, VECTOR_LEGACY_FIRST);
    outb(0xa1, VECTOR_LEGACY_FIRST + 8);
    outb(0x21, 4);
    outb(0xa1, 2);
    outb(0x21, 1);
    outb(0xa1, 1);
    outb(0x21, 0xff);
    outb(0xa1, 0xff);
}

void ioapic_init(void)
{
    for (unsigned i = 0; i < acpi_info.nr_ioapics; i++)
        add_ioapic(&acpi_info.ioapics[i]);
}
