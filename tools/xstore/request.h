/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One request on its way through the operations: shared by ops.c, which takes it apart, and the
 * files with the handlers.
 */
#ifndef XSTORE_REQUEST_H
#define XSTORE_REQUEST_H

#include "connection.h"
#include "proto.h"

/** Taken apart. */
struct request {
    struct connection *conn;
    struct view view;
    const char *arg[3]; /* strings of the body */
    int n_args;
    const char *rest; /* what follows the first string */
    size_t rest_len;
    char path[XS_ABS_PATH_SIZE + 1]; /* first string as an absolute path, for operations on nodes */
    const struct node *node;
};

/** A handler checks everything, then acts, and queues its answer; a negative errno becomes the
 * answer instead. */
typedef int op_fn(struct request *r);

/* ops_node.c */
op_fn op_read, op_write, op_mkdir, op_rm, op_directory, op_directory_part, op_get_perms,
    op_set_perms;
/* ops_watch.c */
op_fn op_watch, op_unwatch, op_reset_watches;
/* ops_txn.c */
op_fn op_transaction_start, op_transaction_end;
/* ops_domain.c */
op_fn op_introduce, op_release, op_is_introduced, op_get_domain_path, op_resume, op_set_target;
/* ops_control.c */
op_fn op_control;

/** The path as given by a client, made absolute and checked: 0 or -EINVAL. `out` has
 * XS_ABS_PATH_SIZE + 1 bytes. */
int absolute_path(const struct connection *c, const char *given, char *out);
bool is_special(const char *path);
/** Link to the connection's transaction of this number, or to NULL. */
struct txn **find_txn(struct connection *c, uint32_t id);

#endif
