/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inner loops of memcpy and memset in plain C.
 */
#ifndef ARCH_STRING_H
#define ARCH_STRING_H

#include <hv/types.h>

static inline void arch_copy_words(void *dst, const void *src, size_t words)
{
    volatile uint8_t *d = dst;

    for (size_t i = 0; i < words * 8; i++)
        d[i] = ((const uint8_t *)src)[i];
}

static inline void arch_fill_words(void *dst, uint64_t value, size_t words)
{
    for (size_t i = 0; i < words * 8; i++)
        ((volatile uint8_t *)dst)[i] = (uint8_t)(value >> i % 8 * 8);
}

#endif
