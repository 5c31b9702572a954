/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame table: one `struct page` for every frame of RAM, 24 bytes each.
 *
 * count: who owns the frame and how many references there are, in one word, so that "take a
 * reference if domain d owns
 *        it" is one compare-and-exchange.
 * type:  what the frame is used as (PV memory safety; rules in arch/x86/mm/pagetype.c) and how many
 * uses there are. link:  chains free frames (page allocator) or all frames of a domain (under its
 * page lock). Frame numbers, 0 = none
 *        (frame 0 is never handed out).
 */
#ifndef HV_PAGE_H
#define HV_PAGE_H

#include <hv/frames.h>
#include <public/xen.h>

struct domain;

struct page {
    uint32_t next, prev;
    uint64_t count; /* PGC_* */
    uint64_t type;  /* PGT_*; while free: order and the TLB epoch at which it was freed */
};

/* --- count ------------------------------------------------------------------------------------ */
/* references; the domain's own (PGC_ALLOCATED) is one of them */
#define PGC_COUNT_MASK    0x000000007fffffffUL
/* the owner holds its reference: not yet given back */
#define PGC_ALLOCATED     0x0000000080000000UL
#define PGC_OWNER_SHIFT   32
#define PGC_OWNER_MASK    0x0000ffff00000000UL /* domid of the owner, DOMID_INVALID for none */
/* hypervisor heap page shared with its owner (shared info, grant frames) */
#define PGC_HV            0x0001000000000000UL
#define PGC_FREE          0x0002000000000000UL /* in the page allocator */
#define PGC_NEED_SCRUB    0x0004000000000000UL /* free, contents of a former owner still in it */
#define PGC_RESERVED      0x0008000000000000UL /* never allocated: firmware, image, holes */

static inline domid_t page_owner_id(const struct page *pg)
{
    return (READ_ONCE(pg->count) & PGC_OWNER_MASK) >> PGC_OWNER_SHIFT;
}

/* --- type ------------------------------------------------------------------------------------- */
#define PGT_TYPE_SHIFT    61
#define PGT_NONE          (0UL << PGT_TYPE_SHIFT)
#define PGT_L1            (1UL << PGT_TYPE_SHIFT)
#define PGT_L2            (2UL << PGT_TYPE_SHIFT)
#define PGT_L3            (3UL << PGT_TYPE_SHIFT)
#define PGT_L4            (4UL << PGT_TYPE_SHIFT)
#define PGT_SEG           (5UL << PGT_TYPE_SHIFT) /* holds segment descriptors */
#define PGT_WRITABLE      (6UL << PGT_TYPE_SHIFT)
#define PGT_TYPE_MASK     (7UL << PGT_TYPE_SHIFT)
#define PGT_PINNED        (1UL << 60) /* the owner keeps the type by an explicit pin */
#define PGT_VALIDATED     (1UL << 59) /* the type's contents were checked */
#define PGT_PARTIAL       (1UL << 58) /* (in)validation was preempted; progress in PGT_PROGRESS */
#define PGT_LOCKED        (1UL << 57) /* contents are being changed or checked by one CPU */
#define PGT_PROGRESS_SHIFT 32
/* entries of the table that are validated */
#define PGT_PROGRESS_MASK (0x3ffUL << PGT_PROGRESS_SHIFT)
#define PGT_COUNT_MASK    0x00000000ffffffffUL

/* While free (PGC_FREE, or inside a free block): */
#define PGF_ORDER_MASK    0xffUL /* of the block, in its first page */

/* --- the table -------------------------------------------------------------------------------- */
extern struct page *frame_table;
/** Frames with a struct page are [0, max_page). */
extern unsigned long max_page;

static inline bool mfn_valid(mfn_t m) { return m.n < max_page; }
static inline struct page *mfn_to_page(mfn_t m) { return &frame_table[m.n]; }
static inline mfn_t page_to_mfn(const struct page *pg) { return mfn(pg - frame_table); }

/* --- lists of frames (link fields) ------------------------------------------------------------ */
struct page_list {
    uint32_t first, last;
    unsigned long count;
};
void page_list_add_tail(struct page_list *l, struct page *pg);
void page_list_del(struct page_list *l, struct page *pg);
static inline struct page *page_list_first(const struct page_list *l)
{
    return l->first ? &frame_table[l->first] : NULL;
}
static inline struct page *page_list_next(const struct page *pg)
{
    return pg->next ? &frame_table[pg->next] : NULL;
}

/* --- references (common/page.c) --------------------------------------------------------------- */
/** Take a reference if the page belongs to `d` and is in use; false otherwise. No lock. */
bool page_get(struct page *pg, const struct domain *d);
/** Drop a reference; the last one frees the page to the allocator. */
void page_put(struct page *pg);
/** Drop the owner's own reference (clears PGC_ALLOCATED); true if it was still set. */
bool page_put_allocated(struct page *pg);

/* --- types (arch/x86/mm/pagetype.c) ----------------------------------------------------------- */
/**
 * Take a type reference (PGT_*), validating the contents when the type is new. The caller holds a
 * page reference. 0, or -EINVAL (contents or conflicting use), -EBUSY (other type in use),
 * -ERESTART (preempted: progress is kept in the page, take it again to resume), -EINTR (preempted
 * before anything was done).
 */
int page_get_type(struct page *pg, uint64_t type);
/**
 * Drop a type reference. May invalidate a whole table: not preemptible; see
 * page_put_type_preemptible in the arch.
 */
void page_put_type(struct page *pg);
/** page_get + page_get_type, undone on failure. -EPERM if not owned by `d`. */
int page_get_and_type(struct page *pg, const struct domain *d, uint64_t type);
static inline void page_put_and_type(struct page *pg)
{
    page_put_type(pg);
    page_put(pg);
}

#endif
