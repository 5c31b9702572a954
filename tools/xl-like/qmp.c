/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Orders to QEMU.
 */
#include "qmp.h"
#include "clock.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MAX_BYTES   65536
#define PATIENCE_SECONDS 60

struct qmp {
    int fd;
    char line[LINE_MAX_BYTES]; /* what has come; whole lines first */
    size_t got, taken;         /* taken: of a line that has been looked at */
    yajl_val answer;
    char why[256];
};

const char *qmp_why(const struct qmp *q) { return q->why; }

static int fail(struct qmp *q, int ret, const char *why)
{
    snprintf(q->why, sizeof(q->why), "%s", why);
    return ret;
}

/* --- lines ------------------------------------------------------------------------------------ */

static int wait_readable(struct qmp *q, time_t end)
{
    struct pollfd p = { .fd = q->fd, .events = POLLIN };
    int ret;

    do {
        time_t left = end - monotonic_seconds();

        ret = left > 0 ? poll(&p, 1, left * 1000) : 0;
    } while (ret < 0 && errno == EINTR);
    if (ret < 0)
        return fail(q, -errno, strerror(errno));
    return ret ? 0 : fail(q, -ETIMEDOUT, "it does not answer");
}

static int fill(struct qmp *q, time_t end)
{
    ssize_t n;
    int ret;

    if (q->got == sizeof(q->line) - 1)
        return fail(q, -EPROTO, "its answer has no end");
    ret = wait_readable(q, end);
    if (ret)
        return ret;
    n = read(q->fd, q->line + q->got, sizeof(q->line) - 1 - q->got);
    if (n < 0)
        return fail(q, -errno, strerror(errno));
    if (n == 0)
        return fail(q, -ECONNRESET, "it has closed the connection");
    q->got += n;
    return 0;
}

/* The next line; it stays until the one after it is asked for. */
static int next_line(struct qmp *q, time_t end, const char **line)
{
    char *newline;

    memmove(q->line, q->line + q->taken, q->got - q->taken);
    q->got -= q->taken;
    q->taken = 0;
    while (!(newline = memchr(q->line, '\n', q->got))) {
        int ret = fill(q, end);

        if (ret)
            return ret;
    }
    *newline = '\0';
    q->taken = newline + 1 - q->line;
    *line = q->line;
    return 0;
}

/* The next message that has one of these names; all others are events. */
static int next_message(struct qmp *q, const char *one, const char *other)
{
    time_t end = monotonic_seconds() + PATIENCE_SECONDS;
    const char *line;
    int ret;

    for (;;) {
        ret = next_line(q, end, &line);
        if (ret)
            return ret;
        yajl_tree_free(q->answer);
        q->answer = yajl_tree_parse(line, NULL, 0);
        if (!YAJL_IS_OBJECT(q->answer))
            return fail(q, -EPROTO, "its answer is no JSON");
        if (qmp_get(q->answer, one) || qmp_get(q->answer, other))
            return 0;
        if (monotonic_seconds() >= end)
            return fail(q, -ETIMEDOUT, "it does not answer");
    }
}

/* --- values ----------------------------------------------------------------------------------- */

yajl_val qmp_get(yajl_val v, const char *name)
{
    const char *path[] = { name, NULL };

    return YAJL_IS_OBJECT(v) ? yajl_tree_get(v, path, yajl_t_any) : NULL;
}

const char *qmp_text(yajl_val v, const char *name) { return YAJL_GET_STRING(qmp_get(v, name)); }

/* --- orders ----------------------------------------------------------------------------------- */

static void put_text(yajl_gen g, const char *text)
{
    yajl_gen_string(g, (const unsigned char *)text, strlen(text));
}

void qmp_put(yajl_gen g, const char *key, const char *value)
{
    put_text(g, key);
    put_text(g, value);
}

static yajl_gen make_order(const char *order, void (*arguments)(yajl_gen g, const void *arg),
                           const void *arg)
{
    yajl_gen g = yajl_gen_alloc(NULL);

    if (!g)
        return NULL;
    yajl_gen_map_open(g);
    put_text(g, "execute");
    put_text(g, order);
    if (arguments) {
        put_text(g, "arguments");
        yajl_gen_map_open(g);
        arguments(g, arg);
        yajl_gen_map_close(g);
    }
    yajl_gen_map_close(g);
    return g;
}

static int send_bytes(struct qmp *q, const void *bytes, size_t len, int fd)
{
    char control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec iov = { (void *)bytes, len };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
    ssize_t n;

    if (fd >= 0) {
        struct cmsghdr *c = (struct cmsghdr *)control;

        m.msg_control = control;
        m.msg_controllen = sizeof(control);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    }
    n = sendmsg(q->fd, &m, MSG_NOSIGNAL);
    if (n < 0)
        return fail(q, -errno, strerror(errno));
    return (size_t)n == len ? 0 : fail(q, -EIO, "it does not take orders");
}

int qmp_run_with(struct qmp *q, const char *order, void (*arguments)(yajl_gen g, const void *arg),
                 const void *arg, int fd, yajl_val *answer)
{
    yajl_gen g = make_order(order, arguments, arg);
    const unsigned char *text;
    const char *why;
    size_t len;
    int ret = -ENOMEM;

    if (g && yajl_gen_get_buf(g, &text, &len) == yajl_gen_status_ok)
        ret = send_bytes(q, text, len, fd);
    else
        fail(q, ret, "no memory");
    if (g)
        yajl_gen_free(g);
    if (ret == 0)
        ret = next_message(q, "return", "error");
    if (ret)
        return ret;
    why = qmp_text(qmp_get(q->answer, "error"), "desc");
    if (!qmp_get(q->answer, "return"))
        return fail(q, -EINVAL, why ? why : "it refuses, and does not say why");
    if (answer)
        *answer = qmp_get(q->answer, "return");
    return 0;
}

int qmp_run(struct qmp *q, const char *order, yajl_val *answer)
{
    return qmp_run_with(q, order, NULL, NULL, -1, answer);
}

int qmp_add_file(struct qmp *q, int fd, char name[QMP_FILE_NAME])
{
    yajl_val set;
    int ret = qmp_run_with(q, "add-fd", NULL, NULL, fd, &set);

    if (ret)
        return ret;
    set = qmp_get(set, "fdset-id");
    if (!YAJL_IS_INTEGER(set))
        return fail(q, -EPROTO, "it has not taken the file");
    snprintf(name, QMP_FILE_NAME, QMP_FILES "%lld", YAJL_GET_INTEGER(set));
    return 0;
}

/* --- the connection --------------------------------------------------------------------------- */

int qmp_open(const char *path, struct qmp **out)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
    struct qmp *q = *out = calloc(1, sizeof(*q));
    int ret;

    if (!q)
        return -ENOMEM;
    q->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (q->fd < 0 || strlen(path) >= sizeof(sa.sun_path) ||
        setsockopt(q->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
        return fail(q, -EINVAL, "no socket");
    strcpy(sa.sun_path, path);
    if (connect(q->fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
        return fail(q, -errno, strerror(errno));
    ret = next_message(q, "QMP", "QMP");
    return ret ? ret : qmp_run(q, "qmp_capabilities", NULL);
}

void qmp_close(struct qmp *q)
{
    if (!q)
        return;
    yajl_tree_free(q->answer);
    if (q->fd >= 0)
        close(q->fd);
    free(q);
}
