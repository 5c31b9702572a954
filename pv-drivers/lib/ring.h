/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The backend's side of a ring of requests and responses (public/io/ring.h).
 *
 * The frontend can write anything to the page at any time. So our own indices are kept here and
 * only ever written to the page; the frontend's index is read once and checked; an entry is copied
 * once, and the copy is what is looked at.
 */
#ifndef PV_LIB_RING_H
#define PV_LIB_RING_H

#include <public/io/ring.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct back_ring {
    struct xen_sring *page;
    uint32_t entries, entry_bytes;
    RING_IDX req_cons;  /* requests taken */
    RING_IDX rsp_prod;  /* responses put */
    RING_IDX published; /* responses the frontend knows of */
};

/* Goes on where requests up to `req_cons` have been taken and responses up to `rsp_prod` published;
 * both are 0 for a new ring. */
void back_ring_attach(struct back_ring *r, void *page, uint32_t bytes, uint32_t entry_bytes,
                      RING_IDX req_cons, RING_IDX rsp_prod);

/* What the page says was published: of use to the successor of a backend that died while it did so.
 * The frontend may have changed it. */
RING_IDX back_ring_shown(const struct back_ring *r);

/* How many requests wait; -EPROTO if the frontend's index is impossible. */
int back_ring_waiting(const struct back_ring *r);

/* Copies the next request, which must be there, and takes it from the ring. */
void back_ring_take(struct back_ring *r, void *copy);

/* Puts a response, of at most entry_bytes, for a request that was taken; the frontend does not see
 * it yet. */
void back_ring_put(struct back_ring *r, const void *response, size_t bytes);

/* Shows the frontend all responses. True: it wants an event for them. */
bool back_ring_publish(struct back_ring *r);

/*
 * Asks the frontend for an event when `requests` of its requests wait. False: so many have come in
 * the meantime, or its index is impossible, so look again.
 */
bool back_ring_sleep(struct back_ring *r, unsigned int requests);

#endif
