/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exports of NBD servers, through libnbd, which speaks the protocol; its socket is in our loop.
 *
 * A connection that is lost is made again, at longer and longer intervals, and what was under way
 * is asked for anew: the guest sees a pause. A server has to be done with a lost connection, or forget
 * what that asked for, before it takes the next one; qemu-nbd does.
 */
#include "nbd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define FIRST_PAUSE_MS 100
#define LAST_PAUSE_MS  5000

struct targets {
    struct loop *loop;
    void (*batch_done)(void *context);
    void *context;
    struct target_nbd *started; /* have something to ask for */
};

#define NBD_OF(ptr, member) \
    ((struct target_nbd *)((char *)(ptr)-offsetof(struct target_nbd, member)))

/* ---- turns ---- */

void nbd_want_turn(struct target_nbd *t)
{
    if (t->is_started)
        return;
    t->is_started = true;
    t->next_started = t->all->started;
    t->all->started = t;
}

/* ---- the connection ---- */

static void lose(struct target_nbd *t, const char *why);

/* The socket can be another one after each step of connecting, with the same number. */
static void watch(struct target_nbd *t)
{
    static const uint32_t events[] = { 0, EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT };
    unsigned int direction = nbd_aio_get_direction(t->nbd);
    int fd = nbd_aio_get_fd(t->nbd);

    if (fd < 0 || direction >= sizeof(events) / sizeof(events[0]))
        return;
    if (t->source.fd >= 0 && t->ready) {
        loop_wait_for(t->all->loop, &t->source, events[direction]);
        return;
    }
    if (t->source.fd >= 0)
        loop_remove(t->all->loop, &t->source);
    if (loop_add(t->all->loop, &t->source, fd, events[direction], t->source.ready))
        lose(t, "its socket cannot be waited for");
}

static void connect_again(struct target_nbd *t)
{
    loop_timer_start(&t->pause, t->pause_ms);
    t->pause_ms = t->pause_ms * 2 > LAST_PAUSE_MS ? LAST_PAUSE_MS : t->pause_ms * 2;
}

static void hang_up(struct target_nbd *t)
{
    if (t->source.fd >= 0)
        loop_remove(t->all->loop, &t->source);
    t->source.fd = -1;
    if (t->nbd)
        nbd_close(t->nbd);
    t->nbd = NULL;
    t->ready = false;
    nbd_ask_again(t);
}

static void lose(struct target_nbd *t, const char *why)
{
    if (t->ready)
        fprintf(stderr, "%s: the connection is lost: %s\n", t->uri, why);
    hang_up(t);
    if (t->opened)
        connect_again(t);
}

/* What the export can do, and how large it is. */
static int learn(struct target_nbd *t, const char **why)
{
    int64_t bytes = nbd_get_size(t->nbd);
    int64_t smallest = nbd_get_block_size(t->nbd, LIBNBD_SIZE_MINIMUM);

    *why = "is smaller than a sector, or has no size";
    if (bytes < BLOCK_SECTOR)
        return -EINVAL;
    *why = "has larger blocks than 512 bytes";
    if (smallest > BLOCK_SECTOR)
        return -EINVAL;
    *why = "can only be read, and is to be written";
    if (!t->target.read_only && nbd_is_read_only(t->nbd) == 1)
        return -EROFS;
    t->target.sync = nbd_can_flush(t->nbd) == 1;
    t->write_through = nbd_can_fua(t->nbd) == 1;
    t->target.discard = nbd_can_trim(t->nbd) == 1 ? 4096 : 0;
    t->target.physical_sector = BLOCK_SECTOR;
    if (t->opened && (t->measured || t->target.sectors != (uint64_t)bytes / BLOCK_SECTOR)) {
        t->measured = false;
        t->target.sectors = bytes / BLOCK_SECTOR;
        t->target.resized(&t->target);
    }
    t->target.sectors = bytes / BLOCK_SECTOR;
    return 0;
}

static void connected(struct target_nbd *t)
{
    const char *why;

    t->ready = true;
    if (!t->opened)
        return; /* target_open() will look at it */
    if (learn(t, &why)) {
        lose(t, why);
        return;
    }
    fprintf(stderr, "%s: connected again\n", t->uri);
    t->pause_ms = FIRST_PAUSE_MS;
    nbd_want_turn(t);
}

/* Goes on from where libnbd has come. */
static void look_at(struct target_nbd *t)
{
    if (nbd_aio_is_dead(t->nbd) || nbd_aio_is_closed(t->nbd)) {
        lose(t, nbd_get_error() ? nbd_get_error() : "the server has closed it");
        return;
    }
    if (!t->ready && nbd_aio_is_ready(t->nbd))
        connected(t);
    if (t->nbd)
        watch(t);
}

