/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions: the guest's are emulated or reflected to its kernel, the hypervisor's own are looked
 * up in the table of instructions that may fault, or end the machine. entry.S calls with interrupts
 * off.
 */
#include <arch/cpu.h>
#include <arch/extable.h>
#include <arch/fpu.h>
#include <arch/hvm.h>
#include <arch/hvm_memory.h>
#include <arch/insn.h>
#include <arch/mm.h>
#include <arch/pv.h>
#include <arch/traps.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/printk.h>
#include <public/errno.h>

extern char guest_iretq[], guest_iretq_fast[];

static const char *const trap_names[32] = {
    "divide error",
    "debug",
    "NMI",
    "breakpoint",
    "overflow",
    "bounds",
    "invalid opcode",
    "device not available",
    "double fault",
    "coprocessor overrun",
    "invalid TSS",
    "segment not present",
    "stack fault",
    "general protection",
    "page fault",
    "spurious interrupt",
    "x87 error",
    "alignment check",
    "machine check",
    "SIMD error",
    "virtualization",
    "control protection",
};

static const char *trap_name(unsigned vector)
{
    return vector < 32 && trap_names[vector] ? trap_names[vector] : "unknown exception";
}

static bool from_guest(const struct cpu_user_regs *regs) { return regs->cs & 3; }

__attribute__((noreturn)) static void die(struct cpu_user_regs *regs, uint64_t addr)
{
    crash(regs, "%s (vector %u, error %#x, address %#lx) in the hypervisor",
          trap_name(regs->entry_vector), regs->entry_vector, regs->error_code, addr);
}

/*
 * The iretq to a guest faulted: its own frame is still whole above us, and `regs` has the guest's
 * registers. They overlap, so nothing of `regs` is used any more once they are put back.
 */
__attribute__((noreturn)) static void guest_iret_failed(const struct cpu_user_regs *regs)
{
    struct cpu_user_regs copy = *regs, *guest = guest_regs();

    __builtin_memcpy(guest, &copy, offsetof(struct cpu_user_regs, error_code));
    guest->entry_vector = 0;
    guest->error_code = 0;
    pv_enter_failsafe(current, guest);
    leave_to_guest();
}

/* A fault in the hypervisor: true if it was allowed for */
static bool fixed_up(struct cpu_user_regs *regs)
{
    uint64_t fixup;

    if (regs->rip == VA(guest_iretq) || regs->rip == VA(guest_iretq_fast))
        guest_iret_failed(regs);
    fixup = extable_lookup(regs->rip);
    if (!fixup)
        return false;
    regs->rip = fixup;
    return true;
}

/* Faults in the window through which the processor reads the guest's LDT */
static bool ldt_fault(uint64_t addr)
{
    unsigned long flags;
    uint64_t off;
    bool ok;

    if (l4_index(addr) != PERDOMAIN_L4 || vcpu_is_idle(current))
        return false;
    off = addr - perdomain_ldt_va(current->id);
    if (off >= 16 * PAGE_SIZE)
        return false;
    /* taking the page may have to wait for other CPUs, which may be waiting for this one */
    flags = irq_save();
    irq_enable();
    ok = ldt_window_fault(off);
    irq_disable();
    irq_restore(flags);
    return ok;
}

/* Of what the hypervisor does for the current guest; a page of the guest's is no place for others. */
static bool guest_access_fault(const struct cpu_user_regs *regs, uint64_t addr)
{
    struct vcpu *v = current;

    if (touches_hv_range(addr, 1) || (regs->error_code & PF_RESERVED))
        return false;
    if (v && is_hvm_vcpu(v))
        return extable_lookup(regs->rip) && window_fault(v, addr, regs->error_code);
    return spurious_fault(addr, regs->error_code);
}

static void page_fault_in_hv(struct cpu_user_regs *regs, uint64_t addr)
{
    if (ldt_fault(addr) || guest_access_fault(regs, addr))
        return;
    if (!fixed_up(regs))
        die(regs, addr);
}

