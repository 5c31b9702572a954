/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Switching a CPU from one vcpu to another. There is one stack for each CPU: the registers of the
 * guest move between its frame and v->arch.regs, and the CPU leaves to the new guest on an empty
 * stack. Everything is saved when a vcpu leaves its CPU, nothing stays behind lazily; so no CPU has
 * to be asked before a vcpu's state is looked at.
 */
#include <arch/boot.h>
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/extable.h>
#include <arch/features.h>
#include <arch/fpu.h>
#include <arch/hvm.h>
#include <arch/hvm_memory.h>
#include <arch/insn.h>
#include <arch/hvmap.h>
#include <arch/mm.h>
#include <arch/msr_index.h>
#include <arch/percpu.h>
#include <arch/pv.h>
#include <arch/spec.h>
#include <arch/traps.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/sched.h>
#include <hv/string.h>

#define DR7_ACTIVE 0xffUL

/* --- FS and GS bases -------------------------------------------------------------------------- */
static bool have_fsgsbase(void) { return get_cpu_info()->cr4 & CR4_FSGSBASE; }

uint64_t read_fs_base(void)
{
    uint64_t v;

    if (!have_fsgsbase())
        return rdmsr(MSR_FS_BASE);
    __asm__ volatile("rdfsbase %0" : "=r"(v));
    return v;
}

void write_fs_base(uint64_t v)
{
    if (have_fsgsbase())
        __asm__ volatile("wrfsbase %0" ::"r"(v));
    else
        wrmsr(MSR_FS_BASE, v);
}

uint64_t read_gs_base(void)
{
    uint64_t v;

    if (!have_fsgsbase())
        return rdmsr(MSR_GS_BASE);
    __asm__ volatile("rdgsbase %0" : "=r"(v));
    return v;
}

void write_gs_base(uint64_t v)
{
    if (have_fsgsbase())
        __asm__ volatile("wrgsbase %0" ::"r"(v));
    else
        wrmsr(MSR_GS_BASE, v);
}

/*
 * The base that swapgs brings in: twice swapped is cheaper than an MSR. The hypervisor itself uses
 * no GS, so an interrupt between the two does no harm.
 */
uint64_t read_other_gs_base(void)
{
    uint64_t v;

    if (!have_fsgsbase())
        return rdmsr(MSR_KERNEL_GS_BASE);
    __asm__ volatile("swapgs\n rdgsbase %0\n swapgs" : "=r"(v));
    return v;
}

void write_other_gs_base(uint64_t v)
{
    if (have_fsgsbase())
        __asm__ volatile("swapgs\n wrgsbase %0\n swapgs" ::"r"(v));
    else
        wrmsr(MSR_KERNEL_GS_BASE, v);
}

/* --- segments --------------------------------------------------------------------------------- */
#define SAVE_SELECTOR(seg, field) __asm__ volatile("mov %%" #seg ", %0" : "=m"(field))

/* A selector that cannot be loaded becomes null: true when that happened */
#define LOAD_SELECTOR(seg, sel)                                                       \
    ({                                                                                \
        uint32_t sel_ = (sel), failed_ = 0;                                           \
        __asm__ volatile("1: mov %0, %%" #seg "\n"                                    \
                         "2:\n"                                                       \
                         ".pushsection .text.fixup, \"ax\"\n"                         \
                         "3: mov $1, %1\n"                                            \
                         "   xor %0, %0\n"                                            \
                         "   mov %0, %%" #seg "\n"                                    \
                         "   jmp 2b\n"                                                \
                         ".popsection\n" EXTABLE("1b", "3b")                          \
                         : "+r"(sel_), "+r"(failed_));                                \
        failed_ != 0;                                                                 \
    })

bool load_user_gs_selector(uint16_t sel)
{
    bool failed;

    __asm__ volatile("swapgs");
    failed = LOAD_SELECTOR(gs, sel);
    __asm__ volatile("swapgs");
    return !failed;
}

static void save_segments(struct vcpu *v)
{
    struct arch_vcpu *a = &v->arch;
    uint64_t gs = read_gs_base(), other = read_other_gs_base();

    SAVE_SELECTOR(ds, a->regs.ds);
    SAVE_SELECTOR(es, a->regs.es);
    SAVE_SELECTOR(fs, a->regs.fs);
    SAVE_SELECTOR(gs, a->regs.gs);
    a->fs_base = read_fs_base();
    a->gs_base_kernel = a->kernel_mode ? gs : other;
    a->gs_base_user = a->kernel_mode ? other : gs;
}

void load_ldt(struct vcpu *v)
{
    uint64_t *gdt = (uint64_t *)(percpu_area(this_cpu()) + PERCPU_GDT);
    unsigned slot = (HV_LDT - FIRST_RESERVED_GDT_BYTE) / 8;
    uint64_t base = perdomain_ldt_va(v->id), limit = v->arch.ldt_ents * 8UL - 1;

    if (!v->arch.ldt_ents) {
        __asm__ volatile("lldt %w0" ::"r"(0));
        return;
    }
    gdt[slot] = (limit & 0xffff) | (base & 0xffffff) << 16 | 0x82UL << 40 |
                (limit >> 16 & 0xf) << 48 | (base >> 24 & 0xff) << 56;
    gdt[slot + 1] = base >> 32;
    __asm__ volatile("lldt %w0" ::"r"(HV_LDT));
}

