/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages for their two kinds of users: the hypervisor's own heap, and domains with their accounts.
 * The memory itself comes from common/buddy.c.
 *
 * A domain that owns a page, or shares one with the hypervisor, cannot be freed: the first page on
 * either list takes a reference to the domain and the last one drops it.
 */
#include <hv/arch.h>
#include <hv/buddy.h>
#include <hv/bug.h>
#include <hv/domain.h>
#include <public/errno.h>

/* --- the hypervisor's own --------------------------------------------------------------------- */

void *hv_alloc_pages(unsigned order, unsigned flags)
{
    struct page *pg = buddy_take(NULL, order, flags);

    return pg ? mfn_to_virt(page_to_mfn(pg)) : NULL;
}

void hv_free_pages(void *va, unsigned order)
{
    if (!va)
        return;
    struct page *pg = mfn_to_page(virt_to_mfn(va));
    BUG_ON(pg->count != PGC_UNOWNED);
    pg->type &= ~(uint64_t)UINT32_MAX;
    buddy_give(pg, order, true);
}

/* --- domains ---------------------------------------------------------------------------------- */

/** May `d` have `n` more pages? LOCK_PAGE_LIST. */
static int check_limit(const struct domain *d, unsigned long n, unsigned flags)
{
    if (READ_ONCE(d->dying) != DOMDYING_alive)
        return -XEN_EINVAL;
    if (!(flags & MEMF_NO_REFCOUNT) && (d->tot_pages + n > d->max_pages || d->tot_pages + n < n))
        return -XEN_E2BIG;
    return 0;
}

/** LOCK_PAGE_LIST */
static void adopt(struct domain *d, struct page *pg)
{
    pg->type = PGT_NONE;
    page_list_add_tail(&d->pages, pg);
    if (d->tot_pages++ == 0) {
        bool alive = domain_get(d);
        BUG_ON(!alive);
    }
    /* last: from here on others may find it */
    __atomic_store_n(&pg->count, (uint64_t)d->id << PGC_OWNER_SHIFT | PGC_ALLOCATED | 1,
                     __ATOMIC_RELEASE);
}

int domain_assign_pages(struct domain *d, struct page *pg, unsigned order, unsigned flags)
{
    spin_lock(&d->page_lock);
    int err = check_limit(d, 1ul << order, flags);
    for (unsigned long i = 0; !err && i < 1ul << order; i++)
        adopt(d, pg + i);
    spin_unlock(&d->page_lock);
    return err;
}

struct page *domain_alloc_pages(struct domain *d, unsigned order, unsigned flags)
{
    if (order > MAX_ORDER || (d && check_limit(d, 1ul << order, flags)))
        return NULL; /* a first look without the lock spares the work */
    struct page *pg = buddy_take(d, order, flags);
    if (!pg || !d)
        return pg;
    if (domain_assign_pages(d, pg, order, flags)) {
        buddy_give(pg, order, flags & MEMF_NO_SCRUB);
        return NULL;
    }
    return pg;
}

unsigned domain_alloc_batch(struct domain *d, struct page **out, unsigned n, unsigned flags)
{
    unsigned long room = d->max_pages - MIN(READ_ONCE(d->tot_pages), d->max_pages);
    unsigned given = 0;

    if (!(flags & MEMF_NO_REFCOUNT) && n > room)
        n = room;
    if (n == 0 || READ_ONCE(d->dying) != DOMDYING_alive)
        return 0;
    unsigned got = buddy_take_batch(d, out, n, flags);

    spin_lock(&d->page_lock);
    while (given < got && check_limit(d, 1, flags) == 0)
        adopt(d, out[given++]);
    spin_unlock(&d->page_lock);
    if (given < got)
        buddy_give_batch(out + given, got - given, flags & MEMF_NO_SCRUB);
    return given;
}

static struct domain *page_owner(const struct page *pg)
{
    struct domain *d = domain_lookup(page_owner_id(pg));

