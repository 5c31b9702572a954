/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel does our reading and writing (io_uring), for all disks in one ring, which is part of
 * the event loop.
 */
#ifndef BLOCK_URING_H
#define BLOCK_URING_H

#include "loop.h"
#include "target.h"

struct uring;

/* `batch_done` is called when some operations have finished, after their finished(). -errno. */
int uring_start(struct loop *l, void (*batch_done)(void *context), void *context,
                struct uring **out);

/* Begins with `op` on descriptor fd at the next uring_submit(). */
void uring_queue(struct uring *u, int fd, struct target_op *op);
void uring_submit(struct uring *u);

#endif
