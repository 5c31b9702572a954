/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's network device: a device of the store, a TAP device on a bridge, and the queues that
 * its frontend has connected.
 */
#ifndef NET_VIF_H
#define NET_VIF_H

#include "events.h"
#include "filter.h"
#include "multicast.h"
#include "note.h"
#include "packet.h"
#include "rate.h"
#include "taps.h"
#include "xenbus.h"

#include <ctrl.h>

#include <stdbool.h>

/* A guest that had no room all this time gets no more packets until it has. */
#define STALL_MS 5000

struct queue;
struct batch;

/* What all devices share. */
struct net_env {
    struct loop *loop;
    struct events *events;
    struct ctrl_gnttab *gnttab;
    struct taps *taps;
    struct batch *batch; /* what one turn moves */
    int notes;           /* a directory */
};

struct vif {
    struct xenbus_device dev;
    struct net_env *env;
    int tap;                  /* its first queue; -1 until it is offered */
    struct tap_request name;  /* of the device, and the bridge */
    struct rate rate;         /* of what the guest sends */
    struct filter filter;     /* from which addresses */
    struct loop_source again; /* queues are to be served without an event */
    struct loop_source paid;  /* timer: the guest may send again */
    struct loop_source stall; /* timer: of queues that are starved */
    bool started;             /* those three are in the loop */
    /* while attached */
    struct tap_offload offload; /* what the frontend can do */
    bool scatter;               /* it takes packets of several pages */
    unsigned int room;          /* slots that the largest packet to it may take */
    struct multicast multicast;
    struct note *note;
    struct queue *queues[VIF_QUEUES];
    unsigned int nr_queues;
    bool watched; /* `stall` runs */
    bool stalled; /* no carrier until it has room */
};

extern const struct xenbus_ops vif_ops; /* context: struct net_env */

/* The guest has spent what it may send: its queues are served again after `ms`. */
void vif_wait_for_rate(struct vif *v, unsigned int ms);
/* A queue has become starved, or has room again. */
void vif_watch_starved(struct vif *v);

#endif
