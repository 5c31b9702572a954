/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests: what a frontend may ask for.
 */
#include "request.h"

#define SECTORS_IN_PAGE 8

static enum block_verdict malformed(const char **why, const char *text)
{
    *why = text;
    return BLOCK_MALFORMED;
}

enum block_verdict block_request_segments(struct block_request *r,
                                          const struct blkif_request_segment *copy,
                                          const char **why)
{
    r->nr_sectors = 0;
    for (unsigned int i = 0; i < r->nr_segments; i++) {
        unsigned int first = copy[i].first_sect, last = copy[i].last_sect;

        if (first > last || last >= SECTORS_IN_PAGE)
            return malformed(why, "a segment that does not lie in its page");
        r->segments[i] = (struct block_segment){
            .ref = copy[i].gref,
            .offset = first * BLOCK_SECTOR,
            .bytes = (last - first + 1) * BLOCK_SECTOR,
        };
        r->nr_sectors += last - first + 1;
    }
    return BLOCK_GOOD;
}

static enum block_verdict parse_transfer(struct block_request *r, const struct blkif_request *copy,
                                         const char **why)
{
    r->id = copy->id;
    r->sector = copy->sector_number;
    r->nr_segments = copy->nr_segments;
    if (r->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
        return malformed(why, "more segments than a request has room for");
    if (r->nr_segments == 0 && (r->operation == BLKIF_OP_READ || r->operation == BLKIF_OP_WRITE))
        return malformed(why, "a read or write of nothing");
    if (r->nr_segments > 0 && r->operation == BLKIF_OP_FLUSH_DISKCACHE)
        return malformed(why, "a flush with data");
    return block_request_segments(r, copy->seg, why);
}

static enum block_verdict parse_indirect(struct block_request *r,
                                         const struct blkif_request_indirect *copy,
                                         const char **why)
{
    r->id = copy->id;
    r->operation = copy->indirect_op;
    r->sector = copy->sector_number;
    r->nr_segments = copy->nr_segments;
    r->indirect_ref = copy->indirect_grefs[0];
    if (r->operation != BLKIF_OP_READ && r->operation != BLKIF_OP_WRITE)
        return malformed(why, "an indirect request that neither reads nor writes");
    if (r->nr_segments == 0 || r->nr_segments > BLOCK_SEGMENTS)
        return malformed(why, "an indirect request with no segments, or more than allowed");
    return BLOCK_INDIRECT;
}

static enum block_verdict parse_discard(struct block_request *r,
                                        const struct blkif_request_discard *copy)
{
    r->id = copy->id;
    r->sector = copy->sector_number;
    r->nr_sectors = copy->nr_sectors;
    r->unsupported = copy->flag & BLKIF_DISCARD_SECURE; /* was not offered */
    return BLOCK_GOOD;
}

enum block_verdict block_request_parse(struct block_request *r, const union blkif_sring_entry *copy,
                                       const char **why)
{
    *r = (struct block_request){ .operation = copy->req.operation };
    switch (r->operation) {
    case BLKIF_OP_READ:
    case BLKIF_OP_WRITE:
    case BLKIF_OP_WRITE_BARRIER:
    case BLKIF_OP_FLUSH_DISKCACHE: return parse_transfer(r, &copy->req, why);
    case BLKIF_OP_DISCARD: return parse_discard(r, (const struct blkif_request_discard *)copy);
    case BLKIF_OP_INDIRECT:
        return parse_indirect(r, (const struct blkif_request_indirect *)copy, why);
    default:
        r->id = copy->req.id;
        r->unsupported = true;
        return BLOCK_GOOD;
    }
}

bool block_request_fits(const struct block_request *r, uint64_t sectors)
{
    return r->sector <= sectors && r->nr_sectors <= sectors - r->sector;
}
