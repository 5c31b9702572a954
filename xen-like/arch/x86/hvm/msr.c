/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MSRs of hardware guests that their processor does not keep by itself, as a table. What is not in
 * it faults, unless the domain was created with relaxed MSRs.
 */
#include <arch/cpu.h>
#include <arch/cpu_policy.h>
#include <arch/hvm.h>
#include <arch/hvm_exit.h>
#include <arch/hypercall.h>
#include <arch/insn.h>
#include <arch/msr_index.h>
#include <arch/pv.h>
#include <arch/vmcs.h>
#include <arch/vmx_vcpu.h>
#include <hv/arch.h>
#include <hv/string.h>

#define EFER_KNOWN (EFER_SCE | EFER_LME | EFER_LMA | EFER_NX)
#define MSR_HYPERCALL_PAGE 0x40000000
#define XSTATE_HAS_XSAVES  0x8U /* CPUID 0xd.1, eax */
#define MISC_ENABLE_USUAL  0x1801UL /* fast strings; no branch trace store, no PEBS */

typedef bool read_fn(struct vcpu *v, uint32_t msr, uint64_t *value);
typedef bool write_fn(struct vcpu *v, uint32_t msr, uint64_t value);

static uint64_t *kept(struct vcpu *v, uint32_t msr)
{
    struct hvm_vcpu *h = v->arch.hvm;

    switch (msr) {
    case MSR_STAR: return &h->star;
    case MSR_LSTAR: return &h->lstar;
    case MSR_CSTAR: return &h->cstar;
    default: return &h->sfmask;
    }
}

static bool read_kept(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    *value = *kept(v, msr);
    return true;
}

static bool write_kept(struct vcpu *v, uint32_t msr, uint64_t value)
{
    if ((msr == MSR_LSTAR || msr == MSR_CSTAR) && !canonical(value))
        return false;
    if (msr == MSR_SFMASK && value >> 32)
        return false;
    *kept(v, msr) = value;
    wrmsr(msr, value);
    return true;
}

static bool read_efer(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    *value = v->arch.hvm->efer;
    return true;
}

/* Long mode is not left or entered while paging is on. */
static bool write_efer(struct vcpu *v, uint32_t msr, uint64_t value)
{
    uint64_t *efer = &v->arch.hvm->efer;

    if ((value & ~EFER_KNOWN) ||
        ((v->arch.ctrlreg[0] & CR0_PG) && ((value ^ *efer) & EFER_LME)))
        return false;
    *efer = (value & ~EFER_LMA) | (*efer & EFER_LMA);
    vmx_write_modes(v);
    return true;
}

static bool read_pat(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    *value = vmread(VMCS_GUEST_PAT);
    return true;
}

bool hvm_pat_ok(uint64_t pat)
{
    for (unsigned i = 0; i < 64; i += 8) {
        unsigned type = pat >> i & 0xff;

        if (type > 7 || type == 2 || type == 3)
            return false;
    }
    return true;
}

static bool write_pat(struct vcpu *v, uint32_t msr, uint64_t value)
{
    if (!hvm_pat_ok(value))
        return false;
    vmwrite(VMCS_GUEST_PAT, value);
    return true;
}

static bool read_tsc(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    *value = hvm_guest_tsc(v);
    return true;
}

static bool write_tsc(struct vcpu *v, uint32_t msr, uint64_t value)
{
    v->arch.hvm->tsc_offset = value - hvm_scale_tsc(v->domain, rdtsc());
    hvm_ops->write_tsc_offset(v);
    vcpu_time_update(v);
    return true;
}

static bool read_lapic(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    return vlapic_rdmsr(v, msr, value);
}

static bool write_lapic(struct vcpu *v, uint32_t msr, uint64_t value)
{
    return vlapic_wrmsr(v, msr, value);
}

/* What kernels look at before they can take a fault: all that there is is on. Writes vanish. */
static bool read_constant(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    *value = msr == MSR_MISC_ENABLE ? MISC_ENABLE_USUAL : 0;
    return true;
}

static bool write_nothing(struct vcpu *v, uint32_t msr, uint64_t value) { return true; }

/* Fills a page of the guest's with a stub of 32 bytes for each hypercall: mov $number, %eax; vmcall;
 * ret. */
static bool write_hypercall_page(struct vcpu *v, uint32_t msr, uint64_t value)
{
    struct page *pg = page_get_writable(v->domain, gfn(value >> PAGE_SHIFT));
    uint8_t *page;

    if (!pg || value & (PAGE_SIZE - 1)) {
        if (pg)
            page_put_and_type(pg);
        return false;
    }
    page = mfn_to_virt(page_to_mfn(pg));
    for (unsigned i = 0; i < PAGE_SIZE / 32; i++) {
        const uint8_t stub[] = { 0xb8, i, 0, 0, 0, 0x0f, 0x01, 0xc1, 0xc3 };

        memset(page + i * 32, 0xcc, 32);
        memcpy(page + i * 32, stub, sizeof(stub));
    }
    page_put_and_type(pg);
    hvm_note_layout(v);
    return true;
}

/* No state of the supervisor's is offered: XSAVES saves what XCR0 has. */
static bool read_xss(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    *value = 0;
    return v->domain->arch.cpu_policy->xstate[1].a & XSTATE_HAS_XSAVES;
}

static bool write_xss(struct vcpu *v, uint32_t msr, uint64_t value)
{
    return !value && (v->domain->arch.cpu_policy->xstate[1].a & XSTATE_HAS_XSAVES);
}

static bool read_no(struct vcpu *v, uint32_t msr, uint64_t *value) { return false; }

static const struct {
    uint32_t first, last;
    read_fn *read;
    write_fn *write;
} rows[] = {
    { MSR_TSC, MSR_TSC, read_tsc, write_tsc },
    { MSR_APIC_BASE, MSR_APIC_BASE, read_lapic, write_lapic },
    { MSR_TSC_DEADLINE, MSR_TSC_DEADLINE, read_lapic, write_lapic },
    { 0x800, 0x8ff, read_lapic, write_lapic }, /* x2APIC */
    { MSR_UCODE_REV, MSR_UCODE_REV, read_constant, write_nothing },
    { MSR_MISC_ENABLE, MSR_MISC_ENABLE, read_constant, write_nothing },
    { MSR_HYPERCALL_PAGE, MSR_HYPERCALL_PAGE, read_no, write_hypercall_page },
    { MSR_PAT, MSR_PAT, read_pat, write_pat },
    { MSR_XSS, MSR_XSS, read_xss, write_xss },
    { MSR_EFER, MSR_EFER, read_efer, write_efer },
    { MSR_STAR, MSR_SFMASK, read_kept, write_kept },
};

static bool relaxed(const struct vcpu *v)
{
    return v->domain->config.misc_flags & XEN_X86_MSR_RELAXED;
}

bool hvm_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (msr >= rows[i].first && msr <= rows[i].last)
            return rows[i].read(v, msr, value);
    *value = 0;
    return relaxed(v);
}

bool hvm_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (msr >= rows[i].first && msr <= rows[i].last)
            return rows[i].write(v, msr, value);
    return relaxed(v);
}
