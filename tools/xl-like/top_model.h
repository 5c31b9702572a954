/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the monitor shows, apart from terminals: the latest sample, which rows of it in which order,
 * and what keys do to that.
 */
#ifndef XL_TOP_MODEL_H
#define XL_TOP_MODEL_H

#include "top_columns.h"
#include "top_history.h"
#include "top_canvas.h"

#define FILTER_MAX     32
#define DETAIL_VCPUS   64
#define CONSOLE_LINES  4
#define DETAIL_SHARES  8
#define CONSOLE_COLS   320
#define MIN_DELAY      0.1
#define MAX_DELAY      86400.0

enum top_view { VIEW_DOMAINS, VIEW_CPUS, VIEW_HELP };

/** What a domain has in the store, of one kind that is limited. */
struct store_share {
    char name[16];
    unsigned long has, limit;
};

/** More about one domain, for the pane below the list. */
struct top_detail {
    uint32_t domid;
    unsigned nr_vcpus;                  /* of those there is room for */
    struct ctrl_vcpu_info vcpus[DETAIL_VCPUS];
    unsigned nr_shares;                 /* 0: the store does not say */
    struct store_share shares[DETAIL_SHARES];
    unsigned long refused;              /* requests, for any limit or permission */
    char console[CONSOLE_LINES][CONSOLE_COLS]; /* the last lines of its log; "" before them */
};

struct top {
    const struct sample *sample; /* the latest; NULL before the first. Not ours. */
    struct histories domains, cpus;
    size_t *rows;                /* indices of the domains that are shown, in order */
    size_t nr_rows, rows_size;

    int screen_rows, screen_cols;
    enum top_view view;
    bool detail_open;
    struct top_detail detail;
    unsigned sort;               /* number of a column */
    bool reverse;
    char filter[FILTER_MAX];     /* part of a name; case is the same */
    bool editing;                /* keys go into the filter */
    bool chosen;                 /* one was selected; until then it is the first row */
    uint32_t selected;           /* number of a domain */
    size_t position, first;      /* of its row; of the row at the top of the list */
    bool frozen;                 /* samples are not taken over */
    bool now;                    /* the next one is to be taken at once */
    double delay;                /* seconds */
    bool quit;
};

/** Nothing allocated yet. */
void top_init(struct top *t, double delay);
void top_free(struct top *t);
/** Show this sample from now on; it has to stay until the next one. false: out of memory. */
bool top_take(struct top *t, const struct sample *s);
void top_resize(struct top *t, int rows, int cols);
/** The selected domain; NULL if none is shown. */
const struct domain_sample *top_selected(const struct top *t);

/** Keys that are no characters: beyond them. */
enum {
    KEY_GO_UP = 0x110000, KEY_GO_DOWN, KEY_GO_LEFT, KEY_GO_RIGHT,
    KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_TO_FIRST, KEY_TO_LAST,
    KEY_RETURN, KEY_ESCAPE, KEY_RUBOUT, KEY_FOR_HELP,
};

/** What a key does: top_keys.c. */
void top_key(struct top *t, int key);
/** A press of the mouse's first button at a place of the screen. */
void top_click(struct top *t, int row, int col);
/** A line for each key, for the help screen; NULL after the last. */
const char *top_key_help(unsigned i, const char **keys);

/** After a change of order or filter, or of the room for the list. */
void top_arrange(struct top *t);
/** Select the domain in this row, or in the last. */
void top_select(struct top *t, size_t position);

/** Rows of the screen: top_draw.c draws there, clicks come from there. */
#define TOP_HEAD_ROW 2 /* headings of the list, or of another view */
/** Rows that the list has, below its headings. */
int top_list_rows(const struct top *t);

/** Draw all of it. Pure: the same model gives the same cells. */
void top_draw(const struct top *t, struct canvas *s);

#endif
