/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID as a guest sees it: its domain's policy, the parts that change at run time, and the
 * hypervisor's own leaves.
 */
#include <arch/cpu_policy.h>
#include <arch/features.h>
#include <arch/fpu.h>
#include <arch/hvm.h>
#include <arch/msr_index.h>
#include <arch/platform.h>
#include <hv/arch.h>
#include <hv/domain.h>
#include <hv/version.h>
#include <public/arch-x86/cpuid.h>

#define HV_LEAF_FIRST 0x40000000U
#define HV_LEAVES     6
#define HV_MSR_PAGE   0x40000000U
#define FEAT1_PRESERVE_AD 1U
#define LEAF1_XSAVE   (1U << 26)
#define LEAF1_OSXSAVE (1U << 27)

static const struct cpuid_regs nothing;

static void hv_leaf_time(struct vcpu *v, uint32_t subleaf, struct cpuid_regs *out)
{
    struct vcpu_time_info clock;

    *out = nothing;
    arch_time_info(v, &clock);
    switch (subleaf) {
    case 0:
        out->a =
            2 | (cpu_features.rdtscp ? 4 : 0); /* the TSC is not emulated; it counts reliably */
        out->b = v->domain->arch.tsc_mode;
        out->c = domain_tsc_hz(v->domain) / 1000;
        break;
    case 1:
        out->c = clock.tsc_to_system_mul;
        out->d = (uint8_t)clock.tsc_shift;
        break;
    case 2: out->a = tsc_hz() / 1000; break;
    }
}

static void hv_leaf(struct vcpu *v, uint32_t index, uint32_t subleaf, struct cpuid_regs *out)
{
    bool hvm = is_hvm_vcpu(v);

    *out = nothing;
    switch (index) {
    case 0: /* "XenVMMXenVMM" */
        *out = (struct cpuid_regs){ HV_LEAF_FIRST + HV_LEAVES - 1, 0x566e6558, 0x65584d4d,
                                    0x4d4d566e };
        break;
    case 1: out->a = XEN_MAJOR << 16 | XEN_MINOR; break;
    case 2:
        *out = (struct cpuid_regs){ 1, HV_MSR_PAGE, hvm ? 0 : FEAT1_PRESERVE_AD, 0 };
        break;
    case 3: hv_leaf_time(v, subleaf, out); break;
    case 4:
        if (hvm)
            *out = (struct cpuid_regs){ XEN_HVM_CPUID_VCPU_ID_PRESENT |
                                            XEN_HVM_CPUID_DOMID_PRESENT, v->id, v->domain->id, 0 };
        break;
    case 5: out->b = cpu_features.phys_bits; break;
    }
}

#define COMPACTS (0x2U | 0x8U) /* leaf 0xd, subleaf 1, eax: xsavec xsaves */

/* Bytes of an XSAVE area with what is enabled now, and with everything that the domain may enable
 */
static void xstate_sizes(struct vcpu *v, const struct cpu_policy *p, struct cpuid_regs *out)
{
    uint64_t all = p->xstate[0].a | (uint64_t)p->xstate[0].d << 32;

    out->b = fpu_area_size(v->arch.xcr0);
    out->c = fpu_area_size(all);
}

static void basic_leaf(struct vcpu *v, const struct cpu_policy *p, uint32_t leaf, uint32_t subleaf,
                       struct cpuid_regs *out)
{
    *out = nothing;
    switch (leaf) {
    case 4:
        if (subleaf < POLICY_CACHE)
            *out = p->cache[subleaf];
        break;
    case 7:
        if (subleaf <= p->feat[0].a && subleaf < POLICY_FEAT)
            *out = p->feat[subleaf];
        break;
    case 0xb:
        if (subleaf < POLICY_TOPO)
            *out = p->topo[subleaf];
        out->c = (out->c & ~0xffU) | (subleaf & 0xff);
        out->d = vlapic_id(v);
        break;
    case 0xd:
        if (subleaf < POLICY_XSTATE)
            *out = p->xstate[subleaf];
        if (subleaf == 0)
            xstate_sizes(v, p, out);
        if (subleaf == 1 && (out->a & COMPACTS))
            out->b = fpu_compacted_size(v->arch.xcr0);
        break;
    default: *out = p->basic[leaf]; break;
    }
    if (leaf == 1 && is_hvm_vcpu(v))
        out->b |= vlapic_id(v) << 24;
    /* PV kernels use XSAVE only if OSXSAVE is there before they have touched CR4 */
    if (leaf == 1 && (out->c & LEAF1_XSAVE) &&
        (v->arch.kernel_mode || (v->arch.ctrlreg[4] & CR4_OSXSAVE)))
        out->c |= LEAF1_OSXSAVE;
}

static void look_up(struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *out)
{
    const struct cpu_policy *p = v->domain->arch.cpu_policy;

    if (leaf - HV_LEAF_FIRST < HV_LEAVES)
        hv_leaf(v, leaf - HV_LEAF_FIRST, subleaf, out);
    else if (leaf < POLICY_BASIC && leaf <= p->basic[0].a)
        basic_leaf(v, p, leaf, subleaf, out);
    else if (leaf - 0x80000000U < POLICY_EXT && leaf <= p->ext[0].a)
        *out = p->ext[leaf - 0x80000000U];
    else
        *out = nothing;
}

void guest_cpuid(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct cpuid_regs out;

    look_up(v, regs->rax, regs->rcx, &out);
    regs->rax = out.a;
    regs->rbx = out.b;
    regs->rcx = out.c;
    regs->rdx = out.d;
}