/* True when all selectors were good; else the guest has to be told by its failsafe callback */
static bool load_segments(struct vcpu *v)
{
    struct arch_vcpu *a = &v->arch;
    bool bad = false;

    load_ldt(v);
    bad |= LOAD_SELECTOR(ds, a->regs.ds);
    bad |= LOAD_SELECTOR(es, a->regs.es);
    bad |= LOAD_SELECTOR(fs, a->regs.fs);
    bad |= LOAD_SELECTOR(gs, a->regs.gs);
    write_fs_base(a->fs_base);
    write_gs_base(a->kernel_mode ? a->gs_base_kernel : a->gs_base_user);
    write_other_gs_base(a->kernel_mode ? a->gs_base_user : a->gs_base_kernel);
    return !bad;
}

/* --- debug registers -------------------------------------------------------------------------- */
#define WRITE_DR(n, v) __asm__ volatile("mov %0, %%dr" #n ::"r"(v))

void load_debug_registers(const struct vcpu *v)
{
    WRITE_DR(0, v->arch.debugreg[0]);
    WRITE_DR(1, v->arch.debugreg[1]);
    WRITE_DR(2, v->arch.debugreg[2]);
    WRITE_DR(3, v->arch.debugreg[3]);
    WRITE_DR(6, v->arch.debugreg[6] | 0xffff0ff0UL);
    WRITE_DR(7, v->arch.debugreg[7] | 0x400UL);
}

/* --- CR4 -------------------------------------------------------------------------------------- */
uint64_t guest_real_cr4(const struct vcpu *v)
{
    uint64_t cr4 = get_cpu_info()->cr4 & ~(CR4_TSD | CR4_FSGSBASE);

    cr4 |= v->arch.ctrlreg[4] & CR4_TSD;
    if (cpu_features.fsgsbase)
        cr4 |= v->arch.ctrlreg[4] & CR4_FSGSBASE;
    return cr4;
}

void load_cr4(uint64_t cr4)
{
    struct cpu_info *ci = get_cpu_info();

    if (ci->cr4 == cr4)
        return;
    ci->cr4 = cr4;
    write_cr4(cr4);
}

/* --- the switch ------------------------------------------------------------------------------- */
static void save_guest(struct vcpu *v)
{
    memcpy(&v->arch.regs, guest_regs(), offsetof(struct cpu_user_regs, es));
    save_segments(v);
    fpu_save(v);
    if (v->arch.debugreg[7] & DR7_ACTIVE)
        WRITE_DR(7, 0x400UL);
}

/* Page tables, descriptor tables and registers of `v`; between two page tables only this CPU's own
 * GDT is in reach */
static bool load_guest(struct vcpu *v, unsigned cpu)
{
    bool segments_ok;

    spec_switch_to(v);
    perdomain_ptes(v)[FIRST_RESERVED_GDT_PAGE] = cpu_gdt_pte(cpu);
    cpu_load_gdt(NULL);
    tlb_enter_guests();
    write_ptbase(v);
    cpu_load_gdt(v);
    load_cr4(guest_real_cr4(v));
    segments_ok = load_segments(v);
    memcpy(guest_regs(), &v->arch.regs, offsetof(struct cpu_user_regs, es));
    fpu_switch_in(v);
    if (v->arch.debugreg[7] & DR7_ACTIVE)
        load_debug_registers(v);
    return segments_ok;
}

static void load_idle(void)
{
    cpu_load_gdt(NULL);
    __asm__ volatile("lldt %w0" ::"r"(0));
    (void)LOAD_SELECTOR(ds, 0);
    (void)LOAD_SELECTOR(es, 0);
    (void)LOAD_SELECTOR(fs, 0);
    (void)LOAD_SELECTOR(gs, 0);
    tlb_leave_guests();
}

/* --- hardware guests -------------------------------------------------------------------------- */
static void save_hvm(struct vcpu *v)
{
    memcpy(&v->arch.regs, guest_regs(), offsetof(struct cpu_user_regs, es));
    fpu_save(v);
    window_close(v); /* it may never be entered again */
    hvm_ops->switch_out(v);
}

static void load_hvm(struct vcpu *v)
{
    spec_switch_to(v);
    load_idle();
    tlb_enter_guests();
    memcpy(guest_regs(), &v->arch.regs, offsetof(struct cpu_user_regs, es));
    hvm_ops->switch_in(v);
}

void context_switch(struct vcpu *prev, struct vcpu *next)
{
    unsigned cpu = this_cpu();
    bool segments_ok = true;

    ASSERT(!irqs_enabled());
    ASSERT(prev != next);
    if (!vcpu_is_idle(prev)) {
        vcpu_time_switch_out(prev);
        if (is_hvm_vcpu(prev))
            save_hvm(prev);
        else
            save_guest(prev);
    }
    get_cpu_info()->current_vcpu = next;
    next->dirty_cpu = cpu;
    if (vcpu_is_idle(next))
        load_idle();
    else if (is_hvm_vcpu(next))
        load_hvm(next);
    else
        segments_ok = load_guest(next, cpu);
    prev->dirty_cpu = -1;
    sched_context_saved(prev);
    if (is_hvm_vcpu(prev))
        hvm_left_cpu(prev);
    if (!vcpu_is_idle(next))
        vcpu_time_switch_in(next);
    if (!segments_ok)
        pv_enter_failsafe(next, guest_regs());
    if (vcpu_is_idle(next))
        leave_to(idle_loop);
    if (is_hvm_vcpu(next))
        leave_to(hvm_ops->enter);
    leave_to_guest();
}

/* A hardware guest's addresses are those of whatever it executes: its kernel's, if they are there. */
bool arch_vcpu_kernel_reachable(const struct vcpu *v)
{
    return v->arch.kernel_mode || is_hvm_vcpu(v);
}
