/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VT-x: what the processor offers of it and what is used, the VMCS, and the way in and out of a
 * guest. hvm/vmx. (Intel SDM volume 3, chapters 24 to 31 and appendices A and B)
 */
#ifndef ARCH_VMX_H
#define ARCH_VMX_H

#include <hv/types.h>

/* --- controls (hvm/vmx/controls.c) ------------------------------------------------------------ */
/** The words of controls in a VMCS, and of the MSRs that tell which of their bits may be set. */
enum vmx_word { VMX_PIN, VMX_PRIMARY, VMX_SECONDARY, VMX_EXIT, VMX_ENTRY, VMX_WORDS };

#define VMX_CONTROL(word, bit) ((word) << 5 | (bit))
#define VMX_EXT_INT_EXIT        VMX_CONTROL(VMX_PIN, 0)
#define VMX_NMI_EXIT            VMX_CONTROL(VMX_PIN, 3)
#define VMX_VIRTUAL_NMI         VMX_CONTROL(VMX_PIN, 5)
#define VMX_PREEMPTION_TIMER    VMX_CONTROL(VMX_PIN, 6)
#define VMX_POSTED_INTERRUPTS   VMX_CONTROL(VMX_PIN, 7)
#define VMX_INTERRUPT_WINDOW    VMX_CONTROL(VMX_PRIMARY, 2)
#define VMX_TSC_OFFSET          VMX_CONTROL(VMX_PRIMARY, 3)
#define VMX_HLT_EXIT            VMX_CONTROL(VMX_PRIMARY, 7)
#define VMX_INVLPG_EXIT         VMX_CONTROL(VMX_PRIMARY, 9)
#define VMX_MWAIT_EXIT          VMX_CONTROL(VMX_PRIMARY, 10)
#define VMX_RDPMC_EXIT          VMX_CONTROL(VMX_PRIMARY, 11)
#define VMX_CR3_LOAD_EXIT       VMX_CONTROL(VMX_PRIMARY, 15)
#define VMX_CR3_STORE_EXIT      VMX_CONTROL(VMX_PRIMARY, 16)
#define VMX_CR8_LOAD_EXIT       VMX_CONTROL(VMX_PRIMARY, 19)
#define VMX_CR8_STORE_EXIT      VMX_CONTROL(VMX_PRIMARY, 20)
#define VMX_TPR_SHADOW          VMX_CONTROL(VMX_PRIMARY, 21)
#define VMX_NMI_WINDOW          VMX_CONTROL(VMX_PRIMARY, 22)
#define VMX_DR_EXIT             VMX_CONTROL(VMX_PRIMARY, 23)
#define VMX_IO_EXIT             VMX_CONTROL(VMX_PRIMARY, 24)
#define VMX_IO_BITMAPS          VMX_CONTROL(VMX_PRIMARY, 25)
#define VMX_MTF                 VMX_CONTROL(VMX_PRIMARY, 27)
#define VMX_MSR_BITMAP          VMX_CONTROL(VMX_PRIMARY, 28)
#define VMX_MONITOR_EXIT        VMX_CONTROL(VMX_PRIMARY, 29)
#define VMX_PAUSE_EXIT          VMX_CONTROL(VMX_PRIMARY, 30)
#define VMX_HAVE_SECONDARY      VMX_CONTROL(VMX_PRIMARY, 31)
#define VMX_APIC_ACCESS         VMX_CONTROL(VMX_SECONDARY, 0)
#define VMX_EPT                 VMX_CONTROL(VMX_SECONDARY, 1)
#define VMX_DESCRIPTOR_EXIT     VMX_CONTROL(VMX_SECONDARY, 2)
#define VMX_RDTSCP              VMX_CONTROL(VMX_SECONDARY, 3)
#define VMX_X2APIC              VMX_CONTROL(VMX_SECONDARY, 4)
#define VMX_VPID                VMX_CONTROL(VMX_SECONDARY, 5)
#define VMX_WBINVD_EXIT         VMX_CONTROL(VMX_SECONDARY, 6)
#define VMX_UNRESTRICTED        VMX_CONTROL(VMX_SECONDARY, 7)
#define VMX_APIC_REGISTERS      VMX_CONTROL(VMX_SECONDARY, 8)
#define VMX_INTERRUPT_DELIVERY  VMX_CONTROL(VMX_SECONDARY, 9)
#define VMX_INVPCID             VMX_CONTROL(VMX_SECONDARY, 12)
#define VMX_PML                 VMX_CONTROL(VMX_SECONDARY, 17)
#define VMX_XSAVES              VMX_CONTROL(VMX_SECONDARY, 20)
#define VMX_TSC_SCALING         VMX_CONTROL(VMX_SECONDARY, 25)
#define VMX_EXIT_SAVE_DEBUG     VMX_CONTROL(VMX_EXIT, 2)
#define VMX_EXIT_LONG_MODE      VMX_CONTROL(VMX_EXIT, 9)
#define VMX_EXIT_ACK_INTERRUPT  VMX_CONTROL(VMX_EXIT, 15)
#define VMX_EXIT_SAVE_PAT       VMX_CONTROL(VMX_EXIT, 18)
#define VMX_EXIT_LOAD_PAT       VMX_CONTROL(VMX_EXIT, 19)
#define VMX_EXIT_SAVE_EFER      VMX_CONTROL(VMX_EXIT, 20)
#define VMX_EXIT_LOAD_EFER      VMX_CONTROL(VMX_EXIT, 21)
#define VMX_ENTRY_LOAD_DEBUG    VMX_CONTROL(VMX_ENTRY, 2)
#define VMX_ENTRY_LONG_MODE     VMX_CONTROL(VMX_ENTRY, 9)
#define VMX_ENTRY_LOAD_PAT      VMX_CONTROL(VMX_ENTRY, 14)
#define VMX_ENTRY_LOAD_EFER     VMX_CONTROL(VMX_ENTRY, 15)

