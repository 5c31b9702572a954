/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device and its states.
 *
 * The guest may write any state at any time, any number of times: each event makes us read its
 * state once and take at most one step, so nothing piles up. Steps are taken from the loop only,
 * never from within a driver's function: `later` brings devices there that want one.
 */
#include "xenbus_bus.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one device in the log: a guest must not fill our disk. */
#define MAX_LINES 50

/* Between attempts to offer a device. */
#define AGAIN_MS 50

/* ---- nodes ---- */

static void join(char out[2 * XENBUS_PATH], const char *directory, const char *node)
{
    snprintf(out, 2 * XENBUS_PATH, "%s/%s", directory, node);
}

char *xenbus_read(struct xenbus_device *d, const char *node)
{
    char path[2 * XENBUS_PATH];

    join(path, d->path, node);
    return store_read(&d->bus->link, path);
}

char *xenbus_read_front(struct xenbus_device *d, const char *node)
{
    char path[2 * XENBUS_PATH];

    join(path, d->frontend, node);
    return store_read(&d->bus->link, path);
}

int xenbus_read_front_number(struct xenbus_device *d, const char *node, uint64_t max, uint64_t *out)
{
    char path[2 * XENBUS_PATH];

    join(path, d->frontend, node);
    return store_read_number(&d->bus->link, path, max, out);
}

