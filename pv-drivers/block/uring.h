/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel does our reading and writing (io_uring), for all disks in one ring, which is part of
 * the event loop.
 */
#ifndef BLOCK_URING_H
#define BLOCK_URING_H

#include "buffers.h"
#include "loop.h"
#include "target.h"

struct uring;

/* As targets_start(). */
int uring_start(struct loop *l, const struct buffers *buffers, void (*batch_done)(void *context),
                void *context, struct uring **out);

/* Begins with `op` on descriptor fd at the next uring_submit(). */
void uring_queue(struct uring *u, int fd, struct target_op *op);
void uring_submit(struct uring *u);

#endif
