/* SPDX-License-Identifier: GPL-2.0-only */
/* References to pages of RAM, and lists of them. */
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/page_alloc.h>

struct page *frame_table;
unsigned long max_page;

static inline uint32_t frame_of(const struct page *pg) { return (uint32_t)(pg - frame_table); }

void page_list_add_tail(struct page_list *l, struct page *pg)
{
    pg->next = 0;
    pg->prev = l->last;
    if (l->last)
        frame_table[l->last].next = frame_of(pg);
    else
        l->first = frame_of(pg);
    l->last = frame_of(pg);
    l->count++;
}

void page_list_del(struct page_list *l, struct page *pg)
{
    if (pg->prev)
        frame_table[pg->prev].next = pg->next;
    else
        l->first = pg->next;
    if (pg->next)
        frame_table[pg->next].prev = pg->prev;
    else
        l->last = pg->prev;
    pg->next = pg->prev = 0;
    l->count--;
}

/** The count may grow by one: there is a reference already, and room for one more. */
static inline bool can_grow(uint64_t count)
{
    uint64_t refs = count & PGC_COUNT_MASK;

    return refs != 0 && refs != PGC_COUNT_MASK;
}

bool page_get(struct page *pg, const struct domain *d)
{
    uint64_t seen = READ_ONCE(pg->count);

    do {
        if (!can_grow(seen) || (seen & PGC_OWNER_MASK) != (uint64_t)d->id << PGC_OWNER_SHIFT)
            return false;
    } while (!try_cmpxchg(&pg->count, &seen, seen + 1));
    return true;
}

/** True when that was the last reference. */
static inline bool drop(struct page *pg)
{
    uint64_t left = __atomic_sub_fetch(&pg->count, 1, __ATOMIC_SEQ_CST);

    ASSERT((left & PGC_COUNT_MASK) != PGC_COUNT_MASK);
    return (left & PGC_COUNT_MASK) == 0;
}

void page_put(struct page *pg)
{
    if (drop(pg))
        domain_free_page(pg);
}

static void free_in_batch(struct page *pg, struct page_batch *b)
{
    if (pg->count & PGC_HV) { /* on another list than those of the batch */
        domain_free_page(pg);
        return;
    }
    b->pages[b->n++] = pg;
    if (b->n == PAGE_BATCH_MAX)
        page_batch_flush(b);
}

void page_put_batch(struct page *pg, struct page_batch *b)
{
    if (drop(pg))
        free_in_batch(pg, b);
}

bool page_give_up(struct page *pg, struct page_batch *b)
{
    uint64_t seen = READ_ONCE(pg->count), left;

    do {
        left = seen - (seen & PGC_ALLOCATED ? PGC_ALLOCATED + 2 : 1);
    } while (!try_cmpxchg(&pg->count, &seen, left));
    ASSERT((left & PGC_COUNT_MASK) < (seen & PGC_COUNT_MASK));
    if (!(left & PGC_COUNT_MASK))
        free_in_batch(pg, b);
    return seen & PGC_ALLOCATED;
}

bool page_put_allocated(struct page *pg)
{
    if (!(__atomic_fetch_and(&pg->count, ~PGC_ALLOCATED, __ATOMIC_SEQ_CST) & PGC_ALLOCATED))
        return false;
    page_put(pg);
    return true;
}
