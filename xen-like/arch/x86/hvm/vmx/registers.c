/* SPDX-License-Identifier: GPL-2.0-only */
/* A vcpu's registers between its VMCS and the records that tools read and write. */
#include <arch/features.h>
#include <arch/hvm.h>
#include <arch/hvm_exit.h>
#include <arch/hvm_memory.h>
#include <arch/insn.h>
#include <arch/msr_index.h>
#include <arch/page.h>
#include <arch/pv.h>
#include <arch/vmcs.h>
#include <arch/vmx.h>
#include <arch/vmx_vcpu.h>
#include <hv/arch.h>
#include <hv/string.h>
#include <public/errno.h>
#include <public/hvm/save.h>

#define ACCESS_UNUSABLE 0x10000U
#define ACCESS_PRESENT  0x80U
/* Records have no hole between P and AVL. */
#define TO_RECORD(access)   (((access) & 0xff) | ((access) >> 4 & 0xf00))
#define FROM_RECORD(access) (((access) & 0xff) | ((access) & 0xf00) << 4)

#define CR0_VALID (CR0_PE | CR0_MP | 0x4UL | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | \
                   0x20000000UL | 0x40000000UL | CR0_PG)
#define CR0_CD 0x40000000UL
#define CR0_NW 0x20000000UL
#define PDPTE_RESERVED 0x1e6UL

