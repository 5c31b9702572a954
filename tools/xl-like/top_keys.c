/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What keys and clicks do.
 */
#include "top_model.h"

#include <string.h>

/* --- the list --------------------------------------------------------------------------------- */

static void move(struct top *t, long by)
{
    if (by < 0 && (size_t)-by > t->position)
        by = -(long)t->position;
    top_select(t, t->position + by);
}

static void up(struct top *t) { move(t, -1); }
static void down(struct top *t) { move(t, 1); }
static void page_up(struct top *t) { move(t, -(long)top_list_rows(t)); }
static void page_down(struct top *t) { move(t, top_list_rows(t)); }
static void to_first(struct top *t) { top_select(t, 0); }
static void to_last(struct top *t) { top_select(t, t->nr_rows); }

static void sort_by(struct top *t, unsigned column)
{
    t->reverse = column == t->sort && !t->reverse;
    t->sort = column;
    top_arrange(t);
}

/* The next column in this direction that is on the screen and can be sorted by. */
static void sort_beside(struct top *t, int step)
{
    struct column_place places[MAX_COLUMNS];
    unsigned column = t->sort;

    columns_place(t->screen_cols, places);
    do
        column = (column + nr_columns + step) % nr_columns;
    while (column != t->sort && (!places[column].width || !column_can_sort(column)));
    if (column != t->sort)
        sort_by(t, column);
}

static void sort_left(struct top *t) { sort_beside(t, -1); }
static void sort_right(struct top *t) { sort_beside(t, 1); }

static void turn_order(struct top *t)
{
    t->reverse = !t->reverse;
    top_arrange(t);
}

/* --- what is shown ---------------------------------------------------------------------------- */

static void detail(struct top *t)
{
    t->detail_open = !t->detail_open;
    t->chosen |= t->detail_open; /* the pane stays with its domain */
    t->now = t->detail_open;
    top_arrange(t);
}

static void cpus(struct top *t) { t->view = t->view == VIEW_CPUS ? VIEW_DOMAINS : VIEW_CPUS; }
static void help(struct top *t) { t->view = t->view == VIEW_HELP ? VIEW_DOMAINS : VIEW_HELP; }
static void edit_filter(struct top *t) { t->editing = t->view == VIEW_DOMAINS; }
static void freeze(struct top *t) { t->frozen = !t->frozen; }
static void sample_now(struct top *t) { t->now = true; }
static void quit(struct top *t) { t->quit = true; }

/* One thing less at a time. */
static void leave(struct top *t)
{
    if (t->view != VIEW_DOMAINS) {
        t->view = VIEW_DOMAINS;
    } else if (t->detail_open) {
        t->detail_open = false;
    } else {
        t->filter[0] = '\0';
        top_arrange(t);
    }
}

static void slower(struct top *t) { t->delay = t->delay * 2 < MAX_DELAY ? t->delay * 2 : MAX_DELAY; }
static void faster(struct top *t) { t->delay = t->delay / 2 > MIN_DELAY ? t->delay / 2 : MIN_DELAY; }

/* --- the filter, while it is written ---------------------------------------------------------- */

static void edit(struct top *t, int key)
{
    size_t len = strlen(t->filter);

    if (key == KEY_RETURN || key == KEY_ESCAPE)
        t->editing = false;
    if (key == KEY_ESCAPE)
        t->filter[0] = '\0';
    else if (key == KEY_RUBOUT && len)
        t->filter[len - 1] = '\0';
    else if (key > ' ' && key <= '~' && len + 1 < sizeof(t->filter)) {
        t->filter[len] = key;
        t->filter[len + 1] = '\0';
    }
    top_arrange(t);
}

/* --- the table -------------------------------------------------------------------------------- */

/* Rows without an action are another key of the one before. */
static const struct key_row {
    int key;
    void (*action)(struct top *t);
    const char *keys, *help; /* on the help screen */
} key_rows[] = {
    { KEY_GO_UP, up, "Up Down k j", "select a domain" },
    { 'k', up, NULL, NULL },
    { KEY_GO_DOWN, down, NULL, NULL },
    { 'j', down, NULL, NULL },
    { KEY_PAGE_UP, page_up, "PgUp PgDn Home End", "farther" },
    { KEY_PAGE_DOWN, page_down, NULL, NULL },
    { KEY_TO_FIRST, to_first, NULL, NULL },
    { KEY_TO_LAST, to_last, NULL, NULL },
    { KEY_RETURN, detail, "Enter d", "more about the selected domain, or no more" },
    { 'd', detail, NULL, NULL },
    { KEY_GO_LEFT, sort_left, "Left Right < >", "sort by the column beside" },
    { '<', sort_left, NULL, NULL },
    { KEY_GO_RIGHT, sort_right, NULL, NULL },
    { '>', sort_right, NULL, NULL },
    { 'r', turn_order, "r", "the other way round" },
    { '/', edit_filter, "/", "only domains with this in their names; Esc: all" },
    { 'c', cpus, "c", "the machine's CPUs, or domains" },
    { 'p', freeze, "p", "hold what is shown, or go on" },
    { ' ', sample_now, "Space", "a sample now" },
    { '+', slower, "+ -", "twice or half as long between samples" },
    { '-', faster, NULL, NULL },
    { KEY_ESCAPE, leave, "Esc", "close what is open" },
    { KEY_FOR_HELP, help, "? h F1", "this text" },
    { '?', help, NULL, NULL },
    { 'h', help, NULL, NULL },
    { 'q', quit, "q", "quit" },
};

#define N_KEYS (sizeof(key_rows) / sizeof(key_rows[0]))

void top_key(struct top *t, int key)
{
    if (t->editing) {
        edit(t, key);
        return;
    }
    for (size_t i = 0; i < N_KEYS; i++)
        if (key_rows[i].key == key) {
            key_rows[i].action(t);
            return;
        }
}

const char *top_key_help(unsigned i, const char **keys)
{
    for (size_t row = 0; row < N_KEYS; row++)
        if (key_rows[row].help && i-- == 0) {
            *keys = key_rows[row].keys;
            return key_rows[row].help;
        }
    return NULL;
}

/* --- the mouse -------------------------------------------------------------------------------- */

static void click_heading(struct top *t, int col)
{
    struct column_place places[MAX_COLUMNS];

    columns_place(t->screen_cols, places);
    for (unsigned i = 0; i < nr_columns; i++)
        if (col >= places[i].at && col < places[i].at + places[i].width && column_can_sort(i))
            sort_by(t, i);
}

/* A row that is selected already is opened. */
void top_click(struct top *t, int row, int col)
{
    int line = row - TOP_HEAD_ROW - 1;

    if (t->view != VIEW_DOMAINS || row < TOP_HEAD_ROW)
        return;
    if (line < 0)
        click_heading(t, col);
    else if (line < top_list_rows(t) && t->first + line < t->nr_rows) {
        if (t->first + line == t->position)
            detail(t);
        else
            top_select(t, t->first + line);
    }
}
