/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt lines of a device model's devices. A pin of a PCI device is an input of the IO-APIC
 * above ISA's, as Xen's HVM guests find it in their ACPI tables, and through one of four links an
 * ISA interrupt, which firmware chooses. Several pins may share either.
 */
#include <arch/vplatform.h>
#include <hv/arch.h>

#define FIRST_PCI_LINE ISA_IRQS
#define PCI_LINES      32

static unsigned line_of(unsigned device, unsigned pin)
{
    return FIRST_PCI_LINE + (device * PCI_PINS + device / 8 + pin) % PCI_LINES;
}

static unsigned link_of(unsigned device, unsigned pin) { return (device + pin) % PCI_LINKS; }

void vlines_isa(struct vplatform *p, unsigned irq, bool level)
{
    unsigned long flags = spin_lock_irqsave(&p->lock);

    irq = index_nospec(irq, ISA_IRQS);
    vplatform_level(p, irq, &p->lines.isa[irq], level);
    spin_unlock_irqrestore(&p->lock, flags);
}

/* A link is one source of its interrupt, however many pins it has. */
static void change_link(struct vplatform *p, unsigned link, bool level)
{
    uint8_t *count = &p->lines.link_count[link], irq = p->lines.link_irq[link];

    if (level && ++*count == 1 && irq)
        vplatform_assert(p, irq);
    else if (!level && --*count == 0 && irq)
        vplatform_deassert(p, irq);
}

void vlines_intx(struct vplatform *p, unsigned device, unsigned pin, bool level)
{
    unsigned long flags = spin_lock_irqsave(&p->lock);
    bool *held;

    device = index_nospec(device, PCI_DEVICES);
    pin = index_nospec(pin, PCI_PINS);
    held = &p->lines.intx[device][pin];
    if (*held != level) {
        vplatform_level(p, line_of(device, pin), held, level);
        change_link(p, link_of(device, pin), level);
    }
    spin_unlock_irqrestore(&p->lock, flags);
}

void vlines_route(struct vplatform *p, unsigned link, unsigned irq)
{
    unsigned long flags = spin_lock_irqsave(&p->lock);
    uint8_t was;
    bool up;

    link = index_nospec(link, PCI_LINKS);
    was = p->lines.link_irq[link];
    up = p->lines.link_count[link] && was != irq;
    p->lines.link_irq[link] = irq;
    if (up && was)
        vplatform_deassert(p, was);
    if (up && irq)
        vplatform_assert(p, irq);
    spin_unlock_irqrestore(&p->lock, flags);
}
