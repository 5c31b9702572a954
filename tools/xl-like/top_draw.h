/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parts of the monitor's screen, for top_draw().
 */
#ifndef XL_TOP_DRAW_H
#define XL_TOP_DRAW_H

#include "top_model.h"

/** The colour of a bar that is so full. */
enum style load_style(double part);

/** The keys, in the place of the list. */
void draw_help(struct canvas *s);
/** The machine's CPUs, in the place of the list. */
void draw_cpus(const struct top *t, struct canvas *s);
/** More about the selected domain, from this row down to the line of keys. */
void draw_detail(const struct top *t, struct canvas *s, int row);

#endif
