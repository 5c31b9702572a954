/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processor caches: only where memory and caches can disagree (uncached mappings of RAM) or a
 * device driver asks.
 */
#include <arch/insn.h>
#include <arch/mm.h>
#include <hv/arch.h>

static unsigned clflush_bytes(void)
{
    return (cpuid(1, 0).b >> 8 & 0xff) * 8;
}

void cache_flush_frame(mfn_t m)
{
    char *va = mfn_to_virt(m);
    unsigned step = clflush_bytes();

    if (!step) {
        cache_flush_all();
        return;
    }
    smp_mb();
    for (unsigned off = 0; off < PAGE_SIZE; off += step)
        __asm__ volatile("clflush %0" : "+m"(va[off]));
    smp_mb();
}

void cache_flush_all(void)
{
    __asm__ volatile("wbinvd" ::: "memory");
}
