/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The view that requests have of tree and transaction.
 */
#include "perm.h"
#include "proto.h"
#include "records.h"
#include "txn.h"

#include <errno.h>
#include <stdlib.h>

/* A node begins to be, or ends. What a transaction adds counts for its owner when it is committed.
 */
static void count(struct view *v, const struct node *n, int by)
{
    if (v->txn)
        v->txn->bytes += by * (long)node_bytes(n);
    else
        account_node(n, by);
}

/* The transaction's own node, a copy of the tree's from the first look at it on. */
static int make_mine(struct view *v, struct entry *e)
{
    const struct node *n = e->mine || e->hidden ? NULL : table_find(v->base, e->path);

    if (!n)
        return 0;
    e->mine = node_copy(n);
    if (!e->mine)
        return -ENOMEM;
    count(v, e->mine, 1);
    return 0;
}

const struct node *view_get(struct view *v, const char *path, int *err)
{
    struct entry *e;

    *err = 0;
    if (!v->txn)
        return table_find(v->base, path);
    e = txn_touch(v->txn, v->base, path);
    *err = e ? make_mine(v, e) : -ENOMEM;
    return *err ? NULL : e->mine;
}

/* The node for changing it; in a transaction, its own. NULL: out of memory. */
static struct node *own(struct view *v, const char *path)
{
    struct entry *e;

    if (!v->txn)
        return table_find(v->base, path);
    e = txn_touch(v->txn, v->base, path);
    if (!e || make_mine(v, e) < 0)
        return NULL;
    e->changed = true;
    return e->mine;
}

int view_set_value(struct view *v, const char *path, const void *value, size_t len)
{
    struct node *n = own(v, path);
    int ret;

    if (!n)
        return -ENOMEM;
    count(v, n, -1);
    ret = node_set_value(n, value, len);
    count(v, n, 1);
    if (ret == 0 && !v->txn)
        keep_node(n);
    return ret;
}

int view_set_perms(struct view *v, const char *path, const struct perm *perms, unsigned n_perms)
{
    struct node *n = own(v, path);
    int ret;

    if (!n)
        return -ENOMEM;
    count(v, n, -1);
    ret = node_set_perms(n, perms, n_perms);
    count(v, n, 1);
    if (ret == 0 && !v->txn)
        keep_node(n);
    return ret;
}

/* --- adding ---------------------------------------------------------------------------------- */

/* Behind all entries that there are: behind its parent's. */
static void move_to_end(struct txn *t, struct entry *e)
{
    if (t->last == e)
        return;
    *(e->prev ? &e->prev->next : &t->first) = e->next;
    e->next->prev = e->prev;
    e->prev = t->last;
    e->next = NULL;
    t->last->next = e;
    t->last = e;
}

static int add_to_txn(struct view *v, const char *parent, struct node *n)
{
    struct entry *e = txn_touch(v->txn, v->base, n->path);
    struct entry *p = txn_touch(v->txn, v->base, parent);

    if (!e || !p)
        return -ENOMEM;
    e->mine = n;
    e->added = true;
    e->above = p;
    e->before = NULL;
    e->after = p->first;
    if (p->first)
        p->first->before = e;
    p->first = e;
    p->list_changes++;
    v->txn->nodes_added++;
    count(v, n, 1);
    move_to_end(v->txn, e);
    return 0;
}

int view_add(struct view *v, const char *parent, struct node *n)
{
    int ret;

    if (v->txn)
        return add_to_txn(v, parent, n);
    ret = table_insert(v->base, n, table_find(v->base, parent));
    if (ret < 0)
        return ret;
    account_node(n, 1);
    keep_node(n);
    return 0;
}

/* --- removing -------------------------------------------------------------------------------- */

typedef int removed_fn(const struct node *n, void *arg);

static int remove_from_tree(struct table *base, const char *path, removed_fn *fn, void *arg)
{
    struct node *top = table_find(base, path), *next;

    for (struct node *n = node_deepest(top); n; n = next) {
        int ret = fn(n, arg);

        if (ret < 0)
            return ret;
        next = node_next_up(n, top);
        account_node(n, -1);
        keep_removal(n->path);
        table_remove(base, n);
    }
    return 0;
}

