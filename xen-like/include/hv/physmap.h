/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The physical map of domains that have one: memory_op's operations on it (common/physmap.c). Those
 * of a domain without one answer -EACCES: its own tables say where its pages are.
 */
#ifndef HV_PHYSMAP_H
#define HV_PHYSMAP_H

#include <hv/frames.h>
#include <hv/types.h>

long physmap_add(unsigned cmd, uint64_t start, uint64_t arg);
long physmap_add_batch(unsigned cmd, uint64_t start, uint64_t arg);
long physmap_remove(unsigned cmd, uint64_t start, uint64_t arg);

struct domain;
/** The page at `from` moves to `to`: 0, -EINVAL (there is none), -ENOMEM. */
int physmap_move(struct domain *d, gfn_t from, gfn_t to);

/** How memory_op is called again after `done` pieces. */
long memory_go_on(unsigned cmd, uint64_t done, uint64_t arg);

#endif
