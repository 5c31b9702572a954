/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nodes and the table that holds them.
 */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 256

/* --- table ----------------------------------------------------------------------------------- */

uint64_t path_hash(const char *path)
{
    uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

    for (; *path; path++)
        h = (h ^ (unsigned char)*path) * 0x100000001b3;
    return h;
}

int table_init(struct table *t)
{
    *t = (struct table){ .n_buckets = FIRST_BUCKETS };
    t->bucket = calloc(t->n_buckets, sizeof(*t->bucket));
    return t->bucket ? 0 : -ENOMEM;
}

void table_free(struct table *t)
{
    for (size_t i = 0; i < t->n_buckets; i++) {
        while (t->bucket[i]) {
            struct node *n = t->bucket[i];

            t->bucket[i] = n->chain;
            node_free(n);
        }
    }
    free(t->bucket);
    *t = (struct table){ 0 };
}

struct node *table_find(const struct table *t, const char *path)
{
    uint64_t h = path_hash(path);
    struct node *n = t->bucket[h & (t->n_buckets - 1)];

    while (n && (n->hash != h || strcmp(n->path, path) != 0))
        n = n->chain;
    return n;
}

int table_reserve(struct table *t, size_t count)
{
    size_t more = t->n_buckets;
    struct node **bucket;

    while (more < t->count + count)
        more *= 2;
    if (more == t->n_buckets)
        return 0;
    bucket = calloc(more, sizeof(*bucket));
    if (!bucket)
        return -ENOMEM;
    for (size_t i = 0; i < t->n_buckets; i++) {
        while (t->bucket[i]) {
            struct node *n = t->bucket[i];

            t->bucket[i] = n->chain;
            n->chain = bucket[n->hash & (more - 1)];
            bucket[n->hash & (more - 1)] = n;
        }
    }
    free(t->bucket);
    t->bucket = bucket;
    t->n_buckets = more;
    return 0;
}

void node_link(struct node *n, struct node *parent)
{
    n->parent = parent;
    n->prev = parent->last;
    n->next = NULL;
    if (parent->last)
        parent->last->next = n;
    else
        parent->first = n;
    parent->last = n;
    parent->n_children++;
    parent->list_generation = next_generation();
}

static void unlink_child(struct node *n)
{
    struct node *parent = n->parent;

    if (n->prev)
        n->prev->next = n->next;
    else
        parent->first = n->next;
    if (n->next)
        n->next->prev = n->prev;
    else
        parent->last = n->prev;
    parent->n_children--;
    parent->list_generation = next_generation();
}

int table_insert(struct table *t, struct node *n, struct node *parent)
{
    struct node **slot;

    if (table_reserve(t, 1) < 0)
        return -ENOMEM;
    n->hash = path_hash(n->path);
    slot = &t->bucket[n->hash & (t->n_buckets - 1)];
    n->chain = *slot;
    *slot = n;
    t->count++;
    if (parent)
        node_link(n, parent);
    return 0;
}

void table_remove(struct table *t, struct node *n)
{
    struct node **slot = &t->bucket[n->hash & (t->n_buckets - 1)];

    while (*slot != n)
        slot = &(*slot)->chain;
    *slot = n->chain;
    t->count--;
    if (n->parent)
        unlink_child(n);
    node_free(n);
}

void table_each(const struct table *t, void (*fn)(struct node *n, void *arg), void *arg)
{
    for (size_t i = 0; i < t->n_buckets; i++)
        for (struct node *n = t->bucket[i]; n; n = n->chain)
            fn(n, arg);
}

/* --- nodes ----------------------------------------------------------------------------------- */

static uint64_t generation;

uint64_t next_generation(void) { return ++generation; }

void generations_begin(uint64_t after)
{
    if (generation < after)
        generation = after;
}

struct node *node_new(const char *path)
{
    size_t len = strlen(path) + 1;
    struct node *n = calloc(1, sizeof(*n) + len);

    if (!n)
        return NULL;
    memcpy(n->path, path, len);
    n->name = path_name(n->path);
    n->generation = n->list_generation = next_generation();
    return n;
}

struct node *node_copy(const struct node *n)
{
    struct node *c = node_new(n->path);

    if (c && node_set_value(c, n->value, n->len) == 0 &&
        node_set_perms(c, n->perms, n->n_perms) == 0)
        return c;
    node_free(c);
    return NULL;
}

void node_free(struct node *n)
{
    if (!n)
        return;
    free(n->perms);
    free(n->value);
    free(n);
}

int node_set_value(struct node *n, const void *value, size_t len)
{
    char *copy = malloc(len + 1);

    if (!copy)
        return -ENOMEM;
    if (len > 0)
        memcpy(copy, value, len);
    copy[len] = '\0';
    free(n->value);
    n->value = copy;
    n->len = len;
    n->generation = next_generation();
    return 0;
}

int node_set_perms(struct node *n, const struct perm *perms, unsigned count)
{
    struct perm *copy = malloc((count ? count : 1) * sizeof(*copy));

    if (!copy)
        return -ENOMEM;
    memcpy(copy, perms, count * sizeof(*copy));
    free(n->perms);
    n->perms = copy;
    n->n_perms = count;
    n->generation = next_generation();
    return 0;
}

void node_take(struct node *n, struct node *from)
{
    free(n->value);
    free(n->perms);
    n->value = from->value;
    n->len = from->len;
    n->perms = from->perms;
    n->n_perms = from->n_perms;
    n->generation = next_generation();
    from->value = NULL;
    from->perms = NULL;
}

size_t node_bytes(const struct node *n)
{
    return sizeof(*n) + strlen(n->path) + 1 + n->len + n->n_perms * sizeof(*n->perms);
}

size_t node_size(const struct node *n)
{
    return strlen(n->path) + n->len + n->n_perms * sizeof(uint32_t);
}

struct node *node_next(struct node *n, const struct node *top)
{
    if (n->first)
        return n->first;
    while (n != top && !n->next)
        n = n->parent;
    return n == top ? NULL : n->next;
}

struct node *node_deepest(struct node *top)
{
    while (top->first)
        top = top->first;
    return top;
}

struct node *node_next_up(struct node *n, const struct node *top)
{
    if (n == top)
        return NULL;
    return n->next ? node_deepest(n->next) : n->parent;
}

/* --- paths ----------------------------------------------------------------------------------- */

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

void path_parent(const char *path, char *buf)
{
    size_t len = path_name(path) - path;

    if (len > 1)
        len--; /* without the slash, but "/" keeps it */
    memcpy(buf, path, len);
    buf[len] = '\0';
}
