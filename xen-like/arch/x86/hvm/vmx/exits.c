/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exits of hardware guests, as a table: a row for each reason. Events are in events.c. What has no row, or what the guest
 * is not made for, ends that guest with a dump. (Intel SDM volume 3, chapter 25, 27 and appendix C)
 */
#include <arch/cpu.h>
#include <arch/cpu_policy.h>
#include <arch/decode.h>
#include <arch/fpu.h>
#include <arch/hvm.h>
#include <arch/hvm_emulate.h>
#include <arch/hvm_exit.h>
#include <arch/hvm_memory.h>
#include <arch/insn.h>
#include <arch/irq.h>
#include <arch/msr_index.h>
#include <arch/pv.h>
#include <arch/traps.h>
#include <arch/vmcs.h>
#include <arch/vmx.h>
#include <arch/vmx_vcpu.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/printk.h>
#include <hv/sched.h>

#define REASON_MASK         0xffffU
#define REASON_ENTRY_FAILED (1U << 31)
#define DEBUG_DETECT        0x2000UL /* in DR6 and DR7 */

typedef void exit_fn(struct vcpu *v, struct cpu_user_regs *regs);

/* The instruction is done. */
static void advance(struct cpu_user_regs *regs) { vmx_advance(regs, vmread(VMCS_EXIT_LENGTH)); }

/* One that the hypervisor has emulated, unless it is to be executed once more. */
static void advance_emulated(struct cpu_user_regs *regs, unsigned bytes)
{
    if (bytes)
        vmx_advance(regs, bytes);
}

static void dump(struct vcpu *v, const char *why)
{
    printk(LOG_ERR, "d%dv%u: stopped: %s; exit reason %lu, qualification %#lx, physical address "
           "%#lx, rip %#lx\n", v->domain->id, v->id, why, vmread(VMCS_EXIT_REASON),
           vmread(VMCS_QUALIFICATION), vmread(VMCS_GUEST_PHYSICAL), guest_regs()->rip);
    arch_dump_vcpu(v);
}

static void stop_guest(struct vcpu *v, const char *why)
{
    dump(v, why);
    domain_crash(v->domain, why);
}

/* --- exceptions, NMIs, interrupts ------------------------------------------------------------- */
static void exception_or_nmi(struct vcpu *v, struct cpu_user_regs *regs)
{
    unsigned event = vmread(VMCS_EXIT_EVENT), vector = event & 0xff;

    if (VMX_EVENT_TYPE(event) == HVM_EVENT_NMI) {
        regs->entry_vector = TRAP_NMI;
        do_nmi(regs);
    } else if (vector == TRAP_MACHINE_CHECK) {
        regs->entry_vector = TRAP_MACHINE_CHECK;
        do_machine_check(regs);
    } else {
        vmx_reflect(v, regs, event);
    }
}

static void external_interrupt(struct vcpu *v, struct cpu_user_regs *regs)
{
    regs->entry_vector = vmread(VMCS_EXIT_EVENT) & 0xff;
    do_irq(regs);
}

/* What waits for this CPU is taken now, as if the guest had been left by it. */
static void timer_expired(struct vcpu *v, struct cpu_user_regs *regs) { irq_enable(); }

/* A machine starts again: what becomes of the guest is its tools' to say. */
static void triple_fault(struct vcpu *v, struct cpu_user_regs *regs)
{
    dump(v, "triple fault");
    domain_shutdown(v->domain, v->domain->arch.hvm->params[HVM_PARAM_TRIPLE_FAULT_REASON]);
}

static void failed_entry(struct vcpu *v, struct cpu_user_regs *regs)
{
    stop_guest(v, "its registers are in a state that no processor is in");
}

/*
 * CALL, JMP, INT or IRET to another TSS. Switching tasks is left to software by every system that has
 * 64 bits, or PV drivers; the one task gate that some 32-bit ones have is for a double fault, which
 * is their end. So it is the guest's, with the new task's selector in the dump.
 */
static void task_switch(struct vcpu *v, struct cpu_user_regs *regs)
{
    stop_guest(v, "a switch of tasks by the processor, which is not emulated");
}

