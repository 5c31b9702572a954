/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's memory: giving and taking.
 */
#include "internal.h"

#include <public/memory.h>

#include <string.h>

/* Extents of one hypercall: 16 KiB of arguments. */
#define BATCH 2048

/* 2 MiB at a time: fewer, longer extents cost less on both sides. */
#define BIG_ORDER 9
#define BIG_PAGES (1UL << BIG_ORDER)

/*
 * Populate up to BATCH extents of 2^order pages from first_pfn on. Returns how many were done,
 * which is less than asked for only if memory is short or too scattered.
 */
static long populate_batch(struct ctrl *h, uint32_t domid, uint64_t first_pfn, unsigned int order,
                           uint64_t extents, uint64_t *mfns)
{
    struct xen_memory_reservation *op = arena_get(h, sizeof(*op));
    xen_pfn_t *list = arena_get(h, extents * sizeof(*list));
    long done;

    for (uint64_t i = 0; i < extents; i++)
        list[i] = first_pfn + (i << order);
    op->extent_start.addr = addr_of(list);
    op->nr_extents = extents;
    op->extent_order = order;
    op->domid = domid;
    done = hypercall(h, __HYPERVISOR_memory_op, XENMEM_populate_physmap, addr_of(op), 0, 0, 0);
    for (long i = 0; mfns && i < done; i++)
        for (uint64_t page = 0; page < 1UL << order; page++)
            mfns[(i << order) + page] = list[i] + page;
    arena_put(h, op);
    return done;
}

/* Populate extents of one order as far as they go. Returns the pages done, or -errno. */
static int64_t populate_order(struct ctrl *h, uint32_t domid, uint64_t first_pfn,
                              unsigned int order, uint64_t count, uint64_t *mfns)
{
    uint64_t extents = count >> order, done = 0;

    while (done < extents) {
        uint64_t want = extents - done < BATCH ? extents - done : BATCH;
        long got = populate_batch(h, domid, first_pfn + (done << order), order, want,
                                  mfns ? mfns + (done << order) : NULL);

        if (got < 0)
            return got;
        done += got;
        if ((uint64_t)got < want)
            break;
    }
    return done << order;
}

int ctrl_populate(struct ctrl *h, uint32_t domid, uint64_t first_pfn, uint64_t count,
                  uint64_t *mfns)
{
    int64_t big = populate_order(h, domid, first_pfn, BIG_ORDER, count, mfns);
    int64_t small;

    /* Large extents may be refused altogether; pages decide. */
    if (big < 0)
        big = 0;
    small = populate_order(h, domid, first_pfn + big, 0, count - big, mfns ? mfns + big : NULL);
    if (small < 0)
        return ctrl_fail(h, small, "cannot give memory to domain %u: %s", domid, strerror(-small));
    if ((uint64_t)(big + small) < count)
        return ctrl_fail(h, -ENOMEM, "not enough free memory for domain %u: got %llu of %llu KiB",
                         domid, (unsigned long long)(big + small) * 4,
                         (unsigned long long)count * 4);
    return 0;
}

int64_t ctrl_decrease(struct ctrl *h, uint32_t domid, const uint64_t *mfns, uint64_t count)
{
    uint64_t done = 0;
    long got = 0;

    while (done < count) {
        uint64_t want = count - done < BATCH ? count - done : BATCH;
        struct xen_memory_reservation *op = arena_get(h, sizeof(*op));
        xen_pfn_t *list = arena_get(h, want * sizeof(*list));

        memcpy(list, mfns + done, want * sizeof(*list));
        op->extent_start.addr = addr_of(list);
        op->nr_extents = want;
        op->domid = domid;
        got = hypercall(h, __HYPERVISOR_memory_op, XENMEM_decrease_reservation, addr_of(op), 0, 0,
                        0);
        arena_put(h, op);
        if (got <= 0)
            break;
        done += got;
    }
    if (got < 0 && !done)
        return ctrl_fail(h, got, "cannot take memory from domain %u: %s", domid, strerror(-got));
    return done;
}
