/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits.
 */
#include "rate.h"

#include <stdlib.h>

#define MAX_BYTES (1ull << 40)
#define MAX_US    60000000ull

bool rate_parse(struct rate *r, const char *text)
{
    char *end;
    unsigned long long bytes = strtoull(text, &end, 10), us;

    if (end == text || *end != ',' || *text < '0' || *text > '9')
        return false;
    text = end + 1;
    us = strtoull(text, &end, 10);
    if (end == text || *end || *text < '0' || *text > '9')
        return false;
    if (bytes == 0 || bytes > MAX_BYTES || us == 0 || us > MAX_US)
        return false;
    *r = (struct rate){ .bytes = bytes, .us = us, .credit = bytes };
    return true;
}

/* Credit is given for whole intervals, and never more than that of one. */
static void pay(struct rate *r, uint64_t now_us)
{
    uint64_t intervals = (now_us - r->paid_us) / r->us;
    uint64_t room = r->bytes - r->credit;

    if (r->paid_us == 0 || intervals >= room / r->bytes + 1) {
        r->credit = r->bytes;
        r->paid_us = now_us;
    } else {
        r->credit += intervals * r->bytes;
        r->paid_us += intervals * r->us;
    }
}

unsigned int rate_wait(struct rate *r, uint64_t now_us)
{
    uint64_t intervals;

    if (r->bytes == 0)
        return 0;
    pay(r, now_us);
    if (r->credit > 0)
        return 0;
    intervals = -r->credit / r->bytes + 1;
    return (r->paid_us + intervals * r->us - now_us + 999) / 1000;
}

void rate_spend(struct rate *r, uint64_t bytes)
{
    if (r->bytes)
        r->credit -= bytes;
}
