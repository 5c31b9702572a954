/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checksum of a saved guest's records: that of all it has in memory, so it has to be quick.
 */
#ifndef LIBCTRL_CHECKSUM_H
#define LIBCTRL_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* What zlib's crc32(crc, data, len) is; 0 is before the first byte. */
uint32_t checksum_add(uint32_t crc, const void *data, size_t len);

#endif
