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

#include <public/io/netif.h>

#include <stdint.h>

#define RING_SLOTS 256 /* of either ring, of one page */
#define VIF_QUEUES 4   /* multi-queue-max-queues */

/* Answers were put up to `end`, or are about to be; answers[i % RING_SLOTS] is number i. */
struct note_ring {
    uint32_t end;
    struct netif_tx_response answers[RING_SLOTS];
};

/* As the guest sees it: what it sent, and what it was sent. For whoever looks, not for the work. */
struct vif_counts {
    uint64_t tx_packets, tx_bytes;
    uint64_t tx_errors; /* answered so: they were none, or the kernel did not take them */
    uint64_t rx_packets, rx_bytes;
    uint64_t rx_dropped; /* it had no room for them too long, or did not want them */
};

struct note {
    struct vif_counts counts;
    struct note_ring tx[VIF_QUEUES], rx[VIF_QUEUES];
};

#endif