/** Bits of EPT_VPID_CAP. */
#define VMX_EPT_4_LEVELS      (1UL << 6)
#define VMX_EPT_WRITE_BACK    (1UL << 14)
#define VMX_EPT_2M            (1UL << 16)
#define VMX_EPT_1G            (1UL << 17)
#define VMX_INVEPT            (1UL << 20)
#define VMX_EPT_AD            (1UL << 21)
#define VMX_INVEPT_SINGLE     (1UL << 25)
#define VMX_INVEPT_ALL        (1UL << 26)
#define VMX_INVVPID           (1UL << 32)
#define VMX_INVVPID_SINGLE    (1UL << 41)

/** What the MSRs say: of each word the bits that must be set (low half) and that may (high half). */
struct vmx_msrs {
    bool vmx;                    /* CPUID */
    uint64_t feature_control, basic, misc;
    uint64_t words[VMX_WORDS];   /* the TRUE ones where there are such */
    uint64_t ept_vpid;
    uint64_t cr0_fixed[2], cr4_fixed[2]; /* bits that must be set, bits that may be */
};

/** What is made of it. */
struct vmx_machine {
    const char *unusable;        /* why there are no hardware guests; NULL: there are */
    uint32_t revision;           /* first word of a VMXON region and of a VMCS */
    uint32_t words[VMX_WORDS];   /* controls that every guest runs with */
    uint32_t may_set[VMX_WORDS]; /* those that can be set at times */
    bool virtual_x2apic;         /* the processor can keep a guest's local APIC */
    uint8_t timer_shift;         /* the preemption timer counts with this bit of the TSC */
    uint64_t ept_vpid;
    uint64_t cr0_fixed[2], cr4_fixed[2];
};
/** Constant after vmx_init. */
extern struct vmx_machine vmx;

/** The decision, and nothing else: so it is tested with the words of other machines. */
void vmx_decide(const struct vmx_msrs *m, struct vmx_machine *out);
/** Does every guest run with this control? */
static inline bool vmx_uses(unsigned control)
{
    return vmx.words[control >> 5] >> (control & 31) & 1;
}
/** The names of the optional features in use, each with a blank before it, in `text`. */
void vmx_describe(const struct vmx_machine *m, char *text, size_t size);

#endif
