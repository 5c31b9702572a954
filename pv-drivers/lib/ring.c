/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rings of requests and responses.
 */
#include "ring.h"

#include <errno.h>
#include <string.h>

static RING_IDX load(const RING_IDX *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }

/* What is read afterwards is not older than this store. */
static void store(RING_IDX *p, RING_IDX v)
{
    __atomic_store_n(p, v, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void *slot(const struct back_ring *r, RING_IDX i)
{
    return (char *)(r->page + 1) + (size_t)(i & (r->entries - 1)) * r->entry_bytes;
}

void back_ring_attach(struct back_ring *r, void *page, uint32_t bytes, uint32_t entry_bytes,
                      RING_IDX req_cons, RING_IDX rsp_prod)
{
    *r = (struct back_ring){
        .page = page,
        .entries = xen_sring_entries(bytes, entry_bytes),
        .entry_bytes = entry_bytes,
        .req_cons = req_cons,
        .rsp_prod = rsp_prod,
        .published = rsp_prod,
    };
}

RING_IDX back_ring_shown(const struct back_ring *r) { return load(&r->page->rsp_prod); }

/* A request's slot is free again only when its response has been published. */
int back_ring_waiting(const struct back_ring *r)
{
    RING_IDX prod = load(&r->page->req_prod);
    RING_IDX waiting = prod - r->req_cons, taken = r->req_cons - r->published;

    return waiting > r->entries - taken ? -EPROTO : (int)waiting;
}

void back_ring_take(struct back_ring *r, void *copy)
{
    memcpy(copy, slot(r, r->req_cons), r->entry_bytes);
    /* the compiler must not go back to the page for what it copied */
    __asm__ volatile("" : : : "memory");
    r->req_cons++;
}

void back_ring_put(struct back_ring *r, const void *response, size_t bytes)
{
    memcpy(slot(r, r->rsp_prod), response, bytes);
    r->rsp_prod++;
}

bool back_ring_publish(struct back_ring *r)
{
    RING_IDX before = r->published;

    if (before == r->rsp_prod)
        return false;
    r->published = r->rsp_prod;
    store(&r->page->rsp_prod, r->published);
    return xen_sring_wants_event(before, r->published, load(&r->page->rsp_event));
}

bool back_ring_sleep(struct back_ring *r, unsigned int requests)
{
    int waiting;

    store(&r->page->req_event, r->req_cons + requests);
    waiting = back_ring_waiting(r);
    return waiting >= 0 && (unsigned int)waiting < requests;
}
