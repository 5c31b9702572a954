/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One ring of a disk: takes requests, has the target do them, answers.
 *
 * The ring bounds all: a request is in work or its answer waits to be seen, so there are never more
 * of them than entries in the ring.
 */
#ifndef BLOCK_QUEUE_H
#define BLOCK_QUEUE_H

#include "disk.h"
#include "note.h"
#include "request.h"
#include "ring.h"

/* Pages of one queue's requests, with those of indirect segments: what is kept mapped at most. */
#define QUEUE_PAGES (QUEUE_ENTRIES * (BLOCK_SEGMENTS + 1))

struct request {
    struct target_op op;
    struct queue *queue;
    struct request *next;      /* while free, or answered and not published */
    struct note_request *note; /* what it asks, and how far it has come */
    void *bounce;              /* its data, if it is not in mapped pages */
};

struct queue {
    struct disk *disk;
    void *page;
    struct back_ring ring;
    struct event_port port;
    struct note_queue *note;
    struct request *free;
    struct request *answered; /* not published yet */
    bool dirty;
    struct queue *next_dirty;
    struct request requests[QUEUE_ENTRIES];
};

/* Maps the ring and binds the port, and goes on from what the note says. -errno: the guest's grant
 * or port is none; -EPROTO: its ring does not fit to the note. */
int queue_open(struct disk *d, uint32_t ring_ref, uint32_t port, struct note_queue *note,
               struct queue **out);
/* Begins again with what a predecessor had not answered: with all but a barrier, or with that. */
void queue_restart(struct queue *q, bool barrier);
/* No event is taken any more. */
void queue_stop(struct queue *q);
/* Nothing may be in flight. */
void queue_close(struct queue *q);

/* Takes what waits in the ring, up to some number; true if there was anything. Breaks the disk if
 * the frontend does what it may not. What it started and answered is for disk_settle(). */
bool queue_serve(struct queue *q);

/* Shows the frontends all answers. */
void queues_publish(struct block_env *env);

#endif
