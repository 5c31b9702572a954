/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transactions, and the view that requests have of tree and transaction.
 */
#include "txn.h"
#include "perm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- changes to tell of ---------------------------------------------------------------------- */

void changes_init(struct change_list *l)
{
    l->first = NULL;
    l->last = &l->first;
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

/* --- transactions ---------------------------------------------------------------------------- */

struct txn *txn_new(uint32_t id)
{
    struct txn *t = calloc(1, sizeof(*t));

    if (!t || table_init(&t->nodes) < 0) {
        free(t);
        return NULL;
    }
    t->id = id;
    changes_init(&t->changes);
    return t;
}

void txn_free(struct txn *t)
{
    table_free(&t->nodes);
    changes_free(&t->changes);
    free(t);
}

static bool unchanged(const struct table *base, const struct node *n)
{
    const struct node *now = table_find(base, n->path);

    return (now ? now->generation : 0) == n->base_generation;
}

static void apply(struct table *base, struct txn *t, struct node *n)
{
    struct node *old = table_find(base, n->path);

    if (old) {
        account_node(old, -1);
        table_remove(base, old);
        node_free(old);
    }
    if (n->deleted)
        return;
    table_remove(&t->nodes, n);
    n->generation = next_generation();
    table_insert(base, n);
    account_node(n, 1);
}

int txn_check(struct txn *t, struct table *base)
{
    for (size_t i = 0; i < t->nodes.n_buckets; i++)
        for (const struct node *n = t->nodes.bucket[i]; n; n = n->next)
            if (!unchanged(base, n))
                return -EAGAIN;
    return table_reserve(base, t->nodes.count);
}

void txn_apply(struct txn *t, struct table *base)
{
    for (size_t i = 0; i < t->nodes.n_buckets; i++) {
        for (struct node *n = t->nodes.bucket[i], *next; n; n = next) {
            next = n->next;
            if (n->modified)
                apply(base, t, n);
        }
    }
}

/* --- the view -------------------------------------------------------------------------------- */

/* The transaction's own entry for a path, made by the first access. */
static struct node *touch(struct view *v, const char *path)
{
    struct node *n = table_find(&v->txn->nodes, path);
    const struct node *base;

    if (n)
        return n;
    base = table_find(v->base, path);
    n = base ? node_copy(base) : node_new(path);
    if (!n)
        return NULL;
    if (!base) {
        n->base_generation = 0;
        n->deleted = true;
    }
    if (table_insert(&v->txn->nodes, n) < 0) {
        node_free(n);
        return NULL;
    }
    return n;
}

const struct node *view_get(struct view *v, const char *path, int *err)
{
    const struct node *n;

    *err = 0;
    if (!v->txn)
        return table_find(v->base, path);
    n = touch(v, path);
    if (!n)
        *err = -ENOMEM;
    return n && !n->deleted ? n : NULL;
}

struct node *view_change(struct view *v, const char *path)
{
    struct node *n;

    if (!v->txn)
        return table_find(v->base, path);
    n = touch(v, path);
    if (n)
        n->modified = true;
    return n;
}

int view_add(struct view *v, struct node *n)
{
    struct node *old = v->txn ? touch(v, n->path) : NULL;

    if (v->txn && !old)
        return -ENOMEM;
    if (old) {
        n->base_generation = old->base_generation;
        n->modified = true;
        table_remove(&v->txn->nodes, old);
        node_free(old);
    }
    return table_insert(v->txn ? &v->txn->nodes : v->base, n);
}

int view_delete(struct view *v, const char *path)
{
    struct node *n = view_change(v, path);

    if (!n)
        return -ENOMEM;
    if (v->txn) {
        n->deleted = true;
        while (n->n_children > 0)
            free(n->children[--n->n_children]);
    } else {
        table_remove(v->base, n);
        node_free(n);
    }
    return 0;
}