    BUG_ON(!d); /* a page keeps its owner alive */
    return d;
}

/** LOCK_PAGE_LIST. True when `d` has none left. `stamp` is of tlb_stamp_freed(). */
static bool disown(struct domain *d, struct page *pg, uint64_t stamp)
{
    ASSERT(page_owner_id(pg) == d->id && !(pg->count & (PGC_HV | PGC_RESERVED)));
    ASSERT((pg->type & PGT_COUNT_MASK) == 0);
    page_list_del(&d->pages, pg);
    pg->count = PGC_UNOWNED;
    pg->type = stamp;
    return --d->tot_pages == 0;
}

/** LOCK_PAGE_LIST. The same for a page that the hypervisor shared with `d`. */
static bool disown_shared(struct domain *d, struct page *pg)
{
    page_list_del(&d->hv_pages, pg);
    pg->count = PGC_UNOWNED;
    pg->type = tlb_stamp_freed();
    return d->hv_pages.count == 0;
}

void domain_free_page(struct page *pg)
{
    struct domain *d = page_owner(pg);

    spin_lock(&d->page_lock);
    bool last = pg->count & PGC_HV ? disown_shared(d, pg) : disown(d, pg, tlb_stamp_freed());
    spin_unlock(&d->page_lock);
    buddy_give(pg, 0, true);
    if (last)
        domain_put(d);
}

void page_batch_flush(struct page_batch *b)
{
    bool last = false;

    if (b->n == 0)
        return;
    struct domain *d = page_owner(b->pages[0]);
    uint64_t stamp = tlb_stamp_freed();
    spin_lock(&d->page_lock);
    for (unsigned i = 0; i < b->n; i++)
        last = disown(d, b->pages[i], stamp);
    spin_unlock(&d->page_lock);
    buddy_give_batch(b->pages, b->n, true);
    b->n = 0;
    if (last)
        domain_put(d);
}

void free_anon_pages(struct page *pg, unsigned order)
{
    uint64_t stamp = tlb_stamp_freed();

    for (unsigned long i = 0; i < 1ul << order; i++) {
        ASSERT(pg[i].count == PGC_UNOWNED);
        pg[i].type = stamp;
    }
    buddy_give(pg, order, true);
}

/* --- hypervisor pages that a domain may map --------------------------------------------------- */

void page_share_with(void *va, struct domain *d, bool writable)
{
    struct page *pg = mfn_to_page(virt_to_mfn(va));

    BUG_ON(pg->count != PGC_UNOWNED);
    /*
     * one use that is never dropped: a read-only page can never become writable, nor either kind a
     * page table
     */
    pg->type = (writable ? PGT_WRITABLE | PGT_VALIDATED : PGT_NONE) | 1;
    set_m2p(virt_to_mfn(va), pfn(INVALID_M2P)); /* where it was a guest's before means nothing */
    spin_lock(&d->page_lock);
    page_list_add_tail(&d->hv_pages, pg);
    if (d->hv_pages.count == 1) {
        bool alive = domain_get(d);
        BUG_ON(!alive);
    }
    uint64_t count = (uint64_t)d->id << PGC_OWNER_SHIFT | PGC_HV | PGC_ALLOCATED | 1;
    __atomic_store_n(&pg->count, count, __ATOMIC_RELEASE);
    spin_unlock(&d->page_lock);
}

int page_unshare(void *va, struct domain *d)
{
    struct page *pg = mfn_to_page(virt_to_mfn(va));
    uint64_t none = (uint64_t)d->id << PGC_OWNER_SHIFT | PGC_HV;
    uint64_t unused = (uint64_t)d->id << PGC_OWNER_SHIFT | PGC_HV | PGC_ALLOCATED | 1;

    if (!try_cmpxchg(&pg->count, &unused, none))
        return -XEN_EBUSY;
    spin_lock(&d->page_lock);
    bool last = disown_shared(d, pg);
    spin_unlock(&d->page_lock);
    if (last)
        domain_put(d);
    return 0;
}
