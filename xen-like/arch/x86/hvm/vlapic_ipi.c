/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interprocessor interrupts: which vcpus a destination names, and what each kind does to them.
 * (Intel SDM volume 3, 10.6)
 */
#include <arch/hvm.h>
#include <arch/vlapic.h>
#include <hv/arch.h>

#define ICR_ASSERT    0x4000U
#define ICR_SHORTHAND(icr) ((icr) >> 18 & 3)
#define BROADCAST      0xffU
#define BROADCAST_WIDE 0xffffffffU

enum { NO_SHORTHAND, SELF, ALL, OTHERS };

static const struct vlapic *lapic(const struct vcpu *v) { return &v->arch.hvm->lapic; }
static uint32_t reg(const struct vcpu *v, unsigned offset)
{
    return READ_ONCE(*vlapic_register(lapic(v), offset));
}

static bool is_x2apic(const struct vcpu *v) { return lapic(v)->base & LAPIC_BASE_X2APIC; }

static uint32_t id_of(const struct vcpu *v)
{
    return is_x2apic(v) ? reg(v, LAPIC_ID) : reg(v, LAPIC_ID) >> 24;
}

/* Flat: a bit for each; cluster: bits within one of fifteen clusters (SDM volume 3, 10.6.2.2). */
static bool is_logical(const struct vcpu *v, uint32_t dest)
{
    uint32_t ldr = reg(v, LAPIC_LDR);

    if (is_x2apic(v))
        return dest >> 16 == ldr >> 16 && (dest & ldr & 0xffff);
    ldr >>= 24;
    if (reg(v, LAPIC_DFR) >> 28 == 0xf)
        return dest & ldr;
    return (dest >> 4 == ldr >> 4 || dest >> 4 == 0xf) && (dest & ldr & 0xf);
}

bool vlapic_is_destination(const struct vcpu *v, uint32_t dest, bool logical, bool wide)
{
    if (dest == (wide ? BROADCAST_WIDE : BROADCAST))
        return true;
    return logical ? is_logical(v, dest) : id_of(v) == dest;
}

static void deliver(struct vcpu *v, uint32_t icr, bool level)
{
    switch (LAPIC_LVT_MODE(icr)) {
    case LAPIC_FIXED:
    case LAPIC_LOWEST: vlapic_request(v, icr, level); break;
    case LAPIC_NMI: hvm_raise_nmi(v); break;
    case LAPIC_INIT:
        if (icr & ICR_ASSERT)
            hvm_init_ipi(v);
        break;
    case LAPIC_STARTUP: hvm_startup_ipi(v, icr & 0xff); break;
    default: break; /* SMI: there is no firmware to enter; the rest is reserved */
    }
}

static bool is_meant(const struct vcpu *sender, const struct vcpu *v, uint32_t icr, uint32_t dest)
{
    switch (ICR_SHORTHAND(icr)) {
    case SELF: return v == sender;
    case ALL: return true;
    case OTHERS: return v != sender;
    default: return vlapic_is_destination(v, dest, icr & LAPIC_ICR_LOGICAL, is_x2apic(sender));
    }
}

void vlapic_send(struct vcpu *sender, uint32_t icr, uint32_t dest)
{
    struct vcpu *v;

    for_each_vcpu(sender->domain, v) {
        if (!is_meant(sender, v, icr, dest))
            continue;
        deliver(v, icr, false);
        if (LAPIC_LVT_MODE(icr) == LAPIC_LOWEST)
            break; /* any one of them */
    }
}

/* Of those that a message could be for, it is any one that takes it. Only vcpus send STARTUP. */
void vlapic_message(struct domain *d, uint32_t icr, uint8_t dest)
{
    bool lowest = LAPIC_LVT_MODE(icr) == LAPIC_LOWEST;
    struct vcpu *v;

    if (LAPIC_LVT_MODE(icr) == LAPIC_STARTUP)
        return;
    for_each_vcpu(d, v) {
        if (!vlapic_is_destination(v, dest, icr & LAPIC_ICR_LOGICAL, false) ||
            (lowest && !vlapic_enabled(v)))
            continue;
        deliver(v, icr | ICR_ASSERT, icr & LAPIC_LVT_LEVEL);
        if (lowest)
            break;
    }
}
