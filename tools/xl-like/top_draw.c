/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the model to the screen: the summary, the list of domains, the line of keys.
 */
#include "top_draw.h"

#include <stdio.h>
#include <string.h>

#define MIB_PAGES  256
#define MIN_ROWS   6
#define MIN_COLS   30
#define BUSY_PART  0.5 /* a bar is yellow from here, red from: */
#define FULL_PART  0.9

enum style load_style(double part)
{
    return part >= FULL_PART ? STYLE_BAD : part >= BUSY_PART ? STYLE_BUSY : STYLE_GOOD;
}

/* --- the summary ------------------------------------------------------------------------------ */

static void draw_summary(const struct top *t, struct canvas *s)
{
    const struct sample *p = t->sample;
    size_t running = 0;
    double busy = 0;

    for (size_t i = 0; i < p->nr_domains; i++)
        running += p->domains[i].info.running;
    for (size_t i = 0; i < p->nr_cpus; i++)
        busy += p->cpus[i].busy;
    canvas_print(s, 0, 0, s->cols, STYLE_BOLD,
                 "%zu domains, %zu running   %zu CPUs %.1f%% busy   memory %llu of %llu MiB   %gs%s",
                 p->nr_domains, running, p->nr_cpus, p->nr_cpus ? busy / p->nr_cpus * 100 : 0,
                 (unsigned long long)(p->host.total_pages - p->host.free_pages) / MIB_PAGES,
                 (unsigned long long)p->host.total_pages / MIB_PAGES, t->delay,
                 t->frozen ? "  HELD" : "");
    if (t->editing || t->filter[0])
        canvas_print(s, 1, 0, s->cols, STYLE_PLAIN, "Name has: %s%s   (%zu of %zu)", t->filter,
                     t->editing ? "_" : "", t->nr_rows, p->nr_domains);
}

/* --- the list --------------------------------------------------------------------------------- */

static void draw_headings(const struct top *t, struct canvas *s,
                          const struct column_place places[])
{
    for (unsigned i = 0; i < nr_columns; i++) {
        const struct column *c = &columns[i];
        enum style style = i == t->sort ? STYLE_BOLD : STYLE_PLAIN;
        char head[COLUMN_TEXT];

        snprintf(head, sizeof(head), "%s%s", i == t->sort ? t->reverse ? "^" : "*" : "", c->head);
        if (c->kind == COLUMN_FIGURE)
            canvas_right(s, TOP_HEAD_ROW, places[i].at, places[i].width, style, head);
        else
            canvas_text(s, TOP_HEAD_ROW, places[i].at, places[i].width, style, head);
    }
    canvas_row_style(s, TOP_HEAD_ROW, STYLE_BAR);
}

static void draw_cell(const struct top *t, struct canvas *s, int row, unsigned column,
                      struct column_place at, const struct domain_sample *d)
{
    const struct history *h;
    char text[COLUMN_TEXT];

    switch (columns[column].kind) {
    case COLUMN_NAME: canvas_text(s, row, at.at, at.width, STYLE_PLAIN, d->name); break;
    case COLUMN_FIGURE:
        column_text(column, d, text);
        canvas_right(s, row, at.at, at.width, STYLE_PLAIN, text);
        break;
    case COLUMN_BAR:
        canvas_bar(s, row, at.at, at.width, load_style(domain_load(d)), domain_load(d));
        break;
    case COLUMN_HISTORY:
        h = histories_find(&t->domains, d->info.domid);
        if (h)
            canvas_sparkline(s, row, at.at, at.width, h);
        break;
    }
}

static void draw_list(const struct top *t, struct canvas *s)
{
    struct column_place places[MAX_COLUMNS];
    int rows = top_list_rows(t);

    columns_place(s->cols, places);
    draw_headings(t, s, places);
    for (int line = 0; line < rows && t->first + line < t->nr_rows; line++) {
        int row = TOP_HEAD_ROW + 1 + line;

        for (unsigned i = 0; i < nr_columns; i++)
            if (places[i].width)
                draw_cell(t, s, row, i, places[i],
                          &t->sample->domains[t->rows[t->first + line]]);
        if (t->first + line == t->position)
            canvas_row_style(s, row, STYLE_SELECTED);
    }
    if (t->nr_rows == 0)
        canvas_text(s, TOP_HEAD_ROW + 1, 0, s->cols, STYLE_PLAIN, "No domain has such a name.");
}

/* --- all of it -------------------------------------------------------------------------------- */

static void draw_keys(const struct top *t, struct canvas *s)
{
    const char *keys = t->editing
                           ? "Enter done  Esc all domains"
                           : "? help  / filter  < > sort  r reverse  Enter detail  c CPUs  p hold  q quit";

    canvas_text(s, s->rows - 1, 0, s->cols, STYLE_PLAIN, keys);
    canvas_row_style(s, s->rows - 1, STYLE_BAR);
}

void top_draw(const struct top *t, struct canvas *s)
{
    canvas_clear(s);
    if (s->rows < MIN_ROWS || s->cols < MIN_COLS) {
        canvas_print(s, 0, 0, s->cols, STYLE_PLAIN, "needs %dx%d", MIN_COLS, MIN_ROWS);
        return;
    }
    draw_keys(t, s);
    if (!t->sample) {
        canvas_text(s, 0, 0, s->cols, STYLE_PLAIN, "...");
        return;
    }
    draw_summary(t, s);
    if (t->view == VIEW_HELP) {
        draw_help(s);
    } else if (t->view == VIEW_CPUS) {
        draw_cpus(t, s);
    } else {
        draw_list(t, s);
        if (t->detail_open)
            draw_detail(t, s, TOP_HEAD_ROW + 1 + top_list_rows(t));
    }
}
