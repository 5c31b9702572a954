/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The buddy system beneath the page allocator's users (page_alloc.h is what everybody else
 * includes). common/buddy.c.
 *
 * Every free block is clean (all its pages are zero) or dirty (all of them are to be scrubbed);
 * blocks of different kinds are not merged, so an idle CPU that cleans pieces of a dirty block
 * makes the clean ones grow.
 */
#ifndef HV_BUDDY_H
#define HV_BUDDY_H

#include <hv/page_alloc.h>

/** Count of a page that nobody owns and that holds no reference. */
#define PGC_UNOWNED ((uint64_t)DOMID_INVALID << PGC_OWNER_SHIFT)

/**
 * Take a block: aligned to its size, no owner, no references, zero unless MEMF_NO_SCRUB, in no TLB.
 * `d` (may be NULL) only tells whose claim it is taken from. NULL when there is none or others have
 * claimed what is left.
 */
struct page *buddy_take(struct domain *d, unsigned order, unsigned flags);
/** Up to `n` single pages, in ascending runs where possible; returns how many. */
unsigned buddy_take_batch(struct domain *d, struct page **out, unsigned n, unsigned flags);
/** Give back pages that are unowned (count PGC_UNOWNED; type holds at most the TLB epoch). */
void buddy_give(struct page *pg, unsigned order, bool dirty);
void buddy_give_batch(struct page **pages, unsigned n, bool dirty);
/** The same for [first, first + n), whatever its alignment. */
void buddy_give_range(struct page *first, unsigned long n, bool dirty);

#endif
