/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of CPUs as people write them: "0-3,^2", "all".
 */
#ifndef XL_CPU_SET_H
#define XL_CPU_SET_H

#include <stddef.h>
#include <stdint.h>

/** A bit for each CPU in `bytes` bytes; "all" sets every bit. 0, or -EINVAL: not in this form, a CPU
 * beyond the map, or none at all. */
int parse_cpu_set(const char *text, uint8_t *map, size_t bytes);

#endif