/* The transaction's node is no longer listed by the entry above. */
static void unlist(struct entry *e)
{
    *(e->before ? &e->before->after : &e->above->first) = e->after;
    if (e->after)
        e->after->before = e->before;
    e->added = false;
}

/* Nodes that the transaction has added below an entry: to the front of a list by `after`. */
static void collect_added(struct entry *e, struct entry **list)
{
    while (e->first) {
        struct entry *a = e->first;

        unlist(a);
        a->after = *list;
        *list = a;
    }
}

/* The node of an entry goes, which is the transaction's own or `n` of the tree. */
static int hide(struct view *v, struct entry *e, const struct node *n, removed_fn *fn, void *arg)
{
    int ret = fn(e->mine ? e->mine : n, arg);

    v->txn->nodes_added--;
    if (e->mine)
        count(v, e->mine, -1);
    node_free(e->mine);
    e->mine = NULL;
    e->changed = false;
    e->hidden |= n != NULL;
    return ret;
}

static int hide_below(struct view *v, struct node *top, struct entry **added, removed_fn *fn,
                      void *arg)
{
    int ret = 0;

    for (struct node *n = top; n && ret == 0; n = node_next(n, top)) {
        struct entry *e = txn_touch(v->txn, v->base, n->path);

        if (!e)
            return -ENOMEM;
        txn_listed(e, n);
        collect_added(e, added);
        if (!e->hidden && !e->added)
            ret = hide(v, e, n, fn, arg);
    }
    return ret;
}

static int remove_from_txn(struct view *v, const char *path, removed_fn *fn, void *arg)
{
    struct entry *e = txn_touch(v->txn, v->base, path), *added = NULL;
    struct node *n = e && !e->hidden ? table_find(v->base, path) : NULL;
    int ret;

    if (!e)
        return -ENOMEM;
    if (e->added)
        unlist(e);
    if (e->mine && !n) { /* only the transaction sees it */
        e->after = NULL;
        added = e;
    }
    ret = hide_below(v, n, &added, fn, arg);
    while (added) {
        struct entry *a = added;

        added = a->after;
        collect_added(a, &added);
        if (ret == 0 && a->mine)
            ret = hide(v, a, NULL, fn, arg);
    }
    return ret;
}

int view_remove(struct view *v, const char *path, removed_fn *fn, void *arg)
{
    struct entry *e;
    char above[XS_ABS_PATH_SIZE + 1];
    int ret;

    if (!v->txn)
        return remove_from_tree(v->base, path, fn, arg);
    ret = remove_from_txn(v, path, fn, arg);
    path_parent(path, above);
    e = txn_find(v->txn, above);
    if (e)
        e->list_changes++;
    return ret;
}

/* --- listing --------------------------------------------------------------------------------- */

typedef bool name_fn(const char *name, void *arg);

static void list_tree(const struct node *n, name_fn *fn, void *arg)
{
    for (const struct node *c = n->first; c; c = c->next)
        if (!fn(c->name, arg))
            return;
}

static bool list_kept(const struct txn *t, const struct node *n, name_fn *fn, void *arg)
{
    for (const struct node *c = n->first; c; c = c->next) {
        const struct entry *e = txn_find(t, c->path);

        if (!(e && (e->hidden || e->added)) && !fn(c->name, arg))
            return false;
    }
    return true;
}

int view_list(struct view *v, const char *path, name_fn *fn, void *arg)
{
    const struct node *n = table_find(v->base, path);
    struct entry *e;

    if (!v->txn) {
        list_tree(n, fn, arg);
        return 0;
    }
    e = txn_touch(v->txn, v->base, path);
    if (!e)
        return -ENOMEM;
    txn_listed(e, n);
    if (n && !e->hidden && !list_kept(v->txn, n, fn, arg))
        return 0;
    for (const struct entry *a = e->first; a && fn(path_name(a->path), arg);)
        a = a->after;
    return 0;
}

uint64_t view_list_generation(struct view *v, const char *path, int *err)
{
    const struct node *n = table_find(v->base, path);
    const struct entry *e = v->txn ? txn_touch(v->txn, v->base, path) : NULL;

    *err = v->txn && !e ? -ENOMEM : 0;
    return (n ? n->list_generation : 0) + (e ? (uint64_t)e->list_changes << 40 : 0);
}
