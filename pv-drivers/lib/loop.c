/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event loop. One event is taken at a time, so that a source may vanish at any moment; the kernel
 * rotates the ready ones, so that none starves.
 */
#include "loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

int loop_init(struct loop *l)
{
    l->stopped = false;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    return l->epoll < 0 ? -errno : 0;
}

int loop_add(struct loop *l, struct loop_source *s, int fd, uint32_t events,
             void (*ready)(struct loop_source *s, uint32_t events))
{
    struct epoll_event ev = { .events = events, .data.ptr = s };

    s->fd = fd;
    s->events = events;
    s->ready = ready;
    return epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

void loop_wait_for(struct loop *l, struct loop_source *s, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data.ptr = s };

    if (s->events == events)
        return;
    s->events = events;
    epoll_ctl(l->epoll, EPOLL_CTL_MOD, s->fd, &ev);
}

void loop_remove(struct loop *l, struct loop_source *s)
{
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, s->fd, NULL);
}

int loop_timer_add(struct loop *l, struct loop_source *s,
                   void (*ready)(struct loop_source *s, uint32_t events))
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    int ret;

    if (fd < 0)
        return -errno;
    ret = loop_add(l, s, fd, EPOLLIN, ready);
    if (ret)
        close(fd);
    return ret;
}

void loop_timer_start(struct loop_source *s, unsigned int ms)
{
    struct itimerspec t = {
        .it_value = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L },
    };

    timerfd_settime(s->fd, 0, &t, NULL);
}

void loop_timer_clear(struct loop_source *s)
{
    uint64_t count;

    if (read(s->fd, &count, sizeof(count)) < 0)
        return; /* it was started anew in the meantime */
}

int loop_wake_add(struct loop *l, struct loop_source *s,
                  void (*ready)(struct loop_source *s, uint32_t events))
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), ret;

    if (fd < 0)
        return -errno;
    ret = loop_add(l, s, fd, EPOLLIN, ready);
    if (ret)
        close(fd);
    return ret;
}

void loop_wake(struct loop_source *s)
{
    eventfd_write(s->fd, 1); /* cannot fail before it was called 2^64 times without an answer */
}

void loop_wake_clear(struct loop_source *s)
{
    eventfd_t count;

    eventfd_read(s->fd, &count);
}

void loop_wake_remove(struct loop *l, struct loop_source *s)
{
    loop_remove(l, s);
    close(s->fd);
}

int loop_run(struct loop *l)
{
    struct epoll_event ev;

    while (!l->stopped) {
        int n = epoll_wait(l->epoll, &ev, 1, -1);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n == 1) {
            struct loop_source *s = ev.data.ptr;

            s->ready(s, ev.events);
        }
    }
    return 0;
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
}
