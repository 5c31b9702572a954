/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A new VMCS: controls, the side of the host that is the same on all CPUs, and a guest whose
 * registers are still to come. (Intel SDM volume 3, chapter 24)
 */
#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/hvm.h>
#include <arch/hvm_memory.h>
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <arch/msr_index.h>
#include <arch/page.h>
#include <arch/platform.h>
#include <arch/pv.h>
#include <arch/spec.h>
#include <arch/traps.h>
#include <arch/vmcs.h>
#include <arch/vmx.h>
#include <arch/vmx_vcpu.h>
#include <hv/arch.h>

extern char sysenter_entry[];

#define NO_LINK     (~0UL)
#define TURNS_PER_S 1000

/* MSRs that guests read and write themselves: their values are the VMCS's, or swapped with it */
static const uint32_t own_msrs[] = {
    MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE, MSR_SYSENTER_CS, MSR_SYSENTER_ESP,
    MSR_SYSENTER_EIP,
};

/* A page for all vcpus, and one for those whose local APIC the processor keeps: reads of low and high
 * MSRs, writes of low and high ones, a bit each. */
static uint8_t msr_bitmaps[2][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

uint64_t vmx_msr_bitmap(bool apic_in_processor) { return hv_maddr(msr_bitmaps[apic_in_processor]); }

void vmx_allow_msrs(void)
{
    __builtin_memset(msr_bitmaps, 0xff, sizeof(msr_bitmaps));
    for (unsigned i = 0; i < ARRAY_SIZE(own_msrs); i++) {
        uint32_t bit = own_msrs[i] & 0x1fff, half = own_msrs[i] >> 31 ? 1024 : 0;

        for (unsigned b = 0; b < 2; b++) {
            msr_bitmaps[b][half + bit / 8] &= ~(1 << bit % 8);
            msr_bitmaps[b][2048 + half + bit / 8] &= ~(1 << bit % 8);
        }
    }
    vmx_allow_x2apic(msr_bitmaps[1]);
}

/* MSRs that the entry itself writes, when nothing of the host is read any more (SDM volume 3, 24.8.2) */
static const struct {
    uint32_t index, reserved;
    uint64_t value;
} entry_msrs[] __attribute__((aligned(16))) = { { .index = MSR_FLUSH_CMD, .value = 1 } };

/* What a new VMCS holds is anything until it is written (SDM volume 3, 24.11.3), and these stay. */
static const uint16_t zeros[] = {
    VMCS_HOST_ES, VMCS_HOST_DS, VMCS_HOST_FS, VMCS_HOST_GS, VMCS_HOST_FS_BASE, VMCS_HOST_GS_BASE,
    VMCS_PAGE_FAULT_MASK, VMCS_PAGE_FAULT_MATCH, VMCS_CR3_TARGETS, VMCS_EXIT_SAVED_MSRS,
    VMCS_EXIT_LOADED_MSRS, VMCS_ENTRY_MSR_COUNT, VMCS_ENTRY_EVENT, VMCS_GUEST_DEBUGCTL,
};

static void write_apic(const struct vcpu *v)
{
    vmwrite(VMCS_VIRTUAL_APIC, virt_to_mfn(v->arch.hvm->lapic.page).n << PAGE_SHIFT);
    vmwrite(VMCS_TPR_THRESHOLD, 0);
    vmwrite(VMCS_INTERRUPT_STATUS, 0);
    for (unsigned i = 0; i < 4; i++)
        vmwrite(VMCS_EOI_EXITS + 2 * i, 0);
}

static void write_controls(struct vcpu *v)
{
    for (unsigned i = 0; i < ARRAY_SIZE(zeros); i++)
        vmwrite(zeros[i], 0);
    v->arch.hvm->primary = vmx.words[VMX_PRIMARY];
    vmwrite(VMCS_PIN_CONTROLS, vmx.words[VMX_PIN]);
    vmwrite(VMCS_PRIMARY_CONTROLS, v->arch.hvm->primary);
    vmwrite(VMCS_SECONDARY_CONTROLS, vmx.words[VMX_SECONDARY]);
    vmwrite(VMCS_EXIT_CONTROLS, vmx.words[VMX_EXIT]);
    vmwrite(VMCS_ENTRY_CONTROLS, vmx.words[VMX_ENTRY]);
    /* machine checks are the hypervisor's */
    vmwrite(VMCS_EXCEPTION_BITMAP,
            1U << TRAP_MACHINE_CHECK | 1U << TRAP_DEBUG | 1U << TRAP_ALIGNMENT);
    vmwrite(VMCS_MSR_BITMAP, vmx_msr_bitmap(false));
    if (vmx.virtual_x2apic)
        write_apic(v);
    if (spec_flushes_l1d()) {
        vmwrite(VMCS_ENTRY_MSRS, hv_maddr(entry_msrs));
        vmwrite(VMCS_ENTRY_MSR_COUNT, ARRAY_SIZE(entry_msrs));
    }
    if (vmx_uses(VMX_XSAVES))
        vmwrite(VMCS_XSS_EXITS, ~0UL); /* of what IA32_XSS has, which is nothing (hvm/msr.c) */
    vmwrite(VMCS_EPT_POINTER, ept_pointer(v->domain));
    vmwrite(VMCS_LINK, NO_LINK);
    if (vmx_uses(VMX_VPID))
        vmwrite(VMCS_VPID, 1); /* all of a CPU's share it: switch_in makes it forget */
}

/*
 * Interrupts of the machine end a guest's turn whether or not it takes its own. Bochs (2.7) looks
 * at them only when the guest changes its RFLAGS.IF: one that is entered with interrupts off and
 * leaves it so would keep the CPU for good. There the timer, which each entry starts again, makes it
 * leave.
 */
static void limit_turn(void)
{
    if (vmx_uses(VMX_PREEMPTION_TIMER))
        vmwrite(VMCS_PREEMPTION_TIMER, (tsc_hz() / TURNS_PER_S >> vmx.timer_shift) | 1);
}

static void write_host(const struct vcpu *v)
{
    vmwrite(VMCS_HOST_CS, HV_CS);
    vmwrite(VMCS_HOST_SS, HV_DS);
    vmwrite(VMCS_HOST_TR, HV_TSS);
    vmwrite(VMCS_HOST_CR0, CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG);
    vmwrite(VMCS_HOST_CR3, window_root(v));
    vmwrite(VMCS_HOST_EFER, rdmsr(MSR_EFER));
    vmwrite(VMCS_HOST_PAT, rdmsr(MSR_PAT));
    vmwrite(VMCS_HOST_SYSENTER_CS, HV_CS);
    vmwrite(VMCS_HOST_SYSENTER_EIP, VA(sysenter_entry));
    vmwrite(VMCS_HOST_RIP, VA(vmx_exit_entry));
}

void vmcs_init(struct vcpu *v)
{
    write_controls(v);
    limit_turn();
    write_host(v);
    vmwrite(VMCS_GUEST_PAT, 0x0007040600070406UL); /* after reset: SDM volume 3, 11.12.4 */
}
