/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of many guests. They are read in batches; a port stays masked from the moment its event is
 * read until its owner has looked at what it is about (late acknowledgement), and until the end of
 * a period if it has fired too often without reason. So a guest that floods costs a bounded share.
 */
#ifndef PV_LIB_EVENTS_H
#define PV_LIB_EVENTS_H

#include "loop.h"

#include <ctrl.h>

#include <stdbool.h>
#include <stdint.h>

/* Idle events of one port in a period before it is left masked until the next. */
#define EVENTS_IDLE_MAX  64
#define EVENTS_PERIOD_MS 100

struct events;

/* Embedded in the object it belongs to. */
struct event_port {
    struct events *set;
    uint32_t port;     /* ours */
    unsigned int idle; /* idle events in this period */
    bool masked;       /* until its end */
    /* False: the event counts as idle, because there was nothing to do, or because what it costs
     * has to be bounded. May unbind and free any port. */
    bool (*fired)(struct event_port *p);
};

/* The device is opened here; then it may be put into a loop. *out: released by events_close(). */
int events_open(struct events **out);
/* When reading fails the loop is stopped: nothing can be served without events. */
int events_start(struct events *e, struct loop *l);
void events_close(struct events *e);

/* Binds to another domain's port, which is for us. 0 or -errno. */
int event_bind(struct events *e, struct event_port *p, uint32_t domid, uint32_t remote_port,
               bool (*fired)(struct event_port *p));
void event_unbind(struct event_port *p);
void event_notify(struct event_port *p);

#endif
