/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CRC-32 by multiplication without carries, where the processor has it: 64 bytes in 8 of those, and
 * what is left by zlib, whose tables take some instructions for each byte.
 *
 * A CRC is the remainder of the message, as a polynomial over GF(2), modulo P. So 128 bits may be
 * taken away from the front and added further on, multiplied by x^distance mod P. The message's
 * bits are in reverse order, and so are the factors: bit 32 is x^0.
 */
#include "checksum.h"

#include <immintrin.h>
#include <zlib.h>

#define LANES 4
#define BLOCK (LANES * sizeof(__m128i))

/* x^(512+32) and x^(512-32) mod P, and the same for 128: for the first and the second half. */
#define FACTORS_512 _mm_set_epi64x(0x1c6e41596, 0x154442bd4)
#define FACTORS_128 _mm_set_epi64x(0x0ccaa009e, 0x1751997d0)

__attribute__((target("pclmul"))) static __m128i move_on(__m128i x, __m128i factors, __m128i to)
{
    __m128i first = _mm_clmulepi64_si128(x, factors, 0x00);
    __m128i second = _mm_clmulepi64_si128(x, factors, 0x11);

    return _mm_xor_si128(_mm_xor_si128(first, second), to);
}

/* len: a multiple of BLOCK, not 0. */
__attribute__((target("pclmul"))) static uint32_t add_blocks(uint32_t crc, const __m128i *p, size_t len)
{
    const __m128i *end = p + len / sizeof(*p);
    __m128i lane[LANES], all;

#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++)
        lane[i] = _mm_loadu_si128(p++);
    lane[0] = _mm_xor_si128(lane[0], _mm_cvtsi32_si128((int)~crc));
    for (; p < end; p += LANES)
#pragma GCC unroll 4
        for (int i = 0; i < LANES; i++)
            lane[i] = move_on(lane[i], FACTORS_512, _mm_loadu_si128(p + i));
    all = lane[0];
#pragma GCC unroll 4
    for (int i = 1; i < LANES; i++)
        all = move_on(all, FACTORS_128, lane[i]);
    return crc32(UINT32_MAX, (const Bytef *)&all, sizeof(all)); /* after nothing, not even inverted */
}

static size_t add_quickly(uint32_t *crc, const void *data, size_t len)
{
    size_t whole = len - len % BLOCK;

    if (!whole || !__builtin_cpu_supports("pclmul"))
        return 0;
    *crc = add_blocks(*crc, data, whole);
    return whole;
}

uint32_t checksum_add(uint32_t crc, const void *data, size_t len)
{
    size_t done = add_quickly(&crc, data, len);

    if (done == len) /* without a body zlib's forgets what was before */
        return crc;
    return crc32(crc, (const Bytef *)data + done, len - done);
}
