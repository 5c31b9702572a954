/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sizes as people write them: a number, and K, M, G or T behind it.
 */
#ifndef XL_SIZE_H
#define XL_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/** In bytes; a number alone counts `unit` bytes, a power of two. False: it is no size, 0, or more
 * than 63 bits hold. */
bool parse_size(const char *text, uint64_t unit, uint64_t *bytes);

#endif
