/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events. An event that comes while its port is masked stays pending in the hypervisor and is
 * delivered when it is unmasked, so none is lost by a late acknowledgement.
 */
#include "events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BATCH      64
#define FIRST_SIZE 256

struct events {
    struct ctrl_evtchn *device;
    struct loop *loop;
    struct loop_source source; /* the device */
    struct loop_source period; /* timer */
    bool period_runs;
    struct event_port **by_port;
    uint32_t size;
};

#define SET_OF(ptr, member) ((struct events *)((char *)(ptr)-offsetof(struct events, member)))

static void start_period(struct events *e)
{
    if (e->period_runs)
        return;
    e->period_runs = true;
    loop_timer_start(&e->period, EVENTS_PERIOD_MS);
}

static void period_over(struct loop_source *s, uint32_t events)
{
    struct events *e = SET_OF(s, period);

    (void)events;
    loop_timer_clear(s);
    e->period_runs = false;
    for (uint32_t i = 0; i < e->size; i++) {
        struct event_port *p = e->by_port[i];

        if (!p)
            continue;
        p->idle = 0;
        if (p->masked) {
            p->masked = false;
            ctrl_evtchn_unmask(e->device, i);
        }
    }
}

static struct event_port *owner(const struct events *e, uint32_t port)
{
    return port < e->size ? e->by_port[port] : NULL;
}

static void serve(struct events *e, uint32_t port)
{
    struct event_port *p = owner(e, port);
    bool idle;

    if (!p)
        return; /* unbound since the batch was read */
    idle = !p->fired(p);
    p = owner(e, port);
    if (!p)
        return;
    if (idle) {
        start_period(e);
        p->masked = ++p->idle >= EVENTS_IDLE_MAX;
    }
    if (!p->masked)
        ctrl_evtchn_unmask(e->device, port);
}

static void events_ready(struct loop_source *s, uint32_t ready)
{
    struct events *e = SET_OF(s, source);
    uint32_t ports[BATCH];
    int n = ctrl_evtchn_pending(e->device, ports, BATCH);

    (void)ready;
    if (n < 0) { /* whoever watches us starts us again */
        fprintf(stderr, "cannot read events: %s\n", strerror(-n));
        loop_stop(e->loop);
    }
    for (int i = 0; i < n; i++)
        serve(e, ports[i]);
}

int events_open(struct events **out)
{
    struct events *e = calloc(1, sizeof(*e));
    int ret;

    if (!e)
        return -ENOMEM;
    ret = ctrl_evtchn_open(&e->device);
    if (ret) {
        free(e);
        return ret;
    }
    *out = e;
    return 0;
}

int events_start(struct events *e, struct loop *l)
{
    int ret = loop_timer_add(l, &e->period, period_over);

    if (ret)
        return ret;
    ret = loop_add(l, &e->source, ctrl_evtchn_fd(e->device), EPOLLIN, events_ready);
    if (ret) {
        loop_remove(l, &e->period);
        close(e->period.fd);
        return ret;
    }
    e->loop = l;
    return 0;
}

void events_close(struct events *e)
{
    if (e->loop) {
        loop_remove(e->loop, &e->source);
        loop_remove(e->loop, &e->period);
        close(e->period.fd);
    }
    ctrl_evtchn_close(e->device);
    free(e->by_port);
    free(e);
}

static int make_room(struct events *e, uint32_t port)
{
    uint32_t size = e->size ? e->size : FIRST_SIZE;
    struct event_port **table;

    while (size <= port)
        size *= 2;
    if (size == e->size)
        return 0;
    table = reallocarray(e->by_port, size, sizeof(*table));
    if (!table)
        return -ENOMEM;
    memset(table + e->size, 0, (size - e->size) * sizeof(*table));
    e->by_port = table;
    e->size = size;
    return 0;
}

int event_bind(struct events *e, struct event_port *p, uint32_t domid, uint32_t remote_port,
               bool (*fired)(struct event_port *p))
{
    int port = ctrl_evtchn_bind_interdomain(e->device, domid, remote_port), ret;

    if (port < 0)
        return port;
    ret = make_room(e, port);
    if (ret) {
        ctrl_evtchn_unbind(e->device, port);
        return ret;
    }
    *p = (struct event_port){ .set = e, .port = port, .fired = fired };
    e->by_port[port] = p;
    return 0;
}

void event_unbind(struct event_port *p)
{
    p->set->by_port[p->port] = NULL;
    ctrl_evtchn_unbind(p->set->device, p->port);
}

void event_notify(struct event_port *p) { ctrl_evtchn_notify(p->set->device, p->port); }
