/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An NBD export as a target: its connection (target_nbd.c) and what is asked for (nbd_commands.c).
 */
#ifndef BLOCK_NBD_H
#define BLOCK_NBD_H

#include "loop.h"
#include "note.h"
#include "target.h"

#include <libnbd.h>

#define MAX_OPS (DISK_QUEUES * QUEUE_ENTRIES)

struct op_list {
    struct target_op *first, **last;
};

struct target_nbd {
    struct target target;
    struct targets *all;
    char *uri;
    struct nbd_handle *nbd;    /* NULL: there is no connection now */
    struct loop_source source; /* its socket, -1 if it is not in the loop */
    struct loop_source pause;  /* timer: connect again */
    unsigned int pause_ms;
    bool ready;             /* can be asked */
    bool opened;            /* was ready once: it is not given up any more */
    bool measured;          /* its owner waits for its size */
    bool write_through;     /* the server can */
    bool abandoned;         /* what is not answered does not matter any more */
    struct op_list waiting; /* to be asked for */
    struct op_list done;    /* their results are to be told */
    struct target_op *asked[MAX_OPS];
    struct target_nbd *next_started;
    bool is_started;
};

/* Makes it take its turn at the next targets_submit(). */
void nbd_want_turn(struct target_nbd *t);

/* struct target_ops */
void nbd_start(struct target *target, struct target_op *op);
void nbd_abandon(struct target *target);

void nbd_commands_init(struct target_nbd *t);
/* Asks the server for what waits, if it can be asked. */
void nbd_ask_all(struct target_nbd *t);
/* The connection is closed: what it was asked for waits again. */
void nbd_ask_again(struct target_nbd *t);
/* Tells what has finished; what a lost connection has left waits again. */
void nbd_tell_all(struct target_nbd *t);

#endif
