/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watches in a hash table by path.
 */
#include "watch.h"
#include "perm.h"
#include "proto.h"
#include "quota.h"
#include "records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WATCH_BUCKETS 4096

static struct watch *by_path[WATCH_BUCKETS];

static struct watch **bucket_of(const char *path)
{
    uint32_t h = 2166136261u;

    for (; *path; path++)
        h = (h ^ (unsigned char)*path) * 16777619u;
    return &by_path[h % WATCH_BUCKETS];
}

static struct watch **find(struct connection *c, const char *path, const char *token)
{
    struct watch **w = &c->watches;

    while (*w && (strcmp((*w)->path, path) != 0 || strcmp((*w)->token, token) != 0))
        w = &(*w)->next;
    return w;
}

static size_t watch_bytes(const struct watch *w)
{
    return sizeof(*w) + strlen(w->path) + strlen(w->token) + 2;
}

static void watch_free(struct watch *w)
{
    free(w->path);
    free(w->token);
    free(w);
}

static void unlink_watch(struct watch **slot)
{
    struct watch *w = *slot, **same = bucket_of(w->path);

    while (*same != w)
        same = &(*same)->next_same;
    *same = w->next_same;
    *slot = w->next;
    w->conn->n_watches--;
    w->conn->n_missed -= w->missed;
    w->conn->watch_bytes -= watch_bytes(w);
    keep_watch(w, false);
    if (w->last)
        w->last->event_of = NULL;
    watch_free(w);
}

static int add(struct connection *c, const char *path, const char *token, bool relative)
{
    struct watch *w = calloc(1, sizeof(*w)), **same;

    if (!w)
        return -ENOMEM;
    w->conn = c;
    w->relative = relative;
    w->path = strdup(path);
    w->token = strdup(token);
    if (!w->path || !w->token) {
        watch_free(w);
        return -ENOMEM;
    }
    same = bucket_of(path);
    w->next_same = *same;
    *same = w;
    w->next = c->watches;
    c->watches = w;
    c->n_watches++;
    c->watch_bytes += watch_bytes(w);
    keep_watch(w, true);
    return 0;
}

int watch_add(struct connection *c, const char *path, const char *token, bool relative)
{
    if (*find(c, path, token))
        return -EEXIST;
    if (!perm_privileged(c) && c->n_watches >= quota.watches) {
        quota_refused(c->domain, "watches", c->n_watches + 1);
        return -E2BIG;
    }
    return add(c, path, token, relative);
}

int watch_restore(struct connection *c, const char *path, const char *token, bool relative,
                  bool missed)
{
    int ret = *find(c, path, token) ? 0 : add(c, path, token, relative);

    if (ret == 0)
        watch_miss(*find(c, path, token), missed);
    return ret;
}

void watch_miss(struct watch *w, bool missed)
{
    if (w->missed == missed)
        return;
    w->conn->n_missed += missed ? 1 : -1;
    w->missed = missed;
    keep_watch(w, true);
}

int watch_remove(struct connection *c, const char *path, const char *token)
{
    struct watch **w = find(c, path, token);

    if (!*w)
        return -ENOENT;
    unlink_watch(w);
    return 0;
}

void watch_remove_all(struct connection *c)
{
    while (c->watches)
        unlink_watch(&c->watches);
}

/* An event tells that a node is or was there: only those may have it that may read the node, or
 * where it is gone, the nearest node that was above it. */
static bool may_know(struct view *v, const struct connection *c, const char *path)
{
    char buf[XS_ABS_PATH_SIZE + 1];
    const struct node *n;
    int err;

    if (perm_privileged(c))
        return true;
    strcpy(buf, path);
    while (!(n = view_get(v, buf, &err))) {
        if (buf[0] != '/' || buf[1] == '\0')
            return false;
        path_parent(buf, buf);
    }
    return perm_of(c, n) & MAY_READ;
}

static void fire_at(struct view *v, const char *at, const char *changed)
{
    for (struct watch *w = *bucket_of(at); w; w = w->next_same) {
        if (strcmp(w->path, at) != 0 || !may_know(v, w->conn, changed))
            continue;
        send_event(w->conn, w, changed);
        connection_work(1);
    }
}

void watch_fire(struct view *v, const char *path, bool exact)
{
    struct view now = { v->base, NULL };
    char at[XS_ABS_PATH_SIZE + 1];

    strcpy(at, path);
    fire_at(&now, at, path);
    while (!exact && at[0] == '/' && at[1] != '\0') {
        path_parent(at, at);
        fire_at(&now, at, path);
    }
}

void watch_fire_changes(struct table *base, struct change_list *changes, bool removals)
{
    struct view v = { base, NULL };

    for (struct change *c = changes->first; c; c = c->next)
        if (c->removed == removals)
            watch_fire(&v, c->path, c->exact);
}
