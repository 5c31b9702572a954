/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers. The one that was put last is given first: it is in the caches.
 */
#include "buffers.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

struct buffer {
    struct buffer *next;
};

int buffers_start(struct buffers *b)
{
    b->area = mmap(NULL, (size_t)BUFFERS * BUFFER_BYTES, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (b->area == MAP_FAILED)
        return -errno;
    for (int i = BUFFERS - 1; i >= 0; i--)
        buffer_put(b, b->area + (size_t)i * BUFFER_BYTES);
    return 0;
}

int buffer_index(const struct buffers *b, const void *address)
{
    uintptr_t at = (uintptr_t)address - (uintptr_t)b->area;

    return b->area && at < (size_t)BUFFERS * BUFFER_BYTES ? (int)(at / BUFFER_BYTES) : -1;
}

void *buffer_get(struct buffers *b)
{
    struct buffer *buffer = b->free;
    void *memory;

    if (!buffer)
        return posix_memalign(&memory, 4096, BUFFER_BYTES) ? NULL : memory;
    b->free = buffer->next;
    return buffer;
}

void buffer_put(struct buffers *b, void *memory)
{
    struct buffer *buffer = memory;

    if (!buffer)
        return;
    if (buffer_index(b, buffer) < 0) {
        free(buffer);
        return;
    }
    buffer->next = b->free;
    b->free = buffer;
}
