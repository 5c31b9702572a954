/* SPDX-License-Identifier: GPL-2.0-only */
/* before all else: this file may be compiled with FAILING_CFLAGS, too */
#undef malloc
#undef calloc
#undef realloc
#undef strdup
#undef free
#include "failing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct {
    unsigned seen, first;
    bool on, rest, failed;
    long live;
} state;

void failing_arm(unsigned n, bool and_all_after)
{
    state.seen = 0;
    state.first = n;
    state.rest = and_all_after;
    state.failed = false;
    state.on = n > 0;
}

bool failing_disarm(void)
{
    state.on = false;
    return state.failed;
}

long failing_live(void)
{
    return state.live;
}

static bool fails(void)
{
    if (!state.on || ++state.seen < state.first || (state.seen > state.first && !state.rest))
        return false;
    state.failed = true;
    errno = ENOMEM;
    return true;
}

static void *counted(void *p)
{
    state.live += p != NULL;
    return p;
}

void *failing_malloc(size_t size)
{
    return fails() ? NULL : counted(malloc(size));
}

void *failing_calloc(size_t n, size_t size)
{
    return fails() ? NULL : counted(calloc(n, size));
}

void *failing_realloc(void *p, size_t size)
{
    void *q = fails() ? NULL : realloc(p, size);

    state.live += q && !p;
    return q;
}

char *failing_strdup(const char *s)
{
    return fails() ? NULL : counted(strdup(s));
}

void failing_free(void *p)
{
    state.live -= p != NULL;
    free(p);
}
