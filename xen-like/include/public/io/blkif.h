/* SPDX-License-Identifier: MIT */
/*
 * Block devices. Sectors in requests are of 512 bytes whatever the disk's sector size; a segment
 * is a run of sectors inside one granted page.
 *
 * Store nodes of the backend: mode, params, type, sectors, sector-size, physical-sector-size, info
 * (VDISK_*), feature-barrier, feature-flush-cache, feature-discard, discard-granularity,
 * discard-alignment, discard-secure, feature-persistent, feature-max-indirect-segments,
 * max-ring-page-order, multi-queue-max-queues. Of the frontend: ring-ref, event-channel (both per
 * queue-N with several), ring-page-order, ring-refN, protocol, feature-persistent,
 * multi-queue-num-queues.
 */
#ifndef XEN_PUBLIC_IO_BLKIF_H
#define XEN_PUBLIC_IO_BLKIF_H

#include "ring.h"
#include "../grant_table.h"

/* blkif_request.operation */
#define BLKIF_OP_READ            0
#define BLKIF_OP_WRITE           1
#define BLKIF_OP_WRITE_BARRIER   2 /* write; everything before it is on the disk before it */
#define BLKIF_OP_FLUSH_DISKCACHE 3 /* everything completed is on the disk when it completes */
#define BLKIF_OP_RESERVED_1      4
#define BLKIF_OP_DISCARD         5 /* blkif_request_discard */
#define BLKIF_OP_INDIRECT        6 /* blkif_request_indirect */

/** Segments in a request itself. */
#define BLKIF_MAX_SEGMENTS_PER_REQUEST 11
/** Pages of segments, 512 in each, that an indirect request can name. */
#define BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST 8

/* blkif_request_discard.flag */
#define BLKIF_DISCARD_SECURE (1 << 0)

/* blkif_response.status */
#define BLKIF_RSP_EOPNOTSUPP -2
#define BLKIF_RSP_ERROR      -1
#define BLKIF_RSP_OKAY       0

/* Store node "info". */
#define VDISK_CDROM     0x1
#define VDISK_REMOVABLE 0x2
#define VDISK_READONLY  0x4

typedef uint16_t blkif_vdev_t;
typedef uint64_t blkif_sector_t;

struct blkif_request_segment {
    grant_ref_t gref;
    uint8_t first_sect, last_sect; /* in the page, 0 to 7, both inclusive */
};

struct blkif_request {
    uint8_t operation;
    uint8_t nr_segments;
    blkif_vdev_t handle;          /* which disk; the connection says it already */
    uint64_t id;                  /* comes back in the response */
    blkif_sector_t sector_number; /* first one on the disk */
    struct blkif_request_segment seg[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};
typedef struct blkif_request blkif_request_t;

struct blkif_request_discard {
    uint8_t operation;
    uint8_t flag; /* BLKIF_DISCARD_* */
    blkif_vdev_t handle;
    uint64_t id;
    blkif_sector_t sector_number;
    uint64_t nr_sectors;
};
typedef struct blkif_request_discard blkif_request_discard_t;

/** The segments are in granted pages. */
struct blkif_request_indirect {
    uint8_t operation;
    uint8_t indirect_op; /* BLKIF_OP_READ or BLKIF_OP_WRITE */
    uint16_t nr_segments;
    uint64_t id;
    blkif_sector_t sector_number;
    blkif_vdev_t handle;
    grant_ref_t indirect_grefs[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
};
typedef struct blkif_request_indirect blkif_request_indirect_t;

struct blkif_response {
    uint64_t id;
    uint8_t operation;
    int16_t status; /* BLKIF_RSP_* */
};
typedef struct blkif_response blkif_response_t;

union blkif_sring_entry {
    struct blkif_request req;
    struct blkif_response rsp;
};

/** The ring; see struct xen_sring. */
struct blkif_sring {
    RING_IDX req_prod, req_event;
    RING_IDX rsp_prod, rsp_event;
    union {
        uint8_t pvt_pad[4];
    } pvt;
    uint8_t __pad[44];
    union blkif_sring_entry ring[1]; /* and on to the end of the ring */
};

#endif
