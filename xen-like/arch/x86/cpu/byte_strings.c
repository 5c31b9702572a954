/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the CPU's enhanced byte strings (ERMS) are what they promise: kernels that see the feature
 * copy and clear memory by `rep movsb` and `rep stosb`. An emulator that lists it may still carry
 * these out byte by byte, at several times the cost of words.
 */
#include <arch/cpu_policy.h>
#include <arch/features.h>
#include <arch/insn.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>

#define ROUNDS 8 /* the shortest counts: an interrupt or another machine's turn lengthens some */

static uint64_t clear_by_bytes(void *page)
{
    uint64_t n = PAGE_SIZE, start = rdtsc_ordered();

    __asm__ volatile("rep stosb" : "+D"(page), "+c"(n) : "a"(0) : "memory");
    return rdtsc_ordered() - start;
}

static uint64_t clear_by_words(void *page)
{
    uint64_t n = PAGE_SIZE / 8, start = rdtsc_ordered();

    __asm__ volatile("rep stosq" : "+D"(page), "+c"(n) : "a"(0) : "memory");
    return rdtsc_ordered() - start;
}

bool byte_strings_are_fast(void)
{
    uint64_t bytes = ~0UL, words = ~0UL;
    void *page = hv_zalloc(PAGE_SIZE);

    if (!page)
        return true;
    for (int i = 0; i < ROUNDS; i++) {
        bytes = MIN(bytes, clear_by_bytes(page));
        words = MIN(words, clear_by_words(page));
    }
    hv_free(page);
    if (bytes <= 2 * words)
        return true;
    printk(LOG_INFO, "CPU: byte strings clear a page in %lu ticks, words in %lu: ERMS is hidden\n",
           bytes, words);
    return false;
}
