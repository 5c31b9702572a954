/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small calls by which a guest kernel manages its processor: kernel stack, TS, segment bases, debug
 * registers, I/O privilege.
 */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/fpu.h>
#include <arch/hypercall.h>
#include <arch/msr_index.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <public/callback.h>

#define DR7_GENERAL_DETECT 0x2000UL
#define DR7_RESERVED_SET   0x400UL
#define DR7_RESERVED_CLEAR 0xffffffff0000dc00UL /* bits that must be clear, the detect bit aside */

long do_stack_switch(uint64_t ss, uint64_t sp, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    struct vcpu *v = current;

    v->arch.kernel_ss = ss | 3;
    v->arch.kernel_sp = sp;
    pv_update_fast_syscall(v);
    return 0;
}

long do_fpu_taskswitch(uint64_t set, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                       uint64_t a6)
{
    struct vcpu *v = current;

    if (set) {
        v->arch.ctrlreg[0] |= CR0_TS;
        v->arch.ts_set = true;
        fpu_set_ts(true);
    } else {
        v->arch.ctrlreg[0] &= ~CR0_TS;
        v->arch.ts_set = false;
        if (v->arch.fpu_dirty)
            fpu_set_ts(false);
    }
    return 0;
}

long do_set_segment_base(uint64_t which, uint64_t base, uint64_t a3, uint64_t a4, uint64_t a5,
                         uint64_t a6)
{
    if ((unsigned)which != SEGBASE_GS_USER_SEL && !canonical(base))
        return -XEN_EINVAL;
    switch ((unsigned)which) {
    case SEGBASE_FS: write_fs_base(base); return 0;
    case SEGBASE_GS_USER: write_other_gs_base(base); return 0;
    case SEGBASE_GS_KERNEL: write_gs_base(base); return 0;
    case SEGBASE_GS_USER_SEL: (void)load_user_gs_selector(base); return 0;
    default: return -XEN_EINVAL;
    }
}

/* --- debug registers -------------------------------------------------------------------------- */
/* Breakpoints on I/O (type 2) and on the hypervisor's addresses are refused */
static bool dr7_ok(uint64_t v)
{
    for (unsigned i = 0; i < 4; i++)
        if ((v >> (16 + 4 * i) & 3) == 2 && (v >> (2 * i) & 3))
            return false;
    return !(v & DR7_GENERAL_DETECT);
}

bool pv_debugreg_ok(unsigned reg, uint64_t *value)
{
    if (reg < 4)
        return canonical(*value) && !touches_hv_range(*value, 8);
    if (*value >> 32)
        return false;
    if (reg == 6) {
        *value = (*value & ~0x1000UL) | 0xffff0ff0UL;
        return true;
    }
    *value = (*value & ~DR7_RESERVED_CLEAR) | DR7_RESERVED_SET;
    return dr7_ok(*value);
}

long do_set_debugreg(uint64_t reg, uint64_t value, uint64_t a3, uint64_t a4, uint64_t a5,
                     uint64_t a6)
{
    struct vcpu *v = current;

    if (reg == 4 || reg == 5)
        reg += 2;
    if (reg > 7)
        return -XEN_ENODEV;
    if (!pv_debugreg_ok(reg, &value))
        return reg < 4 ? -XEN_EPERM : -XEN_EINVAL;
    v->arch.debugreg[reg] = value;
    load_debug_registers(v);
    return 0;
}

long do_get_debugreg(uint64_t reg, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    if (reg == 4 || reg == 5)
        reg += 2;
    return reg > 7 ? (long)-XEN_ENODEV : (long)current->arch.debugreg[reg];
}

/* --- I/O privilege ---------------------------------------------------------------------------- */
int pv_set_iopl(struct vcpu *v, unsigned iopl)
{
    if (iopl > 3)
        return -XEN_EINVAL;
    v->arch.iopl = iopl;
    return 0;
}

int pv_set_iobitmap(struct vcpu *v, uint64_t addr, unsigned nr_ports)
{
    if (nr_ports > 65536 || (nr_ports && (!canonical(addr) || touches_hv_range(addr, 8192))))
        return -XEN_EINVAL;
    v->arch.iobitmap = addr;
    v->arch.iobitmap_ports = nr_ports;
    return 0;
}
