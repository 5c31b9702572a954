/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one turn moves between a guest and the kernel: one for the whole daemon, as a turn is over
 * before the next one begins.
 *
 * A copy from or to a guest's page costs twice as much if it lies in two of our pages; so packets
 * are laid out such that their large pieces do not.
 */
#ifndef NET_BATCH_H
#define NET_BATCH_H

#include "note.h"
#include "packet.h"

#include <ctrl.h>

#define BATCH_PACKETS 32
#define BATCH_PAGE    4096
/* With what is lost between packets. */
#define BATCH_BYTES ((CTRL_GNTTAB_PIECES + BATCH_PACKETS) * BATCH_PAGE)

struct batch {
    struct ctrl_gnttab_piece pieces[CTRL_GNTTAB_PIECES];
    unsigned int nr_pieces;
    unsigned int used; /* bytes of data[] */
    unsigned int nr_packets;
    struct tx_packet packets[BATCH_PACKETS];
    unsigned int starts[BATCH_PACKETS]; /* of each in data[] */
    struct netif_tx_response answers[RING_SLOTS];
    struct netif_rx_response responses[RING_SLOTS]; /* or extra info */
    unsigned int nr_answers;
    _Alignas(BATCH_PAGE) uint8_t data[BATCH_BYTES + PACKET_MAX];
};

static inline void batch_clear(struct batch *b)
{
    b->nr_pieces = b->used = b->nr_packets = b->nr_answers = 0;
}

static inline unsigned int batch_page_end(unsigned int at)
{
    return (at + BATCH_PAGE - 1) / BATCH_PAGE * BATCH_PAGE;
}

#endif
