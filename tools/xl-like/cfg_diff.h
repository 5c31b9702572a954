/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between two configurations.
 */
#ifndef XL_CFG_DIFF_H
#define XL_CFG_DIFF_H

#include "cfg_parse.h"

/** A line for each key that has another value in `next` than in `now`, or is in one of them only.
 * How many there are. */
size_t cfg_print_changes(const struct cfg *now, const struct cfg *next, FILE *out);

#endif
