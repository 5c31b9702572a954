/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The buddy system: free RAM in blocks of 2^order frames.
 *
 * A zone is the set of frames whose numbers have the same highest bit, so every limit of the form
 * "below 2^n" is a set of zones; a block never spans two zones because frame 0 is never free. Each
 * zone has a list of blocks for each order and kind (clean or dirty), chained through the first
 * page of the block, and bitmaps of the lists that are not empty, so that finding a block takes no
 * search.
 */
#include <hv/arch.h>
#include <hv/buddy.h>
#include <hv/bug.h>
#include <hv/lock.h>
#include <public/errno.h>

#define ZONES      32 /* frame numbers have at most 32 bits */
/* frames from 4 GiB on: taken first, since devices may need the others */
#define HIGH_ZONES (~0u << 20)
#define SCRUB_ORDER 4 /* pages that are scrubbed between two looks at the lock */

enum kind { CLEAN, DIRTY };

static struct spinlock heap_lock = SPINLOCK_INIT(LOCK_HEAP);

/* LOCK_HEAP */
static uint32_t first_block[2][ZONES][MAX_ORDER + 1]; /* frame, 0 = none */
static uint32_t orders_free[2][ZONES];                /* bit n: list of order n is not empty */
static uint32_t zones_free[2];                        /* bit n: zone n has a block */
static unsigned long free_pages, dirty_pages, claimed_pages;

static inline uint32_t frame_of(const struct page *pg) { return (uint32_t)(pg - frame_table); }

static inline unsigned zone_of(uint32_t frame) { return 31 - __builtin_clz(frame); }

static inline unsigned order_of(const struct page *pg) { return pg->type & PGF_ORDER_MASK; }

/* --- lists ------------------------------------------------------------------------------------ */

static void insert(uint32_t frame, unsigned order, enum kind kind)
{
    struct page *pg = &frame_table[frame];
    unsigned zone = zone_of(frame);
    uint32_t *head = &first_block[kind][zone][order];

    pg->count = PGC_UNOWNED | PGC_FREE | (kind == DIRTY ? PGC_NEED_SCRUB : 0);
    pg->type = (pg->type & ~PGF_ORDER_MASK) | order;
    pg->prev = 0;
    pg->next = *head;
    if (*head)
        frame_table[*head].prev = frame;
    *head = frame;
    orders_free[kind][zone] |= 1u << order;
    zones_free[kind] |= 1u << zone;
}

static void unlink_block(uint32_t frame)
{
    struct page *pg = &frame_table[frame];
    enum kind kind = pg->count & PGC_NEED_SCRUB ? DIRTY : CLEAN;
    unsigned zone = zone_of(frame), order = order_of(pg);

    if (pg->next)
        frame_table[pg->next].prev = pg->prev;
    if (pg->prev) {
        frame_table[pg->prev].next = pg->next;
    } else {
        first_block[kind][zone][order] = pg->next;
        if (!pg->next && !(orders_free[kind][zone] &= ~(1u << order)))
            zones_free[kind] &= ~(1u << zone);
    }
    pg->next = pg->prev = 0;
    pg->count = PGC_UNOWNED;
    pg->type &= ~PGF_ORDER_MASK;
}

/** Put a block on its list, merged with its buddies of the same kind. */
static void insert_merged(uint32_t frame, unsigned order, enum kind kind)
{
    uint64_t mark = PGC_FREE | (kind == DIRTY ? PGC_NEED_SCRUB : 0);

    for (; order < MAX_ORDER; order++) {
        uint32_t buddy = frame ^ (1u << order);
        if (buddy >= max_page)
            break;
        const struct page *pg = &frame_table[buddy];
        if ((pg->count & (PGC_FREE | PGC_NEED_SCRUB)) != mark || order_of(pg) != order)
            break;
        unlink_block(buddy);
        frame &= ~(1u << order);
    }
    insert(frame, order, kind);
}

/** Detach the first 2^order frames of a block and put the rest back. */
static void split(uint32_t frame, unsigned order, enum kind kind)
{
    unsigned have = order_of(&frame_table[frame]);

    unlink_block(frame);
    while (have > order) {
        have--;
        insert(frame + (1u << have), have, kind);
    }
}

/** A block of at least `order` in one of `zones`, the highest zone first: its frame, or 0. */
static uint32_t find(unsigned order, uint32_t zones, enum kind kind)
{
    for (uint32_t left = zones & zones_free[kind]; left;) {
        unsigned zone = zone_of(left);
        uint32_t orders = orders_free[kind][zone] >> order;
        if (orders)
            return first_block[kind][zone][order + __builtin_ctz(orders)];
        left &= ~(1u << zone);
    }
    return 0;
}

/**
 * As find, over both kinds: the wanted kind first, but memory below 4 GiB last. Tells the kind that
 * was found.
 */
