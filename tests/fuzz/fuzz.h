/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every fuzz target has: an input that is read piece by piece, and an end that tells what is
 * wrong. A target is one file that defines fuzz_one(). It is linked to libFuzzer (`make fuzz`) and,
 * with any compiler, to replay.c, which runs the corpus (`make check`).
 *
 * Before each input the variables of all files but fuzz.c are what they were at the program's
 * start, so that an input alone says what happens.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One input; fuzz_byte() and its kin read the same bytes. */
void fuzz_one(const uint8_t *data, size_t size);

/** libFuzzer's entry, which replay.c calls too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Bytes not read yet. What is read behind the end is 0. */
size_t fuzz_left(void);
unsigned fuzz_byte(void);
/** A little-endian number of `bytes` bytes, at most 8. */
uint64_t fuzz_bytes(unsigned bytes);
/** 0 to n - 1; takes one byte for n up to 256, two for more. */
unsigned fuzz_below(unsigned n);
/** True once in n times, if the input were random. */
bool fuzz_one_in(unsigned n);
/** A number where things go wrong: small, around a power of two, near the top, or any. */
uint64_t fuzz_number(void);

/** Stop: this is a finding. */
_Noreturn void fuzz_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define FUZZ_CHECK(cond, ...)                                                                     \
    do {                                                                                          \
        if (!(cond))                                                                              \
            fuzz_fail(__VA_ARGS__);                                                               \
    } while (0)

#endif
