/* SPDX-License-Identifier: GPL-2.0-only */
#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int notify_open(int *fd)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    size_t length = path ? strlen(path) : 0;

    *fd = -1;
    if (!length)
        return 0;
    if (length >= sizeof(sa.sun_path))
        return -ENAMETOOLONG;
    memcpy(sa.sun_path, path, length);
    if (path[0] == '@')
        sa.sun_path[0] = '\0'; /* an abstract name */
    *fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return -errno;
    if (connect(*fd, (struct sockaddr *)&sa, offsetof(struct sockaddr_un, sun_path) + length) < 0) {
        int err = errno;

        close(*fd);
        *fd = -1;
        return -err;
    }
    return 0;
}

void notify_send(int fd, const char *state)
{
    if (fd >= 0 && write(fd, state, strlen(state)) < 0)
        return;
}

unsigned int notify_period(void)
{
    const char *limit = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

    if (!limit || (pid && atol(pid) != getpid()))
        return 0;
    return strtoull(limit, NULL, 10) / 2000;
}
