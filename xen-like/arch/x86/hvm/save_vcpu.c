/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of a vcpu's own state: registers, XSAVE state, memory types. A vcpu that is down has no
 * records of registers, and one that has none stays down.
 *
 * The ABI has no place for an NMI that waits, for NMIs that are held back, and for the shadow of STI
 * and MOV SS: a guest that suspends by itself has none of them, one that is stopped loses them.
 */
#include <arch/fpu.h>
#include <arch/hvm.h>
#include <arch/hvm_exit.h>
#include <arch/hvm_save.h>
#include <hv/arch.h>
#include <hv/sched.h>
#include <public/errno.h>
#include <public/hvm/save.h>

static bool is_down(const struct vcpu *v) { return READ_ONCE(v->pause_flags) & VPF_DOWN; }

/* --- registers -------------------------------------------------------------------------------- */
unsigned hvm_save_cpu(const struct hvm_context *c, unsigned instance, void *to)
{
    struct vcpu *v = c->d->vcpu[instance];
    struct hvm_hw_cpu *r = to;

    if (is_down(v))
        return 0;
    hvm_ops->get_registers(v, r, c->tsc);
    fpu_get_fxsave(v, r->fpu_regs);
    r->flags = XEN_X86_FPU_INITIALISED;
    return sizeof(*r);
}

int hvm_load_cpu(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    struct vcpu *v = c->d->vcpu[instance];
    const struct hvm_hw_cpu *r = from;
    int rc;

    if ((r->flags & ~XEN_X86_FPU_INITIALISED) || r->pad0)
        return -XEN_EINVAL;
    rc = hvm_ops->set_registers(v, r, c->tsc);
    if (rc)
        return rc;
    if (r->flags & XEN_X86_FPU_INITIALISED)
        fpu_set_fxsave(v, r->fpu_regs);
    else
        fpu_reset(v);
    v->initialised = true;
    if (__atomic_fetch_and(&v->pause_flags, ~VPF_DOWN, __ATOMIC_SEQ_CST) & VPF_DOWN)
        vcpu_wake(v);
    return 0;
}

/* --- XSAVE state: in the record the image that its components need, in the standard form ------ */
#define BEFORE_IMAGE offsetof(struct hvm_hw_cpu_xsave, save_area)

unsigned hvm_xsave_bytes(void) { return BEFORE_IMAGE + fpu_area_size(fpu_xcr0_max()); }

unsigned hvm_save_xsave(const struct hvm_context *c, unsigned instance, void *to)
{
    struct vcpu *v = c->d->vcpu[instance];
    struct hvm_hw_cpu_xsave *x = to;
    unsigned bytes = fpu_area_size(v->arch.xcr0_accum);

    if (!fpu_xcr0_max() || is_down(v))
        return 0;
    x->xfeature_mask = fpu_xcr0_max();
    x->xcr0 = v->arch.xcr0;
    fpu_get_xsave(v, &x->save_area, bytes);
    /* SSE works, and is stored, without its bit in XCR0; its place is there in any case */
    x->xcr0_accum = v->arch.xcr0_accum | x->save_area.xsave_hdr.xstate_bv;
    return BEFORE_IMAGE + bytes;
}

int hvm_load_xsave(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    const struct hvm_hw_cpu_xsave *x = from;

    return fpu_set_xsave(c->d->vcpu[instance], x->xcr0, x->xcr0_accum, &x->save_area,
                         bytes - BEFORE_IMAGE);
}

/* --- memory types ----------------------------------------------------------------------------- */
/* There are no MTRRs: all memory is as by a default type that is on, and write-back. */
#define MTRR_DEFAULT 0x806UL

unsigned hvm_save_mtrr(const struct hvm_context *c, unsigned instance, void *to)
{
    struct hvm_hw_mtrr *m = to;

    m->msr_pat_cr = hvm_ops->get_pat(c->d->vcpu[instance]);
    m->msr_mtrr_def_type = MTRR_DEFAULT;
    return sizeof(*m);
}

int hvm_load_mtrr(const struct hvm_context *c, unsigned instance, const void *from, unsigned bytes)
{
    const struct hvm_hw_mtrr *m = from;
    uint64_t any = m->msr_mtrr_cap;

    for (unsigned i = 0; i < ARRAY_SIZE(m->msr_mtrr_var); i++)
        any |= m->msr_mtrr_var[i];
    for (unsigned i = 0; i < ARRAY_SIZE(m->msr_mtrr_fixed); i++)
        any |= m->msr_mtrr_fixed[i];
    if (any || (m->msr_mtrr_def_type && m->msr_mtrr_def_type != MTRR_DEFAULT))
        return -XEN_EOPNOTSUPP;
    if (!hvm_pat_ok(m->msr_pat_cr))
        return -XEN_EINVAL;
    hvm_ops->set_pat(c->d->vcpu[instance], m->msr_pat_cr);
    return 0;
}
