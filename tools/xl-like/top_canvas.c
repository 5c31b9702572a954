/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A screen as an array of cells.
 */
#include "top_canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EIGHTHS_ACROSS 0x2590 /* less n: n eighths of a cell, from the left */
#define EIGHTHS_UP     0x2580 /* and n: n eighths of a cell, from below */

bool canvas_resize(struct canvas *s, int rows, int cols)
{
    struct cell *cells = calloc((size_t)rows * cols + 1, sizeof(*cells));

    if (!cells)
        return false;
    free(s->cells);
    s->cells = cells;
    s->rows = rows;
    s->cols = cols;
    canvas_clear(s);
    return true;
}

void canvas_clear(struct canvas *s)
{
    for (int i = 0; i < s->rows * s->cols; i++)
        s->cells[i] = (struct cell){ ' ', STYLE_PLAIN };
}

void canvas_free(struct canvas *s)
{
    free(s->cells);
    *s = (struct canvas){ 0 };
}

static void put(struct canvas *s, int row, int col, enum style style, uint32_t glyph)
{
    if (row >= 0 && row < s->rows && col >= 0 && col < s->cols)
        s->cells[row * s->cols + col] = (struct cell){ glyph, style };
}

void canvas_text(struct canvas *s, int row, int col, int width, enum style style, const char *text)
{
    for (; *text && width > 0; text++, width--)
        put(s, row, col++, style, *text >= ' ' && *text <= '~' ? *text : '?');
}

void canvas_print(struct canvas *s, int row, int col, int width, enum style style, const char *fmt,
                  ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    canvas_text(s, row, col, width, style, text);
}

void canvas_right(struct canvas *s, int row, int col, int width, enum style style,
                  const char *text)
{
    int blank = width - (int)strlen(text);

    if (blank > 0)
        canvas_text(s, row, col + blank, width - blank, style, text);
    else
        canvas_text(s, row, col, width, style, text);
}

void canvas_row_style(struct canvas *s, int row, enum style style)
{
    for (int col = 0; row >= 0 && row < s->rows && col < s->cols; col++)
        s->cells[row * s->cols + col].style = style;
}

static double bounded(double part) { return part > 0 ? part < 1 ? part : 1 : 0; }

void canvas_bar(struct canvas *s, int row, int col, int width, enum style style, double part)
{
    int eighths = (int)(bounded(part) * width * 8 + 0.5);

    for (int i = 0; i < width; i++, eighths -= 8) {
        if (eighths >= 8)
            put(s, row, col + i, style, s->utf8 ? EIGHTHS_ACROSS - 8 : '#');
        else if (eighths > 0 && s->utf8)
            put(s, row, col + i, style, EIGHTHS_ACROSS - eighths);
        else if (eighths >= 4)
            put(s, row, col + i, style, '|');
    }
}

void canvas_sparkline(struct canvas *s, int row, int col, int width, const struct history *h)
{
    static const char ascii[] = " .:-=+*%#";

    for (int i = 0; i < width && (unsigned)i < h->count; i++) {
        double value = h->values[(h->newest + HISTORY_SAMPLES - i) % HISTORY_SAMPLES];
        int level = (int)(bounded(value) * 8 + 0.5);

        if (level)
            put(s, row, col + width - 1 - i, STYLE_GOOD,
                s->utf8 ? EIGHTHS_UP + (uint32_t)level : (uint32_t)ascii[level]);
    }
}
