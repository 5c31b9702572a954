/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libxstore: requests and answers over a stream, watch events queued on the side.
 *
 * There is no thread of its own: whoever waits for an answer reads the stream and queues the events
 * that come before it. The descriptor handed to pollers is an epoll set of the stream and of a
 * counter that is raised while events wait in the queue.
 */
#include "client.h"
#include "proto.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

struct event {
    struct event *next;
    size_t len;
    char text[]; /* path, 0, token, 0 */
};

struct message {
    struct xsd_sockmsg hdr;
    char *body; /* with a 0 byte behind it */
};

struct xstore {
    pthread_mutex_t lock; /* everything below */
    int fd;
    int epoll_fd;
    int event_fd;
    uint32_t next_id;
    bool broken;
    struct event *first, **last;
};

/* --- connecting ------------------------------------------------------------------------------ */

static int connect_socket(const char *path)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    int fd;

    if (strlen(path) >= sizeof(sa.sun_path))
        return -ENAMETOOLONG;
    strcpy(sa.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
        int err = errno;

        close(fd);
        return -err;
    }
    return fd;
}

static int connect_path(const char *path)
{
    struct stat st;
    int fd;

    if (stat(path, &st) < 0)
        return -errno;
    if (S_ISSOCK(st.st_mode))
        return connect_socket(path);
    fd = open(path, O_RDWR | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

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

int xstore_open_path(const char *path, struct xstore **out)
{
    struct xstore *x = calloc(1, sizeof(*x));
    int ret;

    *out = NULL;
    if (!x)
        return -ENOMEM;
    x->last = &x->first;
    ret = x->fd = connect_path(path);
    if (ret < 0)
        goto err_free;
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

void xstore_close(struct xstore *x)
{
    if (!x)
        return;
    while (x->first) {
        struct event *e = x->first;

        x->first = e->next;
        free(e);
    }
    close(x->epoll_fd);
    close(x->event_fd);
    close(x->fd);
    pthread_mutex_destroy(&x->lock);
    free(x);
}

int xstore_fd(struct xstore *x)
{
    return x->epoll_fd;
}

/* --- the stream ------------------------------------------------------------------------------ */

static int read_all(int fd, void *buf, size_t len)
{
    char *p = buf;

    while (len > 0) {
        ssize_t n = read(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -ENOTCONN;
        p += n;
        len -= n;
    }
    return 0;
}

static int write_all(int fd, const void *buf, size_t len)
{
    const char *p = buf;

    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -ENOTCONN;
        p += n;
        len -= n;
    }
    return 0;
}

static int receive(struct xstore *x, struct message *m)
{
    int ret = read_all(x->fd, &m->hdr, sizeof(m->hdr));

    if (ret < 0)
        return ret;
    if (m->hdr.len > XENSTORE_PAYLOAD_MAX)
        return -ENOTCONN;
    m->body = malloc(m->hdr.len + 1);
    if (!m->body)
        return -ENOMEM;
    ret = read_all(x->fd, m->body, m->hdr.len);
    if (ret < 0) {
        free(m->body);
        return ret;
    }
    m->body[m->hdr.len] = '\0';
    return 0;
}

static int queue_event(struct xstore *x, const struct message *m)
{
    struct event *e = malloc(sizeof(*e) + m->hdr.len + 1);
    uint64_t one = 1;

    if (!e)
        return -ENOMEM;
    e->next = NULL;
    e->len = m->hdr.len + 1;
    memcpy(e->text, m->body, e->len);
    *x->last = e;
    x->last = &e->next;
    if (write(x->event_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
        return -errno;
    return 0;
}

static int send_request(struct xstore *x, uint32_t type, xstore_txn_t t, const struct iovec *iov,
                        int n, uint32_t *id)
{
    struct {
        struct xsd_sockmsg hdr;
        char body[XENSTORE_PAYLOAD_MAX];
    } msg;
    size_t len = 0;

    for (int i = 0; i < n; i++) {
        if (iov[i].iov_len > sizeof(msg.body) - len)
            return -E2BIG;
        memcpy(msg.body + len, iov[i].iov_base, iov[i].iov_len);
        len += iov[i].iov_len;
    }
    *id = ++x->next_id;
    msg.hdr = (struct xsd_sockmsg){ .type = type, .req_id = *id, .tx_id = t, .len = len };
    return write_all(x->fd, &msg, sizeof(msg.hdr) + len);
}

static int receive_answer(struct xstore *x, uint32_t id, struct message *m)
{
    for (;;) {
        int ret = receive(x, m);

        if (ret < 0)
            return ret;
        if (m->hdr.type != XS_WATCH_EVENT && m->hdr.req_id == id)
            return 0;
        ret = m->hdr.type == XS_WATCH_EVENT ? queue_event(x, m) : -ENOTCONN;
        free(m->body);
        if (ret < 0)
            return ret;
    }
}

/* One request and its answer; *body (may be NULL) is the caller's. Returns the answer's length. */
int talk(struct xstore *x, uint32_t type, xstore_txn_t t, const struct iovec *iov, int n,
         char **body)
{
    struct message m;
    uint32_t id;
    int ret;

    pthread_mutex_lock(&x->lock);
    ret = x->broken ? -ENOTCONN : send_request(x, type, t, iov, n, &id);
    if (ret == 0)
        ret = receive_answer(x, id, &m);
    if (ret == -ENOTCONN || ret == -ENOMEM)
        x->broken = true; /* position in the stream is lost */
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

struct iovec text(const char *s)
{
    return (struct iovec){ (void *)(uintptr_t)s, strlen(s) + 1 };
}

int talk_text(struct xstore *x, uint32_t type, xstore_txn_t t, const char *s, char **body)
{
    struct iovec iov = text(s);
    int ret = talk(x, type, t, &iov, 1, body);

    return ret < 0 || body ? ret : 0;
}

/* --- watches --------------------------------------------------------------------------------- */

/* Read whatever the stream holds (or wait for a message) until an event is queued. */
static int fetch_event(struct xstore *x, bool wait)
{
    while (!x->first) {
        struct pollfd p = { .fd = x->fd, .events = POLLIN };
        struct message m;
        int ret = poll(&p, 1, wait ? -1 : 0);

        if (ret < 0 && errno != EINTR)
            return -errno;
        if (ret == 0)
            return -EAGAIN;
        if (ret < 0)
            continue;
        ret = receive(x, &m);
        if (ret == 0) {
            ret = m.hdr.type == XS_WATCH_EVENT ? queue_event(x, &m) : -ENOTCONN;
            free(m.body);
        }
        if (ret < 0) {
            x->broken = true;
            return ret;
        }
    }
    return 0;
}

static void take_event(struct xstore *x, struct event **out)
{
    uint64_t count;

    *out = x->first;
    x->first = x->first->next;
    if (!x->first) {
        x->last = &x->first;
        if (read(x->event_fd, &count, sizeof(count)) < 0)
            return; /* already drained: nothing to lower */
    }
}

int xstore_next_event(struct xstore *x, bool wait, char **path, char **token)
{
    struct event *e = NULL;
    size_t plen;
    int ret;

    pthread_mutex_lock(&x->lock);
    ret = x->broken && !x->first ? -ENOTCONN : fetch_event(x, wait);
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
