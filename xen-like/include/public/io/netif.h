/* SPDX-License-Identifier: MIT */
/*
 * Network devices: one ring for packets from the guest (tx), one for packets to it (rx).
 *
 * A packet from the guest is a chain: the first request has the size of the whole packet, and with
 * NETTXF_extra_info one or more netif_extra_info in the slots after it; further requests follow
 * while NETTXF_more_data is set, each with its own size. A packet to the guest is the same chain
 * of responses, each into the page of one rx request.
 *
 * Store nodes: mac, handle, feature-sg, feature-gso-tcpv4, feature-gso-tcpv6, feature-rx-copy,
 * feature-rx-notify, feature-no-csum-offload, feature-ipv6-csum-offload, feature-multicast-control,
 * feature-split-event-channels, multi-queue-max-queues, multi-queue-num-queues, tx-ring-ref,
 * rx-ring-ref, event-channel, event-channel-tx, event-channel-rx.
 */
#ifndef XEN_PUBLIC_IO_NETIF_H
#define XEN_PUBLIC_IO_NETIF_H

#include "ring.h"
#include "../grant_table.h"

/** Slots per packet that every backend accepts. */
#define XEN_NETIF_NR_SLOTS_MIN 18

/** Most bytes of a packet from the guest. */
#define XEN_NETIF_MAX_TX_SIZE 0xFFFF

/* netif_tx_request.flags */
#define _NETTXF_csum_blank     0 /* checksum is for the receiver to fill in */
#define NETTXF_csum_blank      (1U << _NETTXF_csum_blank)
#define _NETTXF_data_validated 1 /* data is known to be good */
#define NETTXF_data_validated  (1U << _NETTXF_data_validated)
#define _NETTXF_more_data      2
#define NETTXF_more_data       (1U << _NETTXF_more_data)
#define _NETTXF_extra_info     3
#define NETTXF_extra_info      (1U << _NETTXF_extra_info)

/* netif_rx_response.flags */
#define _NETRXF_data_validated 0
#define NETRXF_data_validated  (1U << _NETRXF_data_validated)
#define _NETRXF_csum_blank     1
#define NETRXF_csum_blank      (1U << _NETRXF_csum_blank)
#define _NETRXF_more_data      2
#define NETRXF_more_data       (1U << _NETRXF_more_data)
#define _NETRXF_extra_info     3
#define NETRXF_extra_info      (1U << _NETRXF_extra_info)
#define _NETRXF_gso_prefix     4 /* old form of segmentation; not used */
#define NETRXF_gso_prefix      (1U << _NETRXF_gso_prefix)

/* netif_extra_info.type */
#define XEN_NETIF_EXTRA_TYPE_NONE      0
#define XEN_NETIF_EXTRA_TYPE_GSO       1
#define XEN_NETIF_EXTRA_TYPE_MCAST_ADD 2
#define XEN_NETIF_EXTRA_TYPE_MCAST_DEL 3
#define XEN_NETIF_EXTRA_TYPE_HASH      4
#define XEN_NETIF_EXTRA_TYPE_MAX       5

/* netif_extra_info.flags: another one follows. */
#define _XEN_NETIF_EXTRA_FLAG_MORE 0
#define XEN_NETIF_EXTRA_FLAG_MORE  (1U << _XEN_NETIF_EXTRA_FLAG_MORE)

/* netif_extra_info.u.gso.type */
#define XEN_NETIF_GSO_TYPE_NONE  0
#define XEN_NETIF_GSO_TYPE_TCPV4 1
#define XEN_NETIF_GSO_TYPE_TCPV6 2

/* status of a response; for rx, a size >= 0 otherwise */
#define NETIF_RSP_DROPPED -2
#define NETIF_RSP_ERROR   -1
#define NETIF_RSP_OKAY    0
#define NETIF_RSP_NULL    1 /* for the slot of a netif_extra_info */

struct netif_tx_request {
    grant_ref_t gref;
    uint16_t offset; /* in the page */
    uint16_t flags;  /* NETTXF_* */
    uint16_t id;     /* comes back in the response */
    uint16_t size;   /* bytes */
};
typedef struct netif_tx_request netif_tx_request_t;

struct netif_extra_info {
    uint8_t type;
    uint8_t flags;
    union {
        struct {
            uint16_t size; /* largest segment, bytes */
            uint8_t type;  /* XEN_NETIF_GSO_TYPE_* */
            uint8_t pad;
            uint16_t features; /* 0 */
        } gso;
        struct {
            uint8_t addr[6];
        } mcast;
        struct {
            uint8_t type;
            uint8_t algorithm;
            uint8_t value[4];
        } hash;
        uint16_t pad[3];
    } u;
};
typedef struct netif_extra_info netif_extra_info_t;

struct netif_tx_response {
    uint16_t id;
    int16_t status; /* NETIF_RSP_* */
};
typedef struct netif_tx_response netif_tx_response_t;

struct netif_rx_request {
    uint16_t id; /* comes back in the response; its slot in the ring */
    uint16_t pad;
    grant_ref_t gref; /* page to fill */
};
typedef struct netif_rx_request netif_rx_request_t;

struct netif_rx_response {
    uint16_t id;
    uint16_t offset; /* in the page */
    uint16_t flags;  /* NETRXF_* */
    int16_t status;  /* bytes, or NETIF_RSP_* */
};
typedef struct netif_rx_response netif_rx_response_t;

union netif_tx_sring_entry {
    struct netif_tx_request req;
    struct netif_tx_response rsp;
};

/** The ring from the guest; see struct xen_sring. */
struct netif_tx_sring {
    RING_IDX req_prod, req_event;
    RING_IDX rsp_prod, rsp_event;
    union {
        uint8_t pvt_pad[4];
    } pvt;
    uint8_t __pad[44];
    union netif_tx_sring_entry ring[1];
};

union netif_rx_sring_entry {
    struct netif_rx_request req;
    struct netif_rx_response rsp;
};

/** The ring to the guest. */
struct netif_rx_sring {
    RING_IDX req_prod, req_event;
    RING_IDX rsp_prod, rsp_event;
    union {
        uint8_t pvt_pad[4];
    } pvt;
    uint8_t __pad[44];
    union netif_rx_sring_entry ring[1];
};

#endif
