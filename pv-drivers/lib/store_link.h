/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection to the store that comes back: when it is lost the store is called again every
 * second, and the owner, told of each new connection, sets its watches again.
 */
#ifndef PV_LIB_STORE_LINK_H
#define PV_LIB_STORE_LINK_H

#include "loop.h"

#include <xstore.h>

/* Embedded in its owner. */
struct store_link {
    struct loop *loop;
    struct xstore *store;      /* NULL while it is away */
    struct loop_source source; /* its descriptor */
    struct loop_source retry;  /* timer */
    /* A connection is there: set watches. -errno: it is given up, and tried again. */
    int (*connected)(struct store_link *l);
    /* A watch has fired. */
    void (*event)(struct store_link *l, const char *path, const char *token);
};

/* Connects, or begins to try. 0 or -errno of the loop. */
int store_link_start(struct store_link *l, struct loop *loop);
void store_link_stop(struct store_link *l);

/* Values in the store as the frontends' own side or Dom0's tools wrote them: */

/* The node's text, NULL if there is none; to be freed. */
char *store_read(struct store_link *l, const char *path);
/* A decimal number of at most `max`, and nothing else. -ENOENT: no such node; -EINVAL: it holds
 * something else; -ENOTCONN. */
int store_read_number(struct store_link *l, const char *path, uint64_t max, uint64_t *out);

/* The same for text: a decimal number and nothing else. */
bool parse_decimal(const char *text, uint64_t max, uint64_t *out);

#endif
