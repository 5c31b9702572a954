/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "did you mean": the known word that is closest to a mistyped one.
 */
#include "nearest.h"

#include <limits.h>
#include <string.h>

#define MAX_WORD 48

unsigned edit_distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    unsigned row[3][MAX_WORD + 1];

    if (la > MAX_WORD || lb > MAX_WORD)
        return UINT_MAX;
    for (size_t j = 0; j <= lb; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        unsigned *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            unsigned best = up[j - 1] + (a[i - 1] != b[j - 1]);

            if (up[j] + 1 < best)
                best = up[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                up2[j - 2] + 1 < best)
                best = up2[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[la % 3][lb];
}

void nearest_start(struct nearest *n, const char *word)
{
    *n = (struct nearest){ .word = word, .distance = UINT_MAX };
}

void nearest_offer(struct nearest *n, const char *candidate)
{
    unsigned d = edit_distance(n->word, candidate);

    if (d < n->distance) {
        n->distance = d;
        n->best = candidate;
    }
}

const char *nearest_result(const struct nearest *n)
{
    return n->best && n->distance <= 1 + strlen(n->word) / 4 ? n->best : NULL;
}
