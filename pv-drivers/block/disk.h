/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's disk: a device of the store, a target, and the queues that its frontend has connected.
 */
#ifndef BLOCK_DISK_H
#define BLOCK_DISK_H

#include "events.h"
#include "grants.h"
#include "note.h"
#include "target.h"
#include "uring.h"
#include "xenbus.h"

#include <ctrl.h>

#include <stdbool.h>

struct queue;

/* What all disks share. */
struct block_env {
    struct loop *loop;
    struct events *events;
    struct ctrl_gnttab *gnttab;
    struct uring *uring;
    int notes;           /* a directory */
    struct queue *dirty; /* queues with answers that are not published yet */
};

struct disk {
    struct xenbus_device dev;
    struct block_env *env;
    struct target *target;    /* NULL until it is offered */
    struct loop_source again; /* queues are to be served without an event */
    bool started;             /* `again` is in the loop */
    /* while attached */
    bool persistent; /* the frontend's grants may be kept */
    struct kept_grants *kept;
    struct note *note;
    struct queue *queues[DISK_QUEUES];
    unsigned int nr_queues;
    unsigned int in_flight;  /* requests the target works on */
    struct request *barrier; /* no request is taken until it is done */
    bool detaching;          /* nothing is answered any more */
};

extern const struct xenbus_ops disk_ops; /* context: struct block_env */

/* An event of one of its queues. */
bool disk_event(struct event_port *p);

/* Starts and publishes what serving queues, or finished operations, have brought. */
void disk_settle(struct block_env *env);

/* Of a disk that is detaching: nothing is in flight any more. */
void disk_drained(struct disk *d);

#endif
