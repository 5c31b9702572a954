/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The terminal.
 */
#define NCURSES_WIDECHAR 1
#include "terminal.h"
#include "report.h"
#include "top_model.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ESCAPE_MS 25 /* Esc alone is a key after this */

static SCREEN *terminal;

/* What a style is with colour and without. */
static const struct {
    attr_t attributes;
    short color; /* 0: the terminal's own */
} styles[STYLES] = {
    [STYLE_PLAIN] = { A_NORMAL, 0 },
    [STYLE_BAR] = { A_REVERSE, 0 },
    [STYLE_SELECTED] = { A_REVERSE | A_BOLD, 0 },
    [STYLE_BOLD] = { A_BOLD, 0 },
    [STYLE_GOOD] = { A_NORMAL, COLOR_GREEN },
    [STYLE_BUSY] = { A_NORMAL, COLOR_YELLOW },
    [STYLE_BAD] = { A_NORMAL, COLOR_RED },
};

/* A color's pair has the color's number; without colours all pairs are 0. */
static bool colored;

static void start_colors(void)
{
    const char *no_color = getenv("NO_COLOR");

    colored = has_colors() && !(no_color && *no_color) && start_color() == OK;
    if (!colored)
        return;
    use_default_colors();
    for (int i = 0; i < STYLES; i++)
        if (styles[i].color)
            init_pair(styles[i].color, styles[i].color, -1);
}

bool terminal_open(void)
{
    const char *type = getenv("TERM");

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        report_error("top: this is no terminal");
        report_hint("--batch, --once and --json are for files and pipes");
        return false;
    }
    setlocale(LC_CTYPE, "");
    terminal = newterm(NULL, stdout, stdin);
    if (!terminal) {
        report_error("top: the terminal '%s' is not known, or cannot do what is needed",
                     type ? type : "");
        report_hint("set TERM, or use --batch");
        return false;
    }
    start_colors();
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    set_escdelay(ESCAPE_MS);
    curs_set(0);
    mouseinterval(0);
    mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
    return true;
}

void terminal_close(void)
{
    endwin();
    delscreen(terminal);
    terminal = NULL;
}

bool terminal_is_utf8(void) { return strcmp(nl_langinfo(CODESET), "UTF-8") == 0; }

void terminal_size(int *rows, int *cols) { getmaxyx(stdscr, *rows, *cols); }

#define PIECE 64 /* cells that are handed over at once */

static void show_piece(int row, int col, const struct cell *cells, int n)
{
    cchar_t piece[PIECE];

    for (int i = 0; i < n; i++) {
        wchar_t text[2] = { cells[i].glyph, 0 };
        int style = cells[i].style;

        setcchar(&piece[i], text, styles[style].attributes, colored ? styles[style].color : 0,
                 NULL);
    }
    mvadd_wchnstr(row, col, piece, n);
}

void terminal_show(const struct canvas *c)
{
    for (int row = 0; row < c->rows; row++)
        for (int col = 0; col < c->cols; col += PIECE)
            show_piece(row, col, &c->cells[row * c->cols + col],
                       c->cols - col < PIECE ? c->cols - col : PIECE);
    refresh();
}

/* --- input ------------------------------------------------------------------------------------ */

static const struct {
    wint_t curses;
    int key;
} keys[] = {
    { KEY_UP, KEY_GO_UP },          { KEY_DOWN, KEY_GO_DOWN },    { KEY_LEFT, KEY_GO_LEFT },
    { KEY_RIGHT, KEY_GO_RIGHT },    { KEY_PPAGE, KEY_PAGE_UP },   { KEY_NPAGE, KEY_PAGE_DOWN },
    { KEY_HOME, KEY_TO_FIRST },     { KEY_END, KEY_TO_LAST },     { KEY_ENTER, KEY_RETURN },
    { KEY_BACKSPACE, KEY_RUBOUT },  { KEY_DC, KEY_RUBOUT },       { KEY_F(1), KEY_FOR_HELP },
};

static struct terminal_input function_key(wint_t c)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i].curses == c)
            return (struct terminal_input){ .event = TERMINAL_KEY, .key = keys[i].key };
    return (struct terminal_input){ .event = TERMINAL_NOTHING };
}

static struct terminal_input character(wint_t c)
{
    int key = c == '\r' || c == '\n'  ? KEY_RETURN
              : c == 27               ? KEY_ESCAPE
              : c == 8 || c == 127    ? KEY_RUBOUT
                                      : (int)c;

    return (struct terminal_input){ .event = TERMINAL_KEY, .key = key };
}

/* The wheel moves the selection. */
static struct terminal_input mouse(void)
{
    MEVENT m;

    if (getmouse(&m) != OK)
        return (struct terminal_input){ .event = TERMINAL_NOTHING };
    if (m.bstate & BUTTON4_PRESSED)
        return (struct terminal_input){ .event = TERMINAL_KEY, .key = KEY_GO_UP };
    if (m.bstate & BUTTON5_PRESSED)
        return (struct terminal_input){ .event = TERMINAL_KEY, .key = KEY_GO_DOWN };
    return (struct terminal_input){ .event = TERMINAL_CLICK, .row = m.y, .col = m.x };
}

struct terminal_input terminal_wait(int ms)
{
    wint_t c;
    int ret;

    timeout(ms);
    ret = get_wch(&c);
    if (ret == KEY_CODE_YES && c == KEY_RESIZE)
        return (struct terminal_input){ .event = TERMINAL_RESIZED };
    if (ret == KEY_CODE_YES)
        return c == KEY_MOUSE ? mouse() : function_key(c);
    if (ret == OK)
        return character(c);
    /* nothing was typed, which get_wch() does not tell from the terminal's end */
    return (struct terminal_input){ .event = isatty(STDIN_FILENO) ? TERMINAL_NOTHING
                                                                  : TERMINAL_GONE };
}
