/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * io_uring. What finds no place in its submission queue waits in a list here.
 */
#include "uring.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/falloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 256

struct uring {
    struct io_uring ring;
    const struct buffers *buffers; /* the kernel knows their area */
    struct loop_source source;
    struct target_op *first, **last; /* without a place yet; their descriptor is in `fd` */
    void (*batch_done)(void *context);
    void *context;
};

#define URING_OF(ptr, member) ((struct uring *)((char *)(ptr)-offsetof(struct uring, member)))

/* In one of the buffers: nothing of its pages is to be looked up. */
static bool prepare_fixed(const struct uring *u, struct io_uring_sqe *sqe, struct target_op *op)
{
    int index = op->nr_iov == 1 ? buffer_index(u->buffers, op->iov[0].iov_base) : -1;
    void *at = op->iov[0].iov_base;
    unsigned int bytes = op->iov[0].iov_len;

    if (index < 0)
        return false;
    if (op->action == TARGET_READ)
        io_uring_prep_read_fixed(sqe, op->fd, at, bytes, op->offset, index);
    else
        io_uring_prep_write_fixed(sqe, op->fd, at, bytes, op->offset, index);
    if (op->action == TARGET_WRITE_THROUGH)
        sqe->rw_flags = RWF_DSYNC;
    return true;
}

static void prepare(const struct uring *u, struct io_uring_sqe *sqe, struct target_op *op)
{
    if (target_op_moves_data(op) && prepare_fixed(u, sqe, op)) {
        io_uring_sqe_set_data(sqe, op);
        return;
    }
    switch (op->action) {
    case TARGET_READ: io_uring_prep_readv(sqe, op->fd, op->iov, op->nr_iov, op->offset); break;
    case TARGET_WRITE: io_uring_prep_writev(sqe, op->fd, op->iov, op->nr_iov, op->offset); break;
    case TARGET_WRITE_THROUGH:
        io_uring_prep_writev2(sqe, op->fd, op->iov, op->nr_iov, op->offset, RWF_DSYNC);
        break;
    case TARGET_SYNC: io_uring_prep_fsync(sqe, op->fd, IORING_FSYNC_DATASYNC); break;
    case TARGET_DISCARD:
        io_uring_prep_fallocate(sqe, op->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, op->offset,
                                op->bytes);
        break;
    }
    io_uring_sqe_set_data(sqe, op);
}

void uring_queue(struct uring *u, int fd, struct target_op *op)
{
    op->fd = fd;
    op->next = NULL;
    *u->last = op;
    u->last = &op->next;
}

/* Goes past the first `bytes` of its buffers. */
static void advance(struct target_op *op, size_t bytes)
{
    unsigned int whole = 0;

    op->offset += bytes;
    op->bytes -= bytes;
    while (whole < op->nr_iov && bytes >= op->iov[whole].iov_len)
        bytes -= op->iov[whole++].iov_len;
    op->nr_iov -= whole;
    memmove(op->iov, op->iov + whole, op->nr_iov * sizeof(op->iov[0]));
    if (op->nr_iov) {
        op->iov[0].iov_base = (char *)op->iov[0].iov_base + bytes;
        op->iov[0].iov_len -= bytes;
    }
}

static void finish(struct uring *u, struct target_op *op, int result)
{
    bool moves = target_op_moves_data(op);

    if (result == -EAGAIN || result == -EINTR) {
        uring_queue(u, op->fd, op);
        return;
    }
    if (moves && result == 0)
        result = -EIO; /* the file has become shorter */
    if (moves && result > 0) {
        advance(op, result);
        if (op->bytes) {
            uring_queue(u, op->fd, op);
            return;
        }
    }
    op->finished(op, result < 0 ? result : 0);
}

/* True if there was any. */
static bool take_answers(struct uring *u)
{
    struct io_uring_cqe *cqe;
    bool any = false;

    while (io_uring_peek_cqe(&u->ring, &cqe) == 0) {
        struct target_op *op = io_uring_cqe_get_data(cqe);
        int result = cqe->res;

        io_uring_cqe_seen(&u->ring, cqe);
        finish(u, op, result);
        any = true;
    }
    return any;
}

static void submit_all(struct uring *u)
{
    while (u->first) {
        struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

        if (!sqe) {
            /* -EBUSY: answers have to be taken first; the rest goes then */
            if (io_uring_submit(&u->ring) <= 0)
                return;
            continue;
        }
        prepare(u, sqe, u->first);
        u->first = u->first->next;
        if (!u->first)
            u->last = &u->first;
    }
    io_uring_submit(&u->ring);
}

/* What is done at once makes no event. */
void uring_submit(struct uring *u)
{
    io_uring_cq_eventfd_toggle(&u->ring, false);
    do {
        submit_all(u);
    } while (take_answers(u));
    io_uring_cq_eventfd_toggle(&u->ring, true);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (io_uring_cq_ready(&u->ring))
        loop_wake(&u->source); /* it came in between */
}

static void answers_ready(struct loop_source *s, uint32_t events)
{
    struct uring *u = URING_OF(s, source);

    (void)events;
    loop_wake_clear(s);
    take_answers(u);
    uring_submit(u);
    u->batch_done(u->context);
}

/* What a ring is asked for passes by the filter of system calls (calls.h): it has its own. */
static int limit_operations(struct io_uring *ring)
{
    static const uint8_t allowed[] = { IORING_OP_READV,      IORING_OP_WRITEV,
                                       IORING_OP_READ_FIXED, IORING_OP_WRITE_FIXED,
                                       IORING_OP_FSYNC,      IORING_OP_FALLOCATE };
    struct io_uring_restriction rules[sizeof(allowed)] = { 0 };

    for (unsigned int i = 0; i < sizeof(allowed); i++) {
        rules[i].opcode = IORING_RESTRICTION_SQE_OP;
        rules[i].sqe_op = allowed[i];
    }
    return io_uring_register(ring->ring_fd, IORING_REGISTER_RESTRICTIONS, rules, sizeof(allowed));
}

static int register_buffers(struct uring *u)
{
    struct iovec all[BUFFERS];

    for (unsigned int i = 0; i < BUFFERS; i++)
        all[i] = (struct iovec){ u->buffers->area + (size_t)i * BUFFER_BYTES, BUFFER_BYTES };
    return io_uring_register_buffers(&u->ring, all, BUFFERS);
}

int uring_start(struct loop *l, const struct buffers *buffers, void (*batch_done)(void *context),
                void *context, struct uring **out)
{
    struct uring *u = calloc(1, sizeof(*u));
    int ret;

    if (!u)
        return -ENOMEM;
    u->last = &u->first;
    u->buffers = buffers;
    u->batch_done = batch_done;
    u->context = context;
    ret = io_uring_queue_init(ENTRIES, &u->ring, IORING_SETUP_R_DISABLED);
    if (ret < 0)
        goto free;
    ret = loop_wake_add(l, &u->source, answers_ready);
    if (ret)
        goto exit;
    ret = io_uring_register_eventfd(&u->ring, u->source.fd);
    if (ret == 0)
        ret = register_buffers(u);
    if (ret == 0)
        ret = limit_operations(&u->ring);
    if (ret == 0)
        ret = io_uring_register(u->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    if (ret < 0)
        goto remove;
    *out = u;
    return 0;

remove:
    loop_wake_remove(l, &u->source);
exit:
    io_uring_queue_exit(&u->ring);
free:
    free(u);
    return ret;
}
