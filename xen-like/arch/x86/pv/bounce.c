/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entering the guest kernel: a frame on its stack, as an interrupt makes one, and its handler's
 * address in the registers.
 *
 * The frame, from the top: ss, rsp, rflags, cs (with the event mask of the interrupted code in
 * bits 32..39; RPL 0 when that was the guest kernel), rip, [error code], [gs, fs, es, ds], r11,
 * rcx. Because rcx and r11 are saved there, the entry can be made by SYSRET.
 */
#include <arch/cpu.h>
#include <arch/mm.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/printk.h>
#include <public/callback.h>

#define FRAME_MAX_WORDS 12
#define TI_DPL(ti)  ((ti)->flags & 3)
#define TI_MASK(ti) ((ti)->flags & 4)

/* Vectors that push an error code */
#define ERROR_CODE_VECTORS                                                                         \
    (1u << 8 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 17 | 1u << 21)

#define READ_SELECTOR(seg)                                                            \
    ({                                                                                \
        uint32_t sel_;                                                                \
        __asm__ volatile("mov %%" #seg ", %0" : "=r"(sel_));                          \
        (uint64_t)(uint16_t)sel_;                                                     \
    })

/* Words of the frame in the order of their addresses; returns how many */
static unsigned build_frame(uint64_t *w, const struct vcpu *v, const struct cpu_user_regs *regs,
                            const struct pv_entry *e, bool from_kernel)
{
    uint8_t mask = v->vcpu_info->evtchn_upcall_mask;
    uint64_t rflags = regs->rflags & ~(RFLAGS_IF | RFLAGS_IOPL);
    unsigned n = 0;

    if (!mask)
        rflags |= RFLAGS_IF;
    if (v->domain->vm_assist & 1UL << VMASST_TYPE_architectural_iopl)
        rflags |= (uint64_t)v->arch.iopl << RFLAGS_IOPL_SHIFT;
    w[n++] = regs->rcx;
    w[n++] = regs->r11;
    if (e->has_segments) {
        w[n++] = READ_SELECTOR(ds);
        w[n++] = READ_SELECTOR(es);
        w[n++] = READ_SELECTOR(fs);
        w[n++] = READ_SELECTOR(gs);
    }
    if (e->has_error)
        w[n++] = e->error;
    w[n++] = regs->rip;
    w[n++] = (from_kernel ? regs->cs & ~3u : regs->cs) | (uint64_t)mask << 32;
    w[n++] = rflags;
    w[n++] = regs->rsp;
    w[n++] = regs->ss;
    return n;
}

void pv_enter_kernel(struct vcpu *v, struct cpu_user_regs *regs, const struct pv_entry *e)
{
    uint64_t words[FRAME_MAX_WORDS], sp;
    bool from_kernel = v->arch.kernel_mode;
    unsigned n;

    if (unlikely(!e->rip)) {
        domain_crash(v->domain, "no handler for an entry into the guest kernel at rip %#lx",
                     regs->rip);
        return;
    }
    if (!from_kernel) {
        toggle_guest_mode(v);
        if (unlikely(v->areas_stale))
            vcpu_update_stale_areas(v);
    }
    n = build_frame(words, v, regs, e, from_kernel);
    sp = ((from_kernel ? regs->rsp : v->arch.kernel_sp) & ~15UL) - n * 8;
    if (unlikely(touches_hv_range(sp, n * 8) || guest_write_words(sp, words, n))) {
        domain_crash(v->domain, "guest kernel's stack at %#lx cannot be written", sp);
        return;
    }
    if (e->mask_events)
        v->vcpu_info->evtchn_upcall_mask = 1;
    regs->rip = e->rip;
    regs->cs = FLAT_KERNEL_CS64; /* whatever selector the handler was registered with */
    regs->rflags = (regs->rflags &
                    ~(RFLAGS_AC | RFLAGS_VM | RFLAGS_RF | RFLAGS_NT | RFLAGS_TF | RFLAGS_IOPL)) |
                   RFLAGS_IF;
    regs->rsp = sp;
    regs->ss = FLAT_KERNEL_SS64;
    regs->entry_vector = FRAME_SYSCALL; /* SYSRET will do: rcx and r11 are in the frame */
}

void pv_reflect(struct vcpu *v, struct cpu_user_regs *regs, unsigned vector, uint32_t error)
{
    const struct trap_info *ti = &v->arch.trap_table[vector];
    struct pv_entry e = {
        .rip = ti->address,
        .mask_events = TI_MASK(ti),
        .has_error = vector < 32 && (ERROR_CODE_VECTORS >> vector & 1),
        .error = error,
    };

    if (unlikely(!ti->address)) {
        domain_crash(v->domain, "vcpu %u: exception %u (error %#x) at rip %#lx without a handler",
                     v->id, vector, error, regs->rip);
        return;
    }
    pv_enter_kernel(v, regs, &e);
}

void pv_reflect_page_fault(struct vcpu *v, struct cpu_user_regs *regs, uint64_t addr,
                           uint32_t error)
{
    v->vcpu_info->arch.cr2 = addr;
    v->arch.ctrlreg[2] = addr;
    error &= ~(PF_USER | PF_RESERVED);
    if (!v->arch.kernel_mode)
        error |= PF_USER;
    pv_reflect(v, regs, TRAP_PAGE_FAULT, error);
}

void pv_enter_failsafe(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct pv_entry e = {
        .rip = v->arch.failsafe_callback,
        .mask_events = v->arch.failsafe_disables_events,
        .has_segments = true,
    };

    pv_enter_kernel(v, regs, &e);
}

bool pv_software_interrupt(struct vcpu *v, struct cpu_user_regs *regs, unsigned vector)
{
    const struct trap_info *ti;
    struct pv_entry e;

    if (vector > 255)
        return false;
    ti = &v->arch.trap_table[vector];
    if (!ti->address || TI_DPL(ti) < (v->arch.kernel_mode ? 1 : 3))
        return false;
    regs->rip += 2;
    e = (struct pv_entry){ .rip = ti->address, .mask_events = TI_MASK(ti) };
    pv_enter_kernel(v, regs, &e);
    return true;
}

static void deliver_nmi(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct pv_entry e = { .rip = v->arch.nmi_callback, .mask_events = true };

    v->arch.nmi_pending = false;
    if (!e.rip)
        return;
    v->arch.nmi_masked = true;
    pv_enter_kernel(v, regs, &e);
}

/* Called by entry.S on the way to the guest, interrupts off */
void pv_deliver_events(struct vcpu *v, struct cpu_user_regs *regs);
void pv_deliver_events(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct vcpu_info *info = v->vcpu_info;

    v->arch.mce_pending = false; /* machine checks reach Dom0 as VIRQ_MCA */
    if (v->arch.nmi_pending && !v->arch.nmi_masked)
        deliver_nmi(v, regs);
    if (READ_ONCE(info->evtchn_upcall_pending) && !READ_ONCE(info->evtchn_upcall_mask)) {
        struct pv_entry e = { .rip = v->arch.event_callback, .mask_events = true };

        pv_enter_kernel(v, regs, &e);
    }
}
