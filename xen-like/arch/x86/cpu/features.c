/* SPDX-License-Identifier: GPL-2.0-only */
/* What this machine's CPUs can do, and which protections the hypervisor switches on for itself. */
#include <arch/cpu.h>
#include <arch/features.h>
#include <arch/insn.h>
#include <arch/mm.h>
#include <arch/msr_index.h>
#include <arch/extable.h>
#include <arch/fpu.h>
#include <arch/isolation.h>
#include <arch/patch.h>
#include <arch/smap.h>
#include <hv/bug.h>
#include <hv/params.h>
#include <hv/printk.h>

struct cpu_features cpu_features;
static bool smap_in_use;

static bool opt_smep = true, opt_smap = true;
PARAM_BOOL("smep", opt_smep, "supervisor mode execution prevention, if the CPU has it");
PARAM_BOOL("smap", opt_smap, "supervisor mode access prevention, if the CPU has it");

/* Memory types by PTE bits as the ABI has them for PV guests: WB WT UC- UC WC WP UC UC */
#define PAT_ABI 0x0000050100070406UL

struct smap_site {
    uint64_t at, last_byte;
};
extern const struct smap_site smap_sites_start[], smap_sites_end[];

/* Before other CPUs and guests exist */
static void smap_enable(void)
{
    for (const struct smap_site *s = smap_sites_start; s < smap_sites_end; s++) {
        const uint8_t insn[] = { 0x0f, 0x01, s->last_byte };

        text_patch((void *)s->at, insn, sizeof(insn));
    }
    smap_in_use = true;
}

static void probe(struct cpu_features *f)
{
    struct cpuid_regs r = cpuid(0, 0);

    f->max_leaf = r.a;
    f->is_intel = r.b == 0x756e6547;
    f->is_amd = r.b == 0x68747541 || r.b == 0x6f677948;
    r = cpuid(1, 0);
    f->signature = r.a;
    f->xsave = r.c >> 26 & 1;
    f->x2apic = r.c >> 21 & 1;
    f->pcid = r.c >> 17 & 1;
    f->clflush_line = (r.b >> 8 & 0xff) * 8;
    if (f->max_leaf >= 7) {
        r = cpuid(7, 0);
        f->fsgsbase = r.b & 1;
        f->smep = r.b >> 7 & 1;
        f->smap = r.b >> 20 & 1;
        f->umip = r.c >> 2 & 1;
        f->ibrs = r.d >> 26 & 1;
        f->stibp = r.d >> 27 & 1;
        f->arch_capabilities = r.d >> 29 & 1;
    }
    f->max_ext_leaf = cpuid(0x80000000, 0).a;
    r = cpuid(0x80000001, 0);
    f->nx = r.d >> 20 & 1;
    f->page1gb = r.d >> 26 & 1;
    f->rdtscp = r.d >> 27 & 1;
    r = cpuid(f->max_ext_leaf >= 0x80000008 ? 0x80000008 : 0x80000000, 0);
    f->phys_bits = f->max_ext_leaf >= 0x80000008 ? r.a & 0xff : 36;
}

/* CPUID faulting: Intel tells in PLATFORM_INFO */
static void probe_cpuid_faulting(struct cpu_features *f)
{
    uint64_t v;

    f->cpuid_faulting = f->is_intel && rdmsr_safe(MSR_PLATFORM_INFO, &v) && (v & 1UL << 31) &&
                        rdmsr_safe(MSR_MISC_FEATURES, &v);
}

static uint64_t wanted_cr4(const struct cpu_features *f)
{
    uint64_t cr4 = CR4_DE | CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;

    if (f->xsave)
        cr4 |= CR4_OSXSAVE;
    if (f->fsgsbase)
        cr4 |= CR4_FSGSBASE;
    if (f->umip)
        cr4 |= CR4_UMIP;
    if (f->pcid && isolation_on) /* elsewhere CR3 changes only with the guest's tables */
        cr4 |= CR4_PCIDE;
    if (f->smep && opt_smep)
        cr4 |= CR4_SMEP;
    if (f->smap && opt_smap)
        cr4 |= CR4_SMAP;
    return cr4;
}

void cpu_features_init_cpu(void)
{
    uint64_t cr4 = wanted_cr4(&cpu_features);

    write_cr0(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG);
    wrmsr(MSR_PAT, PAT_ABI);
    write_cr4(cr4);
    get_cpu_info()->cr4 = cr4;
    fpu_cpu_init();
}

static void first_cpu(struct cpu_features *f)
{
    probe(f);
    if (!f->nx)
        panic("this CPU has no NX bit, which the hypervisor needs");
    probe_cpuid_faulting(f);
    if (f->smap && opt_smap)
        smap_enable();
    printk(LOG_INFO, "CPU: %s, signature %#x, %u physical address bits,%s%s%s%s%s%s\n",
           f->is_intel ? "Intel"
           : f->is_amd ? "AMD"
                       : "other vendor",
           f->signature, f->phys_bits, f->smep && opt_smep ? " SMEP" : "",
           smap_in_use ? " SMAP" : "", f->umip ? " UMIP" : "", f->pcid ? " PCID" : "",
           f->xsave ? " XSAVE" : "", f->cpuid_faulting ? " CPUID-faulting" : "");
}

void cpu_features_init(void)
{
    first_cpu(&cpu_features);
    cpu_features_init_cpu();
}
