/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A socket with statistics.
 */
#include "statistics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Who does not take it in time gets less. */
static void tell(struct loop_source *s, uint32_t events)
{
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    char line[120];

    (void)events;
    if (fd < 0)
        return;
    for (const struct guest *g = guests_connected; g; g = g->next_connected) {
        int n = snprintf(line, sizeof(line), "%u %u %" PRIu64 " %" PRIu64 " %" PRIu64 " %u\n",
                         g->domid, g->number, g->taken, g->given, g->log.lost_ever, g->nr_viewers);

        if (send(fd, line, n, MSG_NOSIGNAL) != n)
            break;
    }
    close(fd);
}

int statistics_start(const struct console_env *env, struct loop_source *listener)
{
    int fd = guest_listen(env, "statistics"), ret;

    if (fd < 0)
        return fd;
    ret = loop_add(env->loop, listener, fd, EPOLLIN, tell);
    if (ret)
        close(fd);
    return ret;
}