/* Without a store there is nobody to tell; its loss is reported where it is noticed. */
void xenbus_write(struct xenbus_device *d, const char *node, const char *fmt, ...)
{
    char path[2 * XENBUS_PATH], value[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(value, sizeof(value), fmt, ap);
    va_end(ap);
    join(path, d->path, node);
    if (d->bus->link.store && !d->gone)
        xstore_write(d->bus->link.store, XSTORE_NO_TXN, path, value, strlen(value));
}

static void set_state(struct xenbus_device *d, enum xenbus_state state)
{
    if (d->state == state)
        return;
    d->state = state;
    xenbus_write(d, "state", "%d", state);
}

void xenbus_say(struct xenbus_device *d, const char *fmt, ...)
{
    va_list ap;

    if (d->said > MAX_LINES)
        return;
    if (d->said++ == MAX_LINES)
        fmt = "no more is said of it";
    va_start(ap, fmt);
    fprintf(stderr, "%s: domain %u: device %u: ", program_invocation_short_name, d->domid,
            d->devid);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

/* ---- what drivers ask for ---- */

void xenbus_look_later(struct xenbus_device *d)
{
    d->pending = true;
    loop_wake(&d->bus->later);
}

void xenbus_detached(struct xenbus_device *d)
{
    d->leaving = d->attached = false;
    xenbus_look_later(d);
}

void xenbus_break(struct xenbus_device *d, const char *fmt, ...)
{
    char why[200];
    va_list ap;

    if (d->broken)
        return;
    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    xenbus_say(d, "disconnected: %s", why);
    xenbus_write(d, "error", "%s", why);
    d->broken = true;
    xenbus_look_later(d);
}

/* A state that is written again makes an event. */
void xenbus_announce(struct xenbus_device *d)
{
    if (d->state == XenbusStateConnected)
        xenbus_write(d, "state", "%d", XenbusStateConnected);
}

bool xenbus_take_number(struct xenbus_device *d, const char *node, uint64_t max, uint64_t absent,
                        uint64_t *out)
{
    int ret = xenbus_read_front_number(d, node, max, out);

    if (ret == -ENOENT && absent <= max) {
        *out = absent;
        return true;
    }
    if (ret)
        xenbus_break(d, "its node \"%s\" is %s", node,
                     ret == -ENOENT ? "missing" : "no number in its range");
    return ret == 0;
}

/* ---- steps ---- */

void xenbus_watch_frontend(struct xenbus_device *d, bool on)
{
    char path[2 * XENBUS_PATH], token[32];
    struct xstore *x = d->bus->link.store;

    if (!x)
        return;
    join(path, d->frontend, "state");
    snprintf(token, sizeof(token), "%u/%u", d->domid, d->devid);
    if (on)
        xstore_watch(x, path, token);
    else
        xstore_unwatch(x, path, token);
}

/* False: it is broken, or has to be tried again. */
static bool is_offered(struct xenbus_device *d)
{
    bool done = d->bus->ops->offer(d);

    d->again = !done && !d->broken;
    if (d->again)
        loop_timer_start(&d->bus->again, AGAIN_MS);
    return done;
}

static void offer(struct xenbus_device *d)
{
    if (is_offered(d))
        set_state(d, XenbusStateInitWait);
}

static void attach(struct xenbus_device *d)
{
    d->attached = true;
    if (d->bus->ops->attach(d))
        set_state(d, XenbusStateConnected);
}

/* Goes on where a backend that died stopped: false as long as that is not possible. */
static bool take_over(struct xenbus_device *d, enum xenbus_state theirs)
{
    bool was_attached = d->before == XenbusStateConnected || d->before == XenbusStateClosing;
    bool still = theirs == XenbusStateInitialised || theirs == XenbusStateConnected;

    if (d->before == XenbusStateInitWait || (was_attached && still)) {
        if (!is_offered(d) && !d->broken)
            return false;
    }
    if (was_attached && still && !d->broken) {
        d->attached = true;
        d->bus->ops->attach(d);
    }
    d->before = XenbusStateUnknown;
    return true;
}

/* Takes the frontend's things out of use; true once there are none. */
static bool detached(struct xenbus_device *d)
{
    if (!d->attached)
        return true;
    if (!d->leaving) {
        d->leaving = true;
        set_state(d, XenbusStateClosing);
        d->bus->ops->detach(d);
    }
    return !d->attached;
}

static void close_device(struct xenbus_device *d)
{
    if (detached(d))
        set_state(d, XenbusStateClosed);
}

/* One row for each state of the frontend: what to do when we are not attached, and when we are. */
enum step { NOTHING, OFFER, ATTACH, CLOSE, BREAK };

static const struct {
    enum step detached, attached;
} steps[] = {
    [XenbusStateUnknown] = { CLOSE, CLOSE },
    [XenbusStateInitialising] = { OFFER, BREAK },
    [XenbusStateInitWait] = { NOTHING, BREAK },
    [XenbusStateInitialised] = { ATTACH, NOTHING },
    [XenbusStateConnected] = { ATTACH, NOTHING },
    [XenbusStateClosing] = { CLOSE, CLOSE },
    [XenbusStateClosed] = { CLOSE, CLOSE },
    [XenbusStateReconfiguring] = { NOTHING, BREAK },
    [XenbusStateReconfigured] = { NOTHING, BREAK },
};

/* The tools want it to end. */
static bool is_unwanted(struct xenbus_device *d)
{
    char *online = xenbus_read(d, "online");
    bool no = online && strcmp(online, "0") == 0;

    free(online);
    return no;
}

/* A frontend that is connected is asked to close first, and follows. */
static void end(struct xenbus_device *d, enum step step)
{
    if (d->attached && step == NOTHING)
        set_state(d, XenbusStateClosing);
    else
        close_device(d);
}

static void follow(struct xenbus_device *d)
{
    uint64_t theirs = XenbusStateUnknown;
    int ret = xenbus_read_front_number(d, "state", XenbusStateReconfigured, &theirs);
    enum step step;

    if (ret == -EINVAL) {
        xenbus_break(d, "its state is none");
        return;
    }
    if (ret && ret != -ENOENT)
        return; /* no store now: it will be looked at when there is one again */
    if (d->before && (!take_over(d, theirs) || d->broken))
        return;
    step = d->attached ? steps[theirs].attached : steps[theirs].detached;
    if (is_unwanted(d))
        end(d, step);
    else if (step == OFFER && d->state != XenbusStateInitWait)
        offer(d);
    else if (step == ATTACH && d->state == XenbusStateInitWait)
        attach(d);
    else if (step == CLOSE)
        close_device(d);
    else if (step == BREAK)
        xenbus_break(d, "its state went to %d while it was connected", (int)theirs);
}

void xenbus_look_at(struct xenbus_device *d)
{
    d->pending = false;
    if (d->leaving)
        return;
    if (d->gone) {
        if (detached(d))
            xenbus_forget(d);
    } else if (d->broken) {
        close_device(d);
    } else {
        follow(d);
    }
}
