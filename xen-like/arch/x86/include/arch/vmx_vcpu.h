/* SPDX-License-Identifier: GPL-2.0-only */
/* A vcpu in VT-x: its VMCS, its registers, the way in and out. hvm/vmx. */
#ifndef ARCH_VMX_VCPU_H
#define ARCH_VMX_VCPU_H

#include <hv/domain.h>

struct cpu_user_regs;
struct hvm_hw_cpu;
struct hvm_segment;
struct hvm_vcpu;
struct paging_mode;

/** Read this CPU's MSRs into `vmx`, and say what was found. */
void vmx_probe(void);

/** At boot: which MSRs guests use without an exit. */
void vmx_allow_msrs(void);

/** Which of a guest's accesses to MSRs are exits, as VMCS_MSR_BITMAP has it. */
uint64_t vmx_msr_bitmap(bool apic_in_processor);

/** Makes the VMCS of a vcpu that does not run this CPU's, for a look; what was loaded before is loaded
 * again. */
void vmcs_borrow(const struct vcpu *v);
void vmcs_return(struct vcpu *v);
/** Fill the loaded, empty VMCS of a new vcpu: controls, the host's side, a guest after reset. */
void vmcs_init(struct vcpu *v);

/** hvm_ops (hvm/vmx/registers.c). */
void vmx_get_registers(struct vcpu *v, struct hvm_hw_cpu *r, uint64_t tsc);
int vmx_set_registers(struct vcpu *v, const struct hvm_hw_cpu *r, uint64_t tsc);
void vmx_get_paging(const struct vcpu *v, struct paging_mode *m);
void vmx_get_segment(const struct vcpu *v, unsigned n, struct hvm_segment *s);
/**
 * CR0, CR4 and EFER of the loaded VMCS's guest as v->arch.hvm has them, with what the processor
 * wants set besides.
 */
void vmx_write_modes(struct vcpu *v);
/** DR0 to DR3 of the current vcpu, if any breakpoint is on. */
void vmx_load_breakpoints(const struct vcpu *v);
/** CR0 as the guest sees it now. */
uint64_t vmx_read_cr0(const struct vcpu *v);
/** In PAE paging: the root's four entries, checked. False when the guest is to get #GP. */
bool vmx_load_pdptes(struct vcpu *v);

/* --- hvm/vmx/apic.c --------------------------------------------------------------------------- */
/** At boot: which of x2APIC's MSRs a guest uses without an exit, in a bitmap of MSRs. */
void vmx_allow_x2apic(uint8_t *bitmap);
/** What the current vcpu's local APIC has come to: into its VMCS, or lapic.waiting. */
void vmx_load_apic(struct vcpu *v);
/** The current vcpu finishes an instruction with the next entry: no interrupt comes before that. */
void vmx_hold_apic(struct hvm_vcpu *h);

/* --- hvm/vmx/pml.c ---------------------------------------------------------------------------- */
/** The log of a new vcpu, without a VMCS yet: 0 or -ENOMEM; into its VMCS, which is loaded. */
int vmx_log_alloc(struct vcpu *v);
void vmx_log_begin(const struct vcpu *v);
void vmx_log_free(struct vcpu *v);
/** What the processor has written into the log of the current vcpu goes to its domain (ept_mark_tables()):
 * when the log is full, when the vcpu leaves its CPU, so that no other's has anything in it, and when
 * somebody wants it told (hvm_ops->flush). */
void vmx_log_drain(struct vcpu *v);

/* --- hvm/vmx/entry.S -------------------------------------------------------------------------- */
/** Enter the current vcpu's guest, on an empty stack. */
__attribute__((noreturn)) void vmx_enter(void);
/** Where the processor goes on after an exit. */
extern char vmx_exit_entry[];

/* --- hvm/vmx/events.c ------------------------------------------------------------------------- */
/** Of the words that exits have about events: HVM_EVENT_*. */
#define VMX_EVENT_TYPE(word) ((word) >> 8 & 7)
/** An instruction of so many bytes is done: what held events off behind the one before is over. */
void vmx_advance(struct cpu_user_regs *regs, unsigned bytes);
/** The exception that the exit is about (its word of VMCS_EXIT_EVENT) goes on to the guest. */
void vmx_reflect(struct vcpu *v, const struct cpu_user_regs *regs, uint32_t event);
/** NMIs stay held off: the IRET that was to let go of them has not been executed. */
void vmx_block_nmis(void);
/** After any exit: an event that it came in the middle of goes in again with the next entry. */
void vmx_keep_undelivered(struct vcpu *v);
/**
 * Before an entry, interrupts off: what waits for the guest goes into the VMCS. False: the vcpu is
 * not to be entered, and nothing was taken of what waits for it. After true it has to be entered,
 * whatever else another CPU wants of this one: its IPI ends the guest's turn at once.
 */
bool vmx_prepare_entry(struct cpu_user_regs *regs);

/* --- hvm/vmx/exits.c, called by entry.S ------------------------------------------------------- */
/** After an exit, interrupts off: v's registers are in `regs` but for what the VMCS has. */
void vmx_handle_exit(struct cpu_user_regs *regs);
/** The processor refused the entry: the guest is stopped. */
void vmx_entry_failed(void);

#endif
