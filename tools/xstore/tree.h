/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The nodes: one hash table from absolute path to node, each node linked to its parent and to its
 * children. Finding, adding and removing a node cost what its path is long, however many nodes
 * there are, above it, below it or beside it.
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
    struct node *chain;        /* of the hash table */
    struct node *parent;       /* NULL: the root, and special nodes */
    struct node *first, *last; /* children, in the order they came */
    struct node *prev, *next;  /* with the same parent */
    uint64_t hash;
    uint64_t generation;      /* of value and permissions; unique within a run */
    uint64_t list_generation; /* of the children's names; unique within a run */
    char *value;
    size_t len;
    struct perm *perms; /* [0] is the owner, with the rights of everybody not named */
    unsigned n_perms;
    unsigned n_children;
    const char *name; /* last part of the path */
    char path[];
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
/** The table owns the node from now on; parent is NULL for the root and special nodes. -ENOMEM. */
int table_insert(struct table *t, struct node *n, struct node *parent);
/** Put a node of the table under its parent, which was not known before. */
void node_link(struct node *n, struct node *parent);
/** Take a node without children out and free it. */
void table_remove(struct table *t, struct node *n);
/** Every node once; fn must not change the table. */
void table_each(const struct table *t, void (*fn)(struct node *n, void *arg), void *arg);

struct node *node_new(const char *path);
/** A node of the same path, value and permissions, in no table. */
struct node *node_copy(const struct node *n);
/** It is in no table. NULL is allowed. */
void node_free(struct node *n);
int node_set_value(struct node *n, const void *value, size_t len);
int node_set_perms(struct node *n, const struct perm *perms, unsigned count);
/** `from` hands its value and permissions over. */
void node_take(struct node *n, struct node *from);
/** All that it takes of memory. */
size_t node_bytes(const struct node *n);
/** Bytes that count against a quota. */
size_t node_size(const struct node *n);
/** Walks of a subtree: the next node below `top`, a node before its children; NULL at the end. */
struct node *node_next(struct node *n, const struct node *top);
/** The first node of a subtree, for a walk with the children before their node, and the next. */
struct node *node_deepest(struct node *top);
struct node *node_next_up(struct node *n, const struct node *top);

/** A number never given before in this run. */
uint64_t next_generation(void);
/** From now on they are above this: clients compare them with those of a daemon before. */
void generations_begin(uint64_t after);

uint64_t path_hash(const char *path);
/** Parent's path of an absolute path other than "/", into buf (XS_ABS_PATH_SIZE); the name behind
 * the last slash. */
void path_parent(const char *path, char *buf);
const char *path_name(const char *path);

#endif
