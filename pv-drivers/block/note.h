/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a blockd that is killed leaves to the next one: the requests that it has taken from a disk's
 * rings and not answered, and its counts, in a file that is mapped. The file is ours alone; no
 * guest can write to it.
 *
 * Whoever is killed has done all of its writes up to some moment and none after it, so the order in
 * which a request's fields change is what makes the note right at any moment (queue.c).
 */
#ifndef BLOCK_NOTE_H
#define BLOCK_NOTE_H

#include "counts.h"
#include "request.h"

#include <stdint.h>

#define QUEUE_ENTRIES 32 /* of a ring of one page */
#define DISK_QUEUES   4  /* multi-queue-max-queues */

enum note_state {
    NOTE_FREE,
    NOTE_TAKEN,    /* index: its own in the ring */
    NOTE_ANSWERED, /* index: that of its answer, which the frontend may have seen or not */
};

struct note_request {
    uint32_t state, index;
    int32_t status; /* of the answer: BLKIF_RSP_* */
    struct block_request asked;
};

/* One ring: as far as its requests were taken, and its answers published, or one further. */
struct note_queue {
    uint32_t req_cons, rsp_prod;
    struct note_request requests[QUEUE_ENTRIES];
};

struct note {
    struct disk_counts counts; /* first: counts.h */
    uint32_t magic, nr_queues;
    struct note_queue queues[DISK_QUEUES];
};

/* A new one in directory `dir`, empty; -errno. */
int note_create(int dir, uint32_t domid, uint32_t devid, unsigned int nr_queues, struct note **out);
/* A predecessor's. -ENOENT: there is none; -EPROTO: it is for another number of queues, or broken.
 */
int note_open(int dir, uint32_t domid, uint32_t devid, unsigned int nr_queues, struct note **out);
/* NULL is allowed. The file stays. */
void note_close(struct note *n);
void note_remove(int dir, uint32_t domid, uint32_t devid);

#endif
