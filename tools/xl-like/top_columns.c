/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns of the list of domains.
 */
#include "domain_state.h"
#include "top_columns.h"

#include <stdio.h>
#include <string.h>

#define MIB_PAGES 256

#define NAME_MIN 10
#define NAME_MAX_WIDTH 40
#define BAR_MAX 40

/* --- figures ---------------------------------------------------------------------------------- */

static void id_text(const struct domain_sample *d, char text[COLUMN_TEXT])
{
    snprintf(text, COLUMN_TEXT, "%u", d->info.domid);
}

static void state_text(const struct domain_sample *d, char text[COLUMN_TEXT])
{
    domain_state_letters(&d->info, text);
}

static void cpu_text(const struct domain_sample *d, char text[COLUMN_TEXT])
{
    snprintf(text, COLUMN_TEXT, "%.1f", d->usage.rate[COUNTER_CPU] / 1e7);
}

static void waiting_text(const struct domain_sample *d, char text[COLUMN_TEXT])
{
    if (d->published)
        snprintf(text, COLUMN_TEXT, "%.1f", d->usage.rate[COUNTER_WAITING] / 1e7);
    else
        strcpy(text, "-");
}

static void time_text(const struct domain_sample *d, char text[COLUMN_TEXT])
{
    snprintf(text, COLUMN_TEXT, "%.1f", d->info.cpu_time_ns / 1e9);
}

static void memory_text(const struct domain_sample *d, char text[COLUMN_TEXT])
{
    snprintf(text, COLUMN_TEXT, "%llu", (unsigned long long)d->info.tot_pages / MIB_PAGES);
}

static void vcpus_text(const struct domain_sample *d, char text[COLUMN_TEXT])
{
    snprintf(text, COLUMN_TEXT, "%u", d->info.online_vcpus);
}

void format_rate(double rate, char text[COLUMN_TEXT])
{
    static const char units[] = " KMGTPE";
    unsigned unit = 0;

    for (; rate >= 999.5 && units[unit + 1]; unit++)
        rate /= 1000;
    snprintf(text, COLUMN_TEXT, rate < 9.95 && unit ? "%.1f%c" : "%.0f%c", rate, units[unit]);
    if (!unit)
        text[strlen(text) - 1] = '\0';
}

/* --- order ------------------------------------------------------------------------------------ */

#define FIRST_LARGER(a, b) (((a) < (b)) - ((a) > (b)))

static int by_name(const struct domain_sample *a, const struct domain_sample *b)
{
    return strcmp(a->name, b->name);
}

static int by_id(const struct domain_sample *a, const struct domain_sample *b)
{
    return FIRST_LARGER(b->info.domid, a->info.domid);
}

static int by_state(const struct domain_sample *a, const struct domain_sample *b)
{
    char left[COLUMN_TEXT], right[COLUMN_TEXT];

    state_text(a, left);
    state_text(b, right);
    return strcmp(right, left);
}

static int by_time(const struct domain_sample *a, const struct domain_sample *b)
{
    return FIRST_LARGER(a->info.cpu_time_ns, b->info.cpu_time_ns);
}

static int by_memory(const struct domain_sample *a, const struct domain_sample *b)
{
    return FIRST_LARGER(a->info.tot_pages, b->info.tot_pages);
}

static int by_vcpus(const struct domain_sample *a, const struct domain_sample *b)
{
    return FIRST_LARGER(a->info.online_vcpus, b->info.online_vcpus);
}

/* --- the table -------------------------------------------------------------------------------- */

