/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A limit on what a guest sends: so many bytes in each interval. Whoever has spent more waits until
 * the debt is paid.
 */
#ifndef NET_RATE_H
#define NET_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
    uint64_t bytes, us; /* so many bytes in so many microseconds; 0 bytes: no limit */
    int64_t credit;     /* bytes that may be sent now; a debt if it is negative */
    uint64_t paid_us;   /* the time up to which credit was given */
};

/* "BYTES,MICROSECONDS", as xl writes it; false: it is something else. */
bool rate_parse(struct rate *r, const char *text);
/* Milliseconds until something may be sent; 0: now. */
unsigned int rate_wait(struct rate *r, uint64_t now_us);
void rate_spend(struct rate *r, uint64_t bytes);

#endif
