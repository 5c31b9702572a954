/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A queue of a network device: a ring for each direction, their events, and a queue of the TAP
 * device. Nothing waits here: a packet is in the guest's ring or in the kernel's queue, and what a
 * turn moves is done when the turn is over.
 */
#ifndef NET_QUEUE_H
#define NET_QUEUE_H

#include "net_ring.h"
#include "vif.h"

struct queue {
    struct vif *vif;
    struct net_ring tx, rx;
    struct event_port tx_port, rx_port; /* the same port if `one_port`: tx_port */
    bool one_port;
    int tap;
    struct loop_source readable; /* the TAP's queue */
    bool starved;                /* the guest has too few pages for a packet: it is not read */
    bool starved_long;           /* it was when that was looked at last */
};

struct queue_config {
    uint32_t tx_ref, rx_ref, tx_port, rx_port; /* the guest's; the ports may be the same */
    int tap;                                   /* the queue's afterwards */
    struct note_ring *tx_note, *rx_note;
    bool taken_over;
};

/* Maps the rings and binds the ports. -errno: the guest's grants or ports are none; the TAP is not
 * the queue's then. */
int queue_open(struct vif *v, const struct queue_config *c, struct queue **out);
/* `tap` is the caller's again. */
int queue_close(struct queue *q);

/* The frontend may have missed an event: after a takeover. */
void queue_notify(struct queue *q);

/* tx.c: sends what waits in the ring, up to some number; true if there was anything. Breaks the
 * device if the frontend does what it may not. */
bool queue_send(struct queue *q);
/* rx.c: gives the guest what waits in the TAP, as far as it has room; the same. */
bool queue_receive(struct queue *q);
/* Nobody gets what waits in the TAP. */
void queue_drop_all(struct queue *q);

#endif
