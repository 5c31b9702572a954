/* SPDX-License-Identifier: GPL-2.0-only */
/* A PC's devices together: their life, their interrupt lines, and how interrupts reach vcpus. */
#include <arch/vlapic.h>
#include <arch/vplatform.h>
#include <hv/arch.h>
#include <hv/page_alloc.h>
#include <hv/string.h>
#include <public/errno.h>

#define PIN_TIMER 2

/* --- lines ------------------------------------------------------------------------------------ */
/* Interrupt 0 is the second pin's of the IO-APIC, to whose first the PICs are connected. */
static void set_line(struct vplatform *p, unsigned line, bool level)
{
    if (line < ISA_IRQS)
        vpic_line(p, line, level);
    if (line != IRQ_CASCADE)
        vioapic_line(p, line == IRQ_TIMER ? PIN_TIMER : line, level);
}

void vplatform_assert(struct vplatform *p, unsigned line)
{
    if (p->asserted[line]++ == 0)
        set_line(p, line, true);
}

void vplatform_deassert(struct vplatform *p, unsigned line)
{
    if (--p->asserted[line] == 0)
        set_line(p, line, false);
}

void vplatform_level(struct vplatform *p, unsigned line, bool *asserted, bool level)
{
    if (level && !*asserted)
        vplatform_assert(p, line);
    else if (!level && *asserted)
        vplatform_deassert(p, line);
    *asserted = level;
}

void vplatform_eoi(struct domain *d, uint8_t vector)
{
    struct vplatform *p = d->arch.hvm->platform;
    unsigned long flags;

    if (!p)
        return;
    flags = spin_lock_irqsave(&p->lock);
    vlines_follow_events(p);
    vioapic_eoi(p, vector);
    spin_unlock_irqrestore(&p->lock, flags);
}

void vplatform_recount(struct vplatform *p)
{
    memset(p->asserted, 0, sizeof(p->asserted));
    vlines_count(p);
    p->asserted[IRQ_RTC] += p->rtc.asserted;
    p->asserted[IRQ_ACPI] += p->pm.asserted;
    vhpet_count(p);
    vpic_set_levels(p);
}

/* --- the PICs' interrupts: the first vcpu's ---------------------------------------------------- */
void vplatform_extint_changed(struct vplatform *p, bool level)
{
    bool was = p->extint;

    WRITE_ONCE(p->extint, level);
    if (level && !was && p->domain->vcpu[0])
        vcpu_kick(p->domain->vcpu[0]);
}

/* Through LINT0 of its local APIC, or past it while that is off, or through pin 0 of the IO-APIC. */
static bool takes_extint(const struct vcpu *v)
{
    uint32_t pin = READ_ONCE(platform_of(v)->ioapic.entry[0]);

    return vlapic_takes_extint(v) || (!(pin & LAPIC_LVT_MASKED) && LAPIC_LVT_MODE(pin) == LAPIC_EXTINT);
}

bool vplatform_extint_pending(const struct vcpu *v)
{
    const struct vplatform *p = platform_of(v);

    return p && v->id == 0 && READ_ONCE(p->extint) && takes_extint(v);
}

uint8_t vplatform_extint(struct vcpu *v)
{
    struct vplatform *p = platform_of(v);
    unsigned long flags = spin_lock_irqsave(&p->lock);
    uint8_t vector = vpic_acknowledge(p);

    spin_unlock_irqrestore(&p->lock, flags);
    return vector;
}

/* --- life ------------------------------------------------------------------------------------- */
int vplatform_init(struct domain *d)
{
    struct vplatform *p = hv_zalloc(sizeof(*p));

    if (!p)
        return -XEN_ENOMEM;
    spin_init(&p->lock, LOCK_HVM_DEVICES);
    p->domain = d;
    vpic_init(p);
    vioapic_init(p);
    vpit_init(p);
    vrtc_init(p);
    vpm_init(p);
    vhpet_init(p, d->config.emulation_flags & XEN_X86_EMU_HPET);
    d->arch.hvm->platform = p;
    return 0;
}

void vplatform_stop(struct domain *d)
{
    struct vplatform *p = d->arch.hvm->platform;

    if (!p)
        return;
    vpit_destroy(p);
    vrtc_destroy(p);
    vpm_destroy(p);
    vhpet_destroy(p);
}

void vplatform_free(struct domain *d)
{
    vplatform_stop(d);
    hv_free(d->arch.hvm->platform);
    d->arch.hvm->platform = NULL;
}
