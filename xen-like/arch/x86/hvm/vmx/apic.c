/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A local APIC that the processor keeps: while it is on and an x2APIC, the guest reads its registers,
 * changes its priority, ends interrupts and sends them to itself without an exit, and what is in IRR
 * is delivered as soon as the guest can take it. In any other mode, and on processors that cannot,
 * accesses are emulated and interrupts injected. (Intel SDM volume 3, chapter 29)
 */
#include <arch/hvm.h>
#include <arch/hvmap.h>
#include <arch/vmcs.h>
#include <arch/vmx.h>
#include <arch/vmx_vcpu.h>

#define X2APIC_MSR(offset) (0x800U + (offset) / 16)
#define REQUESTED          0xffUL /* of the interrupt status; in service: from bit 8 on */
#define BIT(control)       (1U << ((control) & 31))

/* MSRs that are written without an exit; those whose value is the page's are read so. */
static const uint16_t written[] = { LAPIC_TPR, LAPIC_EOI, LAPIC_SELF_IPI };

static void allow(uint8_t *bitmap, unsigned offset)
{
    bitmap[X2APIC_MSR(offset) / 8] &= ~(1 << X2APIC_MSR(offset) % 8);
}

void vmx_allow_x2apic(uint8_t *bitmap)
{
    for (unsigned offset = 0; offset < LAPIC_REGISTERS * 16; offset += 16)
        if (vlapic_is_plain(offset))
            allow(bitmap, offset);
    for (unsigned i = 0; i < ARRAY_SIZE(written); i++)
        allow(bitmap + 2048, written[i]);
}

static void set_keeper(struct hvm_vcpu *h, bool processor)
{
    const uint32_t cr8_exits = BIT(VMX_CR8_LOAD_EXIT) | BIT(VMX_CR8_STORE_EXIT);
    uint32_t secondary = vmx.words[VMX_SECONDARY];

    h->apic_in_processor = processor;
    h->primary = vmx.words[VMX_PRIMARY];
    if (processor) {
        h->primary = (h->primary & ~cr8_exits) | BIT(VMX_TPR_SHADOW);
        secondary |= BIT(VMX_X2APIC) | BIT(VMX_APIC_REGISTERS) | BIT(VMX_INTERRUPT_DELIVERY);
    }
    vmwrite(VMCS_PRIMARY_CONTROLS, h->primary | h->windows);
    vmwrite(VMCS_SECONDARY_CONTROLS, secondary);
    vmwrite(VMCS_MSR_BITMAP, vmx_msr_bitmap(processor));
}

/* The end of a level-triggered interrupt is of interest to whoever raised it. */
static void write_eoi_exits(struct vcpu *v)
{
    struct hvm_vcpu *h = v->arch.hvm;

    for (unsigned i = 0; i < ARRAY_SIZE(h->eoi_exits); i++) {
        uint64_t levels = vlapic_levels(v, i);

        if (levels == h->eoi_exits[i])
            continue;
        h->eoi_exits[i] = levels;
        vmwrite(VMCS_EOI_EXITS + 2 * i, levels);
    }
}

void vmx_load_apic(struct vcpu *v)
{
    bool processor = vmx.virtual_x2apic && vlapic_is_x2apic(v);
    struct hvm_vcpu *h = v->arch.hvm;

    if (processor != h->apic_in_processor)
        set_keeper(h, processor);
    if (processor) {
        h->lapic.waiting = 0;
        vlapic_take_requests(v);
        write_eoi_exits(v);
        vmwrite(VMCS_INTERRUPT_STATUS,
                vlapic_highest(v, LAPIC_ISR) << 8 | vlapic_highest(v, LAPIC_IRR));
    } else {
        h->lapic.waiting = vlapic_pending(v);
    }
    h->lapic.changed = false;
}

void vmx_hold_apic(struct hvm_vcpu *h)
{
    uint64_t status = h->apic_in_processor ? vmread(VMCS_INTERRUPT_STATUS) : 0;

    if (!(status & REQUESTED))
        return;
    vmwrite(VMCS_INTERRUPT_STATUS, status & ~REQUESTED);
    h->lapic.changed = true;
}
