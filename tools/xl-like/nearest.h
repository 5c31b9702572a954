/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XL_NEAREST_H
#define XL_NEAREST_H

#include <stddef.h>

/** Number of single-letter changes (insert, remove, replace, swap of neighbours) between two words.
 */
unsigned edit_distance(const char *a, const char *b);

/** Keeps the closest of the candidates offered. */
struct nearest {
    const char *word, *best;
    unsigned distance;
};
void nearest_start(struct nearest *n, const char *word);
void nearest_offer(struct nearest *n, const char *candidate);
/** The closest candidate if it is close enough to be meant, else NULL. */
const char *nearest_result(const struct nearest *n);

#endif
