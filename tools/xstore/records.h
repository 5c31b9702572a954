/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept in the journal, as records: the tree, the lives of domains, and what the daemon
 * holds for each ring: watches, transactions begun, input taken, output not yet sent. Sockets end
 * with the daemon; their clients come again by themselves.
 */
#ifndef XSTORE_RECORDS_H
#define XSTORE_RECORDS_H

#include "connection.h"
#include "journal.h"

extern const struct journal_content records;

/** A node as it is now; or: there is none of this path. */
void keep_node(const struct node *n);
void keep_removal(const char *path);
/** A domain as it is now; without a life it is forgotten. */
void keep_domain(const struct domain *d);
/** All of a ring's connection. */
void keep_connection(const struct connection *c);
/** Requests up to here are served; or, of the next one the first `len` bytes are taken. */
void keep_served(const struct connection *c, uint32_t served_at);
void keep_taken(const struct connection *c, uint32_t served_at, const char *bytes, size_t len);
/** A message to be sent. */
void keep_output(const struct connection *c, const char *bytes, size_t len);
void keep_watch(const struct watch *w, bool there);
/** A limit that was set ("nodes=1000"). */
void keep_quota(const char *setting);
void keep_txn(const struct connection *c, uint32_t id, bool there);

/** After the journal was read: give nodes their parents, and count them for their owners. -ENOMEM.
 */
int records_link_nodes(void);

#endif
