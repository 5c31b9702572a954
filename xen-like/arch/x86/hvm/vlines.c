/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt lines of a device model's devices. A pin of a PCI device is an input of the IO-APIC
 * above ISA's, as Xen's HVM guests find it in their ACPI tables, and through one of four links an
 * ISA interrupt, which firmware chooses. Several pins may share either.
 */
#include <arch/hvm_save.h>
#include <arch/vplatform.h>
#include <hv/arch.h>
#include <public/errno.h>
#include <public/hvm/save.h>
#include <public/hvm/params.h>

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

/* --- events of vcpu 0 as a line --------------------------------------------------------------- */
static bool events_pending(const struct vplatform *p)
{
    return READ_ONCE(p->domain->vcpu[0]->vcpu_info->evtchn_upcall_pending);
}

bool vlines_behind_events(const struct vplatform *p)
{
    const struct vlines_callback *c = &p->lines.callback;

    return READ_ONCE(c->line) && READ_ONCE(c->up) != events_pending(p);
}

static void hold_callback(struct vplatform *p, bool level)
{
    struct vlines_callback *c = &p->lines.callback;

    if (!c->line || c->up == level)
        return;
    vplatform_level(p, c->line, &c->up, level);
    if (c->link < PCI_LINKS)
        change_link(p, c->link, level);
}

void vlines_follow_events(struct vplatform *p)
{
    if (unlikely(p->lines.callback.line))
        hold_callback(p, events_pending(p));
}

void vplatform_follow_events(struct vplatform *p)
{
    unsigned long flags = spin_lock_irqsave(&p->lock);

    vlines_follow_events(p);
    spin_unlock_irqrestore(&p->lock, flags);
}

/* Of a line by its number, or of a PCI device's pin on the one bus. Bits: public/hvm/params.h. */
static bool decode_callback(unsigned type, uint64_t where, struct vlines_callback *c)
{
    unsigned device = where >> 11 & (PCI_DEVICES - 1), pin = where & (PCI_PINS - 1);

    *c = (struct vlines_callback){ .link = PCI_LINKS };
    switch (type) {
    case HVM_PARAM_CALLBACK_TYPE_GSI:
        c->line = where;
        return where < VIOAPIC_PINS && where != IRQ_CASCADE;
    case HVM_PARAM_CALLBACK_TYPE_PCI_INTX:
        c->line = line_of(device, pin);
        c->link = link_of(device, pin);
        return where >> 16 == 0;
    default:
        return where == 0;
    }
}

bool vplatform_set_callback(struct domain *d, unsigned type, uint64_t where)
{
    struct vplatform *p = d->arch.hvm->platform;
    struct vcpu *v = vcpu_by_id(d, 0);
    struct vlines_callback c;
    unsigned long flags;

    if (!decode_callback(type, where, &c) || (c.line && (!p || !v)))
        return false;
    if (!p || !v)
        return true;
    flags = spin_lock_irqsave(&p->lock);
    hold_callback(p, false);
    p->lines.callback = c;
    if (c.line)
        __atomic_fetch_or(&v->arch.hvm->asks, HVM_ASKS_FOLLOW, __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_and(&v->arch.hvm->asks, ~HVM_ASKS_FOLLOW, __ATOMIC_SEQ_CST);
    spin_unlock_irqrestore(&p->lock, flags);
    vcpu_kick(v); /* it may have events already */
    return true;
}

/* --- records ---------------------------------------------------------------------------------- */
#define WORD_BITS 64

static bool *pin_of(struct vlines *l, unsigned n) { return &l->intx[n / PCI_PINS][n % PCI_PINS]; }

unsigned vlines_save_pci(const struct hvm_context *c, unsigned instance, void *to)
{
    struct vlines *l = &c->d->arch.hvm->platform->lines;
    struct hvm_hw_pci_irqs *r = to;

    for (unsigned n = 0; n < PCI_DEVICES * PCI_PINS; n++)
        if (*pin_of(l, n))
            r->pad[n / WORD_BITS] |= 1UL << n % WORD_BITS;
    return sizeof(*r);
}

int vlines_load_pci(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    struct vplatform *p = c->d->arch.hvm->platform;
    const struct hvm_hw_pci_irqs *r = from;

    for (unsigned n = 0; n < PCI_DEVICES * PCI_PINS; n++)
        *pin_of(&p->lines, n) = r->pad[n / WORD_BITS] >> n % WORD_BITS & 1;
    vplatform_recount(p);
    return 0;
}

unsigned vlines_save_isa(const struct hvm_context *c, unsigned instance, void *to)
{
    const struct vlines *l = &c->d->arch.hvm->platform->lines;
    struct hvm_hw_isa_irqs *r = to;

    for (unsigned irq = 0; irq < ISA_IRQS; irq++)
        r->pad[0] |= (uint64_t)l->isa[irq] << irq;
    return sizeof(*r);
}

int vlines_load_isa(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    struct vplatform *p = c->d->arch.hvm->platform;
    const struct hvm_hw_isa_irqs *r = from;

    if (r->pad[0] >> ISA_IRQS)
        return -XEN_EINVAL;
    for (unsigned irq = 0; irq < ISA_IRQS; irq++)
        p->lines.isa[irq] = r->pad[0] >> irq & 1;
    vplatform_recount(p);
    return 0;
}

unsigned vlines_save_links(const struct hvm_context *c, unsigned instance, void *to)
{
    struct hvm_hw_pci_link *r = to;

    for (unsigned i = 0; i < PCI_LINKS; i++)
        r->route[i] = c->d->arch.hvm->platform->lines.link_irq[i];
    return sizeof(*r);
}

int vlines_load_links(const struct hvm_context *c, unsigned instance, const void *from,
                      unsigned bytes)
{
    struct vplatform *p = c->d->arch.hvm->platform;
    const struct hvm_hw_pci_link *r = from;

    for (unsigned i = 0; i < PCI_LINKS; i++)
        if (r->route[i] >= ISA_IRQS || r->pad0[i])
            return -XEN_EINVAL;
    for (unsigned i = 0; i < PCI_LINKS; i++)
        p->lines.link_irq[i] = r->route[i];
    vplatform_recount(p);
    return 0;
}

void vlines_count(struct vplatform *p)
{
    struct vlines *l = &p->lines;

    for (unsigned i = 0; i < PCI_LINKS; i++)
        l->link_count[i] = 0;
    for (unsigned irq = 0; irq < ISA_IRQS; irq++)
        p->asserted[irq] += l->isa[irq];
    for (unsigned n = 0; n < PCI_DEVICES * PCI_PINS; n++)
        if (*pin_of(l, n)) {
            p->asserted[line_of(n / PCI_PINS, n % PCI_PINS)]++;
            l->link_count[link_of(n / PCI_PINS, n % PCI_PINS)]++;
        }
    if (l->callback.up) {
        p->asserted[l->callback.line]++;
        if (l->callback.link < PCI_LINKS)
            l->link_count[l->callback.link]++;
    }
    for (unsigned i = 0; i < PCI_LINKS; i++)
        if (l->link_count[i] && l->link_irq[i])
            p->asserted[l->link_irq[i]]++;
}