/* Tables are made so that there is none. */
static void ept_misconfigured(struct vcpu *v, struct cpu_user_regs *regs)
{
    stop_guest(v, "EPT that the processor does not understand");
}

static void nothing(struct vcpu *v, struct cpu_user_regs *regs) {}

/* --- instructions ----------------------------------------------------------------------------- */
static void do_cpuid(struct vcpu *v, struct cpu_user_regs *regs)
{
    guest_cpuid(v, regs);
    advance(regs);
}

static void do_hlt(struct vcpu *v, struct cpu_user_regs *regs)
{
    advance(regs);
    if (regs->rflags & RFLAGS_IF)
        vcpu_block();
    else
        hvm_vcpu_down(v);
}

static void do_vmcall(struct vcpu *v, struct cpu_user_regs *regs)
{
    advance(regs);
    irq_enable();
    hvm_hypercall(v, regs);
}

static void undefined(struct vcpu *v, struct cpu_user_regs *regs)
{
    hvm_inject_exception(v, TRAP_INVALID_OP, 0);
}

static void do_rdpmc(struct vcpu *v, struct cpu_user_regs *regs)
{
    hvm_inject_exception(v, TRAP_PROTECTION, 0); /* there is no such counter */
}

static void ignored(struct vcpu *v, struct cpu_user_regs *regs) { advance(regs); }

static void do_rdmsr(struct vcpu *v, struct cpu_user_regs *regs)
{
    uint64_t value;

    if (!hvm_rdmsr(v, regs->rcx, &value)) {
        hvm_inject_exception(v, TRAP_PROTECTION, 0);
        return;
    }
    regs->rax = (uint32_t)value;
    regs->rdx = value >> 32;
    advance(regs);
}

static void do_wrmsr(struct vcpu *v, struct cpu_user_regs *regs)
{
    if (hvm_wrmsr(v, regs->rcx, regs->rdx << 32 | (uint32_t)regs->rax))
        advance(regs);
    else
        hvm_inject_exception(v, TRAP_PROTECTION, 0);
}

static void do_xsetbv(struct vcpu *v, struct cpu_user_regs *regs)
{
    if ((uint32_t)regs->rcx == 0 && fpu_set_xcr0(v, regs->rdx << 32 | (uint32_t)regs->rax))
        advance(regs);
    else
        hvm_inject_exception(v, TRAP_PROTECTION, 0);
}

/* --- control registers ------------------------------------------------------------------------ */
/* All of it, or nothing and #GP. */
static bool set_modes(struct vcpu *v, uint64_t cr0, uint64_t cr4)
{
    uint64_t old_cr0 = vmx_read_cr0(v), old_cr4 = v->arch.ctrlreg[4], efer = v->arch.hvm->efer;

    v->arch.ctrlreg[0] = old_cr0;
    if ((cr4 == old_cr4 || hvm_set_cr4(v, cr4)) && (cr0 == old_cr0 || hvm_set_cr0(v, cr0)) &&
        vmx_load_pdptes(v)) {
        vmx_write_modes(v);
        return true;
    }
    v->arch.ctrlreg[0] = old_cr0;
    v->arch.ctrlreg[4] = old_cr4;
    v->arch.hvm->efer = efer;
    return false;
}

/* CR8 is the upper half of the local APIC's task priority. */
static bool task_priority(struct vcpu *v, uint64_t *reg, bool write)
{
    uint32_t tpr;

    if (!write) {
        vlapic_read(v, LAPIC_TPR, &tpr);
        *reg = tpr >> 4;
        return true;
    }
    return *reg < 16 && vlapic_write(v, LAPIC_TPR, *reg << 4);
}

