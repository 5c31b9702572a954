/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device model's interrupts: lines of ISA and PCI devices, links between them, messages; and
 * exceptions, for those who look into a guest.
 */
#include <arch/dm_op.h>
#include <arch/pv.h>
#include <arch/vlapic.h>
#include <arch/vplatform.h>
#include <hv/sched.h>
#include <public/errno.h>

/* An MSI's address and data (Intel SDM volume 3, 10.11). */
#define MSI_ADDRESS         0xfee00000UL
#define MSI_ADDRESS_MASK    0xfffffffffff00000UL
#define MSI_DESTINATION(a)  ((a) >> 12 & 0xff)
#define MSI_LOGICAL         0x4UL
#define MSI_DATA_MASK       0x87ffU /* trigger mode, delivery mode, vector: as in the ICR */
#define FIRST_VECTOR        16

long dm_set_isa_irq_level(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra)
{
    const struct xen_dm_op_set_isa_irq_level *i = &op->u.set_isa_irq_level;

    if (!d->arch.hvm->platform || i->isa_irq >= ISA_IRQS || i->level > 1)
        return -XEN_EINVAL;
    vlines_isa(d->arch.hvm->platform, i->isa_irq, i->level);
    return 0;
}

long dm_set_pci_intx_level(struct domain *d, struct xen_dm_op *op,
                           const struct xen_dm_op_buf *extra)
{
    const struct xen_dm_op_set_pci_intx_level *i = &op->u.set_pci_intx_level;

    if (!d->arch.hvm->platform || i->domain || i->bus || i->device >= PCI_DEVICES ||
        i->intx >= PCI_PINS || i->level > 1)
        return -XEN_EINVAL;
    vlines_intx(d->arch.hvm->platform, i->device, i->intx, i->level);
    return 0;
}

long dm_set_pci_link_route(struct domain *d, struct xen_dm_op *op,
                           const struct xen_dm_op_buf *extra)
{
    const struct xen_dm_op_set_pci_link_route *r = &op->u.set_pci_link_route;

    if (!d->arch.hvm->platform || r->link >= PCI_LINKS || r->isa_irq >= ISA_IRQS)
        return -XEN_EINVAL;
    vlines_route(d->arch.hvm->platform, r->link, r->isa_irq);
    return 0;
}

/*
 * The address: whole, or without its base, as QEMU's APIC hands on what devices write. A message without a
 * vector would be one for a port of the guest, which has no such ports.
 */
long dm_inject_msi(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra)
{
    const struct xen_dm_op_inject_msi *m = &op->u.inject_msi;
    uint32_t icr = m->data & MSI_DATA_MASK;
    bool fixed = LAPIC_LVT_MODE(icr) == LAPIC_FIXED || LAPIC_LVT_MODE(icr) == LAPIC_LOWEST;
    uint64_t base = m->addr & MSI_ADDRESS_MASK;

    if (m->pad || (base && base != MSI_ADDRESS))
        return -XEN_EINVAL;
    if (fixed ? (uint8_t)icr < FIRST_VECTOR : LAPIC_LVT_MODE(icr) != LAPIC_NMI)
        return -XEN_EINVAL;
    if (m->addr & MSI_LOGICAL)
        icr |= LAPIC_ICR_LOGICAL;
    vlapic_message(d, icr, MSI_DESTINATION(m->addr));
    return 0;
}

/* --- events of one vcpu ----------------------------------------------------------------------- */
#define LAST_EXCEPTION   31
#define MAX_INSTRUCTION  15 /* bytes */
#define NO_ERROR_CODE    (~0U)
#define MAX_ERROR_CODE   0x7fffU /* that the processor delivers: SDM volume 3, 26.2.1.3 */

/* Those that an instruction causes have its length, and vectors of their own. */
static bool event_ok(const struct xen_dm_op_inject_event *e)
{
    bool has_length = e->insn_len && e->insn_len <= MAX_INSTRUCTION;

    if (e->error_code > MAX_ERROR_CODE && e->error_code != NO_ERROR_CODE)
        return false;
    switch (e->type) {
    case XEN_DMOP_EVENT_ext_int: return e->vector >= FIRST_VECTOR;
    case XEN_DMOP_EVENT_nmi: return e->vector == TRAP_NMI;
    case XEN_DMOP_EVENT_hw_exc: return e->vector <= LAST_EXCEPTION && e->vector != TRAP_NMI;
    case XEN_DMOP_EVENT_sw_int: return has_length;
    case XEN_DMOP_EVENT_pri_sw_exc: return has_length && e->vector == TRAP_DEBUG;
    case XEN_DMOP_EVENT_sw_exc:
        return has_length && (e->vector == TRAP_INT3 || e->vector == TRAP_OVERFLOW);
    default: return false;
    }
}

static bool raise(struct vcpu *v, const struct xen_dm_op_inject_event *e)
{
    struct hvm_event event = {
        .valid = true,
        .vector = e->vector,
        .type = e->type, /* the ABI's are the processor's */
        .length = e->type == XEN_DMOP_EVENT_hw_exc ? 0 : e->insn_len,
        .error = e->error_code == NO_ERROR_CODE ? 0 : e->error_code,
    };

    return hvm_ask_event(v, &event, e->cr2);
}

/* NMIs and interrupts wait until the vcpu takes them, by its local APIC. */
long dm_inject_event(struct domain *d, struct xen_dm_op *op, const struct xen_dm_op_buf *extra)
{
    const struct xen_dm_op_inject_event *e = &op->u.inject_event;
    struct vcpu *v = vcpu_by_id(d, e->vcpuid);

    if (e->pad0 || e->pad1 || !event_ok(e) || !v || (READ_ONCE(v->pause_flags) & VPF_DOWN))
        return -XEN_EINVAL;
    if (e->type == XEN_DMOP_EVENT_nmi)
        hvm_raise_nmi(v);
    else if (e->type == XEN_DMOP_EVENT_ext_int)
        vlapic_request(v, e->vector, false);
    else
        return raise(v, e) ? 0 : -XEN_EBUSY;
    return 0;
}
