/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libxstore: events of watches, queued until somebody takes them.
 */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/poll.h>
#include <unistd.h>

/* --- the queue ------------------------------------------------------------------------------- */

static int append(struct xstore *x, const char *text, size_t len)
{
    struct event *e = malloc(sizeof(*e) + len);
    uint64_t one = 1;

    if (!e)
        return -ENOMEM;
    e->next = NULL;
    e->len = len;
    memcpy(e->text, text, len);
    *x->last = e;
    x->last = &e->next;
    x->n_events++;
    if (write(x->event_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
        return -errno;
    return 0;
}

static void lower(struct xstore *x)
{
    uint64_t count;

    if (read(x->event_fd, &count, sizeof(count)) < 0)
        return; /* already drained: nothing to lower */
}

void events_drop(struct xstore *x)
{
    lower(x);
    while (x->first) {
        struct event *e = x->first;

        x->first = e->next;
        free(e);
    }
    x->last = &x->first;
    x->n_events = 0;
}

/* Instead of all that waits, each watch has its first event again. */
static int begin_again(struct xstore *x)
{
    int ret = 0;

    events_drop(x);
    for (const struct registered *r = x->watches; r && ret == 0; r = r->next)
        ret = append(x, r->path, r->token + strlen(r->token) + 1 - r->path);
    return ret;
}

int event_queue(struct xstore *x, const struct message *m)
{
    if (x->n_events >= XSTORE_EVENTS && x->n_events >= x->n_watches)
        return begin_again(x);
    return append(x, m->body, m->hdr.len + 1);
}

/* --- taking ---------------------------------------------------------------------------------- */

/* A message that is in the stream is read, if it is an event, queued. -EAGAIN: there is none. */
static int look_for_event(struct xstore *x)
{
    struct pollfd p = { .fd = x->fd, .events = POLLIN };
    struct message m;
    int ret = x->broken ? -ENOTCONN : poll(&p, 1, 0);

    if (ret == 0 || (ret < 0 && !x->broken))
        return -EAGAIN;
    if (ret > 0)
        ret = stream_receive(x->fd, &m);
    if (ret == 0) {
        ret = m.hdr.type == XS_WATCH_EVENT ? event_queue(x, &m) : -ENOTCONN;
        free(m.body);
    }
    if (ret == 0)
        return 0;
    x->broken = true;
    return ret == -ENOTCONN ? client_reconnect(x) : ret;
}

/* Others may use the handle while this one waits. */
static void wait_unlocked(struct xstore *x)
{
    struct pollfd p = { .fd = x->epoll_fd, .events = POLLIN };

    pthread_mutex_unlock(&x->lock);
    poll(&p, 1, -1);
    pthread_mutex_lock(&x->lock);
}

static int fetch_event(struct xstore *x, bool wait)
{
    while (!x->first) {
        int ret = look_for_event(x);

        if (ret == -EAGAIN && wait)
            wait_unlocked(x);
        else if (ret < 0)
            return ret;
    }
    return 0;
}

static void take_event(struct xstore *x, struct event **out)
{
    *out = x->first;
    x->first = x->first->next;
    x->n_events--;
    if (!x->first) {
        x->last = &x->first;
        lower(x);
    }
}

int xstore_next_event(struct xstore *x, bool wait, char **path, char **token)
{
    struct event *e = NULL;
    size_t plen;
    int ret;

    pthread_mutex_lock(&x->lock);
    ret = fetch_event(x, wait);
    if (ret == 0)
        take_event(x, &e);
    pthread_mutex_unlock(&x->lock);
    if (ret < 0)
        return ret;
    plen = strnlen(e->text, e->len - 1) + 1;
    *path = malloc(e->len + 1);
    if (*path) {
        memcpy(*path, e->text, e->len);
        (*path)[e->len] = '\0';
        *token = *path + plen;
    }
    free(e);
    return *path ? 0 : -ENOMEM;
}
