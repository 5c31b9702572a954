/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kept grants: an open hash table from reference to address, at most half full. Pages are mapped in
 * runs, one for each request that brings new ones, and unmapped in the same runs.
 */
#include "grants.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

struct run {
    struct run *next;
    void *addr;
    size_t count;
};

struct entry {
    uint32_t ref;
    void *page; /* NULL: the entry is free */
};

struct kept_grants {
    struct ctrl_gnttab *dev;
    uint32_t domid;
    unsigned int max, count;
    struct run *runs;
    uint32_t mask; /* size of the table - 1 */
    struct entry table[];
};

struct kept_grants *kept_grants_new(struct ctrl_gnttab *dev, uint32_t domid, unsigned int max)
{
    struct kept_grants *k;
    uint32_t size = 2;

    while (size < 2 * max)
        size *= 2;
    k = calloc(1, sizeof(*k) + size * sizeof(k->table[0]));
    if (!k)
        return NULL;
    k->dev = dev;
    k->domid = domid;
    k->max = max;
    k->mask = size - 1;
    return k;
}

void kept_grants_free(struct kept_grants *k)
{
    if (!k)
        return;
    while (k->runs) {
        struct run *r = k->runs;

        k->runs = r->next;
        ctrl_gnttab_unmap(k->dev, r->addr, r->count);
        free(r);
    }
    free(k);
}

unsigned int kept_grants_count(const struct kept_grants *k) { return k->count; }

/* The entry of a reference, or the free one where it belongs. */
static struct entry *lookup(struct kept_grants *k, uint32_t ref)
{
    uint32_t at = ref * 2654435761u; /* references are often consecutive: spread them */

    while (k->table[at & k->mask].page && k->table[at & k->mask].ref != ref)
        at++;
    return &k->table[at & k->mask];
}

/* Those of refs[] that are not mapped yet, each once. */
static unsigned int find_missing(struct kept_grants *k, const uint32_t *refs, unsigned int n,
                                 uint32_t *missing)
{
    unsigned int count = 0;

    for (unsigned int i = 0; i < n; i++) {
        unsigned int seen = 0;

        if (lookup(k, refs[i])->page)
            continue;
        while (seen < count && missing[seen] != refs[i])
            seen++;
        if (seen == count)
            missing[count++] = refs[i];
    }
    return count;
}

static int map_run(struct kept_grants *k, const uint32_t *refs, unsigned int n)
{
    struct run *r = malloc(sizeof(*r));
    int ret;

    if (!r)
        return -ENOMEM;
    ret = ctrl_gnttab_map(k->dev, k->domid, refs, n, PROT_READ | PROT_WRITE, &r->addr);
    if (ret) {
        free(r);
        return ret;
    }
    r->count = n;
    r->next = k->runs;
    k->runs = r;
    for (unsigned int i = 0; i < n; i++)
        *lookup(k, refs[i]) = (struct entry){ refs[i], (char *)r->addr + i * GRANT_PAGE };
    k->count += n;
    return 0;
}

int kept_grants_get(struct kept_grants *k, const uint32_t *refs, unsigned int n, void **pages)
{
    uint32_t missing[n ? n : 1];
    unsigned int count = find_missing(k, refs, n, missing);

    if (count > k->max - k->count)
        return -ENOSPC;
    if (count) {
        int ret = map_run(k, missing, count);

        if (ret)
            return ret == -ENOSPC ? -EIO : ret;
    }
    for (unsigned int i = 0; i < n; i++)
        pages[i] = lookup(k, refs[i])->page;
    return 0;
}
