/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Orders to QEMU: one line of JSON each, over a socket, answered by another (QMP). The other side
 * may have been taken over by its guest: its answers are bounded and waited for so long only.
 */
#ifndef XL_QMP_H
#define XL_QMP_H

#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

struct qmp;

/** Connect and make ready for orders. *out is to be closed after errors as well, if it is not NULL.
 * -errno; -ENOENT, -ECONNREFUSED: nobody listens there; -EPROTO, -ETIMEDOUT: see qmp_why(). */
int qmp_open(const char *path, struct qmp **out);
void qmp_close(struct qmp *q);

/** An order without arguments. *answer (may be NULL) is what it returns: it stays until the next
 * order. 0, or -errno with qmp_why(). */
int qmp_run(struct qmp *q, const char *order, yajl_val *answer);
/** The same with arguments: what `arguments` puts into an object. A descriptor goes along, unless
 * it is -1. */
int qmp_run_with(struct qmp *q, const char *order, void (*arguments)(yajl_gen g, const void *arg),
                 const void *arg, int fd, yajl_val *answer);

/** Hand over an open file: the name by which orders may call it as long as this connection lasts. */
#define QMP_FILES     "/dev/fdset/"
#define QMP_FILE_NAME 32
int qmp_add_file(struct qmp *q, int fd, char name[QMP_FILE_NAME]);

/** A text in an order's arguments. */
void qmp_put(yajl_gen g, const char *key, const char *value);

/** A value within an answer, by names; a list's elements are to be looked through by the caller. */
yajl_val qmp_get(yajl_val v, const char *name);
/** The same as text, NULL: it is not there or no text. */
const char *qmp_text(yajl_val v, const char *name);

/** Why the last order failed. */
const char *qmp_why(const struct qmp *q);

#endif
