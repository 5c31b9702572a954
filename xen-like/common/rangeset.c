/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of integers: a sorted list of ranges that neither overlap nor touch. */
#include <hv/list.h>
#include <hv/lock.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/rangeset.h>
#include <public/errno.h>

struct range {
    struct list link;
    uint64_t first, last;
};

struct rangeset {
    const char *name;
    struct spinlock lock; /* LOCK_RANGESET: all below */
    struct list ranges;   /* ascending */
    unsigned nr_ranges, limit;
};

struct rangeset *rangeset_new(const char *name)
{
    struct rangeset *r = hv_zalloc(sizeof(*r));

    if (r) {
        spin_init(&r->lock, LOCK_RANGESET);
        list_init(&r->ranges);
        r->name = name;
        r->limit = UINT32_MAX;
    }
    return r;
}

static void range_free(struct rangeset *r, struct range *x)
{
    list_del(&x->link);
    hv_free(x);
    r->nr_ranges--;
}

void rangeset_destroy(struct rangeset *r)
{
    struct range *x, *next;

    if (!r)
        return;
    list_for_each_safe(x, next, &r->ranges, link)
        range_free(r, x);
    hv_free(r);
}

/** The first range that ends at or after `first`, or NULL. The lock is held here and below. */
static struct range *find_from(const struct rangeset *r, uint64_t first)
{
    struct range *x;

    list_for_each(x, &r->ranges, link)
        if (x->last >= first)
            return x;
    return NULL;
}

/** A new range, before `next` (NULL: at the end). */
static int range_insert(struct rangeset *r, struct range *next, uint64_t first, uint64_t last)
{
    struct range *x;

    if (r->nr_ranges >= r->limit)
        return -XEN_ENOSPC;
    x = hv_zalloc(sizeof(*x));
    if (!x)
        return -XEN_ENOMEM;
    r->nr_ranges++;
    x->first = first;
    x->last = last;
    list_add_tail(next ? &next->link : &r->ranges, &x->link);
    return 0;
}

static int add(struct rangeset *r, uint64_t first, uint64_t last)
{
    struct range *x, *next;

    x = find_from(r, first ? first - 1 : 0); /* one that touches `first` counts */
    if (!x || (last != UINT64_MAX && x->first > last + 1))
        return range_insert(r, x, first, last);
    x->first = MIN(x->first, first);
    while (x->link.next != &r->ranges) {
        next = list_entry(x->link.next, struct range, link);
        if (last != UINT64_MAX && next->first > last + 1)
            break;
        x->last = MAX(x->last, next->last);
        range_free(r, next);
    }
    x->last = MAX(x->last, last);
    return 0;
}

static int remove(struct rangeset *r, uint64_t first, uint64_t last)
{
    struct range *x = find_from(r, first), *next;

    /* a hole in the middle: the only case that needs memory */
    if (x && x->first < first && x->last > last) {
        int err = range_insert(r, x, x->first, first - 1);
        if (!err)
            x->first = last + 1;
        return err;
    }
    for (; x && &x->link != &r->ranges && x->first <= last; x = next) {
        next = list_entry(x->link.next, struct range, link);
        if (x->first < first)
            x->last = first - 1;
        else if (x->last > last)
            x->first = last + 1;
        else
            range_free(r, x);
    }
    return 0;
}

/* --- the interface ---------------------------------------------------------------------------- */

/** One change of the set, under its lock. */
static int locked(int (*change)(struct rangeset *, uint64_t, uint64_t), struct rangeset *r,
                  uint64_t first, uint64_t last)
{
    int rc;

    if (first > last)
        return -XEN_EINVAL;
    spin_lock(&r->lock);
    rc = change(r, first, last);
    spin_unlock(&r->lock);
    return rc;
}

int rangeset_add(struct rangeset *r, uint64_t first, uint64_t last)
{
    return locked(add, r, first, last);
}

int rangeset_remove(struct rangeset *r, uint64_t first, uint64_t last)
{
    return locked(remove, r, first, last);
}

bool rangeset_contains(struct rangeset *r, uint64_t first, uint64_t last)
{
    const struct range *x;
    bool all;

    spin_lock(&r->lock);
    x = find_from(r, first);
    all = x && x->first <= first && last <= x->last && first <= last;
    spin_unlock(&r->lock);
    return all;
}

bool rangeset_overlaps(struct rangeset *r, uint64_t first, uint64_t last)
{
    const struct range *x;
    bool some;

    spin_lock(&r->lock);
    x = find_from(r, first);
    some = x && x->first <= last && first <= last;
    spin_unlock(&r->lock);
    return some;
}

void rangeset_limit(struct rangeset *r, unsigned ranges) { WRITE_ONCE(r->limit, ranges); }

bool rangeset_is_empty(const struct rangeset *r) { return READ_ONCE(r->ranges.next) == &r->ranges; }

void rangeset_print(struct rangeset *r)
{
    const struct range *x;

    spin_lock(&r->lock);
    list_for_each(x, &r->ranges, link)
        printk(LOG_ERR, "  %s %#lx-%#lx\n", r->name, x->first, x->last);
    spin_unlock(&r->lock);
}
