/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VT-x on the CPUs: reading what there is, switching it on, and making a vcpu's VMCS the CPU's. A
 * VMCS is loaded when its vcpu comes to a CPU and written back to memory when it leaves, so that
 * another CPU, or a tool, can load it at any time in between. (Intel SDM volume 3, chapters 23, 24
 * and 31.5 to 31.8)
 */
#include <arch/boot.h>
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/extable.h>
#include <arch/features.h>
#include <arch/fpu.h>
#include <arch/hvm.h>
#include <arch/hvm_memory.h>
#include <arch/hvmap.h>
#include <arch/insn.h>
#include <arch/mm.h>
#include <arch/msr_index.h>
#include <arch/percpu.h>
#include <arch/traps.h>
#include <arch/vmcs.h>
#include <arch/vmx.h>
#include <arch/vmx_vcpu.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <public/errno.h>

#define FEATURE_CONTROL_LOCKED  1UL
#define FEATURE_CONTROL_OUTSIDE 4UL
#define DR7_ACTIVE              0xffUL
#define BASIC_TRUE_CONTROLS     (1UL << 55)

/* --- what there is ---------------------------------------------------------------------------- */
static void read_msrs(struct vmx_msrs *m)
{
    static const uint32_t words[VMX_WORDS][2] = {
        [VMX_PIN] = { MSR_VMX_PIN, MSR_VMX_TRUE_PIN },
        [VMX_PRIMARY] = { MSR_VMX_PRIMARY, MSR_VMX_TRUE_PRIMARY },
        [VMX_SECONDARY] = { MSR_VMX_SECONDARY, MSR_VMX_SECONDARY },
        [VMX_EXIT] = { MSR_VMX_EXIT, MSR_VMX_TRUE_EXIT },
        [VMX_ENTRY] = { MSR_VMX_ENTRY, MSR_VMX_TRUE_ENTRY },
    };

    *m = (struct vmx_msrs){ .vmx = cpuid(1, 0).c >> 5 & 1 };
    if (!m->vmx)
        return;
    m->feature_control = rdmsr(MSR_FEATURE_CONTROL);
    m->basic = rdmsr(MSR_VMX_BASIC);
    m->misc = rdmsr(MSR_VMX_MISC);
    for (unsigned i = 0; i < 2; i++) {
        m->cr0_fixed[i] = rdmsr(MSR_VMX_CR0_FIXED0 + i);
        m->cr4_fixed[i] = rdmsr(MSR_VMX_CR4_FIXED0 + i);
    }
    /* each of these is there only if the one before allows it */
    for (unsigned i = 0; i < VMX_WORDS; i++)
        if (!rdmsr_safe(words[i][m->basic & BASIC_TRUE_CONTROLS ? 1 : 0], &m->words[i]))
            m->words[i] = 0;
    if (!rdmsr_safe(MSR_VMX_EPT_VPID, &m->ept_vpid))
        m->ept_vpid = 0;
}

void vmx_probe(void)
{
    char features[120];
    struct vmx_msrs m;

    read_msrs(&m);
    vmx_decide(&m, &vmx);
    if (vmx.unusable) {
        printk(LOG_INFO, "VT-x: no hardware guests: %s\n", vmx.unusable);
        return;
    }
    vmx_describe(&vmx, features, sizeof(features));
    vmx_allow_msrs();
    printk(LOG_INFO, "VT-x: revision %#x, with%s\n", vmx.revision, features);
}

/* --- on and off ------------------------------------------------------------------------------- */
static bool vmxon(uint64_t region)
{
    bool failed;

    __asm__ volatile("vmxon %1" : "=@ccbe"(failed) : "m"(region) : "memory");
    return !failed;
}

static void set_feature_control(void)
{
    uint64_t v = rdmsr(MSR_FEATURE_CONTROL);

    if (!(v & FEATURE_CONTROL_LOCKED))
        wrmsr(MSR_FEATURE_CONTROL, v | FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_OUTSIDE);
}

static int vmx_cpu_up(unsigned cpu)
{
    uint32_t *region = hv_alloc_page();

    if (!region)
        return -XEN_ENOMEM;
    *region = vmx.revision;
    set_feature_control();
    load_cr4(get_cpu_info()->cr4 | CR4_VMXE);
    if (!vmxon(virt_to_mfn(region).n << PAGE_SHIFT)) {
        load_cr4(get_cpu_info()->cr4 & ~CR4_VMXE);
        hv_free_page(region);
        return -XEN_EIO;
    }
    return 0;
}

/* --- loading a VMCS --------------------------------------------------------------------------- */
void vmwrite(uint64_t field, uint64_t value)
{
    bool failed;

    __asm__ volatile("vmwrite %2, %1" : "=@ccbe"(failed) : "r"(field), "rm"(value) : "memory");
    ASSERT(!failed);
}

static void vmcs_load(const struct vcpu *v)
{
    uint64_t at = v->arch.hvm->vmcs.n << PAGE_SHIFT;
    bool failed;

    __asm__ volatile("vmptrld %1" : "=@ccbe"(failed) : "m"(at) : "memory");
    BUG_ON(failed);
}

static void vmcs_unload(struct vcpu *v)
{
    uint64_t at = v->arch.hvm->vmcs.n << PAGE_SHIFT;
    bool failed;

    __asm__ volatile("vmclear %1" : "=@ccbe"(failed) : "m"(at) : "memory");
    BUG_ON(failed);
    v->arch.hvm->launched = false;
}

void vmcs_borrow(const struct vcpu *v) { vmcs_load(v); }

