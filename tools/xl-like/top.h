/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `xl-like top` prints where nobody looks at a screen: each sample as text or JSON.
 */
#ifndef XL_TOP_H
#define XL_TOP_H

#include "sample.h"

#include <stdio.h>

/** A table with a heading and a row for each domain. */
void top_print_text(const struct sample *s, FILE *out);
/** One object in one line on stdout. false: reported. */
bool top_print_json(const struct sample *s);

#endif
