/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The terminal, by ncurses, which writes only what has changed.
 */
#ifndef XL_TERMINAL_H
#define XL_TERMINAL_H

#include "top_canvas.h"

/** Take over the terminal of stdin and stdout. false: reported. */
bool terminal_open(void);
/** Give it back as it was. */
void terminal_close(void);
/** It shows more than ASCII. */
bool terminal_is_utf8(void);
void terminal_size(int *rows, int *cols);
void terminal_show(const struct canvas *c);

enum terminal_event {
    TERMINAL_NOTHING,
    TERMINAL_KEY,
    TERMINAL_CLICK,
    TERMINAL_RESIZED,
    TERMINAL_GONE, /* nobody will type any more */
};

struct terminal_input {
    enum terminal_event event;
    int key;      /* a character, or one of top_model.h */
    int row, col; /* of a click */
};

/** Wait so long at most. */
struct terminal_input terminal_wait(int ms);

#endif
