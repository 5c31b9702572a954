/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libxstore: the handle, its requests and answers, and how it goes on when the daemon has ended.
 *
 * There is no thread of its own: whoever waits for an answer reads the stream and queues the events
 * that come before it. The descriptor handed to pollers is an epoll set of the stream and of a
 * counter that is raised while events wait in the queue.
 */
#include "client.h"
#include "proto.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* How long a daemon that has ended is waited for: until its supervisor has started another. */
#define TRIES_A_SECOND 10
#define TRIES          (30 * TRIES_A_SECOND)

/* --- connecting ------------------------------------------------------------------------------ */

static int epoll_of(int a, int b)
{
    struct epoll_event ev = { .events = EPOLLIN };
    int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (epoll_ctl(fd, EPOLL_CTL_ADD, a, &ev) < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, b, &ev) < 0) {
        int err = errno;

        close(fd);
        return -err;
    }
    return fd;
}

/* A socket at which nobody listens is that of a daemon that was killed. */
static int open_first(const char *path)
{
    int fd = stream_open(path);

    for (int i = 1; i < TRIES && fd == -ECONNREFUSED; i++) {
        usleep(1000000 / TRIES_A_SECOND);
        fd = stream_open(path);
    }
    return fd;
}

int xstore_open_path(const char *path, struct xstore **out)
{
    struct xstore *x = calloc(1, sizeof(*x));
    int ret;

    *out = NULL;
    if (!x)
        return -ENOMEM;
    x->last = &x->first;
    ret = x->fd = open_first(path);
    if (ret < 0)
        goto err_free;
    if (stream_is_socket(x->fd)) {
        x->path = strdup(path);
        if (!x->path) {
            ret = -ENOMEM;
            goto err_close;
        }
    }
    x->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (x->event_fd < 0) {
        ret = -errno;
        goto err_close;
    }
    ret = x->epoll_fd = epoll_of(x->fd, x->event_fd);
    if (ret < 0)
        goto err_event;
    pthread_mutex_init(&x->lock, NULL);
    *out = x;
    return 0;

err_event:
    close(x->event_fd);
err_close:
    close(x->fd);
err_free:
    free(x->path);
    free(x);
    return ret;
}

int xstore_open(struct xstore **out)
{
    const char *path = getenv("XENSTORED_PATH");
    int ret;

    if (path && *path)
        return xstore_open_path(path, out);
    ret = xstore_open_path(XSTORE_SOCKET, out);
    if (ret < 0 && xstore_open_path("/dev/xen/xenbus", out) == 0)
        ret = 0;
    return ret;
}

static void forget_txns(struct xstore *x)
{
    while (x->txns) {
        struct open_txn *t = x->txns;

        x->txns = t->next;
        free(t);
    }
}

void xstore_close(struct xstore *x)
{
    if (!x)
        return;
    events_drop(x);
    while (x->watches) {
        struct registered *r = x->watches;

        x->watches = r->next;
        free(r);
    }
    forget_txns(x);
    free(x->path);
    close(x->epoll_fd);
    close(x->event_fd);
    close(x->fd);
    pthread_mutex_destroy(&x->lock);
    free(x);
}

int xstore_fd(struct xstore *x) { return x->epoll_fd; }

/* --- one request ----------------------------------------------------------------------------- */

static int receive_answer(struct xstore *x, uint32_t id, struct message *m)
{
    for (;;) {
        int ret = stream_receive(x->fd, m);

        if (ret < 0)
            return ret;
        if (m->hdr.type != XS_WATCH_EVENT && m->hdr.req_id == id)
            return 0;
        ret = m->hdr.type == XS_WATCH_EVENT ? event_queue(x, m) : -ENOTCONN;
        free(m->body);
        if (ret < 0)
            return ret;
    }
}

static int ask(struct xstore *x, uint32_t type, uint32_t txn, const struct iovec *iov, int n,
               struct message *m)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = ++x->next_id, .tx_id = txn };
    int ret = x->broken ? -ENOTCONN : stream_send(x->fd, x->path, hdr, iov, n);

    if (ret == 0)
        ret = receive_answer(x, hdr.req_id, m);
    if (ret == -ENOTCONN || ret == -ENOMEM)
        x->broken = true; /* position in the stream is lost */
    return ret;
}