/* Qualification of accesses to control registers: SDM volume 3, table 27-3. */
static void control_register(struct vcpu *v, struct cpu_user_regs *regs)
{
    uint64_t q = vmread(VMCS_QUALIFICATION);
    unsigned cr = q & 15, kind = q >> 4 & 3;
    uint64_t *reg = insn_reg_ptr(regs, q >> 8 & 15), cr0 = vmx_read_cr0(v);
    bool good;
    enum { TO, FROM, CLTS, LMSW };

    if (kind == LMSW)
        good = set_modes(v, (cr0 & ~0xeUL) | (q >> 16 & 0xf), v->arch.ctrlreg[4]);
    else if (cr == 8)
        good = task_priority(v, reg, kind == TO);
    else
        good = kind == TO && (cr == 0 ? set_modes(v, *reg, v->arch.ctrlreg[4]) :
                              cr == 4 && set_modes(v, cr0, *reg));
    if (good)
        advance(regs);
    else
        hvm_inject_exception(v, TRAP_PROTECTION, 0);
}

static void debug_register(struct vcpu *v, struct cpu_user_regs *regs)
{
    uint64_t q = vmread(VMCS_QUALIFICATION);
    unsigned n = q & 7;
    uint64_t *reg = insn_reg_ptr(regs, q >> 8 & 15);

    if (v->arch.debugreg[7] & DEBUG_DETECT) { /* the exit comes before the exception */
        v->arch.debugreg[6] |= DEBUG_DETECT;
        v->arch.debugreg[7] &= ~DEBUG_DETECT;
        vmwrite(VMCS_GUEST_DR7, v->arch.debugreg[7]);
        hvm_inject_exception(v, TRAP_DEBUG, 0);
        return;
    }
    if (n == 4 || n == 5)
        n += 2;
    if (q >> 4 & 1) {
        *reg = v->arch.debugreg[n];
    } else if (!hvm_set_debug_register(v, n, *reg)) {
        hvm_inject_exception(v, TRAP_PROTECTION, 0);
        return;
    }
    vmwrite(VMCS_GUEST_DR7, v->arch.debugreg[7]);
    vmx_load_breakpoints(v);
    advance(regs);
}

/* --- ports and memory: a device may take its time, with interrupts on -------------------------- */
/* Qualification of I/O: SDM volume 3, table 27-5. */
static void port_io(struct vcpu *v, struct cpu_user_regs *regs)
{
    uint64_t q = vmread(VMCS_QUALIFICATION), mask;
    struct hvm_io io = {
        .address = q >> 16 & 0xffff,
        .data = regs->rax,
        .bytes = (q & 3) + 1,
        .write = !(q >> 3 & 1),
        .port = true,
    };

    irq_enable();
    if (q >> 4 & 1) {
        advance_emulated(regs, hvm_emulate_string_io(v, regs, &io));
        return;
    }
    if (hvm_io(v, &io) == HVM_IO_WAIT)
        return;
    mask = io.bytes == 4 ? ~0UL : (1UL << 8 * io.bytes) - 1;
    if (!io.write)
        regs->rax = (regs->rax & ~mask) | io.data;
    advance(regs);
}

/* Qualification of EPT violations: SDM volume 3, table 27-7. */
#define EPT_LINEAR_VALID 0x80UL  /* a linear address led there, */
#define EPT_TRANSLATED   0x100UL /* and not one of the tables that translate it */
#define EPT_IN_IRET      0x1000UL /* which had let go of NMIs; also of a full log's */

/* It will be executed once more: until then it has not let go of them. */
static void keep_nmis_off(const struct vcpu *v, uint64_t qualification)
{
    if ((qualification & EPT_IN_IRET) && !v->arch.hvm->event.valid)
        vmx_block_nmis();
}

/* Of an instruction: not of the walk through its tables, nor of an event's delivery. */
static bool is_own_access(const struct vcpu *v, uint64_t qualification)
{
    return (qualification & EPT_LINEAR_VALID) && (qualification & EPT_TRANSLATED) &&
           !v->arch.hvm->event.valid;
}

/*
 * Memory that is there is left to the processor, which looks at it once more, if it may be used so;
 * writes to what is read-only vanish; where there is none is a device. An event's delivery, or a
 * walk through page tables, does not go by devices.
 */
