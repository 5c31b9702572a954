/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bzImage: a boot header at a fixed place ("The Linux/x86 Boot Protocol") tells where the packed
 * kernel lies; its first bytes tell with what it was packed, its last four the size it will have.
 * All unpacking is done by libraries, into one buffer of that size.
 */
#include "bzimage.h"

#include <lz4.h>
#include <lzma.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>
#include <zstd.h>

#define HEADER_END     0x250
#define SETUP_SECTS    0x1f1
#define BOOT_MAGIC     0x1fe
#define HEADER_MAGIC   0x202
#define VERSION        0x206
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c

#define SECTOR            512
#define OLDEST_VERSION    0x0208    /* the first with a payload offset */
#define UNPACKED_MAX      (1UL << 30)
#define XZ_MEMORY_MAX     (256UL << 20)
#define LZ4_BLOCK_MAX     (8UL << 20)
#define BELIEVED_RATIO    16 /* a packed kernel that claims to become larger may not be honest */

struct buffer {
    const uint8_t *in;
    size_t in_size;
    uint8_t *out;
    size_t out_size;
};

static uint32_t get32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static const char *unpack_gzip(const struct buffer *b)
{
    z_stream z = {
        .next_in = (Bytef *)b->in,
        .avail_in = b->in_size,
        .next_out = b->out,
        .avail_out = b->out_size,
    };
    int ret;

    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return "zlib does not start";
    ret = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    if (ret != Z_STREAM_END || z.avail_out)
        return "its gzip data is damaged";
    return NULL;
}

static const char *unpack_xz(const struct buffer *b)
{
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_ret ret;

    if (lzma_stream_decoder(&s, XZ_MEMORY_MAX, 0) != LZMA_OK)
        return "liblzma does not start";
    s.next_in = b->in;
    s.avail_in = b->in_size;
    s.next_out = b->out;
    s.avail_out = b->out_size;
    ret = lzma_code(&s, LZMA_FINISH);
    lzma_end(&s);
    if (ret == LZMA_MEMLIMIT_ERROR)
        return "its xz data needs too much memory to unpack";
    if (ret != LZMA_STREAM_END || s.avail_out)
        return "its xz data is damaged";
    return NULL;
}

static const char *unpack_zstd(const struct buffer *b)
{
    size_t frame = ZSTD_findFrameCompressedSize(b->in, b->in_size);

    if (ZSTD_isError(frame) || ZSTD_decompress(b->out, b->out_size, b->in, frame) != b->out_size)
        return "its zstd data is damaged";
    return NULL;
}

/* The old framing of lz4: a magic number, then blocks that begin with their packed size. */
static const char *unpack_lz4(const struct buffer *b)
{
    size_t in = 4, out = 0;

    while (out < b->out_size) {
        size_t room = b->out_size - out < LZ4_BLOCK_MAX ? b->out_size - out : LZ4_BLOCK_MAX;
        size_t len;
        int got;

        if (b->in_size - in < 4)
            return "its lz4 data is cut off";
        len = get32(b->in + in);
        in += 4;
        if (len > b->in_size - in || len > LZ4_COMPRESSBOUND(LZ4_BLOCK_MAX))
            return "its lz4 data is damaged";
        got = LZ4_decompress_safe((const char *)b->in + in, (char *)b->out + out, len, room);
        if (got <= 0)
            return "its lz4 data is damaged";
        in += len;
        out += got;
    }
    return NULL;
}

static const char *unpack_unknown(const struct buffer *b)
{
    (void)b;
    return "it is packed in a way that is not supported (only gzip, xz, zstd and lz4 are)";
}

static const struct {
    uint8_t magic[6];
    unsigned int len;
    const char *(*unpack)(const struct buffer *b);
} packers[] = {
    { { 0x1f, 0x8b }, 2, unpack_gzip },
    { { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, unpack_xz },
    { { 0x28, 0xb5, 0x2f, 0xfd }, 4, unpack_zstd },
    { { 0x02, 0x21, 0x4c, 0x18 }, 4, unpack_lz4 },
    { { 0 }, 0, unpack_unknown },
};

/* Where the payload is, checked against the file. */
static const char *find_payload(const uint8_t *d, size_t size, struct buffer *b)
{
    uint64_t start, offset, length;

    if (size < HEADER_END || get32(d + HEADER_MAGIC) != 0x53726448 /* HdrS */ ||
        d[BOOT_MAGIC] != 0x55 || d[BOOT_MAGIC + 1] != 0xaa)
        return "it is not a bzImage";
    if ((get32(d + VERSION) & 0xffff) < OLDEST_VERSION)
        return "it is a bzImage from before Linux 2.6.26";
    start = (uint64_t)(d[SETUP_SECTS] ? d[SETUP_SECTS] : 4) * SECTOR + SECTOR;
    offset = start + get32(d + PAYLOAD_OFFSET);
    length = get32(d + PAYLOAD_LENGTH);
    if (length < 16 || offset > size || length > size - offset)
        return "it is cut off or damaged: the packed kernel is not inside the file";
    b->in = d + offset;
    b->in_size = length;
    b->out_size = get32(b->in + length - 4);
    if (b->out_size == 0 || b->out_size > UNPACKED_MAX)
        return "it is damaged: the unpacked kernel would have an absurd size";
    return NULL;
}

static const char *unpack_by_magic(const struct buffer *b)
{
    unsigned int i = 0;

    while (memcmp(b->in, packers[i].magic, packers[i].len) != 0)
        i++;
    return packers[i].unpack(b);
}

/* Fresh memory. One call has it all ready, where touching it would cost a fault for each page. */
static void *allocate(const struct buffer *b)
{
    int ready = b->out_size / BELIEVED_RATIO <= b->in_size ? MAP_POPULATE : 0;

    return mmap(NULL, b->out_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | ready, -1,
                0);
}

const char *bzimage_unpack(const void *data, size_t size, void **out, size_t *out_size)
{
    struct buffer b;
    const char *why = find_payload(data, size, &b);

    if (why)
        return why;
    b.out = allocate(&b);
    if (b.out == MAP_FAILED)
        return "there is no memory to unpack it";
    why = unpack_by_magic(&b);
    if (why) {
        bzimage_free(b.out, b.out_size);
        return why;
    }
    *out = b.out;
    *out_size = b.out_size;
    return NULL;
}

void bzimage_free(void *out, size_t out_size)
{
    munmap(out, out_size);
}
