/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a netd that is killed leaves to the next one: the answers that it was putting into a ring
 * when it died, for they may lie over requests without being published; and its counts.
 *
 * Whoever is killed has done all of its writes up to some moment and none after it, so the order of
 * writes is what makes the note right at any moment (net_ring.c).
 */
#ifndef NET_NOTE_H
#define NET_NOTE_H

#include "counts.h"

#include <public/io/netif.h>

#include <stdint.h>

#define RING_SLOTS 256 /* of either ring, of one page */
#define VIF_QUEUES 4   /* multi-queue-max-queues */

/* Answers were put up to `end`, or are about to be; answers[i % RING_SLOTS] is number i. */
struct note_ring {
    uint32_t end;
    struct netif_tx_response answers[RING_SLOTS];
};

struct note {
    struct vif_counts counts; /* first: counts.h */
    struct note_ring tx[VIF_QUEUES], rx[VIF_QUEUES];
};

#endif
