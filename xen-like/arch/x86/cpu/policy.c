/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU policies: the host's CPUID, and what of it PV guests may be shown at most and are shown by
 * default. Feature words are masks: a bit that is not in pv_max is never shown. What is left out:
 * virtualisation, paging features that PV guests do not control (PCID, PGE, 1 GiB pages, MTRRs),
 * machine check, performance monitoring, MONITOR, speculation controls by MSR (SPEC_CTRL and
 * PRED_CMD are the hypervisor's), and everything newer than what was looked at.
 */
#include <arch/cpu_policy.h>
#include <arch/features.h>
#include <arch/fpu.h>
#include <arch/vmx.h>
#include <hv/domain.h>
#include <hv/page_alloc.h>
#include <hv/string.h>
#include <public/errno.h>

struct cpu_policy policy_raw, policy_machine, policy_pv_max, policy_pv_default, policy_hvm_max,
    policy_hvm_default;

#define B(n) (1U << (n))
/* leaf 1 edx: fpu de tsc msr pae cx8 apic sep cmov pat clflush mmx fxsr sse sse2 ss htt */
#define MASK_1D                                                                                    \
    (B(0) | B(2) | B(4) | B(5) | B(6) | B(8) | B(9) | B(11) | B(15) | B(16) | B(19) | B(23) |      \
     B(24) | B(25) | B(26) | B(27) | B(28))
/* leaf 1 ecx: sse3 pclmul ssse3 fma cx16 sse4.1 sse4.2 movbe popcnt aes xsave avx f16c rdrand
 * hypervisor */
#define MASK_1C                                                                                    \
    (B(0) | B(1) | B(9) | B(12) | B(13) | B(19) | B(20) | B(22) | B(23) | B(25) | B(26) | B(28) |  \
     B(29) | B(30) | B(31))
#define BIT_OSXSAVE    B(27)
#define BIT_HYPERVISOR B(31)
/* 0x80000001 edx: syscall nx mmxext ffxsr rdtscp lm; the AMD copies of leaf 1's low bits */
#define MASK_E1D (B(11) | B(20) | B(22) | B(25) | B(27) | B(29) | B(30) | B(31))
#define MASK_E1D_COMMON (MASK_1D & 0x0183f3ffU)
/* 0x80000001 ecx: lahf cmp_legacy abm sse4a misalignsse 3dnowprefetch xop fma4 tbm */
#define MASK_E1C (B(0) | B(1) | B(5) | B(6) | B(7) | B(8) | B(11) | B(16) | B(21))
/* 7.0 ebx: fsgsbase bmi1 avx2 bmi2 erms avx512f avx512dq rdseed adx avx512ifma clflushopt clwb
 * avx512cd sha avx512bw avx512vl */
#define MASK_7B0                                                                                   \
    (B(0) | B(3) | B(5) | B(8) | B(9) | B(16) | B(17) | B(18) | B(19) | B(21) | B(23) | B(24) |    \
     B(28) | B(29) | B(30) | B(31))
/* 7.0 ecx: vbmi vbmi2 gfni vaes vpclmul vnni bitalg vpopcntdq rdpid */
#define MASK_7C0 (B(1) | B(6) | B(8) | B(9) | B(10) | B(11) | B(12) | B(14) | B(22))
/* 7.0 edx: fsrm md_clear serialize */
#define MASK_7D0 (B(4) | B(10) | B(14))
/* 7.1 eax: avx_vnni avx512_bf16 fzrm fsrs fsrcs */
#define MASK_7A1 (B(4) | B(5) | B(10) | B(11) | B(12))
/* What tells of fast byte strings: erms; fsrm; fzrm fsrs fsrcs */
#define BYTE_STRINGS_7B0 B(9)
#define BYTE_STRINGS_7D0 B(4)
#define BYTE_STRINGS_7A1 (B(10) | B(11) | B(12))
/* 0x80000007 edx: invariant TSC (maximum, and Dom0) */
#define BIT_ITSC B(8)
/* 0x80000008 ebx: clzero rstr_fp_err_ptrs */
#define MASK_E8B (B(0) | B(2))
/* 0xd.1 eax: xsaveopt xsavec xgetbv1 */
#define MASK_DA1 (B(0) | B(1) | B(2))

/* Hardware guests have paging and a local APIC of their own besides; they do not have TSC_AUX, which
 * is not switched with them. Leaf 1 edx: pse pge pse36; ecx: pcid x2apic tsc_deadline; 7.0 ebx: smep
 * invpcid smap; ecx: umip; 0x80000001 edx: 1 GiB pages; 0xd.1 eax: xsaves */
#define HVM_1D  (B(3) | B(13) | B(17))
#define HVM_1C  (B(17) | B(21) | B(24))
#define HVM_7B0 (B(7) | B(10) | B(20))
#define HVM_7C0 B(2)
#define HVM_E1D B(26)
#define HVM_DA1 B(3)
#define NOT_HVM_7C0 B(22)
#define NOT_HVM_E1D B(27)

static bool has_subleaves(uint32_t leaf)
{
    return leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd;
}

static void read_raw(struct cpu_policy *p)
{
    uint32_t max = MIN(cpuid(0, 0).a, POLICY_BASIC - 1U), max_ext = cpuid(0x80000000, 0).a;

    for (uint32_t i = 0; i <= max; i++)
        if (!has_subleaves(i))
            p->basic[i] = cpuid(i, 0);
    for (uint32_t i = 0; max >= 4 && i < POLICY_CACHE; i++) {
        p->cache[i] = cpuid(4, i);
        if (!(p->cache[i].a & 0x1f))
            break;
    }
    for (uint32_t i = 0; max >= 7 && i <= MIN(cpuid(7, 0).a, POLICY_FEAT - 1U); i++)
        p->feat[i] = cpuid(7, i);
    for (uint32_t i = 0; max >= 0xb && i < POLICY_TOPO; i++)
        p->topo[i] = cpuid(0xb, i);
    for (uint32_t i = 0; max >= 0xd && i < POLICY_XSTATE; i++)
        p->xstate[i] = cpuid(0xd, i);
    for (uint32_t i = 0; i <= MIN(max_ext - 0x80000000U, POLICY_EXT - 1U); i++)
        p->ext[i] = cpuid(0x80000000 + i, 0);
}

/* The host as the hypervisor uses it */
static void make_host(struct cpu_policy *p)
{
    uint64_t xcr0 = fpu_xcr0_max();

    *p = policy_raw;
    p->basic[0].a = MIN(p->basic[0].a, POLICY_BASIC - 1U);
    p->ext[0].a = MIN(p->ext[0].a, 0x80000000U + POLICY_EXT - 1);
    p->feat[0].a = MIN(p->feat[0].a, POLICY_FEAT - 1U);
    p->xstate[0].a = xcr0;
    p->xstate[0].d = xcr0 >> 32;
    for (unsigned i = 2; i < POLICY_XSTATE; i++)
        if (!(xcr0 >> i & 1))
            p->xstate[i] = (struct cpuid_regs){ 0 };
    p->platform_info = cpu_features.cpuid_faulting ? 1UL << 31 : 0;
}

static void zero_leaf(struct cpuid_regs *r) { *r = (struct cpuid_regs){ 0 }; }

static void mask_pv(struct cpu_policy *p)
{
    p->basic[1].b &= 0x00ffffff;
    p->basic[1].c = (p->basic[1].c & MASK_1C) | BIT_HYPERVISOR;
    p->basic[1].d &= MASK_1D;
    zero_leaf(&p->basic[3]);
    zero_leaf(&p->basic[5]);
    zero_leaf(&p->basic[6]);
    zero_leaf(&p->basic[0xa]);
    p->feat[0].a = MIN(p->feat[0].a, 1U);
    p->feat[0].b &= MASK_7B0;
    p->feat[0].c &= MASK_7C0;
    p->feat[0].d &= MASK_7D0;
    p->feat[1] = (struct cpuid_regs){ .a = p->feat[1].a & MASK_7A1 };
    zero_leaf(&p->feat[2]);
    p->xstate[1] = (struct cpuid_regs){ .a = p->xstate[1].a & MASK_DA1 };
    p->ext[0].a = MIN(p->ext[0].a, 0x80000008U);
    p->ext[1].c &= MASK_E1C;
    p->ext[1].d &= cpu_features.is_amd ? MASK_E1D | MASK_E1D_COMMON : MASK_E1D;
    p->ext[7] = (struct cpuid_regs){ .d = p->ext[7].d & BIT_ITSC };
    p->ext[8] = (struct cpuid_regs){ .a = p->ext[8].a,
                                     .b = p->ext[8].b & MASK_E8B,
                                     .c = p->ext[8].c & 0xf0ff };
    for (unsigned i = 9; i < POLICY_EXT; i++)
        zero_leaf(&p->ext[i]);
}

static void hide_byte_strings(struct cpu_policy *p)
{
    p->feat[0].b &= ~BYTE_STRINGS_7B0;
    p->feat[0].d &= ~BYTE_STRINGS_7D0;
    p->feat[1].a &= ~BYTE_STRINGS_7A1;
}

/* What PV guests may have, and what only a processor of one's own allows. */
static void make_hvm(struct cpu_policy *p)
{
    const struct cpu_policy *host = &policy_machine;

    *p = policy_pv_max;
    p->basic[1].d |= host->basic[1].d & HVM_1D;
    p->basic[1].c |= (host->basic[1].c & HVM_1C) | B(21);
    p->feat[0].b |= host->feat[0].b & HVM_7B0;
    p->feat[0].c |= host->feat[0].c & HVM_7C0;
    p->feat[0].c &= ~NOT_HVM_7C0;
    p->ext[1].d |= host->ext[1].d & HVM_E1D;
    p->ext[1].d &= ~NOT_HVM_E1D;
    if (!vmx_uses(VMX_INVPCID))
        p->feat[0].b &= ~B(10);
    if (vmx_uses(VMX_XSAVES))
        p->xstate[1].a |= host->xstate[1].a & HVM_DA1;
}

void policy_init(void)
{
    read_raw(&policy_raw);
    make_host(&policy_machine);
    policy_pv_max = policy_machine;
    mask_pv(&policy_pv_max);
    if ((policy_pv_max.feat[0].b & BYTE_STRINGS_7B0) && !byte_strings_are_fast())
        hide_byte_strings(&policy_pv_max);
    policy_pv_default = policy_pv_max;
    policy_pv_default.ext[7].d = 0;
    make_hvm(&policy_hvm_max);
    policy_hvm_default = policy_hvm_max;
    policy_hvm_default.ext[7].d = 0;
}

int policy_domain_init(struct domain *d)
{
    struct cpu_policy *p = hv_zalloc(sizeof(*p));

    if (!p)
        return -XEN_ENOMEM;
    *p = d->options & XEN_DOMCTL_CDF_hvm         ? policy_hvm_default :
         d->is_hardware || d->is_control ? policy_pv_max :
                                           policy_pv_default;
    d->arch.cpu_policy = p;
    return 0;
}

/* --- comparing -------------------------------------------------------------------------------- */
struct place {
    uint32_t *leaf, *subleaf, *msr;
};

static int bad_at(const struct place *at, uint32_t leaf, uint32_t subleaf)
{
    *at->leaf = leaf;
    *at->subleaf = subleaf;
    *at->msr = ~0U;
    return -XEN_EINVAL;
}

static bool exceeds(uint32_t a, uint32_t max) { return a & ~max; }

int policy_check(const struct cpu_policy *p, const struct cpu_policy *max, uint32_t *leaf,
                 uint32_t *subleaf, uint32_t *msr)
{
    struct place at = { leaf, subleaf, msr };

    if (p->basic[0].a > max->basic[0].a)
        return bad_at(&at, 0, XEN_CPUID_NO_SUBLEAF);
    if (p->basic[0].b != max->basic[0].b || p->basic[0].c != max->basic[0].c ||
        p->basic[0].d != max->basic[0].d)
        return bad_at(&at, 0, XEN_CPUID_NO_SUBLEAF);
    if (exceeds(p->basic[1].c, max->basic[1].c | BIT_HYPERVISOR) ||
        exceeds(p->basic[1].d, max->basic[1].d))
        return bad_at(&at, 1, XEN_CPUID_NO_SUBLEAF);
    if (p->feat[0].a > max->feat[0].a || exceeds(p->feat[0].b, max->feat[0].b) ||
        exceeds(p->feat[0].c, max->feat[0].c) || exceeds(p->feat[0].d, max->feat[0].d))
        return bad_at(&at, 7, 0);
    if (exceeds(p->feat[1].a, max->feat[1].a))
        return bad_at(&at, 7, 1);
    if (exceeds(p->xstate[0].a, max->xstate[0].a) || exceeds(p->xstate[0].d, max->xstate[0].d))
        return bad_at(&at, 0xd, 0);
    if (exceeds(p->xstate[1].a, max->xstate[1].a))
        return bad_at(&at, 0xd, 1);
    if (p->ext[0].a > max->ext[0].a)
        return bad_at(&at, 0x80000000, XEN_CPUID_NO_SUBLEAF);
    if (exceeds(p->ext[1].c, max->ext[1].c) || exceeds(p->ext[1].d, max->ext[1].d))
        return bad_at(&at, 0x80000001, XEN_CPUID_NO_SUBLEAF);
    if (exceeds(p->ext[7].d, max->ext[7].d))
        return bad_at(&at, 0x80000007, XEN_CPUID_NO_SUBLEAF);
    if (exceeds(p->ext[8].b, max->ext[8].b) || (p->ext[8].a & 0xff) > (max->ext[8].a & 0xff))
        return bad_at(&at, 0x80000008, XEN_CPUID_NO_SUBLEAF);
    if (p->platform_info & ~max->platform_info) {
        *leaf = *subleaf = ~0U;
        *msr = 0xce;
        return -XEN_EINVAL;
    }
    return 0;
}

void policy_featureset(const struct cpu_policy *p, uint32_t fs[FEATURESET_WORDS])
{
    const uint32_t words[FEATURESET_WORDS] = {
        p->basic[1].d, p->basic[1].c,          p->ext[1].d,        p->ext[1].c,  p->xstate[1].a,
        p->feat[0].b,  p->feat[0].c,           p->ext[7].d,        p->ext[8].b,  p->feat[0].d,
        p->feat[1].a,  p->ext[0x21].a,         p->feat[1].b,       p->feat[2].d, p->feat[1].c,
        p->feat[1].d,  (uint32_t)p->arch_caps, p->arch_caps >> 32,
    };

    memcpy(fs, words, sizeof(words));
}
