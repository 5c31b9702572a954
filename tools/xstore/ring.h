/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page shared with a domain, as the transport of its connection. All that the other side may
 * write is taken as a hint: indices are checked at each use, bytes are copied once.
 *
 * What was read stays in the ring, from the guest's view, until it is served: a daemon that is
 * killed finds it there again.
 */
#ifndef XSTORE_RING_H
#define XSTORE_RING_H

#include "connection.h"

struct ring {
    struct xenstore_domain_interface *page;
    int port;     /* local; -1: none */
    bool foreign; /* mapped by ctrl_map_foreign, not by grant */
    bool kernel;  /* Dom0's own: mapped from xenfs */
    bool moved;   /* the guest has not been notified yet of what has moved */
    /* our own indices: what the page has in their place is only told to the guest */
    uint32_t read_at, served_at; /* requests: read so far, served so far */
    uint32_t sent_at;            /* answers */
};

struct ctrl;
struct ctrl_evtchn;
struct ctrl_gnttab;

/** What rings are mapped and notified with; set once at the start. gnttab may be NULL. */
struct ring_devices {
    struct ctrl *ctrl;
    struct ctrl_evtchn *evtchn;
    struct ctrl_gnttab *gnttab;
};
extern struct ring_devices ring_devices;

extern const struct transport ring_transport;

/** The guest's page: by the grant reserved for it; where there is none, as frame `mfn`. -errno. */
int ring_map(uint32_t domid, uint64_t mfn, struct ring **out);
/** Dom0's own page, from the kernel; *remote_port is the kernel's. -errno. */
int ring_map_kernel(struct ring **out, uint32_t *remote_port);
/** Bind to the guest's port, instead of the one it was bound to. -errno. */
int ring_bind(struct ring *r, uint32_t domid, uint32_t remote_port);
/** Tell the guest that it is served here. */
void ring_begin(struct ring *r);
/** Go on with a ring that another daemon has served up to this index; index of what it has sent. */
uint32_t ring_resume(struct ring *r, uint32_t served_at);
/** Has the guest asked to start anew? */
bool ring_wants_reset(const struct ring *r);
/** Empty both directions and tell the guest that it can begin. */
void ring_reset(struct ring *r);
/** Write down why it is not served any more: -EPROTO an impossible message, -ERANGE impossible
 * indices, else a failure of ours. */
void ring_fail(struct ring *r, int why);
void ring_close(struct ring *r);

#endif