static void ept_violation(struct vcpu *v, struct cpu_user_regs *regs)
{
    uint64_t q = vmread(VMCS_QUALIFICATION), gpa = vmread(VMCS_GUEST_PHYSICAL), access;
    mfn_t frame;

    keep_nmis_off(v, q);
    irq_enable();
    if (ept_lookup(v->domain, gfn(gpa >> PAGE_SHIFT), &frame, &access)) {
        if ((q & EPT_RWX & ~access) == EPT_WRITE && is_own_access(v, q))
            advance_emulated(regs, hvm_emulate_memory(v, regs));
        else if (q & EPT_RWX & ~access)
            stop_guest(v, "an access that its memory does not allow");
        else if (q & EPT_WRITE)
            ept_unprotect(v->domain, gfn(gpa >> PAGE_SHIFT));
    } else if (is_own_access(v, q)) {
        advance_emulated(regs, hvm_emulate_memory(v, regs));
    } else {
        stop_guest(v, "tables or a stack in physical memory that it does not have");
    }
}

/* The write that found no room in it has not happened. */
static void log_full(struct vcpu *v, struct cpu_user_regs *regs)
{
    keep_nmis_off(v, vmread(VMCS_QUALIFICATION));
    vmx_log_drain(v);
}

/* --- a local APIC that the processor keeps, which has done what follows ------------------------- */
static void interrupt_ended(struct vcpu *v, struct cpu_user_regs *regs)
{
    hvm_level_interrupt_over(v->domain, vmread(VMCS_QUALIFICATION));
}

static void register_written(struct vcpu *v, struct cpu_user_regs *regs)
{
    vlapic_written(v, vmread(VMCS_QUALIFICATION) & 0xff0);
}

/* --- the table -------------------------------------------------------------------------------- */
static exit_fn *const rows[] = {
    [0] = exception_or_nmi,
    [1] = external_interrupt,
    [2] = triple_fault,
    [7] = nothing, /* interrupt window: looked at before each entry */
    [8] = nothing, /* NMI window */
    [9] = task_switch,
    [10] = do_cpuid,
    [11] = undefined, /* GETSEC */
    [12] = do_hlt,
    [13] = ignored, /* INVD: nothing is lost */
    [15] = do_rdpmc,
    [18] = do_vmcall,
    [19 ... 27] = undefined, /* VMCLEAR to VMXON */
    [28] = control_register,
    [29] = debug_register,
    [30] = port_io,
    [31] = do_rdmsr,
    [32] = do_wrmsr,
    [33] = failed_entry,
    [36] = undefined, /* MWAIT */
    [39] = undefined, /* MONITOR */
    [45] = interrupt_ended,
    [48] = ept_violation,
    [49] = ept_misconfigured,
    [50] = undefined, /* INVEPT */
    [52] = timer_expired,
    [53] = undefined, /* INVVPID */
    [54] = ignored, /* WBINVD: no device of the machine is the guest's */
    [55] = do_xsetbv,
    [56] = register_written,
    [62] = log_full,
};

void vmx_handle_exit(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;
    uint32_t reason = vmread(VMCS_EXIT_REASON);
    unsigned number = reason & REASON_MASK;

    v->arch.ctrlreg[2] = read_cr2(); /* a window's fault overwrites it */
    regs->rip = vmread(VMCS_GUEST_RIP);
    regs->rsp = vmread(VMCS_GUEST_RSP);
    regs->rflags = vmread(VMCS_GUEST_RFLAGS);
    regs->cs = 3; /* a guest's, for whoever asks where an interrupt came from */
    regs->entry_vector = 0;
    vmx_keep_undelivered(v);
    if (reason & REASON_ENTRY_FAILED)
        failed_entry(v, regs);
    else if (number < ARRAY_SIZE(rows) && rows[number])
        rows[number](v, regs);
    else
        stop_guest(v, "an exit that has no handler");
}

void vmx_entry_failed(void)
{
    struct vcpu *v = current;

    printk(LOG_ERR, "d%dv%u: VT-x refuses the entry: instruction error %lu, event %#lx\n",
           v->domain->id, v->id, vmread(VMCS_INSTRUCTION_ERROR), vmread(VMCS_ENTRY_EVENT));
    v->arch.hvm->launched = false;
    stop_guest(v, "an entry that the processor refuses");
}
