/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page allocator: buddy system over all free RAM, two users: the hypervisor's own heap and domains.
 */
#ifndef HV_PAGE_ALLOC_H
#define HV_PAGE_ALLOC_H

#include <hv/page.h>

#define MAX_ORDER 18 /* largest block: 1 GiB */

/* flags of the allocation functions */
#define MEMF_NO_SCRUB  1u /* the caller overwrites the whole page */
#define MEMF_NO_REFCOUNT 2u /* not limited by the domain's max_pages (its own infrastructure) */
#define MEMF_BELOW_4G  4u /* machine address below 4 GiB */
#define MEMF_BELOW(bits) ((uint32_t)(bits) << 8) /* machine address below 2^bits; 0 = anywhere */

/**
 * Hand RAM [start, end) (frames) to the allocator at boot; its struct pages exist. `scrub`: may
 * hold old data.
 */
void page_alloc_add(mfn_t start, mfn_t end, bool scrub);

/**
 * 2^order contiguous zeroed pages for the hypervisor, mapped (direct map); NULL when out of memory.
 */
void *hv_alloc_pages(unsigned order, unsigned flags);
void hv_free_pages(void *va, unsigned order);
#define hv_alloc_page()  hv_alloc_pages(0, 0)
#define hv_free_page(va) hv_free_pages(va, 0)

/**
 * 2^order contiguous pages for a domain: owner and PGC_ALLOCATED set, one reference each, on its
 * page list, counted in tot_pages. NULL when memory or the domain's max_pages is exhausted, or the
 * domain is dying. With d == NULL the pages have no owner (for assign_pages later).
 */
struct page *domain_alloc_pages(struct domain *d, unsigned order, unsigned flags);
/**
 * Up to `n` single pages for `d`, each as domain_alloc_pages(d, 0, flags) gives it, in ascending
 * runs where memory allows; takes each lock once. Returns how many were stored in `out`: fewer than
 * `n` when memory or the limit is exhausted or `d` is dying.
 */
unsigned domain_alloc_batch(struct domain *d, struct page **out, unsigned n, unsigned flags);
/**
 * Give pages (owner none, count 0) to `d` as domain_alloc_pages does. 0, -E2BIG (limit), -EINVAL
 * (dying).
 */
int domain_assign_pages(struct domain *d, struct page *pg, unsigned order, unsigned flags);
/**
 * Called by page_put for the last reference: off the owner's list, accounting, back to the
 * allocator (to be scrubbed).
 */
void domain_free_page(struct page *pg);

/**
 * Pages whose last reference was dropped and that are still to be freed: many under one lock. Zero-
 * initialise; flush at the end.
 */
#define PAGE_BATCH_MAX 64
struct page_batch {
    unsigned n;
    struct page *pages[PAGE_BATCH_MAX]; /* all of one owner */
};
/**
 * page_put, with the freeing put off until the batch is full or flushed. All pages of one batch
 * have the same owner.
 */
void page_put_batch(struct page *pg, struct page_batch *b);
/** The same, and the owner's own reference goes in the same step: true if it was still there. */
bool page_give_up(struct page *pg, struct page_batch *b);
void page_batch_flush(struct page_batch *b);

/** Free pages that domain_alloc_pages(NULL, ..) gave. */
void free_anon_pages(struct page *pg, unsigned order);

/**
 * Make one hypervisor heap page (hv_alloc_page) visible to `d`: owner d, PGC_HV, on its heap page
 * list, mappable by it.
 */
void page_share_with(void *va, struct domain *d, bool writable);
/**
 * Undo page_share_with while nobody else holds a reference: 0, and the memory is the caller's
 * again. -EBUSY: nothing has changed; drop the domain's own reference instead (page_put_allocated),
 * then the last page_put frees the page.
 */
int page_unshare(void *va, struct domain *d);

/**
 * Promise `d` that its tot_pages can grow to `pages` (0: withdraw). 0, -EINVAL (below tot_pages,
 * above max_pages), -ENOMEM.
 */
int domain_set_claim(struct domain *d, unsigned long pages);
/** Pages promised to domains and not yet taken. */
unsigned long claimed_page_count(void);

/**
 * Scrub some dirty free pages; called by idle CPUs with interrupts on. True while more are left.
 */
bool page_scrub_some(void);

unsigned long free_page_count(void);  /* free, scrubbed or not */
unsigned long dirty_page_count(void); /* free, not yet scrubbed */

/* --- small objects (common/slab.c) ------------------------------------------------------------ */
/**
 * Zeroed memory of `size` bytes, aligned to 16 (to a cache line from 64 bytes on); NULL when out of
 * memory.
 */
void *hv_zalloc(size_t size);
void *hv_zalloc_array(size_t n, size_t size); /* overflow-checked */
void hv_free(void *p);
/** Bytes in use by hv_zalloc, for leak checks. */
unsigned long hv_alloc_bytes(void);
/** Pages that these objects, and the free ones between them, stand in. */
unsigned long hv_heap_pages(void);

#endif
