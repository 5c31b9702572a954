/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hardware vcpu's registers in the form that PV's have (XEN_DOMCTL_getvcpucontext), for debuggers
 * and dumps; those for general use taken back (setvcpucontext), to answer one that has suspended; and
 * its first ones as its own guest gives them (VCPUOP_initialise).
 */
#include <arch/features.h>
#include <arch/fpu.h>
#include <arch/hvm.h>
#include <arch/hvm_exit.h>
#include <arch/insn.h>
#include <arch/msr_index.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/sched.h>
#include <public/errno.h>
#include <public/hvm/hvm_vcpu.h>
#include <public/hvm/save.h>

void hvm_get_vcpu_context(struct vcpu *v, struct vcpu_guest_context *c)
{
    struct hvm_hw_cpu r;
    bool kernel;

    hvm_ops->get_registers(v, &r, rdtsc());
    kernel = !SEGMENT_DPL(r.ss_arbytes);
    fpu_get_fxsave(v, &c->fpu_ctxt);
    c->flags = VGCF_i387_valid | (kernel ? VGCF_in_kernel : 0);
    c->user_regs = v->arch.regs;
    c->user_regs.entry_vector = c->user_regs.error_code = 0;
    c->user_regs.cs = r.cs_sel;
    c->user_regs.ss = r.ss_sel;
    c->user_regs.ds = r.ds_sel;
    c->user_regs.es = r.es_sel;
    c->user_regs.fs = r.fs_sel;
    c->user_regs.gs = r.gs_sel;
    c->ctrlreg[0] = r.cr0;
    c->ctrlreg[2] = r.cr2;
    c->ctrlreg[3] = r.cr3;
    c->ctrlreg[4] = r.cr4;
    for (unsigned i = 0; i < 4; i++)
        c->debugreg[i] = (&r.dr0)[i];
    c->debugreg[6] = r.dr6;
    c->debugreg[7] = r.dr7;
    c->fs_base = r.fs_base;
    c->gs_base_kernel = kernel ? r.gs_base : r.shadow_gs;
    c->gs_base_user = kernel ? r.shadow_gs : r.gs_base;
    c->vm_assist = v->domain->vm_assist;
}

#define RFLAGS_SETTABLE 0x3f7fd7UL

int hvm_set_vcpu_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct cpu_user_regs *u = &v->arch.regs, was = *u;

    if (!v->initialised)
        return -XEN_EOPNOTSUPP; /* XEN_DOMCTL_sethvmcontext gives a vcpu its first ones */
    *u = c->user_regs;
    u->rflags = (c->user_regs.rflags & RFLAGS_SETTABLE) | 2;
    u->entry_vector = was.entry_vector;
    u->error_code = was.error_code;
    u->saved_upcall_mask = was.saved_upcall_mask;
    u->cs = was.cs;
    u->ss = was.ss;
    u->ds = was.ds;
    u->es = was.es;
    u->fs = was.fs;
    u->gs = was.gs;
    return 0;
}

/* --- VCPUOP_initialise ------------------------------------------------------------------------ */
#define ACCESS_PRESENT  0x80U
#define ACCESS_ACCESSED 0x01U
#define ACCESS_BUSY     0x02U
#define FLAT_CODE_64    0xa9bU
#define FLAT_DATA       0xc93U
#define TASK_BUSY       0x8bU

static uint32_t used(uint16_t access, uint32_t bit)
{
    return access & ACCESS_PRESENT ? access | bit : access;
}

/* What both kinds have, by the names of either. */
#define TAKE_GENERAL(r, c, p)                                                            \
    ((r)->rax = (c)->p##ax, (r)->rcx = (c)->p##cx, (r)->rdx = (c)->p##dx,                \
     (r)->rbx = (c)->p##bx, (r)->rsp = (c)->p##sp, (r)->rbp = (c)->p##bp,                \
     (r)->rsi = (c)->p##si, (r)->rdi = (c)->p##di, (r)->rip = (c)->p##ip,                \
     (r)->rflags = (c)->p##flags, (r)->cr0 = (c)->cr0, (r)->cr3 = (c)->cr3,              \
     (r)->cr4 = (c)->cr4, (r)->msr_efer = (c)->efer)

#define TAKE_SEGMENT(r, c, name, bit)                                                    \
    ((r)->name##_base = (c)->name##_base, (r)->name##_limit = (c)->name##_limit,         \
     (r)->name##_arbytes = used((c)->name##_ar, bit))

static void take_32(struct hvm_hw_cpu *r, const struct vcpu_hvm_x86_32 *c)
{
    TAKE_GENERAL(r, c, e);
    TAKE_SEGMENT(r, c, cs, ACCESS_ACCESSED);
    TAKE_SEGMENT(r, c, ds, ACCESS_ACCESSED);
    TAKE_SEGMENT(r, c, ss, ACCESS_ACCESSED);
    TAKE_SEGMENT(r, c, es, ACCESS_ACCESSED);
    TAKE_SEGMENT(r, c, tr, ACCESS_BUSY);
}

static void take_64(struct hvm_hw_cpu *r, const struct vcpu_hvm_x86_64 *c)
{
    TAKE_GENERAL(r, c, r);
    r->cs_limit = r->ds_limit = r->es_limit = r->ss_limit = ~0U;
    r->cs_arbytes = FLAT_CODE_64;
    r->ds_arbytes = r->es_arbytes = r->ss_arbytes = FLAT_DATA;
    r->tr_limit = 0x67;
    r->tr_arbytes = TASK_BUSY;
}

static int take_context(struct vcpu *v, const struct vcpu_hvm_context *c)
{
    struct hvm_hw_cpu r = { .dr6 = 0xffff0ff0, .dr7 = 0x400,
                            .tsc = hvm_guest_tsc(v->domain->vcpu[0]) };

    if (c->mode == VCPU_HVM_MODE_32B)
        take_32(&r, &c->cpu_regs.x86_32);
    else if (c->mode == VCPU_HVM_MODE_64B)
        take_64(&r, &c->cpu_regs.x86_64);
    if (c->mode > VCPU_HVM_MODE_64B || c->pad)
        return -XEN_EINVAL;
    if ((r.cr0 & CR0_PG) && (r.msr_efer & EFER_LME))
        r.msr_efer |= EFER_LMA;
    if (c->mode == VCPU_HVM_MODE_64B && !(r.msr_efer & EFER_LMA))
        return -XEN_EINVAL;
    return hvm_ops->set_registers(v, &r, rdtsc());
}

long arch_initialise_translated(struct vcpu *v, uint64_t arg)
{
    struct vcpu_hvm_context c;
    long rc = -XEN_EEXIST;

    if (copy_from_guest_va(&c, arg, sizeof(c)))
        return -XEN_EFAULT;
    if (!hvm_claim_start(v))
        return -XEN_EEXIST;
    if (!v->initialised)
        rc = take_context(v, &c);
    if (!rc) {
        v->initialised = true;
        __atomic_fetch_and(&v->arch.hvm->asks, (uint8_t)HVM_ASKS_FOLLOW, __ATOMIC_SEQ_CST);
    }
    hvm_release_start(v, false);
    return rc;
}
