/* SPDX-License-Identifier: GPL-2.0-only */
/* The inner loops of memcpy and memset: 8-byte words, ascending. */
#ifndef ARCH_STRING_H
#define ARCH_STRING_H

#include <hv/types.h>

static inline void arch_copy_words(void *dst, const void *src, size_t words)
{
    __asm__ volatile("rep movsq" : "+D"(dst), "+S"(src), "+c"(words) : : "memory");
}

static inline void arch_fill_words(void *dst, uint64_t value, size_t words)
{
    __asm__ volatile("rep stosq" : "+D"(dst), "+c"(words) : "a"(value) : "memory");
}

#endif
