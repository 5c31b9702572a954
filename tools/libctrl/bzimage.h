/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unpacking the kernel that is packed inside a Linux bzImage.
 */
#ifndef LIBCTRL_BZIMAGE_H
#define LIBCTRL_BZIMAGE_H

#include <stddef.h>

/*
 * Unpack the payload of the bzImage in data[0..size). On success returns NULL, *out is a map of
 * *out_size bytes, to be given back with bzimage_free(). On failure returns why, for people, a
 * constant string. Trusts nothing in the image; the result is never larger than 1 GiB.
 */
const char *bzimage_unpack(const void *data, size_t size, void **out, size_t *out_size);

void bzimage_free(void *out, size_t out_size);

#endif
