/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processor caches: only where memory and caches can disagree (uncached mappings of RAM) or a
 * device driver asks.
 */
#include <arch/features.h>
#include <arch/mm.h>
#include <hv/arch.h>

void cache_flush_frame(mfn_t m)
{
    char *va = mfn_to_virt(m);
    unsigned step = cpu_features.clflush_line;

    if (!step) {
        cache_flush_all();
        return;
    }
    /* MFENCE by name: on older AMD processors nothing else orders CLFLUSH with other accesses */
    __asm__ volatile("mfence" ::: "memory");
    for (unsigned off = 0; off < PAGE_SIZE; off += step)
        __asm__ volatile("clflush %0" : "+m"(va[off]));
    __asm__ volatile("mfence" ::: "memory");
}

void cache_flush_all(void) { __asm__ volatile("wbinvd" ::: "memory"); }
