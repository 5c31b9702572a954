/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The input, and a fresh start for each: fuzz.mk puts the variables of every other file into one
 * section, which is copied at the first input and copied back before each one.
 */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

extern char __start_fuzz_state[], __stop_fuzz_state[];

static const uint8_t *at, *end;

size_t fuzz_left(void)
{
    return end - at;
}

unsigned fuzz_byte(void)
{
    return at < end ? *at++ : 0;
}

uint64_t fuzz_bytes(unsigned bytes)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < bytes; i++)
        n |= (uint64_t)fuzz_byte() << i * 8;
    return n;
}

unsigned fuzz_below(unsigned n)
{
    return n <= 1 ? 0 : fuzz_bytes(n <= 256 ? 1 : 2) % n;
}

bool fuzz_one_in(unsigned n)
{
    return fuzz_below(n) == n - 1;
}

uint64_t fuzz_number(void)
{
    unsigned kind = fuzz_byte();

    switch (kind >> 6) {
    case 0:
        return kind & 63;
    case 1:
        return (1UL << (kind & 63)) + (int8_t)fuzz_byte();
    case 2:
        return -(uint64_t)(kind & 63);
    default:
        return fuzz_bytes(1 + (kind & 7));
    }
}

void fuzz_fail(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    abort();
}

/* What the sanitizer keeps between variables is copied with them, so it must not look. */
__attribute__((no_sanitize("address"))) static void copy(char *dst, const char *src, size_t bytes)
{
    __asm__ volatile("rep movsb" : "+D"(dst), "+S"(src), "+c"(bytes) : : "memory");
}

static void fresh_start(void)
{
    static char *saved;
    size_t bytes = __stop_fuzz_state - __start_fuzz_state;

    if (saved) {
        copy(__start_fuzz_state, saved, bytes);
        return;
    }
    saved = malloc(bytes);
    if (!saved)
        fuzz_fail("no memory for a copy of the variables");
    copy(saved, __start_fuzz_state, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fresh_start();
    at = data;
    end = data + size;
    fuzz_one(data, size);
    return 0;
}
