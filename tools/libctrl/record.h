/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of a saved guest, written and read one after the other.
 */
#ifndef LIBCTRL_RECORD_H
#define LIBCTRL_RECORD_H

#include "internal.h"
#include "save_format.h"

#include <sys/uio.h>

/* Writes all of these pieces, which it changes. */
int write_all(struct ctrl *h, int fd, struct iovec *v, int count);

/* Write the header; write a record whose body is these pieces, 3 at most. Any error of write() is
 * told as it is: -ENOSPC and the like. */
int save_header_write(struct ctrl *h, int fd, uint32_t version);
int record_write(struct ctrl *h, int fd, enum save_type type, const struct iovec *body, int pieces);

struct record_reader {
    int fd;
    uint32_t version;           /* SAVE_VERSION_* */
    uint64_t offset;            /* of the next record, for messages */
    uint64_t at;                /* of the one that was read last */
    uint32_t type, size;        /* of it; 0 before the first */
    unsigned char *body;        /* with a zero byte behind it */
};

/* Reads and checks the header. The reader is to be closed if that succeeds; `fd` is the caller's. */
int record_open(struct ctrl *h, struct record_reader *r, int fd);
void record_close(struct record_reader *r);

/*
 * The next record. -EBADMSG: the file is damaged or ends too early, and the message says where;
 * types come in their order.
 */
int record_next(struct ctrl *h, struct record_reader *r);

/* Says that the record read last is wrong in itself. Returns -EBADMSG. */
int record_wrong(struct ctrl *h, const struct record_reader *r, const char *why);

#endif
