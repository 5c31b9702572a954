/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a request's data is while the target works on it.
 */
#ifndef BLOCK_DATA_H
#define BLOCK_DATA_H

#include "queue.h"

/* Segments of an indirect request. -errno: their page is not granted. */
int data_read_segments(struct request *r, struct blkif_request_segment copy[BLOCK_SEGMENTS]);

/* Makes `op` read to memory or write from there, which has what is to be written. -errno: a page is
 * not granted. */
int data_find(struct request *r);
/* What was read is in the guest's pages afterwards. -errno: it may not be. */
int data_deliver(struct request *r);
void data_release(struct request *r);

#endif