void do_page_fault(struct cpu_user_regs *regs)
{
    uint64_t addr = read_cr2();
    struct vcpu *v;

    if (unlikely(!from_guest(regs))) {
        page_fault_in_hv(regs, addr);
        return;
    }
    irq_enable();
    v = current;
    if (unlikely(touches_hv_range(addr, 1))) {
        if (ldt_fault(addr))
            return;
    } else if (regs->error_code & PF_PRESENT) {
        if ((regs->error_code & (PF_WRITE | PF_RESERVED)) == PF_WRITE && v->arch.kernel_mode &&
            (v->domain->vm_assist & 1UL << VMASST_TYPE_writable_pagetables) &&
            ptwr_fault(regs, addr))
            return;
        if (spurious_fault(addr, regs->error_code))
            return;
    }
    pv_reflect_page_fault(v, regs, addr, regs->error_code);
}

static void protection_fault(struct vcpu *v, struct cpu_user_regs *regs)
{
    unsigned error = regs->error_code;

    if ((error & 3) == 2 && pv_software_interrupt(v, regs, (error & 0xffff) >> 3))
        return;
    if (!error && pv_emulate_privileged(v, regs))
        return;
    pv_reflect(v, regs, TRAP_PROTECTION, error);
}

static void invalid_op(struct vcpu *v, struct cpu_user_regs *regs)
{
    if (!pv_emulate_forced_cpuid(v, regs))
        pv_reflect(v, regs, TRAP_INVALID_OP, 0);
}

static void no_device(struct vcpu *v, struct cpu_user_regs *regs)
{
    fpu_load_current(v);
    if (v->arch.ts_set) {
        pv_reflect(v, regs, TRAP_NO_DEVICE, 0);
        v->arch.ts_set = false; /* as if the guest had executed CLTS first: PV kernels rely on it */
        v->arch.ctrlreg[0] &= ~8UL;
    }
}

static void debug_trap(struct vcpu *v, struct cpu_user_regs *regs)
{
    v->arch.debugreg[6] |= read_dr6() & 0xe00f;
    write_dr6(0xffff0ff0);
    pv_reflect(v, regs, TRAP_DEBUG, 0);
}

static void int80(struct vcpu *v, struct cpu_user_regs *regs)
{
    regs->rip -= 2;
    if (!pv_software_interrupt(v, regs, 0x80))
        pv_reflect(v, regs, TRAP_PROTECTION, 0x80 << 3 | 2);
}

/* Vectors whose meaning is more than "reflect" */
static void exception_of_guest(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;

    switch (regs->entry_vector) {
    case TRAP_PROTECTION: protection_fault(v, regs); break;
    case TRAP_INVALID_OP: invalid_op(v, regs); break;
    case TRAP_NO_DEVICE: no_device(v, regs); break;
    case TRAP_DEBUG: debug_trap(v, regs); break;
    case 0x80: int80(v, regs); break;
    default: pv_reflect(v, regs, regs->entry_vector, regs->error_code); break;
    }
}

void do_exception(struct cpu_user_regs *regs)
{
    if (likely(from_guest(regs))) {
        if (regs->entry_vector != TRAP_NO_DEVICE && regs->entry_vector != TRAP_DEBUG)
            irq_enable();
        exception_of_guest(regs);
    } else if (!fixed_up(regs)) {
        die(regs, 0);
    }
}

/* Single steps and breakpoints that reach into our entry paths are dropped: the guest set them up,
 * not we */
void do_debug_in_hv(struct cpu_user_regs *regs)
{
    regs->rflags &= ~RFLAGS_TF;
    write_dr6(0xffff0ff0);
}

void do_double_fault(struct cpu_user_regs *regs)
{
    uint64_t guard = ((uint64_t)regs & ~(STACK_SIZE - 1UL)) + STACK_GUARD;

    console_force();
    if (regs->rsp >= guard && regs->rsp < guard + PAGE_SIZE + 64)
        printk(LOG_ERR, "CPU%u: stack overflow\n", this_cpu());
    die(regs, read_cr2());
}
