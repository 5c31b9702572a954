/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns of the list of domains.
 */
#ifndef XL_TOP_COLUMNS_H
#define XL_TOP_COLUMNS_H

#include "sample.h"

enum column_kind {
    COLUMN_NAME,    /* takes what room there is */
    COLUMN_FIGURE,
    COLUMN_BAR,     /* the same */
    COLUMN_HISTORY, /* the same */
};

#define COLUMN_TEXT 24

struct column {
    const char *head;
    enum column_kind kind;
    int width; /* of a figure */
    int from;  /* columns that the screen has to have for it */
    void (*text)(const struct domain_sample *d, char text[COLUMN_TEXT]); /* a figure's, or NULL: */
    enum counter rate;                                                   /* a rate */
    /* negative: a comes before b when sorted by it; NULL: by its rate, the largest first, or not at
     * all if it is no figure */
    int (*order)(const struct domain_sample *a, const struct domain_sample *b);
};

#define MAX_COLUMNS 24

extern const struct column columns[];
extern const unsigned nr_columns;
extern const unsigned column_cpu; /* by which the list is sorted at first */

/** Where each column stands on a screen of so many; width 0: nowhere. */
struct column_place {
    int at, width;
};
void columns_place(int screen_cols, struct column_place places[MAX_COLUMNS]);

bool column_can_sort(unsigned column);
/** Order of two domains by a column; of those that are equal, the lower number first. */
int column_compare(unsigned column, const struct domain_sample *a, const struct domain_sample *b);
void column_text(unsigned column, const struct domain_sample *d, char text[COLUMN_TEXT]);
/** At most five characters: "0", "999", "1.2K", "12K", "1.5M". */
void format_rate(double rate, char text[COLUMN_TEXT]);

#endif
