/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory and string functions. The compiler calls the first four on its own, so they keep their
 * standard names and must not be compiled into calls of themselves.
 */
#include <arch/string.h>
#include <hv/string.h>

#pragma GCC optimize("no-tree-loop-distribute-patterns")

/* Below this many bytes a plain loop is cheaper than starting a string instruction. */
#define SHORT_BYTES 16

/** Ascending, so it may also move down over itself. */
static inline void copy_up(uint8_t *d, const uint8_t *s, size_t n)
{
    if (n >= SHORT_BYTES) {
        size_t words = n / 8;
        arch_copy_words(d, s, words);
        d += words * 8;
        s += words * 8;
        n %= 8;
    }
    while (n--)
        *d++ = *s++;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    copy_up(dst, src, n);
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    uint8_t *d = dst;
    const uint8_t *s = src;

    if ((uintptr_t)d - (uintptr_t)s >= n) { /* nothing is overwritten before it is read */
        copy_up(d, s, n);
        return dst;
    }
    while (n--)
        d[n] = s[n];
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    uint8_t *d = dst;

    if (n >= SHORT_BYTES) {
        size_t words = n / 8;
        arch_fill_words(d, 0x0101010101010101UL * (uint8_t)c, words);
        d += words * 8;
        n %= 8;
    }
    while (n--)
        *d++ = (uint8_t)c;
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n])
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++)
        if (*a != *b || !*a)
            return (uint8_t)*a - (uint8_t)*b;
    return 0;
}

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++)
        if (!*s)
            return NULL;
    return (char *)s;
}

size_t hv_strlcpy(char *dst, const char *src, size_t size)
{
    size_t len = strlen(src);

    if (size) {
        size_t n = MIN(len, size - 1);
        memcpy(dst, src, n);
        dst[n] = '\0';
    }
    return len;
}
