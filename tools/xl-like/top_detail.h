/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the monitor asks for the selected domain only.
 */
#ifndef XL_TOP_DETAIL_H
#define XL_TOP_DETAIL_H

#include "top_model.h"

/** Its vcpus, what it has in the store (NULL: not in reach) and the end of its console's log. What
 * cannot be had is left out. */
void detail_take(struct top_detail *d, const struct domain_sample *s, struct xstore *x);
/** d->shares from xstored's answer to "quota" with the number d->domid; kinds without an amount are
 * left out. */
void quota_read(const char *answer, struct top_detail *d);
/** The last lines of the console of the guest of this name; "" before them. */
void console_take(const char *name, char lines[CONSOLE_LINES][CONSOLE_COLS]);
/** The last lines of a text that are not empty, without a terminal's commands. `text` is changed. */
void console_last_lines(char *text, char lines[CONSOLE_LINES][CONSOLE_COLS]);

#endif
