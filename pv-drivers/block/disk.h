/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's disk: a device of the store, a target, and the queues that its frontend has connected.
 */
#ifndef BLOCK_DISK_H
#define BLOCK_DISK_H

#include "queue.h"
#include "xenbus.h"

/* What all disks share. */
struct block_env {
    struct loop *loop;
    struct events *events;
    struct ctrl_gnttab *gnttab;
    struct targets *targets;
    int notes; /* a directory */
    struct unpublished unpublished;
    struct buffers buffers;
};

struct disk {
    struct xenbus_device dev;
    struct block_env *env;
    struct target *opening;   /* it takes its time */
    struct target *target;    /* NULL until it is offered */
    struct loop_source again; /* queues are to be served without an event */
    bool started;             /* `again` is in the loop */
    /* while attached */
    struct note *note;
    struct disk_queues queues;
};

/* Of those whose node "daemon" names us. Context: struct block_env */
extern struct xenbus_ops disk_ops;

#endif
