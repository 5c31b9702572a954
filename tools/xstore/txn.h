/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transactions: private copies of the nodes that were touched, checked against the tree at the end,
 * applied whole or not at all. The cost follows the nodes touched, not the tree.
 */
#ifndef XSTORE_TXN_H
#define XSTORE_TXN_H

#include "tree.h"

/** One change to tell watchers of, once it has happened. */
struct change {
    struct change *next;
    bool exact;   /* only watches at exactly this path: one node of a removed subtree */
    bool removed; /* who may know is decided by the node as it was */
    char path[];
};

struct change_list {
    struct change *first, **last;
};
void changes_init(struct change_list *l);
int changes_add(struct change_list *l, const char *path, bool exact, bool removed);
void changes_free(struct change_list *l);

struct txn {
    struct txn *next; /* of the connection */
    uint32_t id;
    struct table nodes; /* touched nodes; `modified`, `deleted`, base_generation */
    struct change_list changes;
    int nodes_added; /* by its requests so far, for the quota */
};

struct txn *txn_new(uint32_t id);
void txn_free(struct txn *t);
/** Whether it can be applied: -EAGAIN if a touched node has changed since, -ENOMEM. */
int txn_check(struct txn *t, struct table *base);
/** Give all the changes to the tree; only right after a txn_check that returned 0. */
void txn_apply(struct txn *t, struct table *base);

#endif
