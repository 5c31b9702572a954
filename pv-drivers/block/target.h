/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is behind a disk: a file, a block device, an export of an NBD server.
 */
#ifndef BLOCK_TARGET_H
#define BLOCK_TARGET_H

#include "request.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

enum target_action {
    TARGET_READ,
    TARGET_WRITE,
    TARGET_WRITE_THROUGH, /* is on the medium when it is finished */
    TARGET_SYNC,          /* what was written before is on the medium when it is finished */
    TARGET_DISCARD,
};

/* Something to do, embedded in its owner, which keeps it until it is finished. */
struct target_op {
    enum target_action action;
    uint64_t offset, bytes;
    struct iovec iov[BLOCK_SEGMENTS]; /* of reads and writes; may be changed */
    unsigned int nr_iov;
    /* `err` is 0 or -errno. Never called from within target_start(). */
    void (*finished)(struct target_op *op, int err);
    /* the target's, while it waits */
    int fd;
    struct target_op *next;
};

struct target;

struct target_ops {
    /* Looks again how large it is: `sectors`. 0 or -errno. */
    int (*measure)(struct target *t);
    void (*start)(struct target *t, struct target_op *op);
    void (*close)(struct target *t);
};

struct target {
    const struct target_ops *ops;
    uint64_t sectors;
    uint32_t physical_sector; /* bytes */
    uint32_t discard;         /* granularity in bytes; 0: it cannot discard */
    bool read_only;
};

static inline void target_start(struct target *t, struct target_op *op) { t->ops->start(t, op); }

static inline int target_measure(struct target *t) { return t->ops->measure(t); }

/* Nothing may be under way. */
static inline void target_close(struct target *t) { t->ops->close(t); }

#endif
