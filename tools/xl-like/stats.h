/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sample in the text format that Prometheus collects (its "exposition format", version 0.0.4).
 */
#ifndef XL_STATS_H
#define XL_STATS_H

#include "sample.h"

#include <stdio.h>

/** All totals, and what is as it is now: rates are for the collector to compute. */
void stats_print_prometheus(const struct sample *s, FILE *out);

#endif
