/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MSRs of PV guests, as a table: what reads and writes do. What is not in it faults, unless the
 * domain was created with relaxed MSRs (then reads give 0 and writes vanish).
 */
#include <arch/context.h>
#include <arch/cpu_policy.h>
#include <arch/extable.h>
#include <arch/features.h>
#include <arch/hypercall.h>
#include <arch/insn.h>
#include <arch/mm.h>
#include <arch/msr_index.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/domain.h>

#define APIC_BASE_DEFAULT 0xfee00000UL
#define APIC_BASE_BSP     0x100UL
#define APIC_BASE_ENABLED 0x800UL
#define MSR_HYPERCALL_PAGE 0x40000000

typedef bool read_fn(struct vcpu *v, uint32_t msr, uint64_t *value);
typedef bool write_fn(struct vcpu *v, uint32_t msr, uint64_t value);

/* --- segment bases ---------------------------------------------------------------------------- */
static bool read_base(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    *value = msr == MSR_FS_BASE   ? read_fs_base()
             : msr == MSR_GS_BASE ? read_gs_base()
                                  : read_other_gs_base();
    return true;
}

static bool write_base(struct vcpu *v, uint32_t msr, uint64_t value)
{
    if (!canonical(value))
        return false;
    if (msr == MSR_FS_BASE)
        write_fs_base(value);
    else if (msr == MSR_GS_BASE)
        write_gs_base(value);
    else
        write_other_gs_base(value);
    return true;
}

/* --- mode and identity ------------------------------------------------------------------------ */
static bool read_efer(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    *value = EFER_SCE | EFER_LME | EFER_LMA | EFER_NX;
    return true;
}

static bool write_efer(struct vcpu *v, uint32_t msr, uint64_t value)
{
    return !(value & ~(EFER_SCE | EFER_LME | EFER_LMA | EFER_NX | EFER_FFXSE));
}

static bool read_apic_base(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    *value = APIC_BASE_DEFAULT | APIC_BASE_ENABLED | (v->id == 0 ? APIC_BASE_BSP : 0);
    return true;
}

static bool read_host(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    return rdmsr_safe(msr, value);
}

static bool read_zero(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    *value = 0;
    return true;
}

static bool read_platform_info(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    *value = v->domain->arch.cpu_policy->platform_info;
    return cpu_features.is_intel;
}

static bool read_tsc(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    *value = rdtsc();
    return true;
}

static bool write_ignored(struct vcpu *v, uint32_t msr, uint64_t value) { return true; }

/* Accepted only when nothing changes */
static bool write_same(struct vcpu *v, uint32_t msr, uint64_t value)
{
    uint64_t now;

    return rdmsr_safe(msr, &now) && now == value;
}

/* --- hypercall page --------------------------------------------------------------------------- */
static bool write_hypercall_page(struct vcpu *v, uint32_t msr, uint64_t value)
{
    return hypercall_page_write(v->domain, gfn(value >> PAGE_SHIFT));
}

/* --- the table -------------------------------------------------------------------------------- */
static const struct {
    uint32_t first, last;
    read_fn *read;
    write_fn *write;
} rows[] = {
    { MSR_FS_BASE, MSR_KERNEL_GS_BASE, read_base, write_base },
    { MSR_EFER, MSR_EFER, read_efer, write_efer },
    { MSR_TSC, MSR_TSC, read_tsc, NULL },
    { MSR_APIC_BASE, MSR_APIC_BASE, read_apic_base, NULL },
    { MSR_UCODE_REV, MSR_UCODE_REV, read_host, write_ignored },
    { MSR_PLATFORM_INFO, MSR_PLATFORM_INFO, read_platform_info, NULL },
    { MSR_MISC_ENABLE, MSR_MISC_ENABLE, read_host, write_same },
    { MSR_PAT, MSR_PAT, read_host, write_same },
    { MSR_TSC_AUX, MSR_TSC_AUX, read_zero, NULL },
    { MSR_AMD_HWCR, MSR_AMD_HWCR, read_zero, NULL },
    { MSR_AMD_SYSCFG, MSR_AMD_SYSCFG, read_zero, NULL },
    { MSR_AMD_NB_CFG, MSR_AMD_NB_CFG, read_zero, NULL },
    { MSR_HYPERCALL_PAGE, MSR_HYPERCALL_PAGE, NULL, write_hypercall_page },
};

static bool relaxed(const struct vcpu *v)
{
    return v->domain->config.misc_flags & XEN_X86_MSR_RELAXED;
}

bool guest_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (msr >= rows[i].first && msr <= rows[i].last)
            return rows[i].read && rows[i].read(v, msr, value);
    *value = 0;
    return relaxed(v);
}

bool guest_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (msr >= rows[i].first && msr <= rows[i].last)
            return rows[i].write && rows[i].write(v, msr, value);
    return relaxed(v);
}
