/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bzImages in every packing, whole, cut and damaged.
 */
#include "bzimage.h"

#include <check.h>
#include <lz4.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define PLAIN_SIZE (9u << 20)       /* more than one block of lz4 */
#define ROOM       (PLAIN_SIZE + (1u << 20))
#define PAYLOAD    0x600            /* one setup sector, then an offset of 0x200 */

static uint8_t *plain, *image;
static size_t image_size;

static void put32(size_t at, uint32_t v)
{
    memcpy(image + at, &v, 4);
}

/* The header around a payload of `len` bytes; its last 4 become the unpacked size. */
static void wrap(size_t len)
{
    image[0x1f1] = 1;
    image[0x1fe] = 0x55;
    image[0x1ff] = 0xaa;
    memcpy(image + 0x202, "HdrS", 4);
    image[0x206] = 0x0f;
    image[0x207] = 0x02;
    put32(0x248, 0x200);
    put32(0x24c, len);
    put32(PAYLOAD + len - 4, PLAIN_SIZE);
    image_size = PAYLOAD + len;
}

static void setup(void)
{
    plain = malloc(PLAIN_SIZE);
    image = calloc(1, ROOM);
    for (size_t i = 0; i < PLAIN_SIZE; i++)
        plain[i] = i % 251 ^ i >> 13;
}

static void teardown(void)
{
    free(plain);
    free(image);
}

static void pack_gzip(void)
{
    z_stream z = { .next_in = plain, .avail_in = PLAIN_SIZE };

    z.next_out = image + PAYLOAD;
    z.avail_out = ROOM - PAYLOAD;
    deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    wrap(z.total_out);              /* gzip ends with the size by itself */
    deflateEnd(&z);
}

static void pack_xz(void)
{
    size_t len = 0;

    ck_assert_int_eq(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, plain, PLAIN_SIZE,
                                             image + PAYLOAD, &len, ROOM - PAYLOAD), LZMA_OK);
    wrap(len + 4);
}

static void pack_zstd(void)
{
    size_t len = ZSTD_compress(image + PAYLOAD, ROOM - PAYLOAD - 4, plain, PLAIN_SIZE, 1);

    ck_assert(!ZSTD_isError(len));
    wrap(len + 4);
}

static void pack_lz4(void)
{
    size_t at = PAYLOAD + 4;

    put32(PAYLOAD, 0x184c2102);
    for (size_t from = 0; from < PLAIN_SIZE; from += 8u << 20) {
        size_t size = PLAIN_SIZE - from < 8u << 20 ? PLAIN_SIZE - from : 8u << 20;
        int len = LZ4_compress_default((char *)plain + from, (char *)image + at + 4, size,
                                       ROOM - at - 4);

        ck_assert_int_gt(len, 0);
        put32(at, len);
        at += 4 + len;
    }
    wrap(at - PAYLOAD + 4);
}

static void (*const packers[])(void) = { pack_gzip, pack_xz, pack_zstd, pack_lz4 };

static const char *unpack(size_t size, bool same)
{
    uint8_t *copy = malloc(size ? size : 1);
    size_t out_size = 0;
    const char *why;
    void *out;

    memcpy(copy, image, size);
    why = bzimage_unpack(copy, size, &out, &out_size);
    if (!why) {
        ck_assert_uint_eq(out_size, PLAIN_SIZE);
        if (same)
            ck_assert_int_eq(memcmp(out, plain, PLAIN_SIZE), 0);
        bzimage_free(out, out_size);
    }
    free(copy);
    return why;
}

START_TEST(every_packing)
{
    packers[_i]();
    ck_assert_ptr_null(unpack(image_size, true));
}
END_TEST

START_TEST(cut_off)
{
    packers[_i]();
    for (size_t size = 0; size < image_size; size += size < 0x700 ? 1 : image_size / 13 + 1)
        ck_assert_ptr_nonnull(unpack(size, true));
    ck_assert_ptr_nonnull(unpack(image_size - 1, true));
}
END_TEST

/* The payload says it is shorter than it is. */
START_TEST(short_payload)
{
    packers[_i]();
    wrap((image_size - PAYLOAD) / 2);
    ck_assert_ptr_nonnull(unpack(image_size, true));
}
END_TEST

START_TEST(wrong_size)
{
    packers[_i]();
    put32(image_size - 4, PLAIN_SIZE - 1);
    ck_assert_ptr_nonnull(unpack(image_size, true));
    put32(image_size - 4, PLAIN_SIZE + 1);
    ck_assert_ptr_nonnull(unpack(image_size, true));
    put32(image_size - 4, 0);
    ck_assert_ptr_nonnull(unpack(image_size, true));
    put32(image_size - 4, 0xffffffff);
    ck_assert_ptr_nonnull(unpack(image_size, true));
}
END_TEST

/* Damage in the packed data: an error or other contents, but nothing outside the buffers. */
START_TEST(damaged)
{
    packers[_i]();
    for (size_t at = PAYLOAD; at < image_size - 4; at += (image_size - PAYLOAD) / 12) {
        uint8_t old = image[at];

        image[at] ^= 0xff;
        unpack(image_size, false);
        image[at] = old;
    }
}
END_TEST

START_TEST(headers)
{
    pack_lz4();
    put32(0x248, 0xffffffff);
    ck_assert_ptr_nonnull(unpack(image_size, true));
    pack_lz4();
    put32(0x24c, 0xffffffff);
    ck_assert_ptr_nonnull(unpack(image_size, true));
    pack_lz4();
    put32(0x24c, 3);
    ck_assert_ptr_nonnull(unpack(image_size, true));
    pack_lz4();
    image[0x206] = 7;
    ck_assert_ptr_nonnull(unpack(image_size, true));
    pack_lz4();
    memcpy(image + PAYLOAD, "BZh9", 4);
    ck_assert_ptr_nonnull(strstr(unpack(image_size, true), "not supported"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bzimage");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, every_packing, 0, 4);
    tcase_add_loop_test(t, cut_off, 0, 4);
    tcase_add_loop_test(t, short_payload, 0, 4);
    tcase_add_loop_test(t, wrong_size, 0, 4);
    tcase_add_loop_test(t, damaged, 0, 4);
    tcase_add_test(t, headers);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
