/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the monitor shows.
 */
#include "top_model.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_ROWS 1 /* below the list */

void top_init(struct top *t, double delay)
{
    *t = (struct top){ .sort = column_cpu, .delay = delay };
}

void top_free(struct top *t)
{
    histories_free(&t->domains);
    histories_free(&t->cpus);
    free(t->rows);
    t->rows = NULL;
}

int top_list_rows(const struct top *t)
{
    int rows = t->screen_rows - TOP_HEAD_ROW - 1 - KEYS_ROWS;

    if (t->detail_open)
        rows -= rows * 3 / 5;
    return rows > 0 ? rows : 0;
}

/* --- rows ------------------------------------------------------------------------------------- */

static int compare_rows(const void *one, const void *other, void *top)
{
    const struct top *t = top;
    const struct domain_sample *a = &t->sample->domains[*(const size_t *)one];
    const struct domain_sample *b = &t->sample->domains[*(const size_t *)other];
    int order = column_compare(t->sort, a, b);

    return t->reverse ? -order : order;
}

static void choose_rows(struct top *t)
{
    t->nr_rows = 0;
    for (size_t i = 0; i < t->sample->nr_domains; i++)
        if (strcasestr(t->sample->domains[i].name, t->filter))
            t->rows[t->nr_rows++] = i;
    qsort_r(t->rows, t->nr_rows, sizeof(*t->rows), compare_rows, t);
}

static void select_row(struct top *t, size_t position)
{
    if (position >= t->nr_rows)
        position = t->nr_rows ? t->nr_rows - 1 : 0;
    t->position = position;
    if (t->nr_rows)
        t->selected = t->sample->domains[t->rows[position]].info.domid;
}

/* The selected domain keeps the mark wherever it goes; if it has gone, its place does. */
static void find_selected(struct top *t)
{
    for (size_t i = 0; t->chosen && i < t->nr_rows; i++)
        if (t->sample->domains[t->rows[i]].info.domid == t->selected) {
            t->position = i;
            return;
        }
    select_row(t, t->chosen ? t->position : 0);
}

static void scroll(struct top *t)
{
    size_t rows = top_list_rows(t);

    if (t->position < t->first)
        t->first = t->position;
    if (rows && t->position >= t->first + rows)
        t->first = t->position - rows + 1;
    if (t->nr_rows <= rows)
        t->first = 0;
    else if (t->first > t->nr_rows - rows)
        t->first = t->nr_rows - rows;
}

void top_select(struct top *t, size_t position)
{
    t->chosen = true;
    select_row(t, position);
    scroll(t);
}

void top_arrange(struct top *t)
{
    if (!t->sample)
        return;
    choose_rows(t);
    find_selected(t);
    scroll(t);
}

const struct domain_sample *top_selected(const struct top *t)
{
    return t->position < t->nr_rows ? &t->sample->domains[t->rows[t->position]] : NULL;
}

/* --- samples ---------------------------------------------------------------------------------- */

static bool make_room(struct top *t, size_t count)
{
    size_t *rows;

    if (count <= t->rows_size)
        return true;
    rows = realloc(t->rows, count * sizeof(*rows));
    if (!rows)
        return false;
    t->rows = rows;
    t->rows_size = count;
    return true;
}

bool top_take(struct top *t, const struct sample *s)
{
    if (!make_room(t, s->nr_domains) || !histories_add_domains(&t->domains, s) ||
        !histories_add_cpus(&t->cpus, s))
        return false;
    t->sample = s;
    top_arrange(t);
    return true;
}

void top_resize(struct top *t, int rows, int cols)
{
    t->screen_rows = rows;
    t->screen_cols = cols;
    scroll(t);
}
