/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libxstore: messages over a socket or the kernel's device.
 */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

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

int stream_open(const char *path)
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

bool stream_is_socket(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

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

/* The end of the daemon is an error here, no signal. */
int stream_send_bytes(int fd, bool socket, const void *bytes, size_t len)
{
    const char *p = bytes;

    while (len > 0) {
        ssize_t n = socket ? send(fd, p, len, MSG_NOSIGNAL) : write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -ENOTCONN;
        p += n;
        len -= n;
    }
    return 0;
}

int stream_receive(int fd, struct message *m)
{
    int ret = read_all(fd, &m->hdr, sizeof(m->hdr));

    if (ret < 0)
        return ret;
    if (m->hdr.len > XENSTORE_PAYLOAD_MAX)
        return -ENOTCONN;
    m->body = malloc(m->hdr.len + 1);
    if (!m->body)
        return -ENOMEM;
    ret = read_all(fd, m->body, m->hdr.len);
    if (ret < 0) {
        free(m->body);
        return ret;
    }
    m->body[m->hdr.len] = '\0';
    return 0;
}

int stream_send(int fd, bool socket, struct xsd_sockmsg hdr, const struct iovec *iov, int n)
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
    msg.hdr = hdr;
    msg.hdr.len = len;
    return stream_send_bytes(fd, socket, &msg, sizeof(msg.hdr) + len);
}
