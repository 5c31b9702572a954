/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transactions: an entry for each node that was looked at or changed, checked against the tree at
 * the end, applied whole or not at all. The cost follows the nodes touched, not the tree.
 *
 * Code that serves requests sees tree and transaction through `struct view`, so that it is the same
 * inside and outside a transaction.
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
    size_t bytes;
};
void changes_init(struct change_list *l);
int changes_add(struct change_list *l, const char *path, bool exact, bool removed);
void changes_free(struct change_list *l);

/** What a transaction knows of one path. What it has seen of a node stays as it was: `mine`. The
 * node is there if that is, or if it is not `hidden` and in the tree. */
struct entry {
    struct entry *chain;       /* of the hash table */
    struct entry *prev, *next; /* of the transaction: added nodes behind their parents */
    uint64_t hash;
    uint64_t generation;      /* the node's, when it was first looked at; 0: there was none */
    uint64_t list_generation; /* the same for its children's names, once they were looked at */
    bool listed;
    unsigned list_changes;        /* by the transaction */
    bool hidden;                  /* the tree's node is removed */
    bool added;                   /* mine is a new node, listed by its parent's entry */
    bool changed;                 /* mine is to become the tree's */
    struct node *mine;            /* value and permissions as the transaction sees them */
    struct entry *first;          /* children that it has added .. */
    struct entry *above;          /* .. their parent, .. */
    struct entry *before, *after; /* .. and the other ones */
    char path[];
};

struct txn {
    struct txn *next; /* of the connection */
    uint32_t id;
    struct entry **bucket;
    size_t n_buckets, count;
    struct entry *first, *last;
    struct change_list changes;
    int nodes_added; /* by its requests so far, for the quota */
    size_t bytes;    /* of its entries and their nodes */
    int failed;      /* -errno that its commit gets: something of it is missing */
};

struct txn *txn_new(uint32_t id);
void txn_free(struct txn *t);
/** Whether it can be applied: -EAGAIN if a node it depends on has changed since, -ENOMEM. */
int txn_check(struct txn *t, struct table *base);
/** Give all the changes to the tree; only right after a txn_check that returned 0. */
void txn_apply(struct txn *t, struct table *base);
/** The entry of a path; made at the first time. NULL: out of memory. */
struct entry *txn_touch(struct txn *t, const struct table *base, const char *path);
/** The same, NULL if there is none. */
struct entry *txn_find(const struct txn *t, const char *path);
/** Remember that the children's names were looked at. */
void txn_listed(struct entry *e, const struct node *n);

/** What a request sees. */
struct view {
    struct table *base;
    struct txn *txn; /* NULL outside a transaction */
};

/** The node or NULL. Inside a transaction the access is remembered, for the conflict check at its
 * end, and what was seen is seen again. Its links to others are not to be used. -ENOMEM in *err. */
const struct node *view_get(struct view *v, const char *path, int *err);
/** Change a node that is there. -ENOMEM. */
int view_set_value(struct view *v, const char *path, const void *value, size_t len);
int view_set_perms(struct view *v, const char *path, const struct perm *perms, unsigned n);
/** Add a new node, whose parent is there; the view owns it, after success. -ENOMEM. */
int view_add(struct view *v, const char *parent, struct node *n);
/** Remove a node that is there with all below it; fn is told of each before it goes. -errno of fn,
 * -ENOMEM. */
int view_remove(struct view *v, const char *path, int (*fn)(const struct node *n, void *arg),
                void *arg);
/** Names of the children of a node that is there, to fn until it returns false. -ENOMEM. */
int view_list(struct view *v, const char *path, bool (*fn)(const char *name, void *arg), void *arg);
/** A number that changes when these names do. -ENOMEM in *err. */
uint64_t view_list_generation(struct view *v, const char *path, int *err);

#endif
