/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Privileged instructions of PV guests. They fault in ring 3 (#GP, or #UD with the forced emulation
 * prefix) and are carried out here by a table, as far as the guest may; whatever is not in the
 * table, or not allowed, remains the fault that it was.
 */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/cpu_policy.h>
#include <arch/decode.h>
#include <arch/descriptor.h>
#include <arch/features.h>
#include <arch/fpu.h>
#include <arch/hypercall.h>
#include <arch/mm.h>
#include <arch/msr_index.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/string.h>

enum result {
    REFUSED,   /* the original fault goes to the guest */
    DONE,      /* the instruction is over */
    AGAIN,     /* carried out in part, or not yet: issue it again */
    REFLECTED, /* another fault was reflected */
};

struct emulation {
    struct vcpu *v;
    struct cpu_user_regs *regs;
    struct insn in;
};

/* --- fetching --------------------------------------------------------------------------------- */
unsigned pv_fetch_code(uint64_t addr, uint8_t bytes[PV_CODE_BYTES])
{
    unsigned on_page = MIN((unsigned)(PAGE_SIZE - (addr & (PAGE_SIZE - 1))), PV_CODE_BYTES);

    if (copy_from_guest_va(bytes, addr, on_page))
        return 0;
    if (on_page < PV_CODE_BYTES &&
        copy_from_guest_va(bytes + on_page, addr + on_page, PV_CODE_BYTES - on_page))
        return on_page;
    return PV_CODE_BYTES;
}

/* Linear address of the instruction: 32-bit code segments have a base */
static uint64_t code_base(struct vcpu *v, uint16_t cs, bool mode64)
{
    uint64_t d;

    if (mode64 || !guest_descriptor(v, cs, &d))
        return 0;
    return (d >> 16 & 0xffffff) | (d >> 56 & 0xff) << 24;
}

/* --- control registers ------------------------------------------------------------------------ */
#define CR4_GUEST_OWN (CR4_TSD | CR4_DE | CR4_FSGSBASE | CR4_OSXSAVE)
#define CR4_SHOWN (CR4_PAE | CR4_PGE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT)

static enum result read_cr(struct emulation *e)
{
    struct arch_vcpu *a = &e->v->arch;
    uint64_t value;

    switch (e->in.reg) {
    case 0: value = a->ctrlreg[0]; break;
    case 2: value = e->v->vcpu_info->arch.cr2; break;
    case 3: value = mfn_to_maddr(a->guest_table); break;
    case 4: value = (a->ctrlreg[4] & CR4_GUEST_OWN) | CR4_SHOWN; break;
    default: return REFUSED;
    }
    insn_reg_write(&e->in, e->regs, e->in.rm, 8, value);
    return DONE;
}

static enum result guest_write_cr0(struct vcpu *v, uint64_t value)
{
    const uint64_t fixed = CR0_PE | CR0_PG | CR0_WP | CR0_ET | CR0_NE;

    if ((value & fixed) != fixed || (value >> 32))
        return REFUSED;
    do_fpu_taskswitch(value & CR0_TS, 0, 0, 0, 0, 0);
    return DONE;
}

static enum result guest_write_cr3(struct vcpu *v, uint64_t value)
{
    int rc = mm_lock(v->domain);

    if (!rc) {
        rc = vcpu_set_root(v, false, maddr_to_mfn(value & PTE_MFN_MASK), &v->arch.mm_pending);
        mm_unlock(v->domain);
    }
    if (rc == -XEN_ERESTART)
        return AGAIN;
    if (rc)
        return REFUSED;
    write_ptbase(v);
    return DONE;
}

/* Bits that are not the guest's are dropped: it reads them back as they are */
static enum result guest_write_cr4(struct vcpu *v, uint64_t value)
{
    if ((value & CR4_FSGSBASE) && !cpu_features.fsgsbase)
        return REFUSED;
    if ((value & CR4_OSXSAVE) && !cpu_features.xsave)
        return REFUSED;
    v->arch.ctrlreg[4] = value & CR4_GUEST_OWN;
    load_cr4(guest_real_cr4(v));
    return DONE;
}

static enum result write_cr(struct emulation *e)
{
    uint64_t value = insn_reg_read(&e->in, e->regs, e->in.rm, 8);

    switch (e->in.reg) {
    case 0: return guest_write_cr0(e->v, value);
    case 2: e->v->vcpu_info->arch.cr2 = value; return DONE;
    case 3: return guest_write_cr3(e->v, value);
    case 4: return guest_write_cr4(e->v, value);
    default: return REFUSED;
    }
}

static enum result clts(struct emulation *e)
{
    do_fpu_taskswitch(0, 0, 0, 0, 0, 0);
    return DONE;
}

/* --- debug registers -------------------------------------------------------------------------- */
static enum result read_dr(struct emulation *e)
{
    long value = do_get_debugreg(e->in.reg, 0, 0, 0, 0, 0);

