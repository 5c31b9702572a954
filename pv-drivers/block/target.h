/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is behind a disk: a file, a block device, an export of an NBD server.
 */
#ifndef BLOCK_TARGET_H
#define BLOCK_TARGET_H

#include "request.h"

#include <stdbool.h>
#include <stddef.h>
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
    /* the target's, while it has it */
    struct target *target;
    struct target_op *next;
    void *buffer;
    int fd, result;
};

static inline bool target_op_moves_data(const struct target_op *op)
{
    return op->action <= TARGET_WRITE_THROUGH;
}

struct target;

struct target_ops {
    /* Looks again how large it is: `sectors`. 0 or -errno; -EINPROGRESS: resized() will come. */
    int (*measure)(struct target *t);
    void (*start)(struct target *t, struct target_op *op);
    /* Nobody waits for what was started: what cannot be done now is finished without being done, at
     * the next targets_submit(). NULL: all is done soon. */
    void (*abandon)(struct target *t);
    void (*close)(struct target *t);
};

struct target {
    const struct target_ops *ops;
    uint64_t sectors;
    uint32_t physical_sector; /* bytes */
    uint32_t discard;         /* granularity in bytes; 0: it cannot discard */
    bool read_only;
    bool sync;                /* it can sync and write through */
    bool cached;              /* reads and writes are copies, from and to the page cache */
    /* Its owner's: it has another size now, or measure() was called. */
    void (*resized)(struct target *t);
    void *owner;
};

static inline void target_start(struct target *t, struct target_op *op) { t->ops->start(t, op); }

static inline int target_measure(struct target *t) { return t->ops->measure(t); }

static inline void target_abandon(struct target *t)
{
    if (t->ops->abandon)
        t->ops->abandon(t);
}

/* Nothing may be under way. */
static inline void target_close(struct target *t) { t->ops->close(t); }

/* ---- what a daemon serves: the linker chooses, see block.mk */

struct buffers;
struct loop;
struct targets;

/* `batch_done` is called when some operations have finished, after their finished(). Most data will
 * be in one of `buffers`. -errno. */
int targets_start(struct loop *l, const struct buffers *buffers, void (*batch_done)(void *context),
                  void *context, struct targets **out);
/* Begins with what was given to target_start() since the last time. */
void targets_submit(struct targets *all);

/*
 * Opens what a disk's `params` name. *t is NULL at first. -EINPROGRESS: to be called with *t again
 * in a moment, or target_close(). -EBUSY: another disk uses it, or a predecessor's last operations do.
 * -ENOTCONN: it is not there now.
 * Another -errno: *why says what failed, and *t is NULL.
 */
int target_open(struct targets *all, const char *params, bool read_only, struct target **t,
                const char **why);

/* How the daemon is called and what it may do. */
struct block_daemon {
    const char *name, *usage;
    const char *messages, *log_dir, *run_dir, *pid_file;
    const char *const *calls; /* beside those of calls.h */
    size_t nr_calls;
};
extern const struct block_daemon block_daemon;

#endif
