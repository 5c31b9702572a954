/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a domain has in the store, as xstored tells it: its number, then lines of a kind, what it
 * has, its limit ("-": there is no such thing) and how many requests were refused for it.
 */
#include "top_detail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void quota_read(const char *answer, struct top_detail *d)
{
    unsigned long refused;
    char *end;

    d->nr_shares = 0;
    d->refused = 0;
    if (strtoul(answer, &end, 10) != d->domid || end == answer)
        return; /* the first from this number on is another's */
    for (const char *line = strchr(answer, '\n'); line && d->nr_shares < DETAIL_SHARES;
         line = strchr(line + 1, '\n')) {
        struct store_share *s = &d->shares[d->nr_shares];

        if (sscanf(line, "%*s %*s %*s %lu", &refused) == 1)
            d->refused += refused;
        if (sscanf(line, "%15s %lu %lu", s->name, &s->has, &s->limit) == 3)
            d->nr_shares++;
    }
}
