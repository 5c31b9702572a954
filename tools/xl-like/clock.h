/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XL_CLOCK_H
#define XL_CLOCK_H

#include <time.h>

/** Seconds of CLOCK_MONOTONIC, for limits: setting the host's clock does not move them. */
static inline time_t monotonic_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

#endif
