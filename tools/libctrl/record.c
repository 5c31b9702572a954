/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of a saved guest.
 */
#include "record.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALIGN      8
#define PIECES_MAX 3

static const unsigned char zeros[ALIGN];

static size_t filling(uint32_t size) { return -size & (ALIGN - 1); }

/* ---- writing ---- */

int write_all(struct ctrl *h, int fd, struct iovec *v, int count)
{
    while (count) {
        ssize_t n = writev(fd, v, count);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ctrl_fail(h, -errno, "cannot write: %s", strerror(errno));
        while (count && (size_t)n >= v->iov_len) {
            n -= v->iov_len;
            v++;
            count--;
        }
        if (count) {
            v->iov_base = (char *)v->iov_base + n;
            v->iov_len -= n;
        }
    }
    return 0;
}

int save_header_write(struct ctrl *h, int fd, uint32_t version)
{
    struct save_header header = { .magic = SAVE_MAGIC, .version = version };
    struct iovec v = { &header, sizeof(header) };

    return write_all(h, fd, &v, 1);
}

static uint32_t checksum(const struct save_record *r, const struct iovec *body, int pieces)
{
    uint32_t crc = libdeflate_crc32(0, r, offsetof(struct save_record, crc));

    for (int i = 0; i < pieces; i++)
        if (body[i].iov_len) /* without a body it forgets what was before */
            crc = libdeflate_crc32(crc, body[i].iov_base, body[i].iov_len);
    return crc;
}

int record_write(struct ctrl *h, int fd, enum save_type type, const struct iovec *body, int pieces)
{
    struct save_record r = { .type = type };
    struct iovec v[PIECES_MAX + 2] = { { &r, sizeof(r) } };

    for (int i = 0; i < pieces; i++) {
        v[i + 1] = body[i];
        r.size += body[i].iov_len;
    }
    r.crc = checksum(&r, body, pieces);
    v[pieces + 1] = (struct iovec){ (void *)zeros, filling(r.size) };
    return write_all(h, fd, v, pieces + 2);
}

/* ---- reading ---- */

/* All of it: -EBADMSG if the file ends before. */
static int read_all(struct ctrl *h, struct record_reader *r, void *dst, size_t len)
{
    char *p = dst;

    while (len) {
        ssize_t n = read(r->fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ctrl_fail(h, -errno, "cannot read: %s", strerror(errno));
        if (n == 0)
            return ctrl_fail(h, -EBADMSG,
                             "the file ends at byte %llu, in the middle: it is not "
                             "whole",
                             (unsigned long long)r->offset);
        p += n;
        len -= n;
        r->offset += n;
    }
    return 0;
}

int record_open(struct ctrl *h, struct record_reader *r, int fd)
{
    struct save_header header;
    int ret;

    *r = (struct record_reader){ .fd = fd };
    ret = read_all(h, r, &header, sizeof(header));
    if (ret)
        return ret;
    if (memcmp(header.magic, SAVE_MAGIC, sizeof(header.magic)))
        return ctrl_fail(h, -EBADMSG, "this is no file of a saved guest");
    if (header.version < SAVE_VERSION_PV || header.version >= SAVE_VERSIONS)
        return ctrl_fail(h, -EPROTO, "the file has version %u of the format, this program knows %u "
                         "to %u", header.version, SAVE_VERSION_PV, SAVE_VERSIONS - 1);
    r->version = header.version;
    r->body = malloc(SAVE_BODY_MAX + 1);
    return r->body ? 0 : ctrl_fail(h, -ENOMEM, "no memory for a record");
}

void record_close(struct record_reader *r)
{
    free(r->body);
    r->body = NULL;
}

int record_wrong(struct ctrl *h, const struct record_reader *r, const char *why)
{
    return ctrl_fail(h, -EBADMSG, "the record of type %u at byte %llu is wrong: %s", r->type,
                     (unsigned long long)r->at, why);
}

/* Where a type's place is; 0: in a file of this version there is none. */
static unsigned int place_of(uint32_t type, uint32_t version)
{
    static const uint8_t places[SAVE_TYPES][SAVE_VERSIONS] = {
        [SAVE_CONFIG] = { 0, 1, 1, 1 },
        [SAVE_DOMAIN] = { 0, 2, 2, 2 },
        [SAVE_FRAMES] = { 0, 3, 3, 3 },
        [SAVE_P2M] = { 0, 4, 0, 0 },
        [SAVE_PAGES] = { 0, 5, 5, 5 },
        [SAVE_SHARED_INFO] = { 0, 6, 0, 0 },
        [SAVE_VCPU] = { 0, 7, 0, 0 },
        [SAVE_PARAMS] = { 0, 0, 8, 8 },
        [SAVE_CONTEXT] = { 0, 0, 9, 9 },
        [SAVE_DEVICE_MODEL] = { 0, 0, 0, 10 },
        [SAVE_END] = { 0, 11, 11, 11 },
    };

    return type < SAVE_TYPES ? places[type][version] : 0;
}

int record_next(struct ctrl *h, struct record_reader *r)
{
    unsigned int before = place_of(r->type, r->version);
    struct save_record head;
    struct iovec body;
    int ret;

    r->at = r->offset;
    ret = read_all(h, r, &head, sizeof(head));
    if (ret)
        return ret;
    r->type = head.type;
    r->size = head.size;
    if (head.size > SAVE_BODY_MAX)
        return record_wrong(h, r, "it is too long");
    ret = read_all(h, r, r->body, head.size + filling(head.size));
    if (ret)
        return ret;
    body = (struct iovec){ r->body, head.size };
    r->body[head.size] = '\0';
    if (checksum(&head, &body, 1) != head.crc)
        return record_wrong(h, r, "its checksum does not fit: the file is damaged");
    if (!place_of(head.type, r->version))
        return record_wrong(h, r, "there is no such type");
    if (place_of(head.type, r->version) < before)
        return record_wrong(h, r, "it comes too late");
    return 0;
}
