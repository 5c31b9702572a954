/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transactions: their entries, the check and the end.
 */
#include "txn.h"
#include "perm.h"
#include "records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 16

/* --- changes to tell of ---------------------------------------------------------------------- */

void changes_init(struct change_list *l)
{
    l->first = NULL;
    l->last = &l->first;
    l->bytes = 0;
}

int changes_add(struct change_list *l, const char *path, bool exact, bool removed)
{
    struct change *c = malloc(sizeof(*c) + strlen(path) + 1);

    if (!c)
        return -ENOMEM;
    c->next = NULL;
    c->exact = exact;
    c->removed = removed;
    strcpy(c->path, path);
    *l->last = c;
    l->last = &c->next;
    l->bytes += sizeof(*c) + strlen(path) + 1;
    return 0;
}

void changes_free(struct change_list *l)
{
    while (l->first) {
        struct change *c = l->first;

        l->first = c->next;
        free(c);
    }
    changes_init(l);
}

/* --- entries --------------------------------------------------------------------------------- */

struct txn *txn_new(uint32_t id)
{
    struct txn *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->bucket = calloc(FIRST_BUCKETS, sizeof(*t->bucket));
    if (!t->bucket) {
        free(t);
        return NULL;
    }
    t->n_buckets = FIRST_BUCKETS;
    t->id = id;
    changes_init(&t->changes);
    return t;
}

void txn_free(struct txn *t)
{
    while (t->first) {
        struct entry *e = t->first;

        t->first = e->next;
        node_free(e->mine);
        free(e);
    }
    free(t->bucket);
    changes_free(&t->changes);
    free(t);
}

static void hash_in(struct txn *t, struct entry *e)
{
    struct entry **slot = &t->bucket[e->hash & (t->n_buckets - 1)];

    e->chain = *slot;
    *slot = e;
}

/* With twice as many buckets, if there is memory for them. */
static void grow(struct txn *t)
{
    struct entry **bucket = calloc(t->n_buckets * 2, sizeof(*bucket));

    if (!bucket)
        return;
    free(t->bucket);
    t->bucket = bucket;
    t->n_buckets *= 2;
    for (struct entry *e = t->first; e; e = e->next)
        hash_in(t, e);
}

static struct entry *find(const struct txn *t, uint64_t hash, const char *path)
{
    struct entry *e = t->bucket[hash & (t->n_buckets - 1)];

    while (e && (e->hash != hash || strcmp(e->path, path) != 0))
        e = e->chain;
    return e;
}

struct entry *txn_find(const struct txn *t, const char *path)
{
    return find(t, path_hash(path), path);
}

struct entry *txn_touch(struct txn *t, const struct table *base, const char *path)
{
    uint64_t hash = path_hash(path);
    struct entry *e = find(t, hash, path);
    const struct node *n;

    if (e)
        return e;
    e = calloc(1, sizeof(*e) + strlen(path) + 1);
    if (!e)
        return NULL;
    strcpy(e->path, path);
    e->hash = hash;
    t->bytes += sizeof(*e) + strlen(path) + 1;
    n = table_find(base, path);
    e->generation = n ? n->generation : 0;
    if (t->count++ == t->n_buckets)
        grow(t);
    hash_in(t, e);
    e->prev = t->last;
    *(t->last ? &t->last->next : &t->first) = e;
    t->last = e;
    return e;
}

void txn_listed(struct entry *e, const struct node *n)
{
    if (e->listed)
        return;
    e->listed = true;
    e->list_generation = n ? n->list_generation : 0;
}

/* --- the end --------------------------------------------------------------------------------- */

static bool unchanged(const struct table *base, const struct entry *e)
{
    const struct node *now = table_find(base, e->path);

    if ((now ? now->generation : 0) != e->generation)
        return false;
    return !e->listed || !now || now->list_generation == e->list_generation;
}

int txn_check(struct txn *t, struct table *base)
{
    if (t->failed)
        return t->failed;
    for (const struct entry *e = t->first; e; e = e->next)
        if (!unchanged(base, e))
            return -EAGAIN;
    return table_reserve(base, t->count);
}

/* All that is below a removed node is removed, too: its entries say so as well. */
static void apply_removal(struct table *base, const struct entry *e)
{
    struct node *top = table_find(base, e->path), *next;

    for (struct node *n = top ? node_deepest(top) : NULL; n; n = next) {
        next = node_next_up(n, top);
        account_node(n, -1);
        keep_removal(n->path);
        table_remove(base, n);
    }
}

static void apply_change(struct table *base, struct entry *e)
{
    struct node *n = table_find(base, e->path);

    account_node(n, -1);
    node_take(n, e->mine);
    account_node(n, 1);
    keep_node(n);
}

static void apply_addition(struct table *base, struct entry *e)
{
    struct node *n = e->mine;

    e->mine = NULL;
    n->generation = next_generation();
    table_insert(base, n, table_find(base, e->above->path));
    account_node(n, 1);
    keep_node(n);
}

void txn_apply(struct txn *t, struct table *base)
{
    for (struct entry *e = t->first; e; e = e->next)
        if (e->hidden)
            apply_removal(base, e);
    for (struct entry *e = t->first; e; e = e->next) {
        if (e->added)
            apply_addition(base, e);
        else if (e->changed)
            apply_change(base, e);
    }
}
