/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `xl-like top`: each sample as text or JSON where nobody looks at a screen, and on a terminal.
 */
#ifndef XL_TOP_H
#define XL_TOP_H

#include "sample.h"

#include <stdio.h>

/** A table with a heading and a row for each domain. */
void top_print_text(const struct sample *s, FILE *out);
/** One object in one line on stdout. false: reported. */
bool top_print_json(const struct sample *s);

/** On the terminal until it is left, or for so many samples if `count` is not 0. 0 or -errno:
 * -ENOTTY is reported, others are sampler_take()'s. */
int top_watch(struct sampler *sampler, double delay, unsigned long count);

#endif
