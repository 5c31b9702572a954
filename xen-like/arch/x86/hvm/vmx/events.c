/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of a hardware guest: those that an exit has cut short or brought here on their way, those
 * that go in with the next entry, and what holds them off. (Intel SDM volume 3, 24.8.3, 26.6, 27.2)
 */
#include <arch/cpu.h>
#include <arch/hvm.h>
#include <arch/hvm_exit.h>
#include <arch/hvm_memory.h>
#include <arch/insn.h>
#include <arch/pv.h>
#include <arch/traps.h>
#include <arch/vmcs.h>
#include <arch/vmx.h>
#include <arch/vmx_vcpu.h>
#include <hv/arch.h>

#define EVENT_VALID       (1U << 31)
#define EVENT_HAS_ERROR   (1U << 11)
#define EVENT_IN_IRET     (1U << 12) /* which had let go of NMIs */
#define BLOCKED_BY_STI    1UL
#define BLOCKED_BY_MOV_SS 2UL
#define BLOCKED_BY_NMI    8UL
#define DEBUG_STEP        0x4000UL /* in DR6, and of pending debug exceptions */
#define DEBUG_CAUSES      0x400fUL

/* --- after an exit ---------------------------------------------------------------------------- */
void vmx_advance(struct cpu_user_regs *regs, unsigned bytes)
{
    uint64_t blocked = vmread(VMCS_INTERRUPTIBILITY);

    regs->rip += bytes;
    if (blocked & (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS))
        vmwrite(VMCS_INTERRUPTIBILITY, blocked & ~(BLOCKED_BY_STI | BLOCKED_BY_MOV_SS));
    if (unlikely(regs->rflags & RFLAGS_TF))
        vmwrite(VMCS_PENDING_DEBUG, DEBUG_STEP);
}

/* DR6 is told by the exit only (SDM volume 3, 27.1 and table 27-1). A step after STI or MOV SS has
 * to be pending still: else the entry is refused (26.3.1.5). */
static void note_debug(struct vcpu *v, const struct cpu_user_regs *regs)
{
    uint64_t causes = vmread(VMCS_QUALIFICATION) & DEBUG_CAUSES;
    uint64_t blocked = vmread(VMCS_INTERRUPTIBILITY);

    v->arch.debugreg[6] = (v->arch.debugreg[6] & ~0xfUL) | causes;
    if ((regs->rflags & RFLAGS_TF) && (blocked & (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS)))
        vmwrite(VMCS_PENDING_DEBUG, DEBUG_STEP);
}

static void goes_in(struct vcpu *v, uint32_t event, uint32_t error)
{
    v->arch.hvm->event = (struct hvm_event){
        .valid = true,
        .has_error = event & EVENT_HAS_ERROR,
        .vector = event,
        .type = VMX_EVENT_TYPE(event),
        .length = vmread(VMCS_EXIT_LENGTH),
        .error = error,
    };
}

void vmx_block_nmis(void)
{
    vmwrite(VMCS_INTERRUPTIBILITY, vmread(VMCS_INTERRUPTIBILITY) | BLOCKED_BY_NMI);
}

/*
 * #DB and #AC come here on their way to the guest, since a guest whose handlers raise them again
 * would keep the processor busy without an end, and without an interrupt (XSA-156).
 */
void vmx_reflect(struct vcpu *v, const struct cpu_user_regs *regs, uint32_t event)
{
    if ((event & 0xff) == TRAP_DEBUG)
        note_debug(v, regs);
    if (event & EVENT_IN_IRET)
        vmx_block_nmis();
    goes_in(v, event, vmread(VMCS_EXIT_ERROR_CODE));
}

/*
 * An exit in the middle of an event's delivery (an EPT violation on the stack, say) has not
 * delivered it: it goes in again with the next entry.
 */
void vmx_keep_undelivered(struct vcpu *v)
{
    uint32_t event = vmread(VMCS_VECTORING);

    if (!(event & EVENT_VALID))
        return;
    goes_in(v, event, vmread(VMCS_VECTORING_ERROR_CODE));
    if (VMX_EVENT_TYPE(event) == HVM_EVENT_NMI)
        vmwrite(VMCS_INTERRUPTIBILITY, vmread(VMCS_INTERRUPTIBILITY) & ~BLOCKED_BY_NMI);
}

/* --- what goes in ----------------------------------------------------------------------------- */
static void inject(struct hvm_event *e)
{
    vmwrite(VMCS_ENTRY_EVENT, EVENT_VALID | (e->has_error ? EVENT_HAS_ERROR : 0) |
                                  (uint32_t)e->type << 8 | e->vector);
    if (e->has_error)
        vmwrite(VMCS_ENTRY_ERROR_CODE, e->error);
    if (e->length)
        vmwrite(VMCS_ENTRY_LENGTH, e->length);
    e->valid = false;
}

/* An exit as soon as the guest can take an interrupt, or an NMI, or neither. */
static void want_windows(struct hvm_vcpu *h, bool interrupt, bool nmi)
{
    uint32_t wanted = (interrupt ? 1U << (VMX_INTERRUPT_WINDOW & 31) : 0) |
                      (nmi ? 1U << (VMX_NMI_WINDOW & 31) : 0);

    if (h->windows == wanted)
        return;
    h->windows = wanted;
    vmwrite(VMCS_PRIMARY_CONTROLS, h->primary | wanted);
}

static bool can_interrupt(const struct cpu_user_regs *regs, uint64_t blocked)
{
    return (regs->rflags & RFLAGS_IF) && !(blocked & (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS));
}

/* The next of what waits: an event that was not delivered or belongs to the last instruction, an
 * NMI, an interrupt. */
static void choose_event(struct vcpu *v, const struct cpu_user_regs *regs)
{
    struct hvm_vcpu *h = v->arch.hvm;
    uint64_t blocked = vmread(VMCS_INTERRUPTIBILITY);
    bool nmi = READ_ONCE(v->arch.nmi_pending), interrupt;

    if (unlikely(ioreq_waits(v, regs->rip))) {
        vmx_hold_apic(h);
        want_windows(h, false, false);
        return;
    }
    if (vlapic_is_stale(&h->lapic))
        vmx_load_apic(v);
    interrupt = hvm_interrupt_waits(v);
    if (h->event.valid) {
        ;
    } else if (nmi && !(blocked & (BLOCKED_BY_NMI | BLOCKED_BY_MOV_SS))) {
        WRITE_ONCE(v->arch.nmi_pending, false);
        nmi = false;
        h->event = (struct hvm_event){ .valid = true, .vector = TRAP_NMI, .type = HVM_EVENT_NMI };
    } else if (interrupt && can_interrupt(regs, blocked)) {
        uint8_t vector = hvm_take_interrupt(v, &interrupt);

        h->event = (struct hvm_event){ .valid = vector, .vector = vector,
                                       .type = HVM_EVENT_INTERRUPT };
    }
    want_windows(h, interrupt, nmi);
}

bool vmx_prepare_entry(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;

    window_close(v);
    if (unlikely(READ_ONCE(v->arch.hvm->asks)) && !hvm_before_entry(v))
        return false;
    choose_event(v, regs);
    if (v->arch.hvm->event.valid)
        inject(&v->arch.hvm->event);
    vmwrite(VMCS_GUEST_RIP, regs->rip);
    vmwrite(VMCS_GUEST_RSP, regs->rsp);
    vmwrite(VMCS_GUEST_RFLAGS, regs->rflags);
    return true;
}
