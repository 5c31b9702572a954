/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Further consoles are devices, numbered from 1. In our directory the tools write
 *   domain   the guest's name
 * and we tty, the pseudo terminal; the frontend writes
 *   ring-ref   its page, granted     port   its event channel
 */
#include "extra.h"

#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PORT 131071 /* of the FIFO ABI */

struct extra {
    struct xenbus_device dev;
    struct guest *console; /* NULL: not attached */
};

static struct extra *extra_of(struct xenbus_device *d) { return (struct extra *)d; }

static struct xenbus_device *make(struct xenbus *bus)
{
    struct extra *e = calloc(1, sizeof(*e));

    (void)bus;
    return e ? &e->dev : NULL;
}

/* There is nothing that the frontend would have to know. */
static bool offer(struct xenbus_device *d)
{
    (void)d;
    return true;
}

static void disconnected(struct guest *g, const char *why) { xenbus_break(g->owner, "%s", why); }

static int connect(struct extra *e, uint32_t ref, uint32_t port)
{
    struct xenbus_device *d = &e->dev;
    char *name = xenbus_read(d, "domain"), log[LOG_NAME_MAX + 1];
    struct guest *g = guest_new(xenbus_context(d->bus), d->domid, d->devid);
    int ret = g && name ? 0 : -ENOMEM;

    if (ret == 0) {
        snprintf(log, sizeof(log), "%.40s-console%u", name, d->devid);
        g->owner = d;
        g->disconnected = disconnected;
        ret = guest_connect(g, log, ref, port);
    }
    free(name);
    if (ret)
        free(g);
    else
        e->console = g;
    return ret;
}

static bool attach(struct xenbus_device *d)
{
    uint64_t ref, port;
    const char *tty;
    int ret;

    if (!xenbus_take_number(d, "ring-ref", UINT32_MAX, UINT64_MAX, &ref) ||
        !xenbus_take_number(d, "port", MAX_PORT, UINT64_MAX, &port))
        return false;
    ret = connect(extra_of(d), ref, port);
    if (ret) {
        xenbus_break(d, "its ring cannot be reached: %s", strerror(-ret));
        return false;
    }
    tty = guest_tty(extra_of(d)->console);
    xenbus_write(d, "tty", "%s", tty ? tty : "");
    return true;
}

static void detach(struct xenbus_device *d)
{
    struct extra *e = extra_of(d);

    if (e->console)
        guest_free(e->console);
    e->console = NULL;
    xenbus_detached(d);
}

static void free_extra(struct xenbus_device *d) { free(extra_of(d)); }

const struct xenbus_ops extra_ops = {
    .type = "consoled",
    .make = make,
    .offer = offer,
    .attach = attach,
    .detach = detach,
    .free = free_extra,
};