/* --- segments --------------------------------------------------------------------------------- */
/* Where a record keeps segment n: ES CS SS DS FS GS LDTR TR. */
#define SEGMENT(name)                                                                       \
    { offsetof(struct hvm_hw_cpu, name##_sel), offsetof(struct hvm_hw_cpu, name##_limit),   \
      offsetof(struct hvm_hw_cpu, name##_base), offsetof(struct hvm_hw_cpu, name##_arbytes) }
static const struct {
    uint16_t selector, limit, base, access;
} segments[8] = {
    SEGMENT(es), SEGMENT(cs), SEGMENT(ss), SEGMENT(ds),
    SEGMENT(fs), SEGMENT(gs), SEGMENT(ldtr), SEGMENT(tr),
};

#define IN_RECORD(r, offset, type) (*(type *)((char *)(r) + (offset)))

static void read_segments(struct hvm_hw_cpu *r)
{
    for (unsigned n = 0; n < ARRAY_SIZE(segments); n++) {
        uint32_t access = vmread(VMCS_SEGMENT(VMCS_GUEST_ES_ACCESS, n));

        IN_RECORD(r, segments[n].selector, uint32_t) = vmread(VMCS_SEGMENT(VMCS_GUEST_ES, n));
        IN_RECORD(r, segments[n].limit, uint32_t) = vmread(VMCS_SEGMENT(VMCS_GUEST_ES_LIMIT, n));
        IN_RECORD(r, segments[n].base, uint64_t) = vmread(VMCS_SEGMENT(VMCS_GUEST_ES_BASE, n));
        IN_RECORD(r, segments[n].access, uint32_t) = access & ACCESS_UNUSABLE ? 0 : TO_RECORD(access);
    }
}

static void write_segments(const struct hvm_hw_cpu *r)
{
    for (unsigned n = 0; n < ARRAY_SIZE(segments); n++) {
        uint32_t access = IN_RECORD(r, segments[n].access, const uint32_t);

        vmwrite(VMCS_SEGMENT(VMCS_GUEST_ES, n),
                IN_RECORD(r, segments[n].selector, const uint32_t) & 0xffff);
        vmwrite(VMCS_SEGMENT(VMCS_GUEST_ES_LIMIT, n),
                IN_RECORD(r, segments[n].limit, const uint32_t));
        vmwrite(VMCS_SEGMENT(VMCS_GUEST_ES_BASE, n),
                IN_RECORD(r, segments[n].base, const uint64_t));
        vmwrite(VMCS_SEGMENT(VMCS_GUEST_ES_ACCESS, n),
                access & ACCESS_PRESENT ? FROM_RECORD(access) : ACCESS_UNUSABLE);
    }
}

void vmx_get_segment(const struct vcpu *v, unsigned n, struct hvm_segment *s)
{
    *s = (struct hvm_segment){
        .base = vmread(VMCS_SEGMENT(VMCS_GUEST_ES_BASE, n)),
        .limit = vmread(VMCS_SEGMENT(VMCS_GUEST_ES_LIMIT, n)),
        .access = vmread(VMCS_SEGMENT(VMCS_GUEST_ES_ACCESS, n)),
    };
}

/* --- modes ------------------------------------------------------------------------------------ */
void vmx_write_modes(struct vcpu *v)
{
    const struct arch_vcpu *a = &v->arch;
    struct hvm_vcpu *h = a->hvm;
    uint64_t fixed = vmx.cr0_fixed[0] & ~(CR0_PE | CR0_PG); /* unrestricted */
    bool long_mode = h->efer & EFER_LMA;

    vmwrite(VMCS_GUEST_CR0, a->ctrlreg[0] | fixed);
    vmwrite(VMCS_CR0_MASK, ~CR0_OWN);
    vmwrite(VMCS_CR0_SHADOW, a->ctrlreg[0]);
    vmwrite(VMCS_GUEST_CR4, a->ctrlreg[4] | vmx.cr4_fixed[0]);
    vmwrite(VMCS_CR4_MASK, ~0UL);
    vmwrite(VMCS_CR4_SHADOW, a->ctrlreg[4]);
    vmwrite(VMCS_GUEST_EFER, h->efer);
    vmwrite(VMCS_ENTRY_CONTROLS, vmx.words[VMX_ENTRY] |
                                     (long_mode ? 1U << (VMX_ENTRY_LONG_MODE & 31) : 0));
}

void vmx_get_paging(const struct vcpu *v, struct paging_mode *m)
{
    *m = (struct paging_mode){
        .cr0 = vmread(VMCS_GUEST_CR0),
        .cr3 = vmread(VMCS_GUEST_CR3),
        .cr4 = v->arch.ctrlreg[4],
        .efer = v->arch.hvm->efer,
    };
}

uint64_t vmx_read_cr0(const struct vcpu *v)
{
    return (v->arch.ctrlreg[0] & ~CR0_OWN) | (vmread(VMCS_GUEST_CR0) & CR0_OWN);
}

/* With EPT the processor reads these four itself only when CR3 is loaded: SDM volume 3, 26.3.2.4. */
bool vmx_load_pdptes(struct vcpu *v)
{
    uint64_t at = vmread(VMCS_GUEST_CR3) & 0xffffffe0UL, e[4];
    struct page *pg;

    if (!(v->arch.ctrlreg[0] & CR0_PG) || !(v->arch.ctrlreg[4] & CR4_PAE) ||
        (v->arch.hvm->efer & EFER_LMA))
        return true;
    pg = page_get_from_gfn(v->domain, gfn(at >> PAGE_SHIFT));
    if (!pg)
        return false;
    memcpy(e, (char *)mfn_to_virt(page_to_mfn(pg)) + (at & (PAGE_SIZE - 1)), sizeof(e));
    page_put(pg);
    for (unsigned i = 0; i < ARRAY_SIZE(e); i++)
        if ((e[i] & PTE_P) && ((e[i] & PDPTE_RESERVED) || e[i] >> cpu_features.phys_bits))
            return false;
    for (unsigned i = 0; i < ARRAY_SIZE(e); i++)
        vmwrite(VMCS_GUEST_PDPTE + 2 * i, e[i]);
    return true;
}

/* What no processor is in, and what this one cannot run. */
static int modes_ok(const struct domain *d, const struct hvm_hw_cpu *r)
{
    bool paging = r->cr0 & CR0_PG, lma = r->msr_efer & EFER_LMA;

    if ((r->cr0 & ~CR0_VALID) || (paging && !(r->cr0 & CR0_PE)) ||
        ((r->cr0 & CR0_NW) && !(r->cr0 & CR0_CD)))
        return -XEN_EINVAL;
    if (lma != (paging && (r->msr_efer & EFER_LME)) || (lma && !(r->cr4 & CR4_PAE)))
        return -XEN_EINVAL;
    if (r->cr4 & ~hvm_cr4_may(d))
        return -XEN_EOPNOTSUPP;
    return r->msr_efer & ~(EFER_SCE | EFER_LME | EFER_LMA | EFER_NX) ? -XEN_EINVAL : 0;
}

/* --- records ---------------------------------------------------------------------------------- */
#define PENDING_VALID (1U << 31)
#define PENDING_ERROR (1U << 11)
#define PENDING_TYPE(p) ((p) >> 8 & 7)
#define PENDING_KNOWN (PENDING_VALID | PENDING_ERROR | 0x7ffU)

/* All others come by an instruction, at which RIP is still, and come again with it. */
static bool is_kept(const struct hvm_event *e)
{
    return e->valid && (e->type == HVM_EVENT_INTERRUPT || e->type == HVM_EVENT_NMI ||
                        e->type == HVM_EVENT_EXCEPTION);
}

static void give_event(struct hvm_hw_cpu *r, const struct hvm_event *e)
{
    if (!is_kept(e))
        return;
    r->pending_event = PENDING_VALID | (e->has_error ? PENDING_ERROR : 0) |
                       (uint32_t)e->type << 8 | e->vector;
    r->error_code = e->has_error ? e->error : 0;
}

/* An interrupt, an NMI or an exception that the processor would deliver: else none enters. */
static bool event_ok(const struct hvm_hw_cpu *r)
{
    uint32_t p = r->pending_event;
    uint8_t vector = p;

    if (!p)
        return true;
    if (!(p & PENDING_VALID) || (p & ~PENDING_KNOWN))
        return false;
    switch (PENDING_TYPE(p)) {
    case HVM_EVENT_INTERRUPT: return !(p & PENDING_ERROR);
    case HVM_EVENT_NMI: return vector == TRAP_NMI && !(p & PENDING_ERROR);
    case HVM_EVENT_EXCEPTION:
        return vector < 32 && vector != TRAP_NMI &&
               !!(p & PENDING_ERROR) == (hvm_has_error_code(vector) && (r->cr0 & CR0_PE)) &&
               r->error_code <= 0xffff;
    default: return false;
    }
}

static void take_event(struct hvm_event *e, const struct hvm_hw_cpu *r)
{
    *e = (struct hvm_event){
        .valid = r->pending_event & PENDING_VALID,
        .vector = r->pending_event,
        .type = PENDING_TYPE(r->pending_event),
        .has_error = r->pending_event & PENDING_ERROR,
        .error = r->error_code,
    };
}

/* What the hypervisor loads into this CPU's own registers, where it would fault. */
static bool msrs_ok(const struct hvm_hw_cpu *r)
{
    return canonical(r->msr_lstar) && canonical(r->msr_cstar) && canonical(r->shadow_gs) &&
           !(r->msr_syscall_mask >> 32);
}

static void take_general(struct cpu_user_regs *u, const struct hvm_hw_cpu *r)
{
    *u = (struct cpu_user_regs){
        .rax = r->rax, .rbx = r->rbx, .rcx = r->rcx, .rdx = r->rdx, .rbp = r->rbp, .rsi = r->rsi,
        .rdi = r->rdi, .rsp = r->rsp, .r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11,
        .r12 = r->r12, .r13 = r->r13, .r14 = r->r14, .r15 = r->r15, .rip = r->rip,
        .rflags = (r->rflags & 0x3fffff & ~0x8028UL) | 2,
    };
}

static void give_general(struct hvm_hw_cpu *r, const struct cpu_user_regs *u)
{
    r->rax = u->rax;
    r->rbx = u->rbx;
    r->rcx = u->rcx;
    r->rdx = u->rdx;
    r->rbp = u->rbp;
    r->rsi = u->rsi;
    r->rdi = u->rdi;
    r->rsp = u->rsp;
    r->r8 = u->r8;
    r->r9 = u->r9;
    r->r10 = u->r10;
    r->r11 = u->r11;
    r->r12 = u->r12;
    r->r13 = u->r13;
    r->r14 = u->r14;
    r->r15 = u->r15;
    r->rip = u->rip;
    r->rflags = u->rflags;
}

int vmx_set_registers(struct vcpu *v, const struct hvm_hw_cpu *r, uint64_t tsc)
{
    struct hvm_vcpu *h = v->arch.hvm;
    int rc = modes_ok(v->domain, r);

    if (rc)
        return rc;
    if (!msrs_ok(r) || !event_ok(r))
        return -XEN_EINVAL;
    v->arch.ctrlreg[0] = r->cr0;
    v->arch.ctrlreg[2] = r->cr2;
    v->arch.ctrlreg[4] = r->cr4;
    h->efer = r->msr_efer;
    h->star = r->msr_star;
    h->lstar = r->msr_lstar;
    h->cstar = r->msr_cstar;
    h->sfmask = r->msr_syscall_mask;
    h->kernel_gs_base = r->shadow_gs;
    take_general(&v->arch.regs, r);
    take_event(&h->event, r);
    vmcs_borrow(v);
    vmx_write_modes(v);
    write_segments(r);
    vmwrite(VMCS_GUEST_CR3, r->cr3);
    rc = vmx_load_pdptes(v) ? 0 : -XEN_EINVAL;
    for (unsigned i = 0; i < 4; i++)
        hvm_set_debug_register(v, i, (&r->dr0)[i]);
    hvm_set_debug_register(v, 6, (uint32_t)r->dr6);
    hvm_set_debug_register(v, 7, (uint32_t)r->dr7);
    vmwrite(VMCS_GUEST_DR7, v->arch.debugreg[7]);
    vmwrite(VMCS_GUEST_GDTR_BASE, r->gdtr_base);
    vmwrite(VMCS_GUEST_GDTR_LIMIT, r->gdtr_limit);
    vmwrite(VMCS_GUEST_IDTR_BASE, r->idtr_base);
    vmwrite(VMCS_GUEST_IDTR_LIMIT, r->idtr_limit);
    vmwrite(VMCS_GUEST_SYSENTER_CS, r->sysenter_cs);
    vmwrite(VMCS_GUEST_SYSENTER_ESP, r->sysenter_esp);
    vmwrite(VMCS_GUEST_SYSENTER_EIP, r->sysenter_eip);
    vmwrite(VMCS_INTERRUPTIBILITY, 0);
    vmwrite(VMCS_ACTIVITY, 0);
    vmwrite(VMCS_PENDING_DEBUG, 0);
    h->tsc_offset = r->tsc - hvm_scale_tsc(v->domain, tsc);
    v->time_clock = 0; /* its time page follows when it comes to a CPU */
    vmcs_return(v);
    return rc;
}

void vmx_get_registers(struct vcpu *v, struct hvm_hw_cpu *r, uint64_t tsc)
{
    struct hvm_vcpu *h = v->arch.hvm;

    memset(r, 0, sizeof(*r));
    give_general(r, &v->arch.regs);
    r->cr2 = v->arch.ctrlreg[2];
    r->cr4 = v->arch.ctrlreg[4];
    r->msr_efer = h->efer;
    r->msr_star = h->star;
    r->msr_lstar = h->lstar;
    r->msr_cstar = h->cstar;
    r->msr_syscall_mask = h->sfmask;
    r->shadow_gs = h->kernel_gs_base;
    vmcs_borrow(v);
    r->cr0 = vmx_read_cr0(v);
    read_segments(r);
    r->cr3 = vmread(VMCS_GUEST_CR3);
    for (unsigned i = 0; i < 4; i++)
        (&r->dr0)[i] = v->arch.debugreg[i];
    r->dr6 = v->arch.debugreg[6];
    r->dr7 = v->arch.debugreg[7];
    r->gdtr_base = vmread(VMCS_GUEST_GDTR_BASE);
    r->gdtr_limit = vmread(VMCS_GUEST_GDTR_LIMIT);
    r->idtr_base = vmread(VMCS_GUEST_IDTR_BASE);
    r->idtr_limit = vmread(VMCS_GUEST_IDTR_LIMIT);
    r->sysenter_cs = vmread(VMCS_GUEST_SYSENTER_CS);
    r->sysenter_esp = vmread(VMCS_GUEST_SYSENTER_ESP);
    r->sysenter_eip = vmread(VMCS_GUEST_SYSENTER_EIP);
    vmcs_return(v);
    r->tsc = hvm_scale_tsc(v->domain, tsc) + h->tsc_offset;
    give_event(r, &h->event);
}
