/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests of a block ring, from the copy of a ring entry to something that can be done. Nothing
 * here looks at memory that a guest can change.
 */
#ifndef BLOCK_REQUEST_H
#define BLOCK_REQUEST_H

#include <public/io/blkif.h>

#include <stdbool.h>
#include <stdint.h>

#define BLOCK_SECTOR 512
/* Segments of one request: feature-max-indirect-segments. They fit in one page. */
#define BLOCK_SEGMENTS 32

/* A run of sectors in a granted page. */
struct block_segment {
    uint32_t ref;
    uint16_t offset, bytes;
};

struct block_request {
    uint64_t id;
    uint8_t operation; /* BLKIF_OP_*; that of the response too */
    unsigned int nr_segments;
    uint64_t sector, nr_sectors;
    struct block_segment segments[BLOCK_SEGMENTS];
    uint32_t indirect_ref; /* the page of segments, if they are not in the request */
    bool unsupported;      /* to be answered so */
};

/* What has come of looking at a request. */
enum block_verdict {
    BLOCK_GOOD,
    BLOCK_INDIRECT,  /* segments have to be read from the page indirect_ref first */
    BLOCK_MALFORMED, /* no frontend that keeps to the protocol makes this: *why */
};

enum block_verdict block_request_parse(struct block_request *r, const union blkif_sring_entry *copy,
                                       const char **why);

/* Segments of an indirect request, nr_segments of them, copied from the guest's page. */
enum block_verdict block_request_segments(struct block_request *r,
                                          const struct blkif_request_segment *copy,
                                          const char **why);

/* Whether it lies within a disk of so many sectors. */
bool block_request_fits(const struct block_request *r, uint64_t sectors);

#endif
