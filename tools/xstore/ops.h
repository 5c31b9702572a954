/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations of the protocol, as a table.
 */
#ifndef XSTORE_OPS_H
#define XSTORE_OPS_H

#include "connection.h"

/** The daemon's tree. */
extern struct table tree;

/** Root, /tool, /local/domain and the special nodes, those that are missing. -ENOMEM. */
int tree_first_nodes(void);
/** Serve the message in c->hdr and c->body: queues exactly one answer. */
void serve_request(struct connection *c);
/** Tell watchers of @introduceDomain or @releaseDomain. */
void tell_special(const char *name);

#endif
