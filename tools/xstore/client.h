/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside libxstore: the handle, and requests and their answers for the functions of xstore.h.
 */
#ifndef XSTORE_CLIENT_H
#define XSTORE_CLIENT_H

#include "stream.h"
#include "xstore.h"

#include <pthread.h>

struct event {
    struct event *next;
    size_t len;
    char text[]; /* path, 0, token, 0 */
};

/* What the daemon has to be told again when the connection is made anew. */
struct registered {
    struct registered *next;
    const char *token; /* behind the path */
    char path[];
};

/* A transaction has a number of our own: the daemon's may come again after its end. */
struct open_txn {
    struct open_txn *next;
    xstore_txn_t number;
    uint32_t wire;
};

struct xstore {
    pthread_mutex_t lock; /* everything below */
    char *path;           /* of the socket; NULL: a device, which does not come again */
    int fd;
    int epoll_fd;
    int event_fd;
    uint32_t next_id;
    bool broken;
    struct event *first, **last;
    unsigned n_events;
    struct registered *watches;
    unsigned n_watches;
    struct open_txn *txns; /* of this connection; what is not here is lost */
    xstore_txn_t next_txn;
};

/** One request of type XS_* and its answer: its length, or -errno. *body (may be NULL) gets what
 * came, with a 0 byte behind it, and is the caller's. */
int talk(struct xstore *x, uint32_t type, xstore_txn_t t, const struct iovec *iov, int n,
         char **body);
/** The same for one string. Without `body` the result is 0 or -errno. */
int talk_text(struct xstore *x, uint32_t type, xstore_txn_t t, const char *s, char **body);
/** The next of these nodes are read, as many as one message's room has requests for, all under way at
 * once; a device takes one. values: as xstore_read_all has them. Their number, or -errno. */
int talk_reads(struct xstore *x, const char *const paths[], size_t n, char *values[]);
/** A string with its terminating 0. */
struct iovec text(const char *s);

/** The connection has ended: make it anew, with its watches. The lock is held. -ENOTCONN. */
int client_reconnect(struct xstore *x);
/** Queue the event that came; the lock is held. -errno: the place in the stream is lost. */
int event_queue(struct xstore *x, const struct message *m);
void events_drop(struct xstore *x);

#endif
