/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One ring of a disk: takes requests, has the target do them, answers.
 *
 * The ring bounds all: a request is in work or its answer waits to be seen, so there are never more
 * of them than entries in the ring.
 */
#ifndef BLOCK_QUEUE_H
#define BLOCK_QUEUE_H

#include "buffers.h"
#include "events.h"
#include "grants.h"
#include "note.h"
#include "ring.h"
#include "target.h"

#include <ctrl.h>

/* Pages of one queue's requests, with those of indirect segments: what is kept mapped at most. */
#define QUEUE_PAGES (QUEUE_ENTRIES * (BLOCK_SEGMENTS + 1))

struct queue;
struct disk_queues;

/* What happens to queues that their disk has to know. */
struct queue_owner {
    /* An event of a queue's port, as in events.h. */
    bool (*event)(struct event_port *p);
    /* Nothing is in flight any more, after queues_detach(). */
    void (*drained)(struct disk_queues *all);
    /* The frontend did what it may not; nothing more is taken. */
    void (*broken)(struct disk_queues *all, const char *why);
    /* The target could not do what was asked. */
    void (*failed)(struct disk_queues *all, const struct block_request *asked, int err);
};

/* Answers of all disks' queues that are not published yet. */
struct unpublished {
    struct queue *first;
};

/* The queues of one disk. Its owner sets the first part, and zeroes the second before the first
 * queue is opened. */
struct disk_queues {
    const struct queue_owner *owner;
    struct events *events;
    struct ctrl_gnttab *gnttab;
    struct unpublished *unpublished;
    struct buffers *buffers;
    struct loop_source *again; /* to be woken: queues are to be served without an event */
    struct target *target;
    struct disk_counts *counts;
    uint32_t domid;
    bool persistent;          /* the frontend's grants may be kept: */
    struct kept_grants *kept; /* here */

    struct queue *queues[DISK_QUEUES];
    unsigned int count;
    unsigned int in_flight;  /* requests the target works on */
    struct request *barrier; /* no request is taken until it is done */
    bool broken;             /* no request is taken any more */
    bool detaching;          /* nothing is answered any more either */
};

struct request {
    struct target_op op;
    struct queue *queue;
    struct request *next;      /* while free, or answered and not published */
    struct note_request *note; /* what it asks, and how far it has come */
    void *bounce;              /* its data, if it is not in mapped pages; of all->buffers */
};

struct queue {
    struct disk_queues *all;
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

/* One more: maps the ring and binds the port, and goes on from what the note says. -errno: the
 * guest's grant or port is none; -EPROTO: its ring does not fit to the note. */
int queue_open(struct disk_queues *all, uint32_t ring_ref, uint32_t port, struct note_queue *note);

/* Begins again with what a predecessor had not answered; a barrier was taken last. */
void queues_restart(struct disk_queues *all);

/* No event is taken any more, and nothing answered. drained() comes when nothing is in flight. */
void queues_detach(struct disk_queues *all);

/* Nothing may be in flight. The second part of *all is as before the first queue. */
void queues_close(struct disk_queues *all);

/* Takes what waits in the ring, up to some number; true if there was anything. Breaks the disk if
 * the frontend does what it may not. What the target was asked for still has to be submitted, and
 * what was answered to be published. */
bool queue_serve(struct queue *q);

/* Shows the frontends all answers. */
void queues_publish(struct unpublished *u);

#endif
