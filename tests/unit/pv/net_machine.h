/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network device with one queue, its frontend in the test's hands, and its TAP device a socket:
 * what the guest sends comes out at the wire, what is put into the wire is for the guest.
 */
#ifndef NET_MACHINE_H
#define NET_MACHINE_H

#include "fake_ctrl.h"

#include <batch.h>
#include <queue.h>

#define TX_REF   8 /* pages of the guest */
#define RX_REF   9
#define DATA_REF 100 /* what it sends; and those behind it */
#define ROOM_REF 500 /* what it gets; and those behind it */
#define TX_PORT  5
#define RX_PORT  6

struct net_machine {
    struct net_env env;
    struct loop loop;
    struct vif vif;
    int tap, wire;
    const char *broken; /* why; NULL: it is not */
    bool carrier;
    unsigned int rate_ms;         /* a wait that was asked for */
    unsigned int starved_watches; /* times that a queue told of its hunger, or its end */
    struct netif_tx_sring *tx;    /* the frontend's view */
    struct netif_rx_sring *rx;
};

extern struct net_machine m;

/* What its frontend can do: all of it, or one page for each packet, and one port for all. */
void net_machine_start(bool simple);
/* As after a daemon's death, of which nothing is left but note and guest: a new one goes on. */
void net_machine_again(void);
/* Detaches; afterwards nothing of the guest's is held. */
void net_machine_end(void);

/* The frontend: its next slot of either ring, and its being shown. */
struct netif_tx_request *front_tx(void);
struct netif_rx_request *front_rx(void);
void front_show(void);

/* The wire: puts a packet into it, false if it is full; takes one out, of which the length comes
 * back, -1: none. */
bool wire_put(const struct virtio_net_hdr *h, const void *data, size_t bytes);
int wire_take(struct virtio_net_hdr *h, uint8_t data[PACKET_MAX]);

#endif
