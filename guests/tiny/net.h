/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tiny guest's network device, as what attacks with it sees it (net_attacks.c).
 */
#ifndef TINY_NET_H
#define TINY_NET_H

#include "device.h"

#include <public/io/netif.h>

#define NET_TX_REF  (FIRST_REF + 16) /* behind those for a disk */
#define NET_RX_REF  (NET_TX_REF + 1)
#define NET_OUT_REF (NET_TX_REF + 2)
#define NET_IN_REF  (NET_TX_REF + 3)
#define NET_PAGES   32 /* for what comes */
#define NET_ENTRIES 256

extern struct device net;
extern RING_IDX net_asked; /* slots filled for sending */
extern RING_IDX net_given; /* pages given for what comes */
extern volatile struct netif_tx_sring *const net_tx;
extern volatile struct netif_rx_sring *const net_rx;

/* Once the backend is ready for it. */
void net_connect(void);

/* A piece of a packet, which is in our page, not yet told of. The first says how long all is. */
volatile struct netif_tx_request *net_request(unsigned int bytes, uint16_t flags);
void net_send(void);
/* Waits until all is sent. How many of the answers were no success. */
unsigned int net_await_answers(void);

/* What is put into our page: a header of a packet to Dom0; a question to everybody, of so many
 * bytes. */
void net_put_header(unsigned int type);
unsigned int net_put_arp_request(void);
void net_send_echo(uint64_t round);

/* Sends something, and waits until it comes back. */
void net_work(uint64_t round);

extern const struct attack net_attacks[];
extern const size_t nr_net_attacks;

#endif
