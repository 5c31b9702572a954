/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The backends' side of the store: devices of one type, found at /local/domain/0/backend/TYPE, and
 * the dance of states with their frontends (public/io/xenbus.h). PROTOCOL.md has the whole story.
 *
 * A driver embeds struct xenbus_device in its own object and is called when something is to be
 * done. Nothing of it is freed while one of its own functions runs: what those ask for is done
 * afterwards.
 */
#ifndef PV_LIB_XENBUS_H
#define PV_LIB_XENBUS_H

#include "store_link.h"

#include <public/io/xenbus.h>

#include <stdbool.h>
#include <stdint.h>

#define XENBUS_PATH     128
#define XENBUS_INSTANCE 24

struct xenbus;

struct xenbus_device {
    struct xenbus_device *next;
    struct xenbus *bus;
    uint32_t domid, devid;
    char path[XENBUS_PATH];     /* our directory */
    char frontend[XENBUS_PATH]; /* the guest's */
    char instance[XENBUS_INSTANCE]; /* its node: no other device has it, whatever its path; or "" */
    enum xenbus_state state;    /* ours, as in the store */
    enum xenbus_state before;   /* that of a backend that died; Unknown once it is taken over */
    bool attached;              /* the driver holds something of the frontend's */
    bool leaving;               /* detach() was called, xenbus_detached() was not yet */
    bool gone;                  /* our directory is no more, or another device's by now */
    bool broken;                /* the frontend did what it may not: it is not talked to again */
    bool pending;               /* to be looked at */
    bool again;                 /* to be looked at in a moment */
    unsigned int said;          /* lines in the log */
};

struct xenbus_ops {
    const char *type;
    const char *daemon; /* of devices with a node "daemon" those that name it; NULL: `type` */
    /* A device appeared: its own object, zeroed. NULL: no memory. */
    struct xenbus_device *(*make)(struct xenbus *bus);
    /* Get ready and write what the frontend has to know. False: xenbus_break() was called; or it
     * has to be tried again in a moment. */
    bool (*offer)(struct xenbus_device *d);
    /* The frontend has written its particulars: take hold of its rings. If `before` is set a
     * predecessor had done that, and may have left something undone. False: xenbus_break() was
     * called. */
    bool (*attach)(struct xenbus_device *d);
    /* Let go of everything of the frontend's, then call xenbus_detached(), now or later. */
    void (*detach)(struct xenbus_device *d);
    /* The tools have written this node of our directory; or we have. NULL: they never do. */
    void (*told)(struct xenbus_device *d, const char *node);
    /* Not attached; frees the object. */
    void (*free)(struct xenbus_device *d);
};

/* `context` is for the driver. NULL: no memory. If there is no store yet it is waited for. */
struct xenbus *xenbus_start(struct loop *l, const struct xenbus_ops *ops, void *context);
/* No device may be left. */
void xenbus_stop(struct xenbus *bus);
void *xenbus_context(const struct xenbus *bus);

/* To be called by the driver, see ops. */
void xenbus_detached(struct xenbus_device *d);
/* Says why in the log and in our directory's node "error", detaches, and closes the device. */
void xenbus_break(struct xenbus_device *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* What was offered has changed: a frontend that is connected looks at it again. */
void xenbus_announce(struct xenbus_device *d);
/* A line in the log, with the device's name in front. A device says only so much in its life. */
void xenbus_say(struct xenbus_device *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A node below our directory: text (NULL if there is none; to be freed), or written. */
char *xenbus_read(struct xenbus_device *d, const char *node);
void xenbus_write(struct xenbus_device *d, const char *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Of the frontend's: text, or a number as for store_read_number(). */
char *xenbus_read_front(struct xenbus_device *d, const char *node);
int xenbus_read_front_number(struct xenbus_device *d, const char *node, uint64_t max,
                             uint64_t *out);
/* A number of the frontend's that has to be one: `absent` if it wrote none and that is no more than
 * `max`. False: xenbus_break() was called. */
bool xenbus_take_number(struct xenbus_device *d, const char *node, uint64_t max, uint64_t absent,
                        uint64_t *out);

#endif
