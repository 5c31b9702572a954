/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a hardware guest writes to its control and debug registers: which values a processor takes,
 * and which modes they lead to. (Intel SDM volume 3, 2.5, 9.8.5 and 17.2)
 */
#include <arch/cpu_policy.h>
#include <arch/features.h>
#include <arch/hvm.h>
#include <arch/hvm_exit.h>
#include <arch/insn.h>
#include <arch/msr_index.h>
#include <arch/vmx.h>

#define CR0_KNOWN                                                                          \
    (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW |      \
     CR0_CD | CR0_PG)
#define CR4_USUAL     0x7ffUL /* VME to OSXMMEXCPT */
#define DR7_FIXED_SET 0x400UL
#define DR7_KNOWN     0xffff23ffUL

bool hvm_set_cr0(struct vcpu *v, uint64_t value)
{
    uint64_t *cr0 = &v->arch.ctrlreg[0], *efer = &v->arch.hvm->efer;
    bool paging = value & CR0_PG;

    if (value >> 32 || (paging && !(value & CR0_PE)) || ((value & CR0_NW) && !(value & CR0_CD)) ||
        (!paging && (v->arch.ctrlreg[4] & CR4_PCIDE)))
        return false;
    value = (value & CR0_KNOWN) | CR0_ET;
    if (paging && !(*cr0 & CR0_PG) && (*efer & EFER_LME)) {
        if (!(v->arch.ctrlreg[4] & CR4_PAE))
            return false;
        *efer |= EFER_LMA;
    } else if (!paging) {
        *efer &= ~EFER_LMA;
    }
    *cr0 = value;
    return true;
}

/* Bits that every processor has, and those that come with a feature of the domain's policy. */
uint64_t hvm_cr4_may(const struct domain *d)
{
    const struct cpu_policy *p = d->arch.cpu_policy;
    const struct {
        uint32_t word, bit;
        uint64_t cr4;
    } features[] = {
        { p->basic[1].c, 17, CR4_PCIDE }, { p->basic[1].c, 26, CR4_OSXSAVE },
        { p->feat[0].b, 0, CR4_FSGSBASE }, { p->feat[0].b, 7, CR4_SMEP },
        { p->feat[0].b, 20, CR4_SMAP },    { p->feat[0].c, 2, CR4_UMIP },
    };
    uint64_t may = CR4_USUAL;

    for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
        if (features[i].word >> features[i].bit & 1)
            may |= features[i].cr4;
    return may & vmx.cr4_fixed[1];
}

bool hvm_set_cr4(struct vcpu *v, uint64_t value)
{
    bool lma = v->arch.hvm->efer & EFER_LMA;

    if ((value & ~hvm_cr4_may(v->domain)) || (lma && !(value & CR4_PAE)) || (!lma && (value & CR4_PCIDE)))
        return false;
    v->arch.ctrlreg[4] = value;
    return true;
}

bool hvm_set_debug_register(struct vcpu *v, unsigned n, uint64_t value)
{
    if (n > 7 || (n >= 6 && value >> 32))
        return false;
    if (n == 6)
        value = (value & ~0x1000UL) | 0xffff0ff0UL;
    if (n == 7)
        value = (value & DR7_KNOWN) | DR7_FIXED_SET;
    v->arch.debugreg[n] = value;
    return true;
}