    if (value == -XEN_ENODEV)
        return REFUSED;
    insn_reg_write(&e->in, e->regs, e->in.rm, 8, value);
    return DONE;
}

static enum result write_dr(struct emulation *e)
{
    return do_set_debugreg(e->in.reg, insn_reg_read(&e->in, e->regs, e->in.rm, 8), 0, 0, 0, 0)
               ? REFUSED
               : DONE;
}

/* --- MSRs, CPUID, time ------------------------------------------------------------------------ */
static void put_edx_eax(struct cpu_user_regs *regs, uint64_t value)
{
    regs->rax = (uint32_t)value;
    regs->rdx = value >> 32;
}

static enum result emulate_rdmsr(struct emulation *e)
{
    uint64_t value;

    if (!guest_rdmsr(e->v, (uint32_t)e->regs->rcx, &value))
        return REFUSED;
    put_edx_eax(e->regs, value);
    return DONE;
}

static enum result emulate_wrmsr(struct emulation *e)
{
    uint64_t value = e->regs->rdx << 32 | (uint32_t)e->regs->rax;

    return guest_wrmsr(e->v, (uint32_t)e->regs->rcx, value) ? DONE : REFUSED;
}

static enum result emulate_cpuid(struct emulation *e)
{
    guest_cpuid(e->v, e->regs);
    return DONE;
}

static enum result emulate_rdtsc(struct emulation *e)
{
    if ((e->v->arch.ctrlreg[4] & CR4_TSD) && !e->v->arch.kernel_mode)
        return REFUSED;
    put_edx_eax(e->regs, rdtsc_ordered());
    return DONE;
}

/* --- 0f 01 ------------------------------------------------------------------------------------ */
static enum result emulate_xsetbv(struct emulation *e)
{
    if (!(e->v->arch.ctrlreg[4] & CR4_OSXSAVE) || (uint32_t)e->regs->rcx)
        return REFUSED;
    return fpu_set_xcr0(e->v, e->regs->rdx << 32 | (uint32_t)e->regs->rax) ? DONE : REFUSED;
}

static enum result group_0f01(struct emulation *e)
{
    if (e->in.modrm == 0xf9) { /* rdtscp */
        enum result r = emulate_rdtsc(e);

        if (r == DONE)
            e->regs->rcx = 0;
        return r;
    }
    if (!e->v->arch.kernel_mode)
        return REFUSED;
    if (e->in.modrm == 0xd1)
        return emulate_xsetbv(e);
    if (e->in.is_mem && (e->in.modrm >> 3 & 7) == 7) { /* invlpg */
        uint64_t va = insn_effective_address(&e->in, e->regs);

        if (guest_address_ok(va))
            tlb_flush_local_page(va);
        return DONE;
    }
    return REFUSED;
}

static enum result emulate_wbinvd(struct emulation *e)
{
    if (e->v->domain->is_hardware)
        cache_flush_all();
    return DONE;
}

/* --- interrupt flag --------------------------------------------------------------------------- */
static bool iopl_allows(const struct vcpu *v)
{
    unsigned kernel_level = v->domain->vm_assist & 1UL << VMASST_TYPE_architectural_iopl ? 0 : 1;

    return v->arch.iopl >= (v->arch.kernel_mode ? kernel_level : 3);
}

/* PV kernels mask events in vcpu_info; IF itself never changes */
static enum result cli_sti(struct emulation *e) { return iopl_allows(e->v) ? DONE : REFUSED; }

/* --- ports ------------------------------------------------------------------------------------ */
static unsigned port_bytes(const struct insn *in)
{
    return in->byte_op ? 1 : in->op_bytes == 2 ? 2 : 4;
}

static enum result port_in(struct emulation *e)
{
    unsigned bytes = port_bytes(&e->in),
             port = e->in.imm_bytes ? (uint8_t)e->in.imm : (uint16_t)e->regs->rdx;

    if (!pv_port_allowed(e->v, port, bytes))
        return REFUSED;
    insn_reg_write(&e->in, e->regs, 0, bytes, pv_port_read(e->v, port, bytes));
    return DONE;
}

static enum result port_out(struct emulation *e)
{
    unsigned bytes = port_bytes(&e->in),
             port = e->in.imm_bytes ? (uint8_t)e->in.imm : (uint16_t)e->regs->rdx;

    if (!pv_port_allowed(e->v, port, bytes))
        return REFUSED;
    pv_port_write(e->v, port, bytes, insn_reg_read(&e->in, e->regs, 0, bytes));
    return DONE;
}

static enum result reflect_data_fault(struct emulation *e, uint64_t addr, bool write)
{
    pv_reflect_page_fault(e->v, e->regs, addr, write ? PF_WRITE : 0);
    return REFLECTED;
}

