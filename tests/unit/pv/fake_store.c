/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A store of one client. Nodes are a list of paths; those on the way to one need not be there.
 */
#include "fake_store.h"

#include <xstore.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct node {
    struct node *next;
    char *path, *value;
};

struct watch {
    struct watch *next;
    char *path, *token;
};

struct event {
    struct event *next;
    char *text; /* path, and token behind its end */
};

struct xstore {
    struct node *nodes;
    struct watch *watches;
    struct event *events, **last;
    int fd; /* ready while there are events, or the connection is lost */
    bool lost;
};

static struct xstore store = { .fd = -1 };

static bool is_below(const char *path, const char *root)
{
    size_t n = strlen(root);

    return strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* ---- events */

static void put_event(const char *path, const char *token)
{
    struct event *e = calloc(1, sizeof(*e));

    e->text = malloc(strlen(path) + strlen(token) + 2);
    strcpy(e->text, path);
    strcpy(e->text + strlen(path) + 1, token);
    *store.last = e;
    store.last = &e->next;
    eventfd_write(store.fd, 1);
}

static void changed(const char *path)
{
    for (struct watch *w = store.watches; w; w = w->next)
        if (is_below(path, w->path))
            put_event(path, w->token);
}

static void drop_client(void)
{
    while (store.watches) {
        struct watch *w = store.watches;

        store.watches = w->next;
        free(w->path);
        free(w->token);
        free(w);
    }
    while (store.events) {
        struct event *e = store.events;

        store.events = e->next;
        free(e->text);
        free(e);
    }
    store.last = &store.events;
}

/* ---- what others do */

void fake_store_reset(void)
{
    while (store.nodes)
        fake_store_rm(store.nodes->path);
    drop_client();
    if (store.fd >= 0)
        close(store.fd);
    store.fd = -1;
}

static struct node *find(const char *path)
{
    struct node *n = store.nodes;

    while (n && strcmp(n->path, path) != 0)
        n = n->next;
    return n;
}

void fake_store_write(const char *path, const char *value)
{
    struct node *n = find(path);
    char *copy = strdup(value);

    if (!n) {
        n = calloc(1, sizeof(*n));
        n->path = strdup(path);
        n->next = store.nodes;
        store.nodes = n;
    }
    free(n->value);
    n->value = copy;
    changed(path);
}

const char *fake_store_read(const char *path)
{
    struct node *n = find(path);

    return n ? n->value : NULL;
}

void fake_store_rm(const char *path)
{
    char *root = strdup(path);

    for (struct node **p = &store.nodes; *p;) {
        struct node *n = *p;

        if (!is_below(n->path, root)) {
            p = &n->next;
            continue;
        }
        *p = n->next;
        free(n->path);
        free(n->value);
        free(n);
    }
    changed(root);
    for (struct watch *w = store.watches; w; w = w->next)
        if (is_below(w->path, root) && strcmp(w->path, root) != 0)
            put_event(w->path, w->token);
    free(root);
}

void fake_store_lose(void)
{
    drop_client();
    store.lost = true;
    eventfd_write(store.fd, 1);
}

unsigned int fake_store_nodes(void)
{
    unsigned int n = 0;

    for (struct node *i = store.nodes; i; i = i->next)
        n++;
    return n;
}

unsigned int fake_store_watches(void)
{
    unsigned int n = 0;

    for (struct watch *i = store.watches; i; i = i->next)
        n++;
    return n;
}

/* ---- libxstore */

int xstore_open(struct xstore **out)
{
    store.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    store.lost = false;
    store.last = &store.events;
    *out = &store;
    return 0;
}

void xstore_close(struct xstore *x)
{
    drop_client();
    close(x->fd);
    x->fd = -1;
}

int xstore_fd(struct xstore *x) { return x->fd; }

int xstore_read(struct xstore *x, xstore_txn_t t, const char *path, char **value, size_t *len)
{
    const char *text = fake_store_read(path);

    (void)t;
    if (x->lost)
        return -ENOTCONN;
    if (!text)
        return -ENOENT;
    *value = strdup(text);
    if (len)
        *len = strlen(text);
    return 0;
}

int xstore_write(struct xstore *x, xstore_txn_t t, const char *path, const void *value, size_t len)
{
    char *text = strndup(value, len);

    (void)t;
    if (!x->lost)
        fake_store_write(path, text);
    free(text);
    return x->lost ? -ENOTCONN : 0;
}

int xstore_watch(struct xstore *x, const char *path, const char *token)
{
    struct watch *w;

    if (x->lost)
        return -ENOTCONN;
    w = calloc(1, sizeof(*w));
    w->path = strdup(path);
    w->token = strdup(token);
    w->next = x->watches;
    x->watches = w;
    put_event(path, token);
    return 0;
}

int xstore_unwatch(struct xstore *x, const char *path, const char *token)
{
    for (struct watch **p = &x->watches; *p; p = &(*p)->next) {
        struct watch *w = *p;

        if (strcmp(w->path, path) != 0 || strcmp(w->token, token) != 0)
            continue;
        *p = w->next;
        free(w->path);
        free(w->token);
        free(w);
        return 0;
    }
    return -ENOENT;
}

int xstore_next_event(struct xstore *x, bool wait, char **path, char **token)
{
    struct event *e = x->events;
    eventfd_t count;

    (void)wait;
    if (x->lost)
        return -ENOTCONN;
    if (!e) {
        eventfd_read(x->fd, &count);
        return -EAGAIN;
    }
    x->events = e->next;
    if (!x->events)
        x->last = &x->events;
    *path = e->text;
    *token = e->text + strlen(e->text) + 1;
    free(e);
    return 0;
}

/* Names of the children: pointers, and the texts behind them. */
int xstore_directory(struct xstore *x, xstore_txn_t t, const char *path, char ***names)
{
    unsigned int max = fake_store_nodes(), n = 0;
    char **all = calloc(1, (max + 1) * (sizeof(char *) + 64));
    char *text = (char *)(all + max + 1);

    (void)t;
    for (struct node *i = x->nodes; i; i = i->next) {
        size_t from = strlen(path) + 1, len;
        unsigned int seen = 0;

        if (!is_below(i->path, path) || strlen(i->path) < from)
            continue;
        len = strcspn(i->path + from, "/");
        while (seen < n && (strlen(all[seen]) != len || strncmp(all[seen], i->path + from, len)))
            seen++;
        if (seen < n)
            continue;
        all[n++] = strncpy(text, i->path + from, len);
        text += 64;
    }
    *names = all;
    return n;
}
