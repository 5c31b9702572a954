/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk with one queue, its frontend in the test's hands and its target in memory: operations are
 * done when the test says so, in any order.
 */
#ifndef BLOCK_MACHINE_H
#define BLOCK_MACHINE_H

#include "fake_ctrl.h"

#include "queue.h"

#define DISK_SECTORS 512
#define RING_REF     8   /* pages of the guest */
#define DATA_REF     100 /* and those behind it */
#define GUEST_PORT   5

struct block_machine {
    struct loop loop;
    struct loop_source again;
    struct unpublished unpublished;
    struct buffers buffers;
    struct disk_queues queues;
    struct target target;
    struct note *note;
    uint8_t *medium; /* DISK_SECTORS of it */
    struct target_op *pending[QUEUE_ENTRIES];
    unsigned int nr_pending;
    unsigned int syncs, discards;
    const char *broken; /* why; NULL: it is not */
    bool drained;
    bool lazy;                /* answers are published by queues_publish() only */
    struct blkif_sring *ring; /* the frontend's view */
};

extern struct block_machine m;

void block_machine_start(bool persistent, bool read_only);
/* As after a daemon's death, of which nothing is left but note, guest and medium: a new one goes
 * on. -errno of queue_open(). */
int block_machine_again(void);
/* Detaches, finishing what is under way; afterwards nothing of the guest's is held. */
void block_machine_end(void);

/* The frontend: the slot of its next request, and its being made. */
union blkif_sring_entry *front_next(void);
void front_push(void);

/* The target: finish one pending operation; its data has moved if `err` is 0. */
void target_finish(unsigned int i, int err);

#endif
