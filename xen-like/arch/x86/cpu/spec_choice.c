/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which protections against speculative execution a processor needs and has. Bits of
 * ARCH_CAPABILITIES: Intel SDM volume 4, table 2-2.
 */
#include <arch/spec.h>

#define RDCL_NO      (1UL << 0)
#define IBRS_ALL     (1UL << 1)
#define SKIP_L1DFL   (1UL << 3)
#define MDS_NO       (1UL << 5)
#define TAA_NO       (1UL << 8)
#define SBDR_SSDP_NO (1UL << 13)
#define FBSDP_NO     (1UL << 14)
#define PSDP_NO      (1UL << 15)
#define FB_CLEAR     (1UL << 17)
#define RFDS_NO      (1UL << 27)
#define RFDS_CLEAR   (1UL << 28)
#define MMIO_NO      (SBDR_SSDP_NO | FBSDP_NO | PSDP_NO)

/** VERW clears buffers where the processor says so; needed where it leaks from one of them. */
static bool needs_verw(const struct spec_cpu *c)
{
    uint64_t caps = c->arch_capabilities;

    if (!c->is_intel)
        return false;
    if (c->md_clear && (!(caps & MDS_NO) || (c->rtm && !(caps & TAA_NO))))
        return true;
    if ((caps & FB_CLEAR) && (caps & MMIO_NO) != MMIO_NO)
        return true;
    return (caps & RFDS_CLEAR) && !(caps & RFDS_NO);
}

struct spec_choice spec_choose(const struct spec_cpu *c)
{
    return (struct spec_choice){
        .verw = needs_verw(c),
        .ibpb = c->ibrs_ibpb || c->ibpb,
        .ibrs = c->ibrs_ibpb && (c->arch_capabilities & IBRS_ALL),
        .l1d = c->l1d_flush && !(c->arch_capabilities & (RDCL_NO | SKIP_L1DFL)),
    };
}
