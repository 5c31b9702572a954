/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bzImages: a header that is right but for what the input changes, and a payload of any bytes
 * behind one of the four packers' magic numbers; or any bytes altogether. The libraries that unpack
 * are the system's and not instrumented: what is checked is what we hand to them.
 */
#include "fuzz.h"

#include <bzimage.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD 0x600 /* one setup sector, then an offset of 0x200 */

static void put32(uint8_t *p, size_t at, uint32_t v)
{
    memcpy(p + at, &v, 4);
}

static uint8_t *wrap(size_t *size)
{
    static const uint8_t magics[][6] = {
        { 0x1f, 0x8b }, { 0xfd, '7', 'z', 'X', 'Z', 0 }, { 0x28, 0xb5, 0x2f, 0xfd },
        { 0x02, 0x21, 0x4c, 0x18 },
    };
    unsigned kind = fuzz_byte();
    uint32_t unpacked = fuzz_bytes(2), changed = fuzz_byte();
    size_t len = fuzz_left() + 6 + 4;
    uint8_t *p = calloc(1, PAYLOAD + len);

    p[0x1f1] = 1;
    p[0x1fe] = 0x55;
    p[0x1ff] = 0xaa;
    memcpy(p + 0x202, "HdrS", 4);
    p[0x206] = 0x0f;
    p[0x207] = 0x02;
    put32(p, 0x248, 0x200);
    put32(p, 0x24c, changed == 1 ? (uint32_t)fuzz_number() : len);
    if (changed == 2)
        put32(p, 0x248, (uint32_t)fuzz_number());
    if (changed == 3)
        p[0x1f1] = fuzz_byte();
    memcpy(p + PAYLOAD, magics[kind % 4], 6);
    for (size_t at = PAYLOAD + (kind % 4 == 0 ? 2 : kind % 4 == 1 ? 6 : 4); fuzz_left(); at++)
        p[at] = fuzz_byte();
    put32(p, PAYLOAD + len - 4, unpacked);
    *size = PAYLOAD + len;
    return p;
}

static void unpack(const void *data, size_t size)
{
    volatile uint8_t sum = 0;
    size_t out_size = 0;
    void *out = NULL;

    if (bzimage_unpack(data, size, &out, &out_size))
        return;
    FUZZ_CHECK(out && out_size && out_size <= 1UL << 30, "unpacked to %zu bytes", out_size);
    for (size_t i = 0; i < out_size; i += 4096)
        sum += ((uint8_t *)out)[i];
    sum += ((uint8_t *)out)[out_size - 1];
    bzimage_free(out, out_size);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    uint8_t *image;

    if (fuzz_byte() & 1) {
        unpack(data + 1, size - 1);
        return;
    }
    image = wrap(&size);
    unpack(image, size);
    free(image);
}
