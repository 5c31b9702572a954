/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The nodes: one hash table from absolute path to node, each node with the sorted names of its
 * children.
 *
 * A transaction is a second, small table laid over it (txn.c). Code that serves requests sees both
 * through `struct view`, so that it is the same inside and outside a transaction. Cost follows the
 * depth of a path, not the number of nodes.
 */
#ifndef XSTORE_TREE_H
#define XSTORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One entry of a node's permissions. `life` tells domains that had the same number apart
 * (domain.h). */
struct perm {
    uint32_t domid;
    uint64_t life;
    bool read, write;
};

struct node {
    struct node *next; /* chain of the hash table */
    char *path;
    uint64_t hash;
    uint64_t generation; /* changes with every change of the node; unique within a run */
    char *value;
    size_t len;
    struct perm *perms; /* [0] is the owner, with the rights of everybody not named */
    unsigned n_perms;
    char **children; /* sorted names */
    unsigned n_children, room;

    /* in a transaction's table */
    uint64_t base_generation; /* generation it was copied from; 0: did not exist */
    bool modified, deleted;
};

struct table {
    struct node **bucket;
    size_t n_buckets, count;
};

int table_init(struct table *t);
void table_free(struct table *t);
struct node *table_find(const struct table *t, const char *path);
/** Room for `count` more nodes, so that inserting them cannot fail. -ENOMEM. */
int table_reserve(struct table *t, size_t count);
/** The table owns the node from now on. -ENOMEM. */
int table_insert(struct table *t, struct node *n);
/** Takes it out; the caller owns it. */
void table_remove(struct table *t, struct node *n);
/** Every node once; fn must not change the table. */
void table_each(const struct table *t, void (*fn)(struct node *n, void *arg), void *arg);

struct node *node_new(const char *path);
struct node *node_copy(const struct node *n);
void node_free(struct node *n);
int node_set_value(struct node *n, const void *value, size_t len);
int node_set_perms(struct node *n, const struct perm *perms, unsigned count);
int node_add_child(struct node *n, const char *name);
void node_remove_child(struct node *n, const char *name);
/** Bytes that count against a quota. */
size_t node_size(const struct node *n);

/** A number never given before in this run. */
uint64_t next_generation(void);

/** Parent's path of an absolute path other than "/", into buf (XS_ABS_PATH_SIZE); the name behind
 * the last slash. */
void path_parent(const char *path, char *buf);
const char *path_name(const char *path);
/** `path` is `top` or lies below it. */
bool path_is_below(const char *path, const char *top);

struct txn;

/** What a request sees. */
struct view {
    struct table *base;
    struct txn *txn; /* NULL outside a transaction */
};

/** The node or NULL. Inside a transaction the access is remembered, for the conflict check at its
 * end. -ENOMEM in *err. */
const struct node *view_get(struct view *v, const char *path, int *err);
/** The node for changing it (in a transaction: a private copy); it must exist. NULL: out of memory.
 */
struct node *view_change(struct view *v, const char *path);
/** Add a new node; owned by the view. */
int view_add(struct view *v, struct node *n);
/** Remove a node without children in view. */
int view_delete(struct view *v, const char *path);

#endif