static uint32_t find_any(unsigned order, uint32_t zones, enum kind wanted, enum kind *kind)
{
    const uint32_t sets[2] = { zones & HIGH_ZONES, zones & ~HIGH_ZONES };

    for (unsigned i = 0; i < 2; i++)
        for (unsigned k = 0; k < 2; k++) {
            *kind = k ? (enum kind)!wanted : wanted;
            uint32_t frame = find(order, sets[i], *kind);
            if (frame)
                return frame;
        }
    return 0;
}

/**
 * Clean and dirty neighbours are not merged, so a large block may be missing although all of it is
 * free: count the clean blocks below `order` as dirty, so that they are.
 */
static void merge_kinds(unsigned order, uint32_t zones)
{
    for (unsigned o = 0; o < order; o++)
        for (uint32_t left = zones & zones_free[CLEAN]; left; left &= left - 1) {
            unsigned zone = __builtin_ctz(left);
            uint32_t frame;
            while ((frame = first_block[CLEAN][zone][o]) != 0) {
                unlink_block(frame);
                dirty_pages += 1ul << o;
                insert_merged(frame, o, DIRTY);
            }
        }
}

/* --- taking ----------------------------------------------------------------------------------- */

static uint32_t allowed_zones(unsigned flags)
{
    unsigned bits = flags >> 8;

    if (flags & MEMF_BELOW_4G)
        bits = bits ? MIN(bits, 32u) : 32;
    if (bits == 0 || bits >= PAGE_SHIFT + ZONES)
        return ~0u;
    return bits <= PAGE_SHIFT ? 0 : (1u << (bits - PAGE_SHIFT)) - 1;
}

/** Others' claims leave room for `n` more pages. */
static bool unclaimed(const struct domain *d, unsigned long n)
{
    if (n + claimed_pages <= free_pages)
        return true;
    return n <= free_pages && d && d->outstanding_pages >= n;
}

static void count_taken(struct domain *d, unsigned long n, enum kind kind)
{
    free_pages -= n;
    if (kind == DIRTY)
        dirty_pages -= n;
    if (d && d->outstanding_pages) {
        unsigned long claimed = MIN(n, d->outstanding_pages);
        d->outstanding_pages -= claimed;
        claimed_pages -= claimed;
    }
}

/** Under the lock: a block, still to be finished. NULL if there is none. */
static struct page *take_locked(struct domain *d, unsigned order, unsigned flags, enum kind *kind)
{
    uint32_t zones = allowed_zones(flags);
    enum kind wanted = flags & MEMF_NO_SCRUB ? DIRTY : CLEAN;

    if (!unclaimed(d, 1ul << order))
        return NULL;
    uint32_t frame = find_any(order, zones, wanted, kind);
    if (!frame)
        return NULL;
    split(frame, order, *kind);
    count_taken(d, 1ul << order, *kind);
    return &frame_table[frame];
}

static void scrub(struct page *pg, unsigned order)
{
    for (unsigned long i = 0; i < 1ul << order; i++)
        clear_page(mfn_to_virt(page_to_mfn(pg + i)));
}

/** Outside the lock: make the block fit for its new user. */
static void finish(struct page *pg, unsigned order, unsigned flags, enum kind kind)
{
    tlb_flush_before_alloc(pg, order);
    if (kind == DIRTY && !(flags & MEMF_NO_SCRUB))
        scrub(pg, order);
}

struct page *buddy_take(struct domain *d, unsigned order, unsigned flags)
{
    enum kind kind;

    if (order > MAX_ORDER)
        return NULL;
    spin_lock(&heap_lock);
    struct page *pg = take_locked(d, order, flags, &kind);
    if (!pg && order && free_pages >= 1ul << order) {
        merge_kinds(order, allowed_zones(flags));
        pg = take_locked(d, order, flags, &kind);
    }
    spin_unlock(&heap_lock);
    if (pg)
        finish(pg, order, flags, kind);
    return pg;
}

#define RUNS 32 /* blocks that one round of a batch is made of at most */

struct run {
    struct page *pg;
    uint8_t order, kind;
};

/** Take blocks that together hold at most `n` pages: how many blocks. */
static unsigned take_runs(struct domain *d, struct run *runs, unsigned n, unsigned flags)
{
    unsigned nr = 0, order = MIN(9u, 31u - __builtin_clz(n));

    spin_lock(&heap_lock);
    while (n && nr < RUNS) {
        while (1u << order > n)
            order--;
        enum kind kind;
        struct page *pg = take_locked(d, order, flags, &kind);
        if (pg) {
            runs[nr++] = (struct run){ pg, order, kind };
            n -= 1u << order;
        } else if (order-- == 0) {
            break;
        }
    }
    spin_unlock(&heap_lock);
    return nr;
}