static void socket_ready(struct loop_source *s, uint32_t events)
{
    struct target_nbd *t = NBD_OF(s, source);
    struct targets *all = t->all;
    unsigned int direction = nbd_aio_get_direction(t->nbd);

    if ((direction & LIBNBD_AIO_DIRECTION_READ) && (events & ~(uint32_t)EPOLLOUT))
        nbd_aio_notify_read(t->nbd);
    else if (direction & LIBNBD_AIO_DIRECTION_WRITE)
        nbd_aio_notify_write(t->nbd);
    look_at(t);
    nbd_tell_all(t);
    all->batch_done(all->context);
    targets_submit(all);
}

/* Asking may answer some at once, and what is told may ask for more. */
static void take_turn(struct target_nbd *t)
{
    nbd_ask_all(t);
    if (t->nbd)
        look_at(t);
    nbd_tell_all(t);
}

void targets_submit(struct targets *all)
{
    struct target_nbd *t;

    while ((t = all->started)) {
        all->started = t->next_started;
        t->is_started = false;
        take_turn(t);
    }
    all->batch_done(all->context);
}

/* ---- beginning and end ---- */

/* Begins to connect. A name is looked up at once, which may take a moment. */
static void call(struct target_nbd *t)
{
    t->nbd = nbd_create();
    if (t->nbd &&
        nbd_set_uri_allow_transports(t->nbd, LIBNBD_ALLOW_TRANSPORT_TCP |
                                                 LIBNBD_ALLOW_TRANSPORT_UNIX) == 0 &&
        nbd_set_uri_allow_tls(t->nbd, LIBNBD_TLS_DISABLE) == 0 &&
        nbd_aio_connect_uri(t->nbd, t->uri) == 0)
        look_at(t);
    else
        lose(t, "");
}

static void pause_over(struct loop_source *s, uint32_t events)
{
    struct target_nbd *t = NBD_OF(s, pause);

    (void)events;
    loop_timer_clear(s);
    if (!t->nbd)
        call(t);
}

/* A size is told when a connection begins. */
static int measure(struct target *target)
{
    struct target_nbd *t = (struct target_nbd *)target;

    t->measured = true;
    hang_up(t);
    t->pause_ms = 1;
    connect_again(t);
    t->pause_ms = FIRST_PAUSE_MS;
    return -EINPROGRESS;
}

static void close_nbd(struct target *target)
{
    struct target_nbd *t = (struct target_nbd *)target;
    struct target_nbd **p = &t->all->started;

    while (*p && *p != t)
        p = &(*p)->next_started;
    if (*p)
        *p = t->next_started;
    hang_up(t);
    loop_wake_remove(t->all->loop, &t->pause);
    free(t->uri);
    free(t);
}

static const struct target_ops nbd_ops = {
    .measure = measure,
    .start = nbd_start,
    .abandon = nbd_abandon,
    .close = close_nbd,
};

static struct target_nbd *make(struct targets *all, const char *uri, bool read_only)
{
    struct target_nbd *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->target.ops = &nbd_ops;
    t->target.read_only = read_only;
    t->all = all;
    t->uri = strdup(uri);
    t->source.fd = -1;
    t->source.ready = socket_ready;
    t->pause_ms = FIRST_PAUSE_MS;
    nbd_commands_init(t);
    if (t->uri && loop_timer_add(all->loop, &t->pause, pause_over) == 0)
        return t;
    free(t->uri);
    free(t);
    return NULL;
}

static int open_further(struct target_nbd *t, const char **why)
{
    if (!t->nbd) {
        *why = nbd_get_error() ? nbd_get_error() : "cannot be connected to";
        return -ENOTCONN;
    }
    return t->ready ? learn(t, why) : -EINPROGRESS;
}

int target_open(struct targets *all, const char *uri, bool read_only, struct target **out,
                const char **why)
{
    struct target_nbd *t = (struct target_nbd *)*out;
    int ret;

    *why = "cannot be opened";
    if (!t) {
        t = make(all, uri, read_only);
        if (!t)
            return -ENOMEM;
        *out = &t->target;
        call(t);
    }
    ret = open_further(t, why);
    if (ret == -EINPROGRESS)
        return ret;
    t->opened = ret == 0;
    if (ret) {
        close_nbd(&t->target);
        *out = NULL;
    }
    return ret;
}

int targets_start(struct loop *l, const struct buffers *buffers, void (*batch_done)(void *context),
                  void *context, struct targets **out)
{
    struct targets *all = calloc(1, sizeof(*all));

    (void)buffers; /* libnbd copies to and from its socket anyway */
    if (!all)
        return -ENOMEM;
    all->loop = l;
    all->batch_done = batch_done;
    all->context = context;
    *out = all;
    return 0;
}
