/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of integers as sorted ranges: which I/O ports, interrupts and I/O memory frames a domain may
 * use, which ports and addresses a device model serves. common/rangeset.c. A set has a lock of its
 * own (LOCK_RANGESET), taken inside.
 */
#ifndef HV_RANGESET_H
#define HV_RANGESET_H

#include <hv/types.h>

struct rangeset;
/** An empty set; NULL when out of memory. `name` is for rangeset_print and has to last. */
struct rangeset *rangeset_new(const char *name);
void rangeset_destroy(struct rangeset *r);
/** No more than so many ranges; without, there is no limit. */
void rangeset_limit(struct rangeset *r, unsigned ranges);
/* inclusive; 0, -EINVAL (first > last), -ENOMEM or -ENOSPC (the limit; also for a hole that would
 * make two of one) */
int rangeset_add(struct rangeset *r, uint64_t first, uint64_t last);
int rangeset_remove(struct rangeset *r, uint64_t first, uint64_t last);
bool rangeset_contains(struct rangeset *r, uint64_t first, uint64_t last);
/** Is any of it in the set? */
bool rangeset_overlaps(struct rangeset *r, uint64_t first, uint64_t last);
bool rangeset_is_empty(const struct rangeset *r);
/** Log every range. */
void rangeset_print(struct rangeset *r);

#endif