const struct column columns[] = {
    { "Name", COLUMN_NAME, 0, 0, NULL, 0, by_name },
    { "ID", COLUMN_FIGURE, 5, 0, id_text, 0, by_id },
    { "State", COLUMN_FIGURE, 6, 40, state_text, 0, by_state },
    { "CPU%", COLUMN_FIGURE, 6, 0, cpu_text, COUNTER_CPU, NULL },
    { "", COLUMN_BAR, 0, 60, NULL, 0, NULL },
    { "Time/s", COLUMN_FIGURE, 9, 110, time_text, 0, by_time },
    { "Mem/M", COLUMN_FIGURE, 7, 50, memory_text, 0, by_memory },
    { "VC", COLUMN_FIGURE, 3, 50, vcpus_text, 0, by_vcpus },
    { "Rx/s", COLUMN_FIGURE, 5, 80, NULL, COUNTER_RX_BYTES, NULL },
    { "Tx/s", COLUMN_FIGURE, 5, 80, NULL, COUNTER_TX_BYTES, NULL },
    { "Rd/s", COLUMN_FIGURE, 5, 80, NULL, COUNTER_READ_BYTES, NULL },
    { "Wr/s", COLUMN_FIGURE, 5, 80, NULL, COUNTER_WRITTEN_BYTES, NULL },
    { "Hcall", COLUMN_FIGURE, 5, 100, NULL, COUNTER_HYPERCALLS, NULL },
    { "Event", COLUMN_FIGURE, 5, 100, NULL, COUNTER_EVENTS, NULL },
    { "Wait%", COLUMN_FIGURE, 6, 100, waiting_text, COUNTER_WAITING, NULL },
    { "RxPkt", COLUMN_FIGURE, 5, 140, NULL, COUNTER_RX_PACKETS, NULL },
    { "TxPkt", COLUMN_FIGURE, 5, 140, NULL, COUNTER_TX_PACKETS, NULL },
    { "Reads", COLUMN_FIGURE, 5, 140, NULL, COUNTER_READS, NULL },
    { "Write", COLUMN_FIGURE, 5, 140, NULL, COUNTER_WRITES, NULL },
    { "History", COLUMN_HISTORY, 0, 120, NULL, 0, NULL },
};

const unsigned nr_columns = sizeof(columns) / sizeof(columns[0]);
const unsigned column_cpu = 3;

_Static_assert(sizeof(columns) / sizeof(columns[0]) <= MAX_COLUMNS, "MAX_COLUMNS");

bool column_can_sort(unsigned column)
{
    return columns[column].order || columns[column].kind == COLUMN_FIGURE;
}

int column_compare(unsigned column, const struct domain_sample *a, const struct domain_sample *b)
{
    const struct column *c = &columns[column];
    int order = c->order ? c->order(a, b) : FIRST_LARGER(a->usage.rate[c->rate], b->usage.rate[c->rate]);

    return order ? order : by_id(a, b);
}

void column_text(unsigned column, const struct domain_sample *d, char text[COLUMN_TEXT])
{
    if (columns[column].text)
        columns[column].text(d, text);
    else if (counter_is_published(columns[column].rate) && !d->published)
        strcpy(text, "-");
    else
        format_rate(d->usage.rate[columns[column].rate], text);
}

/* --- places ----------------------------------------------------------------------------------- */

static int at_most(int value, int limit) { return value < limit ? value : limit; }
static int at_least(int value, int limit) { return value > limit ? value : limit; }

/* What figures leave: two thirds for the name, then half of it for the bar, the rest for history. */
static void share_out(int rest, bool bar, bool history, int width[])
{
    width[COLUMN_NAME] = at_most(at_least(bar ? rest * 2 / 3 : rest, NAME_MIN), NAME_MAX_WIDTH);
    rest = at_least(rest - width[COLUMN_NAME], 0);
    width[COLUMN_BAR] = at_most(history ? rest / 2 : rest, BAR_MAX);
    width[COLUMN_HISTORY] = rest - width[COLUMN_BAR];
}

void columns_place(int screen_cols, struct column_place places[MAX_COLUMNS])
{
    int width[COLUMN_HISTORY + 1], rest = screen_cols + 1, at = 0;
    bool has[COLUMN_HISTORY + 1] = { false };

    for (unsigned i = 0; i < nr_columns; i++)
        if (screen_cols >= columns[i].from) {
            rest -= columns[i].width + 1;
            has[columns[i].kind] = true;
        }
    share_out(rest, has[COLUMN_BAR], has[COLUMN_HISTORY], width);
    for (unsigned i = 0; i < nr_columns; i++) {
        const struct column *c = &columns[i];
        int own = c->kind == COLUMN_FIGURE ? c->width : width[c->kind];

        places[i] = (struct column_place){ at, screen_cols >= c->from ? own : 0 };
        if (screen_cols >= c->from)
            at += own + 1;
    }
}
