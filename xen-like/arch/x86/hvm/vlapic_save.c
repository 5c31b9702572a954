/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of a local APIC: its mode, and its registers as the page has them. The mode comes first:
 * which values registers can have follows from it.
 */
#include <arch/hvm.h>
#include <arch/hvm_save.h>
#include <hv/string.h>
#include <public/errno.h>
#include <public/hvm/save.h>

#define MODE (LAPIC_BASE_ENABLED | LAPIC_BASE_X2APIC)
#define OFF_BY_SOFTWARE 1
#define OFF_BY_MSR      2

static struct vlapic *lapic_of(const struct hvm_context *c, unsigned instance)
{
    return &c->d->vcpu[instance]->arch.hvm->lapic;
}

static uint32_t *saved(struct hvm_hw_lapic_regs *r, unsigned offset)
{
    return (uint32_t *)&r->data[offset];
}

/* --- the mode --------------------------------------------------------------------------------- */
unsigned vlapic_save(const struct hvm_context *c, unsigned instance, void *to)
{
    const struct vlapic *l = lapic_of(c, instance);
    struct hvm_hw_lapic *r = to;

    r->apic_base_msr = l->base;
    r->disabled = (*vlapic_register(l, LAPIC_SVR) & LAPIC_SVR_ENABLED ? 0 : OFF_BY_SOFTWARE) |
                  (l->base & LAPIC_BASE_ENABLED ? 0 : OFF_BY_MSR);
    r->timer_divisor = vlapic_timer_divisor(c->d->vcpu[instance]);
    r->tdt_msr = READ_ONCE(l->deadline);
    return sizeof(*r);
}

/* What else the record has follows from the registers. The timer is set again with those. */
int vlapic_load(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    const struct hvm_hw_lapic *r = from;
    struct vlapic *l = lapic_of(c, instance);
    uint64_t base = LAPIC_BASE_ADDRESS | (instance == 0 ? LAPIC_BASE_BSP : 0), was = l->base;

    if ((r->apic_base_msr & ~MODE) != base || (r->apic_base_msr & MODE) == LAPIC_BASE_X2APIC ||
        r->disabled & ~(OFF_BY_SOFTWARE | OFF_BY_MSR))
        return -XEN_EINVAL;
    l->base = r->apic_base_msr;
    if (l->base != was) /* registers look different there */
        vlapic_reset(c->d->vcpu[instance]);
    l->deadline = r->tdt_msr;
    return 0;
}

/* --- registers -------------------------------------------------------------------------------- */
/* The timer first: if it goes off meanwhile its interrupt is among those that wait. */
unsigned vlapic_save_regs(const struct hvm_context *c, unsigned instance, void *to)
{
    struct vcpu *v = c->d->vcpu[instance];
    const struct vlapic *l = lapic_of(c, instance);
    struct hvm_hw_lapic_regs *r = to;
    uint32_t left = vlapic_timer_left(v), priority;

    vlapic_take_requests(v);
    for (unsigned offset = 0; offset < sizeof(r->data); offset += 16)
        *saved(r, offset) = *vlapic_register(l, offset);
    vlapic_read(v, LAPIC_PPR, &priority);
    *saved(r, LAPIC_PPR) = priority;
    *saved(r, LAPIC_TIMER_CURRENT) = left;
    return sizeof(*r);
}

static bool registers_ok(const struct vcpu *v, const struct hvm_hw_lapic_regs *r)
{
    for (unsigned offset = 0; offset < sizeof(r->data); offset += 16)
        if (!vlapic_register_ok(v, offset, *(const uint32_t *)&r->data[offset]))
            return false;
    return true;
}

int vlapic_load_regs(const struct hvm_context *c, unsigned instance, const void *from,
                     unsigned bytes)
{
    struct vcpu *v = c->d->vcpu[instance];
    struct vlapic *l = lapic_of(c, instance);
    uint64_t deadline = l->deadline;
    struct hvm_hw_lapic_regs r;

    memcpy(&r, from, sizeof(r));
    if (!registers_ok(v, &r))
        return -XEN_EINVAL;
    vlapic_timer_stop(v);
    vlapic_take_requests(v);
    for (unsigned offset = 0; offset < sizeof(r.data); offset += 16)
        *vlapic_register(l, offset) = *saved(&r, offset);
    *vlapic_register(l, LAPIC_PPR) = *vlapic_register(l, LAPIC_TIMER_CURRENT) = 0;
    l->changed = true;
    vlapic_timer_go_on(v, *saved(&r, LAPIC_TIMER_CURRENT));
    if (deadline)
        vlapic_timer_set_deadline(v, deadline);
    return 0;
}
