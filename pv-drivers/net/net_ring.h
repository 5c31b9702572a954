/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One ring of a network device. Requests are answered in the order in which they were taken, and in
 * the turn in which they were taken; so between turns a ring has no more to it than its indices,
 * and a successor goes on from what is published.
 */
#ifndef NET_RING_H
#define NET_RING_H

#include "note.h"
#include "ring.h"

#include <ctrl.h>

struct net_ring {
    struct back_ring ring;
    void *page;
    struct note_ring *note;
    bool rx; /* to the guest: responses are longer */
};

/* Maps the ring; goes on from what is published if `taken_over`, and answers what a predecessor was
 * just answering. -errno: the guest's grant is none. */
int net_ring_open(struct net_ring *r, struct ctrl_gnttab *dev, uint32_t domid, uint32_t ref,
                  struct note_ring *note, bool taken_over);
void net_ring_close(struct net_ring *r, struct ctrl_gnttab *dev);

/* Before `n` answers are put: notes them, as they would be without data. */
void net_ring_promise(struct net_ring *r, const struct netif_tx_response *answers, unsigned int n);

#endif