void vmcs_return(struct vcpu *v)
{
    vmcs_unload(v);
    if (is_hvm_vcpu(current))
        vmcs_load(current);
}

static void invept_single(uint64_t pointer)
{
    struct {
        uint64_t pointer, zero;
    } what = { pointer, 0 };

    __asm__ volatile("invept %0, %1" ::"m"(what), "r"(1UL) : "memory", "cc");
}

/* --- switching -------------------------------------------------------------------------------- */
/* What of the host is different on each CPU. */
static void write_host_cpu(unsigned cpu)
{
    uint64_t area = percpu_area(cpu);

    vmwrite(VMCS_HOST_RSP, (uint64_t)&percpu_info(cpu)->guest.error_code);
    vmwrite(VMCS_HOST_TR_BASE, area + PERCPU_TSS);
    vmwrite(VMCS_HOST_GDTR_BASE, area + PERCPU_GDT - FIRST_RESERVED_GDT_BYTE);
    vmwrite(VMCS_HOST_IDTR_BASE, area + PERCPU_IDT);
    vmwrite(VMCS_HOST_SYSENTER_ESP, (uint64_t)&percpu_info(cpu)->guest.es);
    vmwrite(VMCS_HOST_CR4, get_cpu_info()->cr4);
}

static void vmx_write_tsc_offset(struct vcpu *v)
{
    vmwrite(VMCS_TSC_OFFSET, v->arch.hvm->tsc_offset);
}

static uint64_t vmx_get_pat(struct vcpu *v)
{
    uint64_t pat;

    vmcs_borrow(v);
    pat = vmread(VMCS_GUEST_PAT);
    vmcs_return(v);
    return pat;
}

static void vmx_set_pat(struct vcpu *v, uint64_t pat)
{
    vmcs_borrow(v);
    vmwrite(VMCS_GUEST_PAT, pat);
    vmcs_return(v);
}

static void vmx_flush(struct vcpu *v)
{
    invept_single(ept_pointer(v->domain));
    vmx_log_drain(v);
}

static void load_msrs(const struct hvm_vcpu *h)
{
    wrmsr(MSR_STAR, h->star);
    wrmsr(MSR_LSTAR, h->lstar);
    wrmsr(MSR_CSTAR, h->cstar);
    wrmsr(MSR_SFMASK, h->sfmask);
    write_other_gs_base(h->kernel_gs_base);
}

/* Where breakpoints are. DR7 comes with the entry and goes with the exit, and DR6 is told by exits:
 * the hypervisor never runs with a guest's breakpoints. */
void vmx_load_breakpoints(const struct vcpu *v)
{
    const uint64_t *dr = v->arch.debugreg;

    if (dr[7] & DR7_ACTIVE)
        __asm__ volatile("mov %0, %%dr0; mov %1, %%dr1; mov %2, %%dr2; mov %3, %%dr3" ::"r"(dr[0]),
                         "r"(dr[1]), "r"(dr[2]), "r"(dr[3]));
}

static void vmx_switch_in(struct vcpu *v)
{
    vmcs_load(v);
    write_host_cpu(this_cpu());
    vmx_write_tsc_offset(v);
    if (vmx_uses(VMX_TSC_SCALING))
        vmwrite(VMCS_TSC_MULTIPLIER, v->domain->arch.hvm->tsc_ratio);
    vmx_flush(v);
    switch_cr3(window_root(v)); /* exceptions of the hypervisor load it, too: mm/isolation.c */
    load_msrs(v->arch.hvm);
    write_cr2(v->arch.ctrlreg[2]);
    vmx_load_breakpoints(v);
    fpu_load_current(v);
}

static void vmx_switch_out(struct vcpu *v)
{
    v->arch.hvm->kernel_gs_base = read_other_gs_base();
    vmx_log_drain(v);
    vmcs_unload(v);
    cpu_load_syscall_msrs(this_cpu());
}

/* --- vcpus ------------------------------------------------------------------------------------ */
static int vmx_vcpu_init(struct vcpu *v)
{
    uint32_t *vmcs = hv_alloc_page();

    if (!vmcs)
        return -XEN_ENOMEM;
    *vmcs = vmx.revision;
    v->arch.hvm->vmcs = virt_to_mfn(vmcs);
    vmcs_unload(v); /* makes a VMCS of the page */
    if (vmx_log_alloc(v))
        return -XEN_ENOMEM;
    vmcs_borrow(v);
    vmcs_init(v);
    vmx_log_begin(v);
    vmcs_return(v);
    return 0;
}

static void vmx_vcpu_free(struct vcpu *v)
{
    vmx_log_free(v);
    if (v->arch.hvm->vmcs.n)
        hv_free_page(mfn_to_virt(v->arch.hvm->vmcs));
    v->arch.hvm->vmcs = mfn(0);
}

const struct hvm_ops vmx_ops = {
    .name = "VT-x",
    .cpu_up = vmx_cpu_up,
    .vcpu_init = vmx_vcpu_init,
    .vcpu_free = vmx_vcpu_free,
    .switch_in = vmx_switch_in,
    .switch_out = vmx_switch_out,
    .write_tsc_offset = vmx_write_tsc_offset,
    .flush = vmx_flush,
    .get_registers = vmx_get_registers,
    .set_registers = vmx_set_registers,
    .get_pat = vmx_get_pat,
    .set_pat = vmx_set_pat,
    .get_paging = vmx_get_paging,
    .get_segment = vmx_get_segment,
    .enter = vmx_enter,
};
