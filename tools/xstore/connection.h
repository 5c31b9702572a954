/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One client: a socket or a domain's ring. Requests come in, answers and watch events go out, in
 * order.
 */
#ifndef XSTORE_CONNECTION_H
#define XSTORE_CONNECTION_H

#include "txn.h"

#include <public/io/xs_wire.h>
#include <stdbool.h>
#include <stdint.h>

struct connection;
struct domain;
struct ring;

/** How bytes move. read and write return bytes moved (fewer than asked: there is no more now), 0
 * for "not now", -errno when the client is gone or beyond understanding. */
struct transport {
    long (*read)(struct connection *c, void *buf, size_t len);
    long (*write)(struct connection *c, const void *buf, size_t len);
    /** So much more of what was read is served, and its place is free. May be NULL. */
    void (*served)(struct connection *c, size_t len);
    /** Tell the other side of what has moved since the last time. May be NULL. */
    void (*notify)(struct connection *c);
    /** Its events are to come again. May be NULL. */
    void (*unmask)(struct connection *c);
};

struct out {
    struct out *next;
    size_t len, done;
    struct watch *event_of; /* whose last event this is */
    char bytes[];
};

struct watch {
    struct watch *next;      /* of the connection */
    struct watch *next_same; /* with the same hash of the path */
    struct connection *conn;
    char *path, *token;
    bool relative;    /* events name the path as the client did */
    bool missed;      /* there was no room for an event: it has one, at its own path, to come */
    struct out *last; /* its last event, while that is in the queue; for leaving out an equal one */
};

/** Where a client that reads a long directory in parts has come to. */
struct cursor {
    uint64_t generation; /* the directory's list_generation, which is no other's */
    size_t offset;
    const struct node *next; /* first child behind the offset; there while the generation is */
};

struct connection {
    struct connection *next;
    struct connection *next_busy; /* in the queue of those that need looking after */
    bool busy;                    /* is in it */
    const struct transport *transport;
    int fd;              /* socket, or -1 */
    bool polled_for_out; /* the socket is full: its readiness for output is waited for */
    struct ring *ring;
    struct domain *domain; /* who speaks; Dom0 for sockets */
    uint32_t target;       /* domain whose rights it has too, or UINT32_MAX */
    uint64_t target_life;
    int closing; /* -errno: it comes to its end, because of this */
    struct {
        int64_t paid_until; /* time for which what it has had is enough */
        bool waits, masked;
        struct connection *next;
    } throttle;
    bool broken; /* a ring that is not served until its guest begins anew */
    bool kept;   /* it outlives the daemon: what it holds is in the journal */
    struct {
        uint32_t served_at, sent_at; /* the ring's indices, from the journal until it is mapped */
    } resume;

    /* input */
    struct xsd_sockmsg hdr;  /* of the message being served */
    const char *body;        /* its hdr.len bytes, in `in` */
    size_t in_start, in_end; /* bytes read and not yet served */
    size_t taken;            /* of them, those that transport.served has been told of */
    size_t served;           /* bytes before, of which it has not been told yet */
    bool drained;            /* the last read took all there was */
    char in[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];

    /* output */
    struct out *out_first, **out_last;
    size_t out_bytes;
    unsigned n_out;

    struct cursor cursor;
    struct watch *watches;
    unsigned n_watches, n_missed;
    size_t watch_bytes;
    struct txn *txns;
    unsigned n_txns;
    uint32_t next_txn;
};

/** Abandon its transactions, or one (ops_txn.c). */
void txn_remove_all(struct connection *c);
void txn_end(struct connection *c, uint32_t id);
/** One that was open when the daemon was killed: it goes on, and cannot be committed. -ENOMEM. */
int txn_restore(struct connection *c, uint32_t id);

/** Connections in no order. */
extern struct connection *connections;

struct connection *connection_new(const struct transport *t, struct domain *d);
/** Forget it and all it holds; the transport's side is closed by the caller's kind. */
void connection_free(struct connection *c);
/** As if it were new: no watches, transactions, input, output. */
void connection_reset(struct connection *c);

/**
 * The queue of connections that need looking after: with output that somebody else's request made,
 * with input left over, or closing. Whoever takes the first out does all that for it.
 */
unsigned connections_busy(void);
struct connection *connection_take_busy(void); /* NULL: none */

/** Count work that a request has made, in events and removed nodes: it ends the client's turn the
 * sooner. */
void connection_work(unsigned units);
/** Read and serve what there is, up to a fair share; then send. */
void connection_serve(struct connection *c);
/** Input was read and not served yet, because others had their turn or answers are not taken. */
bool connection_has_input(const struct connection *c);
void connection_flush(struct connection *c);
bool connection_wants_write(const struct connection *c);

/** All that is held for a domain's connection, its nodes too. */
size_t connection_bytes(const struct connection *c);

/** From the journal: more output, bytes of any kind. false: out of memory. */
bool connection_queue(struct connection *c, const char *bytes, size_t len);
/** Of the output, so many bytes had been sent; false if there are not so many. */
bool connection_skip(struct connection *c, size_t len);
/** Have it looked after in the next turn: input and output. */
void connection_wake(struct connection *c);

/** Queue an answer to the request being served. */
void send_reply(struct connection *c, uint32_t type, const void *data, size_t len);
void send_ok(struct connection *c, uint32_t type);
void send_error(struct connection *c, int err);
/** Queue a watch event; an equal one that still waits is enough. Where an unprivileged client has
 * no room for it, the watch has an event at its own path as soon as there is: anything there may
 * have changed. */
void send_event(struct connection *c, struct watch *w, const char *path);

#endif
