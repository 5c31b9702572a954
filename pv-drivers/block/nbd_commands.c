/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an NBD server is asked for.
 *
 * libnbd must not be called from within its callbacks, so what has finished goes to a list first.
 */
#include "nbd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_TRIM (1u << 30) /* a length has 32 bits there */

/* ---- lists ---- */

static void list_init(struct op_list *l)
{
    l->first = NULL;
    l->last = &l->first;
}

static void list_add(struct op_list *l, struct target_op *op)
{
    op->next = NULL;
    *l->last = op;
    l->last = &op->next;
}

static struct target_op *list_take(struct op_list *l)
{
    struct target_op *op = l->first;

    if (op) {
        l->first = op->next;
        if (!l->first)
            l->last = &l->first;
    }
    return op;
}

/* ---- data: what a guest names lies in many pages, what libnbd takes in one piece ---- */

static void copy_data(struct target_op *op, bool to_guest)
{
    char *at = op->buffer;

    for (unsigned int i = 0; i < op->nr_iov; i++) {
        void *page = op->iov[i].iov_base;
        size_t n = op->iov[i].iov_len;

        memcpy(to_guest ? page : at, to_guest ? at : page, n);
        at += n;
    }
}

static int have_buffer(struct target_op *op)
{
    if (!target_op_moves_data(op))
        return 0;
    if (!op->buffer)
        op->buffer = malloc(op->bytes);
    if (!op->buffer)
        return -ENOMEM;
    if (op->action != TARGET_READ)
        copy_data(op, false);
    return 0;
}

static void tell(struct target_op *op)
{
    if (op->result == 0 && op->action == TARGET_READ)
        copy_data(op, true);
    free(op->buffer);
    op->buffer = NULL;
    op->finished(op, op->result);
}

/* ---- asking ---- */

static void forget_asked(struct target_nbd *t, struct target_op *op)
{
    for (unsigned int i = 0; i < MAX_OPS; i++)
        if (t->asked[i] == op)
            t->asked[i] = NULL;
}

static bool note_asked(struct target_nbd *t, struct target_op *op)
{
    for (unsigned int i = 0; i < MAX_OPS; i++) {
        if (!t->asked[i]) {
            t->asked[i] = op;
            return true;
        }
    }
    return false;
}

/* From libnbd; 1: it may forget the command. */
static int answered(void *data, int *error)
{
    struct target_op *op = data;
    struct target_nbd *t = (struct target_nbd *)op->target;

    op->result = -*error;
    forget_asked(t, op);
    list_add(&t->done, op);
    return 1;
}

static int64_t ask(struct target_nbd *t, struct target_op *op)
{
    nbd_completion_callback done = { .callback = answered, .user_data = op };
    uint32_t fua = 0;

    switch (op->action) {
    case TARGET_READ:
        return nbd_aio_pread(t->nbd, op->buffer, op->bytes, op->offset, done, 0);
    case TARGET_WRITE_THROUGH: fua = t->write_through ? LIBNBD_CMD_FLAG_FUA : 0; /* fall through */
    case TARGET_WRITE:
        return nbd_aio_pwrite(t->nbd, op->buffer, op->bytes, op->offset, done, fua);
    case TARGET_SYNC: return nbd_aio_flush(t->nbd, done, 0);
    case TARGET_DISCARD:
        return nbd_aio_trim(t->nbd, op->bytes < LARGEST_TRIM ? op->bytes : LARGEST_TRIM, op->offset,
                            done, 0);
    }
    return -1;
}

static bool is_gone(struct target_nbd *t)
{
    return nbd_aio_is_dead(t->nbd) || nbd_aio_is_closed(t->nbd);
}

/* A command that libnbd does not take has failed, unless the connection is gone. */
static void ask_or_tell(struct target_nbd *t, struct target_op *op)
{
    int ret = have_buffer(op);

    if (ret == 0 && !note_asked(t, op))
        ret = -EBUSY;
    if (ret == 0 && ask(t, op) < 0) {
        ret = is_gone(t) ? -ENOTCONN : -EIO;
        forget_asked(t, op);
    }
    if (ret) {
        op->result = ret;
        list_add(&t->done, op);
    }
}

void nbd_start(struct target *target, struct target_op *op)
{
    struct target_nbd *t = (struct target_nbd *)target;

    op->target = target;
    op->buffer = NULL;
    t->abandoned = false;
    list_add(&t->waiting, op);
    nbd_want_turn(t);
}

static bool is_lost(const struct target_op *op)
{
    return op->result == -ENOTCONN || op->result == -ESHUTDOWN || op->result == -EPIPE ||
           op->result == -ECONNRESET;
}

/* Some of it is still to be asked for. */
static bool goes_on(struct target_nbd *t, struct target_op *op)
{
    if (is_lost(op))
        return !t->abandoned;
    if (op->result)
        return false;
    if (op->action == TARGET_WRITE_THROUGH && !t->write_through) {
        op->action = TARGET_SYNC;
        return true;
    }
    if (op->action == TARGET_DISCARD && op->bytes > LARGEST_TRIM) {
        op->offset += LARGEST_TRIM;
        op->bytes -= LARGEST_TRIM;
        return true;
    }
    return false;
}

void nbd_tell_all(struct target_nbd *t)
{
    struct target_op *op;

    while ((op = list_take(&t->done))) {
        if (goes_on(t, op)) {
            list_add(&t->waiting, op);
            nbd_want_turn(t);
        } else {
            tell(op);
        }
    }
}

/* What no server is asked for now would be kept for ever. */
void nbd_abandon(struct target *target)
{
    struct target_nbd *t = (struct target_nbd *)target;
    struct target_op *op;

    t->abandoned = true;
    while ((op = list_take(&t->waiting))) {
        op->result = -ENOTCONN;
        list_add(&t->done, op);
    }
    nbd_want_turn(t);
}

/* ---- */

void nbd_commands_init(struct target_nbd *t)
{
    list_init(&t->waiting);
    list_init(&t->done);
}

void nbd_ask_all(struct target_nbd *t)
{
    struct target_op *op;

    while (t->ready && t->opened && !is_gone(t) && (op = list_take(&t->waiting)))
        ask_or_tell(t, op);
}

void nbd_ask_again(struct target_nbd *t)
{
    for (unsigned int i = 0; i < MAX_OPS; i++) {
        if (t->asked[i])
            list_add(&t->waiting, t->asked[i]);
        t->asked[i] = NULL;
    }
}
