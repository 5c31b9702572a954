/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A screen as an array of cells: what is drawn, without a terminal.
 */
#ifndef XL_TOP_CANVAS_H
#define XL_TOP_CANVAS_H

#include "top_history.h"

#include <stdbool.h>
#include <stdint.h>

enum style {
    STYLE_PLAIN,
    STYLE_BAR,      /* headings and the line of keys: reversed */
    STYLE_SELECTED, /* the row that keys act on: reversed and bold */
    STYLE_BOLD,
    STYLE_GOOD, STYLE_BUSY, STYLE_BAD, /* colours: green, yellow, red; plain without colour */
    STYLES
};

struct cell {
    uint32_t glyph; /* a code point of one column */
    uint8_t style;  /* enum style */
};

struct canvas {
    int rows, cols;
    bool utf8; /* glyphs beyond ASCII may be used */
    struct cell *cells;
};

/** All blank, of this size, which may be 0. false: out of memory, and it is as it was. */
bool canvas_resize(struct canvas *c, int rows, int cols);
void canvas_clear(struct canvas *c);
void canvas_free(struct canvas *c);

/** Text from (row, col) on, at most `width` cells; what is outside of the screen is cut off, what is
 * not printable ASCII becomes '?'. */
void canvas_text(struct canvas *c, int row, int col, int width, enum style style, const char *text);
void canvas_print(struct canvas *c, int row, int col, int width, enum style style, const char *fmt,
                  ...) __attribute__((format(printf, 6, 7)));
/** The same text at the right end of the field. */
void canvas_right(struct canvas *c, int row, int col, int width, enum style style,
                  const char *text);
/** Give a whole row a style. */
void canvas_row_style(struct canvas *c, int row, enum style style);
/** A bar that is `part` (0 to 1) full. */
void canvas_bar(struct canvas *c, int row, int col, int width, enum style style, double part);
/** One cell for each sample, the newest at the right. */
void canvas_sparkline(struct canvas *c, int row, int col, int width, const struct history *h);

#endif
