/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for the data of requests whose pages are copied: pieces of one size, for all disks. The
 * first ones are one area, which the kernel can be told of once; when these are in use others are
 * made for the time.
 */
#ifndef BLOCK_BUFFERS_H
#define BLOCK_BUFFERS_H

#include "request.h"

/* The data of any request fits; aligned to a page. */
#define BUFFER_BYTES (BLOCK_SEGMENTS * 4096)
#define BUFFERS      32

/* All of them. */
struct buffers {
    char *area; /* BUFFERS of them; NULL: they are made when they are wanted */
    struct buffer *free;
};

/* 0 or -errno. For the life of the process. */
int buffers_start(struct buffers *b);
/* NULL: no memory. */
void *buffer_get(struct buffers *b);
/* NULL is allowed. */
void buffer_put(struct buffers *b, void *buffer);
/* Which of the area's it lies in, or -1. */
int buffer_index(const struct buffers *b, const void *address);

#endif
