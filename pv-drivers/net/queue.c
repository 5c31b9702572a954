/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues: their begin and end, and what wakes them.
 */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#define QUEUE_OF(ptr, member) ((struct queue *)((char *)(ptr)-offsetof(struct queue, member)))

static bool tx_fired(struct event_port *p)
{
    struct queue *q = QUEUE_OF(p, tx_port);
    bool sent = queue_send(q);

    return (q->one_port && q->starved && queue_receive(q)) || sent;
}

static bool rx_fired(struct event_port *p)
{
    struct queue *q = QUEUE_OF(p, rx_port);

    return q->starved && queue_receive(q);
}

static void readable(struct loop_source *s, uint32_t events)
{
    struct queue *q = QUEUE_OF(s, readable);

    if (events & (EPOLLERR | EPOLLHUP))
        xenbus_break(&q->vif->dev, "its TAP device is gone");
    else
        queue_receive(q);
}

static int open_ports(struct queue *q, const struct queue_config *c)
{
    struct events *events = q->vif->env->events;
    uint32_t domid = q->vif->dev.domid;
    int ret = event_bind(events, &q->tx_port, domid, c->tx_port, tx_fired);

    q->one_port = c->rx_port == c->tx_port;
    if (ret || q->one_port)
        return ret;
    ret = event_bind(events, &q->rx_port, domid, c->rx_port, rx_fired);
    if (ret)
        event_unbind(&q->tx_port);
    return ret;
}

static void close_ports(struct queue *q)
{
    event_unbind(&q->tx_port);
    if (!q->one_port)
        event_unbind(&q->rx_port);
}

static int open_rings(struct queue *q, const struct queue_config *c)
{
    struct ctrl_gnttab *dev = q->vif->env->gnttab;
    uint32_t domid = q->vif->dev.domid;
    int ret = net_ring_open(&q->tx, dev, domid, c->tx_ref, c->tx_note, c->taken_over);

    if (ret)
        return ret;
    q->rx.rx = true;
    ret = net_ring_open(&q->rx, dev, domid, c->rx_ref, c->rx_note, c->taken_over);
    if (ret)
        net_ring_close(&q->tx, dev);
    return ret;
}

static void close_rings(struct queue *q)
{
    net_ring_close(&q->tx, q->vif->env->gnttab);
    net_ring_close(&q->rx, q->vif->env->gnttab);
}

int queue_open(struct vif *v, const struct queue_config *c, struct queue **out)
{
    struct queue *q = calloc(1, sizeof(*q));
    int ret;

    if (!q)
        return -ENOMEM;
    q->vif = v;
    q->tap = c->tap;
    ret = open_rings(q, c);
    if (ret)
        goto free;
    ret = open_ports(q, c);
    if (ret)
        goto close_rings;
    ret = loop_add(v->env->loop, &q->readable, q->tap, EPOLLIN, readable);
    if (ret)
        goto close_ports;
    *out = q;
    return 0;

close_ports:
    close_ports(q);
close_rings:
    close_rings(q);
free:
    free(q);
    return ret;
}

int queue_close(struct queue *q)
{
    int tap = q->tap;

    loop_remove(q->vif->env->loop, &q->readable);
    close_ports(q);
    close_rings(q);
    free(q);
    return tap;
}

void queue_notify(struct queue *q)
{
    event_notify(&q->tx_port);
    if (!q->one_port)
        event_notify(&q->rx_port);
}