/* --- a daemon that has ended and comes again -------------------------------------------------- */

/* The daemon's end closes the stream; the next one listens at the same place. */
static int connect_anew(struct xstore *x)
{
    struct epoll_event ev = { .events = EPOLLIN };
    int fd = -ENOTCONN;

    for (int i = 0; i < TRIES && fd < 0; i++) {
        if (i > 0)
            usleep(1000000 / TRIES_A_SECOND);
        fd = stream_open(x->path);
    }
    if (fd < 0)
        return -ENOTCONN;
    if (epoll_ctl(x->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0) {
        close(fd);
        return -ENOTCONN;
    }
    epoll_ctl(x->epoll_fd, EPOLL_CTL_DEL, x->fd, NULL); /* a forked process may have it, too */
    close(x->fd);
    x->fd = fd;
    x->broken = false;
    return 0;
}

static int watch_anew(struct xstore *x)
{
    for (const struct registered *r = x->watches; r; r = r->next) {
        struct iovec iov[2] = { text(r->path), text(r->token) };
        struct message m;
        int ret = ask(x, XS_WATCH, 0, iov, 2, &m);

        if (ret < 0)
            return ret;
        free(m.body);
    }
    return 0;
}

int client_reconnect(struct xstore *x)
{
    int ret = x->path ? 0 : -ENOTCONN;

    forget_txns(x);
    while (ret == 0) {
        ret = connect_anew(x);
        if (ret == 0 && watch_anew(x) == 0)
            return 0;
    }
    return ret;
}

/* Done by the daemon that has ended: it could not answer any more. */
static bool was_done(uint32_t type, const char *error)
{
    return (type == XS_RELEASE || type == XS_UNWATCH) && strcmp(error, "ENOENT") == 0;
}

/* --- requests -------------------------------------------------------------------------------- */

static struct open_txn **find_txn(struct xstore *x, xstore_txn_t t)
{
    struct open_txn **slot = &x->txns;

    while (*slot && (*slot)->number != t)
        slot = &(*slot)->next;
    return slot;
}

static void txn_ended(struct xstore *x, xstore_txn_t t)
{
    struct open_txn **slot = find_txn(x, t), *txn = *slot;

    if (!txn)
        return;
    *slot = txn->next;
    free(txn);
}

/* The answer becomes the number that our caller is to use. */
static int txn_started(struct xstore *x, struct message *m)
{
    struct open_txn *txn = malloc(sizeof(*txn));
    char *number = NULL;

    if (!txn || asprintf(&number, "%u", ++x->next_txn) < 0) {
        free(txn);
        return -ENOMEM;
    }
    *txn = (struct open_txn){ x->txns, x->next_txn, strtoul(m->body, NULL, 10) };
    x->txns = txn;
    free(m->body);
    m->body = number;
    m->hdr.len = strlen(number) + 1;
    return 0;
}

static int watch_set(struct xstore *x, const struct iovec *iov)
{
    struct registered *r = malloc(sizeof(*r) + iov[0].iov_len + iov[1].iov_len);

    if (!r)
        return -ENOMEM;
    memcpy(r->path, iov[0].iov_base, iov[0].iov_len);
    memcpy(r->path + iov[0].iov_len, iov[1].iov_base, iov[1].iov_len);
    r->token = r->path + iov[0].iov_len;
    r->next = x->watches;
    x->watches = r;
    x->n_watches++;
    return 0;
}

static void watch_gone(struct xstore *x, const struct iovec *iov)
{
    struct registered **slot = &x->watches, *r;

    while ((r = *slot) &&
           (strcmp(r->path, iov[0].iov_base) != 0 || strcmp(r->token, iov[1].iov_base) != 0))
        slot = &r->next;
    if (!r)
        return;
    *slot = r->next;
    free(r);
    x->n_watches--;
}

/* What the handle has to remember of a request that was answered. */
static int remember(struct xstore *x, uint32_t type, xstore_txn_t t, const struct iovec *iov,
                    struct message *m)
{
    int ret = 0;

    if (type == XS_TRANSACTION_END)
        txn_ended(x, t);
    if (m->hdr.type == XS_ERROR)
        return 0;
    if (type == XS_TRANSACTION_START)
        ret = txn_started(x, m);
    else if (type == XS_WATCH)
        ret = watch_set(x, iov);
    else if (type == XS_UNWATCH)
        watch_gone(x, iov);
    if (ret < 0) {
        free(m->body);
        x->broken = true; /* the daemon has what we do not know of */
    }
    return ret;
}

/* A transaction that was open when the connection was lost ends with -EAGAIN. */
static int ask_until_answered(struct xstore *x, uint32_t type, xstore_txn_t t,
                              const struct iovec *iov, int n, struct message *m)
{
    bool again = false;
    int ret;

    for (;;) {
        struct open_txn *txn = t ? *find_txn(x, t) : NULL;

        if (t && !txn)
            return -EAGAIN;
        ret = ask(x, type, txn ? txn->wire : 0, iov, n, m);
        if (ret != -ENOTCONN)
            break;
        ret = client_reconnect(x);
        if (ret < 0)
            return ret;
        again = true;
    }
    if (ret == 0 && again && m->hdr.type == XS_ERROR && was_done(type, m->body))
        m->hdr.type = type;
    return ret;
}

/* One request and its answer; *body (may be NULL) is the caller's. Returns the answer's length. */
int talk(struct xstore *x, uint32_t type, xstore_txn_t t, const struct iovec *iov, int n,
         char **body)
{
    struct message m;
    int ret;

    pthread_mutex_lock(&x->lock);
    ret = ask_until_answered(x, type, t, iov, n, &m);
    if (ret == 0)
        ret = remember(x, type, t, iov, &m);
    pthread_mutex_unlock(&x->lock);
    if (ret < 0)
        return ret;
    ret = m.hdr.type == XS_ERROR ? -xs_error_number(m.body) : (int)m.hdr.len;
    if (ret < 0 || !body)
        free(m.body);
    else
        *body = m.body;
    return ret;
}

/* --- many reads ------------------------------------------------------------------------------ */

/* Those that fit are sent. Their number, or -errno. */
static int send_reads(struct xstore *x, const char *const paths[], size_t n)
{
    char bytes[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
    size_t used = 0, i;
    int ret;

    for (i = 0; i < n && (i == 0 || x->path); i++) {
        struct xsd_sockmsg hdr = { .type = XS_READ, .len = strlen(paths[i]) + 1 };

        if (sizeof(hdr) + hdr.len > sizeof(bytes) - used)
            break;
        hdr.req_id = ++x->next_id;
        memcpy(bytes + used, &hdr, sizeof(hdr));
        memcpy(bytes + used + sizeof(hdr), paths[i], hdr.len);
        used += sizeof(hdr) + hdr.len;
    }
    if (i == 0)
        return -E2BIG;
    ret = stream_send_bytes(x->fd, x->path, bytes, used);
    return ret < 0 ? ret : (int)i;
}

static int ask_reads(struct xstore *x, const char *const paths[], size_t n, char *values[])
{
    uint32_t first = x->next_id + 1;
    int sent = x->broken ? -ENOTCONN : send_reads(x, paths, n), ret = sent, got = 0;

    for (; ret >= 0 && got < sent; got++) {
        struct message m;

        ret = receive_answer(x, first + got, &m);
        if (ret < 0)
            break;
        values[got] = m.hdr.type == XS_ERROR ? NULL : m.body;
        if (!values[got])
            free(m.body);
    }
    if (ret >= 0 || ret == -E2BIG)
        return sent;
    x->broken = true;
    while (got > 0)
        free(values[--got]);
    return ret;
}

int talk_reads(struct xstore *x, const char *const paths[], size_t n, char *values[])
{
    int ret;

    pthread_mutex_lock(&x->lock);
    while ((ret = ask_reads(x, paths, n, values)) == -ENOTCONN) {
        ret = client_reconnect(x);
        if (ret < 0)
            break;
    }
    pthread_mutex_unlock(&x->lock);
    return ret;
}

struct iovec text(const char *s) { return (struct iovec){ (void *)(uintptr_t)s, strlen(s) + 1 }; }

int talk_text(struct xstore *x, uint32_t type, xstore_txn_t t, const char *s, char **body)
{
    struct iovec iov = text(s);
    int ret = talk(x, type, t, &iov, 1, body);

    return ret < 0 || body ? ret : 0;
}
