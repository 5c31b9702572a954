/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one turn moves between a guest and the kernel: one for the whole daemon, as a turn is over
 * before the next one begins.
 */
#ifndef NET_BATCH_H
#define NET_BATCH_H

#include "note.h"
#include "packet.h"

#include <ctrl.h>

#define BATCH_PACKETS 32
#define BATCH_BYTES   (CTRL_GNTTAB_PIECES * 4096)

struct batch {
    struct ctrl_gnttab_piece pieces[CTRL_GNTTAB_PIECES];
    unsigned int nr_pieces;
    unsigned int used; /* bytes of data[] */
    unsigned int nr_packets;
    struct tx_packet packets[BATCH_PACKETS];
    struct netif_tx_response answers[RING_SLOTS];
    struct netif_rx_response responses[RING_SLOTS]; /* or extra info */
    unsigned int nr_answers;
    uint8_t data[BATCH_BYTES + PACKET_MAX];
};

static inline void batch_clear(struct batch *b)
{
    b->nr_pieces = b->used = b->nr_packets = b->nr_answers = 0;
}

#endif
