/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations of code under test that fail on purpose: its files are compiled with FAILING_CFLAGS,
 * by which they call these instead of the C library's functions. libcheck's calls do not fail.
 */
#ifndef FAILING_H
#define FAILING_H

#include <stdbool.h>
#include <stddef.h>

/** From now on the n-th allocation fails, once, or with all after it; n = 0: none. */
void failing_arm(unsigned n, bool and_all_after);
/** Nothing fails any more; true if something did. */
bool failing_disarm(void);
/** Blocks that were allocated and not freed, since the program began. */
long failing_live(void);

void *failing_malloc(size_t size);
void *failing_calloc(size_t n, size_t size);
void *failing_realloc(void *p, size_t size);
char *failing_strdup(const char *s);
void failing_free(void *p);

#endif
