/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * There is no short way to the fake machine's guests: all copies go through one pair of functions.
 */
#ifndef ARCH_GUEST_COPY_H
#define ARCH_GUEST_COPY_H

#include <hv/types.h>

#define guest_copy_is_short(bytes) false

static inline int guest_read_short(void *dst, uint64_t src, size_t bytes) { return -1; }
static inline int guest_write_short(uint64_t dst, const void *src, size_t bytes) { return -1; }

struct guest_args {
    uint64_t a1, a2, a3, a4, a5, a6;
};

int copy_from_guest_bytes(void *dst, uint64_t src, size_t bytes);

static inline int guest_read_args(struct guest_args *a, uint64_t src)
{
    return copy_from_guest_bytes(a, src, sizeof(*a));
}

#endif