unsigned buddy_take_batch(struct domain *d, struct page **out, unsigned n, unsigned flags)
{
    struct run runs[RUNS];
    unsigned got = 0;

    while (got < n) {
        unsigned nr = take_runs(d, runs, n - got, flags);
        if (nr == 0)
            break;
        for (unsigned r = 0; r < nr; r++) {
            finish(runs[r].pg, runs[r].order, flags, runs[r].kind);
            for (unsigned i = 0; i < 1u << runs[r].order; i++)
                out[got++] = runs[r].pg + i;
        }
    }
    return got;
}

/* --- giving back ------------------------------------------------------------------------------ */

static void give_locked(struct page *pg, unsigned order, bool dirty)
{
    insert_merged(frame_of(pg), order, dirty ? DIRTY : CLEAN);
    free_pages += 1ul << order;
    if (dirty)
        dirty_pages += 1ul << order;
}

void buddy_give(struct page *pg, unsigned order, bool dirty)
{
    spin_lock(&heap_lock);
    give_locked(pg, order, dirty);
    spin_unlock(&heap_lock);
}

void buddy_give_batch(struct page **pages, unsigned n, bool dirty)
{
    spin_lock(&heap_lock);
    for (unsigned i = 0; i < n; i++)
        give_locked(pages[i], 0, dirty);
    spin_unlock(&heap_lock);
}

void buddy_give_range(struct page *first, unsigned long n, bool dirty)
{
    uint64_t frame = frame_of(first), end = frame + n;

    spin_lock(&heap_lock);
    while (frame < end) {
        unsigned order = MIN((unsigned)__builtin_ctzl(frame), (unsigned)MAX_ORDER);
        while (frame + (1ul << order) > end)
            order--;
        give_locked(&frame_table[frame], order, dirty);
        frame += 1ul << order;
    }
    spin_unlock(&heap_lock);
}

void page_alloc_add(mfn_t start, mfn_t end, bool dirty)
{
    unsigned long from = MAX(start.n, 1ul);

    if (from >= end.n)
        return;
    BUG_ON(end.n > max_page);
    for (unsigned long f = from; f < end.n; f++)
        frame_table[f] = (struct page){ .count = PGC_UNOWNED };
    buddy_give_range(&frame_table[from], end.n - from, dirty);
}

/* --- scrubbing, claims, totals ---------------------------------------------------------------- */

/**
 * One dirty block becomes a clean one; true if there are more. Never stands in the lock's queue:
 * nobody who needs memory shall wait for a turn of this.
 */
static bool scrub_block(void)
{
    enum kind kind = DIRTY;

    if (!spin_trylock(&heap_lock))
        return true;
    uint32_t frame = find(0, ~0u, kind);
    if (!frame) {
        spin_unlock(&heap_lock);
        return false;
    }
    /* counted as free throughout; nobody else can take it meanwhile */
    unsigned order = MIN(order_of(&frame_table[frame]), (unsigned)SCRUB_ORDER);
    split(frame, order, kind);
    dirty_pages -= 1ul << order;
    spin_unlock(&heap_lock);

    scrub(&frame_table[frame], order);

    while (!spin_trylock(&heap_lock))
        cpu_relax();
    insert_merged(frame, order, CLEAN);
    bool more = dirty_pages != 0;
    spin_unlock(&heap_lock);
    return more;
}

/* One CPU at a time: more would only wait for the lock, and slow down those that have work. */
bool page_scrub_some(void)
{
    static bool busy;
    bool more;

    if (READ_ONCE(dirty_pages) == 0 || __atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
        return false;
    more = scrub_block();
    __atomic_store_n(&busy, false, __ATOMIC_RELEASE);
    return more;
}

int domain_set_claim(struct domain *d, unsigned long pages)
{
    int err = 0;

    spin_lock(&d->page_lock);
    spin_lock(&heap_lock);
    if (pages == 0) {
        claimed_pages -= d->outstanding_pages;
        d->outstanding_pages = 0;
    } else if (d->outstanding_pages || pages > d->max_pages || pages <= d->tot_pages || d->dying) {
        err = -XEN_EINVAL;
    } else if (pages - d->tot_pages > free_pages - MIN(claimed_pages, free_pages)) {
        err = -XEN_ENOMEM;
    } else {
        d->outstanding_pages = pages - d->tot_pages;
        claimed_pages += d->outstanding_pages;
    }
    spin_unlock(&heap_lock);
    spin_unlock(&d->page_lock);
    return err;
}

unsigned long claimed_page_count(void) { return READ_ONCE(claimed_pages); }

unsigned long free_page_count(void) { return READ_ONCE(free_pages); }

unsigned long dirty_page_count(void) { return READ_ONCE(dirty_pages); }
