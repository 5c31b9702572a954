/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PV guests' processor: how a guest kernel is entered, what it has configured, which of its
 * instructions are emulated.
 *
 * Unless said otherwise, functions act on the current vcpu with its registers in `regs` (the frame
 * of entry.S).
 */
#ifndef ARCH_PV_H
#define ARCH_PV_H

#include <arch/layout.h>
#include <hv/domain.h>

struct vcpu_guest_context;

/* exception vectors */
#define TRAP_DIVIDE         0
#define TRAP_DEBUG          1
#define TRAP_NMI            2
#define TRAP_INT3           3
#define TRAP_OVERFLOW       4
#define TRAP_INVALID_OP     6
#define TRAP_NO_DEVICE      7
#define TRAP_DOUBLE_FAULT   8
#define TRAP_INVALID_TSS    10
#define TRAP_NO_SEGMENT     11
#define TRAP_STACK          12
#define TRAP_PROTECTION     13
#define TRAP_PAGE_FAULT     14
#define TRAP_ALIGNMENT      17
#define TRAP_MACHINE_CHECK  18
#define FRAME_SYSCALL       0x100 /* entry_vector: came by SYSCALL, may return by SYSRET */

#define PF_PRESENT 1u
#define PF_WRITE   2u
#define PF_USER    4u
#define PF_RESERVED 8u
#define PF_FETCH   16u

#define RFLAGS_FIXED 0x2UL
#define RFLAGS_TF    0x100UL
#define RFLAGS_IF    0x200UL
#define RFLAGS_DF    0x400UL
#define RFLAGS_IOPL  0x3000UL
#define RFLAGS_IOPL_SHIFT 12
#define RFLAGS_NT    0x4000UL
#define RFLAGS_RF    0x10000UL
#define RFLAGS_VM    0x20000UL
#define RFLAGS_AC    0x40000UL

static inline bool canonical(uint64_t va) { return (uint64_t)((int64_t)(va << 16) >> 16) == va; }
/** In the hypervisor's part of the address space, or reaching into it. */
static inline bool touches_hv_range(uint64_t va, uint64_t bytes)
{
    return va < HV_VIRT_END && va + bytes > HV_VIRT_START;
}

/* --- pv/bounce.c: entering the guest kernel --------------------------------------------------- */
/** How an entry point of the guest kernel is to be called. */
struct pv_entry {
    uint64_t rip; /* in the flat 64-bit code segment */
    bool mask_events;
    bool has_error;
    bool has_segments; /* failsafe: ds, es, fs, gs are in the frame */
    uint32_t error;
};
/** Build the frame on the guest kernel's stack and make `regs` enter at `e`; crashes the domain
 * when that cannot be done. */
void pv_enter_kernel(struct vcpu *v, struct cpu_user_regs *regs, const struct pv_entry *e);
/** Reflect an exception by the guest's trap table. `error` is ignored for vectors without error
 * code. */
void pv_reflect(struct vcpu *v, struct cpu_user_regs *regs, unsigned vector, uint32_t error);
void pv_reflect_page_fault(struct vcpu *v, struct cpu_user_regs *regs, uint64_t addr,
                           uint32_t error);
void pv_enter_failsafe(struct vcpu *v, struct cpu_user_regs *regs);
/** An NMI for `v`, which is woken if it is blocked; at most one waits. */
void pv_raise_nmi(struct vcpu *v);
/** `int n` by the guest: true if its trap table lets it (regs then enter the handler). */
bool pv_software_interrupt(struct vcpu *v, struct cpu_user_regs *regs, unsigned vector);

/* --- pv/mode.c: guest kernel and guest user --------------------------------------------------- */
/** Guest kernel <-> guest user: page tables, GS base. */
void toggle_guest_mode(struct vcpu *v);
/** Load the root of the mode that `v` is in. */
void write_ptbase(struct vcpu *v);
/** After kernel_sp or the syscall callback changed: may system calls take the short path of
 * entry.S? */
void pv_update_fast_syscall(struct vcpu *v);

/* --- pv/descriptor.c -------------------------------------------------------------------------- */
/** May this descriptor stand in a guest's table? Corrects its privilege to 3. */
bool descriptor_fix(uint64_t *desc);
/** Install a guest's GDT: frames must be the domain's and become segment pages. 0 or -errno. v
 * current or not running. */
int pv_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned entries);
void pv_drop_gdt(struct vcpu *v);
/** MMUEXT_SET_LDT. */
int pv_set_ldt(struct vcpu *v, uint64_t base, unsigned entries);
/** Forget the LDT frames that were faulted in (they hold segment-page references). */
void pv_drop_ldt(struct vcpu *v);
/** Fault at this offset of the current vcpu's LDT window: map the frame if the guest's LDT has one
 * there. */
bool ldt_window_fault(uint64_t offset);

/** A trap table entry that a guest may have (pv/callback.c). */
bool pv_trap_ok(const struct trap_info *ti);

/* --- pv/callback.c, pv/misc.c ----------------------------------------------------------------- */
int pv_set_iopl(struct vcpu *v, unsigned iopl);
int pv_set_iobitmap(struct vcpu *v, uint64_t addr, unsigned nr_ports);
/** Check one debug register value: true if it may be loaded (then *value is normalised). */
bool pv_debugreg_ok(unsigned reg, uint64_t *value);

/* --- pv/emul_priv.c --------------------------------------------------------------------------- */
/** A guest's #GP: true if the instruction was emulated, or another exception was reflected in its
 * place. */
bool pv_emulate_privileged(struct vcpu *v, struct cpu_user_regs *regs);
/** A guest's #UD: true if it was the forced emulation prefix with CPUID. */
bool pv_emulate_forced_cpuid(struct vcpu *v, struct cpu_user_regs *regs);
/** Enough for any instruction, and a size that is quickly copied. */
#define PV_CODE_BYTES 16u
/** The current vcpu's code at a linear address. Returns how many bytes could be read; if not all,
 * the one after them cannot be. */
unsigned pv_fetch_code(uint64_t addr, uint8_t bytes[PV_CODE_BYTES]);
/** 64-bit code segment (decided by the selector's descriptor); -1 if it cannot be read. */
int pv_code_is_64bit(struct vcpu *v, const struct cpu_user_regs *regs);

/* --- pv/emul_port.c --------------------------------------------------------------------------- */
/** May the guest at its present privilege access these ports itself (IOPL, bitmap, permission of
 * the domain)? */
bool pv_port_allowed(struct vcpu *v, unsigned port, unsigned bytes);
uint32_t pv_port_read(struct vcpu *v, unsigned port, unsigned bytes);
void pv_port_write(struct vcpu *v, unsigned port, unsigned bytes, uint32_t value);

/* --- entry.S ---------------------------------------------------------------------------------- */
__attribute__((noreturn)) void leave_to_guest(void);
__attribute__((noreturn)) void leave_to(void (*fn)(void));
int guest_write_words(uint64_t dst, const uint64_t *src, unsigned n);

#endif
