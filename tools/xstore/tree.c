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

static uint64_t hash_path(const char *path)
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

            t->bucket[i] = n->next;
            node_free(n);
        }
    }
    free(t->bucket);
}

struct node *table_find(const struct table *t, const char *path)
{
    uint64_t h = hash_path(path);
    struct node *n = t->bucket[h & (t->n_buckets - 1)];

    while (n && (n->hash != h || strcmp(n->path, path) != 0))
        n = n->next;
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

            t->bucket[i] = n->next;
            n->next = bucket[n->hash & (more - 1)];
            bucket[n->hash & (more - 1)] = n;
        }
    }
    free(t->bucket);
    t->bucket = bucket;
    t->n_buckets = more;
    return 0;
}

int table_insert(struct table *t, struct node *n)
{
    struct node **slot;

    if (table_reserve(t, 1) < 0)
        return -ENOMEM;
    n->hash = hash_path(n->path);
    slot = &t->bucket[n->hash & (t->n_buckets - 1)];
    n->next = *slot;
    *slot = n;
    t->count++;
    return 0;
}

void table_remove(struct table *t, struct node *n)
{
    struct node **slot = &t->bucket[n->hash & (t->n_buckets - 1)];

    while (*slot != n)
        slot = &(*slot)->next;
    *slot = n->next;
    t->count--;
}

void table_each(const struct table *t, void (*fn)(struct node *n, void *arg), void *arg)
{
    for (size_t i = 0; i < t->n_buckets; i++)
        for (struct node *n = t->bucket[i]; n; n = n->next)
            fn(n, arg);
}

/* --- nodes ----------------------------------------------------------------------------------- */

uint64_t next_generation(void)
{
    static uint64_t generation;

    return ++generation;
}

struct node *node_new(const char *path)
{
    struct node *n = calloc(1, sizeof(*n));

    if (!n)
        return NULL;
    n->path = strdup(path);
    if (!n->path) {
        free(n);
        return NULL;
    }
    n->generation = next_generation();
    return n;
}

struct node *node_copy(const struct node *n)
{
    struct node *c = node_new(n->path);

    if (!c)
        return NULL;
    c->base_generation = c->generation = n->generation;
    if (node_set_value(c, n->value, n->len) < 0 || node_set_perms(c, n->perms, n->n_perms) < 0)
        goto err;
    c->children = calloc(n->n_children ? n->n_children : 1, sizeof(*c->children));
    if (!c->children)
        goto err;
    c->room = n->n_children ? n->n_children : 1;
    for (; c->n_children < n->n_children; c->n_children++) {
        c->children[c->n_children] = strdup(n->children[c->n_children]);
        if (!c->children[c->n_children])
            goto err;
    }
    c->generation = n->generation;
    return c;

err:
    node_free(c);
    return NULL;
}

void node_free(struct node *n)
{
    if (!n)
        return;
    for (unsigned i = 0; i < n->n_children; i++)
        free(n->children[i]);
    free(n->children);
    free(n->perms);
    free(n->value);
    free(n->path);
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

/* Index of `name`, or where it belongs; *found tells which. */
static unsigned child_index(const struct node *n, const char *name, bool *found)
{
    unsigned low = 0, high = n->n_children;

    *found = false;
    while (low < high) {
        unsigned mid = (low + high) / 2;
        int c = strcmp(n->children[mid], name);

        if (c == 0)
            *found = true;
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

int node_add_child(struct node *n, const char *name)
{
    bool found;
    unsigned i = child_index(n, name, &found);
    char *copy;

    if (found)
        return 0;
    if (n->n_children == n->room) {
        unsigned room = n->room ? n->room * 2 : 4;
        char **more = realloc(n->children, room * sizeof(*more));

        if (!more)
            return -ENOMEM;
        n->children = more;
        n->room = room;
    }
    copy = strdup(name);
    if (!copy)
        return -ENOMEM;
    memmove(n->children + i + 1, n->children + i, (n->n_children - i) * sizeof(*n->children));
    n->children[i] = copy;
    n->n_children++;
    n->generation = next_generation();
    return 0;
}

void node_remove_child(struct node *n, const char *name)
{
    bool found;
    unsigned i = child_index(n, name, &found);

    if (!found)
        return;
    free(n->children[i]);
    n->n_children--;
    memmove(n->children + i, n->children + i + 1, (n->n_children - i) * sizeof(*n->children));
    n->generation = next_generation();
}

size_t node_size(const struct node *n)
{
    return strlen(n->path) + n->len + n->n_perms * sizeof(uint32_t);
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

bool path_is_below(const char *path, const char *top)
{
    size_t len = strlen(top);

    if (strcmp(top, "/") == 0)
        return path[0] == '/';
    return strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/');
}
