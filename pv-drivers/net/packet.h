/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet from a guest: from copies of ring entries to something that can be sent. Nothing here
 * looks at memory that a guest can change.
 */
#ifndef NET_PACKET_H
#define NET_PACKET_H

#include <public/io/netif.h>

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_PIECES XEN_NETIF_NR_SLOTS_MIN /* with data, of one packet */
#define PACKET_EXTRAS 3                      /* slots with extra info, of one packet */
#define PACKET_SLOTS  (PACKET_PIECES + PACKET_EXTRAS)
#define PACKET_MIN    14 /* bytes: an Ethernet header */
/* Most of a packet to a guest: a header with two VLAN tags, and the largest IP packet. */
#define PACKET_MAX (PACKET_MIN + 8 + 65535)

struct packet_piece {
    uint32_t ref;
    uint16_t offset, bytes;
};

struct tx_packet {
    unsigned int bytes;
    unsigned int nr_pieces, nr_slots, nr_extras;
    struct packet_piece pieces[PACKET_PIECES];
    struct netif_tx_response answers[PACKET_SLOTS]; /* one for each slot, in order */
    uint16_t flags;                                 /* NETTXF_*, of its first request */
    uint8_t gso_type;                               /* XEN_NETIF_GSO_TYPE_* */
    uint16_t gso_size;
    struct netif_extra_info multicast; /* type NONE, or what is asked of the filter */
    bool more, extra;                  /* another request, another extra info has to follow */
};

enum tx_verdict {
    TX_WHOLE,
    TX_MORE,      /* the packet goes on in the next slot */
    TX_MALFORMED, /* no frontend that keeps to the protocol makes this: *why */
};

/* Adds the copy of its next slot to a packet, which is all zero before its first. */
enum tx_verdict tx_packet_slot(struct tx_packet *p, const union netif_tx_sring_entry *copy,
                               const char **why);

/* What the kernel has to know about the packet with this data. False: it is not what its flags say
 * it is. */
bool tx_packet_header(const struct tx_packet *p, const uint8_t *data, struct virtio_net_hdr *h);

/* Where a packet's TCP or UDP checksum is. */
struct packet_transport {
    unsigned int start;  /* bytes before the TCP or UDP header */
    unsigned int offset; /* in it, of the checksum */
    bool tcp, ipv6;
};

/* False: it has none, or not all of its headers. */
bool packet_transport(const uint8_t *data, size_t bytes, struct packet_transport *out);

#endif
