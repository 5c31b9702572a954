/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may do what: the only place that decides about nodes, watches and transactions alike.
 */
#ifndef XSTORE_PERM_H
#define XSTORE_PERM_H

#include "connection.h"

enum access { MAY_READ = 1, MAY_WRITE = 2, MAY_OWN = 4 };

/** Rights of a connection on a node: set of enum access. */
unsigned perm_of(const struct connection *c, const struct node *n);
/** May it use daemon-wide operations (introduce, control ..)? */
bool perm_privileged(const struct connection *c);
/** Domain that counts as the node's owner now: 0 when the owner is gone. */
uint32_t perm_owner(const struct node *n);
/** Count a node (+1, -1) for its owner. */
void account_node(const struct node *n, int by);
/** Is this entry's domain still the one it was made for? */
bool perm_alive(const struct perm *p);

#endif
