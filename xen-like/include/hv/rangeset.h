/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of integers as sorted ranges: which I/O ports, interrupts and I/O memory frames a domain may
 * use. common/rangeset.c. A set has a lock of its own (LOCK_RANGESET), taken inside.
 */
#ifndef HV_RANGESET_H
#define HV_RANGESET_H

#include <hv/types.h>

struct rangeset;
/** An empty set; NULL when out of memory. `name` is for rangeset_print and has to last. */
struct rangeset *rangeset_new(const char *name);
void rangeset_destroy(struct rangeset *r);
/* inclusive; 0 or -ENOMEM */
int rangeset_add(struct rangeset *r, uint64_t first, uint64_t last);
int rangeset_remove(struct rangeset *r, uint64_t first, uint64_t last);
bool rangeset_contains(struct rangeset *r, uint64_t first, uint64_t last);
bool rangeset_is_empty(const struct rangeset *r);
/** Log every range. */
void rangeset_print(struct rangeset *r);

#endif