/* One element; `rep` comes back here by the guest executing the instruction again */
static enum result port_string(struct emulation *e, bool in)
{
    unsigned bytes = port_bytes(&e->in), port = (uint16_t)e->regs->rdx;
    unsigned reg = in ? INSN_RDI : INSN_RSI, width = e->in.addr_bytes;
    uint64_t index = insn_reg_read(&e->in, e->regs, reg, width), addr = index;
    uint64_t count = insn_reg_read(&e->in, e->regs, INSN_RCX, width);
    bool rep = e->in.rep || e->in.repne;
    uint32_t value = 0;

    if (e->in.seg == INSN_SEG_FS || e->in.seg == INSN_SEG_GS)
        addr += e->in.seg == INSN_SEG_FS ? read_fs_base() : read_gs_base();
    if (!pv_port_allowed(e->v, port, bytes))
        return REFUSED;
    if (rep && !count)
        return DONE;
    if (in)
        value = pv_port_read(e->v, port, bytes);
    if (in ? copy_to_guest_va(addr, &value, bytes) : copy_from_guest_va(&value, addr, bytes))
        return reflect_data_fault(e, addr, in);
    if (!in)
        pv_port_write(e->v, port, bytes, value);
    index += e->regs->rflags & RFLAGS_DF ? -(uint64_t)bytes : bytes;
    insn_reg_write(&e->in, e->regs, reg, width, index);
    if (!rep)
        return DONE;
    insn_reg_write(&e->in, e->regs, INSN_RCX, width, count - 1);
    return count > 1 ? AGAIN : DONE;
}

static enum result port_ins(struct emulation *e) { return port_string(e, true); }
static enum result port_outs(struct emulation *e) { return port_string(e, false); }

/* --- the table -------------------------------------------------------------------------------- */
struct row {
    enum result (*fn)(struct emulation *e);
    bool kernel_only;
};

static const struct row rows_1byte[256] = {
    [0x6c] = { port_ins, false },  [0x6d] = { port_ins, false }, [0x6e] = { port_outs, false },
    [0x6f] = { port_outs, false }, [0xe4] = { port_in, false },  [0xe5] = { port_in, false },
    [0xe6] = { port_out, false },  [0xe7] = { port_out, false }, [0xec] = { port_in, false },
    [0xed] = { port_in, false },   [0xee] = { port_out, false }, [0xef] = { port_out, false },
    [0xfa] = { cli_sti, false },   [0xfb] = { cli_sti, false },
};

static const struct row rows_0f[256] = {
    [0x01] = { group_0f01, false },    [0x06] = { clts, true },
    [0x09] = { emulate_wbinvd, true }, [0x20] = { read_cr, true },
    [0x21] = { read_dr, true },        [0x22] = { write_cr, true },
    [0x23] = { write_dr, true },       [0x30] = { emulate_wrmsr, true },
    [0x31] = { emulate_rdtsc, false }, [0x32] = { emulate_rdmsr, true },
    [0xa2] = { emulate_cpuid, false },
};

static enum result dispatch(struct emulation *e)
{
    const struct row *r =
        e->in.map == INSN_MAP_0F ? &rows_0f[e->in.opcode] : &rows_1byte[e->in.opcode];

    if (e->in.map > INSN_MAP_0F || !r->fn || e->in.lock ||
        (r->kernel_only && !e->v->arch.kernel_mode))
        return REFUSED;
    return r->fn(e);
}

/* A single-stepping guest sees its trap after the emulated instruction, as after a real one */
static void retire(struct emulation *e)
{
    e->regs->rip += e->in.length;
    e->regs->rflags &= ~RFLAGS_RF;
    if (e->regs->rflags & RFLAGS_TF) {
        e->v->arch.debugreg[6] |= 0x4000;
        pv_reflect(e->v, e->regs, TRAP_DEBUG, 0);
    }
}

bool pv_emulate_privileged(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct emulation e = { .v = v, .regs = regs };
    uint8_t code[PV_CODE_BYTES];
    int mode64 = pv_code_is_64bit(v, regs), rc;
    uint64_t start;
    unsigned have;

    if (mode64 < 0)
        return false;
    start = code_base(v, regs->cs, mode64) + regs->rip;
    have = pv_fetch_code(start, code);
    rc = insn_decode(&e.in, code, have, mode64 ? 64 : 32);
    if (rc == -XEN_EFAULT) { /* gone since the processor fetched it */
        pv_reflect_page_fault(v, regs, start + have, PF_FETCH);
        return true;
    }
    if (rc)
        return false;
    switch (dispatch(&e)) {
    case REFUSED: return false;
    case DONE: retire(&e); return true;
    default: return true;
    }
}

bool pv_emulate_forced_cpuid(struct vcpu *v, struct cpu_user_regs *regs)
{
    static const uint8_t forced[] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };
    uint8_t code[sizeof(forced)];

    if (pv_code_is_64bit(v, regs) < 0)
        return false;
    if (copy_from_guest_va(code, regs->rip, sizeof(code)) || memcmp(code, forced, sizeof(code)))
        return false;
    guest_cpuid(v, regs);
    regs->rip += sizeof(forced);
    regs->rflags &= ~RFLAGS_RF;
    return true;
}
