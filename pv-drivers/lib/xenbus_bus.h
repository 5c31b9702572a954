/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a bus and its devices have of each other; for xenbus.c and xenbus_bus.c only.
 */
#ifndef PV_LIB_XENBUS_BUS_H
#define PV_LIB_XENBUS_BUS_H

#include "xenbus.h"

struct xenbus {
    struct store_link link;
    const struct xenbus_ops *ops;
    void *context;
    struct xenbus_device *devices;
    struct loop_source later; /* some device is pending */
    struct loop_source again; /* timer: some device is to be offered */
    char root[XENBUS_PATH];   /* BACKENDS/TYPE */
};

/* Takes one step of the device, in a moment. */
void xenbus_look_later(struct xenbus_device *d);
/* Takes it now; may free the device. */
void xenbus_look_at(struct xenbus_device *d);
void xenbus_watch_frontend(struct xenbus_device *d, bool on);

/* Frees one that is gone and not attached; another may have come in its place. */
void xenbus_forget(struct xenbus_device *d);

#endif
