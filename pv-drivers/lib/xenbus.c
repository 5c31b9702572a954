/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices of one type and their states.
 *
 * The guest may write any state at any time, any number of times: each event makes us read its
 * state once and take at most one step, so nothing piles up. Steps are taken from the loop only,
 * never from within a driver's function: `later` brings devices there that want one.
 */
#include "xenbus.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKENDS "/local/domain/0/backend"

/* Of one device in the log: a guest must not fill our disk. */
#define MAX_LINES 50

/* Between attempts to take a device over. */
#define AGAIN_MS 50

struct xenbus {
    struct store_link link;
    const struct xenbus_ops *ops;
    void *context;
    struct xenbus_device *devices;
    struct loop_source later; /* some device is pending */
    struct loop_source again; /* timer: some device is to be taken over */
    char root[XENBUS_PATH];   /* BACKENDS/TYPE */
};

#define BUS_OF(ptr, member) ((struct xenbus *)((char *)(ptr)-offsetof(struct xenbus, member)))

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

static void look_later(struct xenbus_device *d)
{
    d->pending = true;
    loop_wake(&d->bus->later);
}

void xenbus_detached(struct xenbus_device *d)
{
    d->leaving = d->attached = false;
    look_later(d);
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
    look_later(d);
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

void *xenbus_context(const struct xenbus *bus) { return bus->context; }

/* ---- steps ---- */

static void watch_frontend(struct xenbus_device *d, bool on)
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

static void offer(struct xenbus_device *d)
{
    if (d->bus->ops->offer(d))
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
        if (!d->bus->ops->offer(d) && !d->broken) {
            loop_timer_start(&d->bus->again, AGAIN_MS);
            return false;
        }
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

static void free_device(struct xenbus_device *d)
{
    struct xenbus_device **p = &d->bus->devices;

    while (*p != d)
        p = &(*p)->next;
    *p = d->next;
    watch_frontend(d, false);
    d->bus->ops->free(d);
}

/* May free the device. */
static void look_at(struct xenbus_device *d)
{
    d->pending = false;
    if (d->leaving)
        return;
    if (d->gone) {
        if (detached(d))
            free_device(d);
    } else if (d->broken) {
        close_device(d);
    } else {
        follow(d);
    }
}

static void again(struct loop_source *s, uint32_t events)
{
    struct xenbus *bus = BUS_OF(s, again);

    (void)events;
    loop_timer_clear(s);
    for (struct xenbus_device *d = bus->devices; d; d = d->next)
        if (d->before)
            look_later(d);
}

static void later(struct loop_source *s, uint32_t events)
{
    struct xenbus *bus = BUS_OF(s, later);
    struct xenbus_device *next;

    (void)events;
    loop_wake_clear(s);
    for (struct xenbus_device *d = bus->devices; d; d = next) {
        next = d->next;
        if (d->pending)
            look_at(d);
    }
}

/* ---- which devices there are ---- */

static struct xenbus_device *find(struct xenbus *bus, uint32_t domid, uint32_t devid)
{
    struct xenbus_device *d = bus->devices;

    while (d && (d->domid != domid || d->devid != devid))
        d = d->next;
    return d;
}

/* A predecessor may have served it, or have had enough of its frontend. */
static void find_before(struct xenbus_device *d)
{
    char *state = xenbus_read(d, "state"), *error = xenbus_read(d, "error");
    uint64_t n = 0;

    if (state && parse_decimal(state, XenbusStateClosed, &n) && n > XenbusStateInitialising)
        d->state = d->before = n;
    d->broken = error != NULL;
    free(state);
    free(error);
}

static void add(struct xenbus *bus, uint32_t domid, uint32_t devid)
{
    char path[XENBUS_PATH + 16], *frontend;
    struct xenbus_device *d;

    snprintf(path, sizeof(path), "%.100s/%u/%u/frontend", bus->root, domid, devid);
    frontend = store_read(&bus->link, path);
    if (!frontend || strlen(frontend) >= XENBUS_PATH) {
        free(frontend);
        return;
    }
    d = bus->ops->make(bus);
    if (d) {
        d->bus = bus;
        d->domid = domid;
        d->devid = devid;
        snprintf(d->path, sizeof(d->path), "%.100s/%u/%u", bus->root, domid, devid);
        strcpy(d->frontend, frontend);
        find_before(d);
        d->next = bus->devices;
        bus->devices = d;
        watch_frontend(d, true); /* its first event comes at once */
    } else {
        fprintf(stderr, "%s: no memory for device %u of domain %u\n", program_invocation_short_name,
                devid, domid);
    }
    free(frontend);
}

static void check_gone(struct xenbus_device *d)
{
    char path[2 * XENBUS_PATH];
    char *value;

    int ret;

    join(path, d->path, "frontend");
    ret = xstore_read(d->bus->link.store, XSTORE_NO_TXN, path, &value, NULL);
    if (ret == 0)
        free(value);
    d->gone = ret == -ENOENT;
    look_later(d);
}

/* Two numbers of a path's end, "DOMID/DEVID" and perhaps more: how many there are, and the rest. */
static int parse_ids(const char *text, uint32_t ids[2], const char **rest)
{
    int n = 0;

    while (n < 2 && text[0] == '/' && text[1]) {
        char *end;
        unsigned long v = strtoul(text + 1, &end, 10);

        if (end == text + 1 || v > UINT32_MAX)
            break;
        ids[n++] = v;
        text = end;
    }
    *rest = text;
    return n;
}

/* Something below our directory has changed. What begins, ends or unwants a device matters here. */
static void backend_changed(struct xenbus *bus, const char *path)
{
    uint32_t ids[2];
    const char *rest;
    int n = parse_ids(path + strlen(bus->root), ids, &rest);
    struct xenbus_device *d = n == 2 ? find(bus, ids[0], ids[1]) : NULL;

    if (n == 2 && !d) {
        add(bus, ids[0], ids[1]);
    } else if (n == 2) {
        if (*rest == '\0' || strcmp(rest, "/online") == 0)
            check_gone(d);
        else if (bus->ops->told && !d->gone)
            bus->ops->told(d, rest + 1);
    } else {
        for (d = bus->devices; d; d = d->next)
            if (n == 0 || d->domid == ids[0])
                check_gone(d);
    }
}

static void scan_domain(struct xenbus *bus, uint32_t domid)
{
    char path[XENBUS_PATH], **names;
    uint64_t devid;
    int n;

    snprintf(path, sizeof(path), "%.100s/%u", bus->root, domid);
    n = xstore_directory(bus->link.store, XSTORE_NO_TXN, path, &names);
    for (int i = 0; i < n; i++)
        if (parse_decimal(names[i], UINT32_MAX, &devid) && !find(bus, domid, devid))
            add(bus, domid, devid);
    if (n >= 0)
        free(names);
}

static void scan(struct xenbus *bus)
{
    char **names;
    uint64_t domid;
    int n = xstore_directory(bus->link.store, XSTORE_NO_TXN, bus->root, &names);

    for (int i = 0; i < n; i++)
        if (parse_decimal(names[i], UINT32_MAX, &domid))
            scan_domain(bus, domid);
    if (n >= 0)
        free(names);
}

/* ---- the store ---- */

/* A new connection has no watches. */
static int connected(struct store_link *l)
{
    struct xenbus *bus = BUS_OF(l, link);
    int ret = xstore_watch(l->store, bus->root, "backends");

    if (ret < 0)
        return ret;
    for (struct xenbus_device *d = bus->devices; d; d = d->next) {
        watch_frontend(d, true);
        check_gone(d);
    }
    scan(bus);
    return 0;
}

static void store_event(struct store_link *l, const char *path, const char *token)
{
    struct xenbus *bus = BUS_OF(l, link);
    unsigned int domid, devid;
    struct xenbus_device *d;

    if (strcmp(token, "backends") == 0) {
        backend_changed(bus, path);
    } else if (sscanf(token, "%u/%u", &domid, &devid) == 2) {
        d = find(bus, domid, devid);
        if (d)
            look_later(d);
    }
}

struct xenbus *xenbus_start(struct loop *l, const struct xenbus_ops *ops, void *context)
{
    struct xenbus *bus = calloc(1, sizeof(*bus));

    if (!bus)
        return NULL;
    if (loop_wake_add(l, &bus->later, later))
        goto fail;
    if (loop_timer_add(l, &bus->again, again))
        goto fail_later;
    bus->ops = ops;
    bus->context = context;
    bus->link.connected = connected;
    bus->link.event = store_event;
    snprintf(bus->root, sizeof(bus->root), BACKENDS "/%s", ops->type);
    if (store_link_start(&bus->link, l))
        goto fail_again;
    return bus;

fail_again:
    loop_wake_remove(l, &bus->again);
fail_later:
    loop_wake_remove(l, &bus->later);
fail:
    free(bus);
    return NULL;
}

void xenbus_stop(struct xenbus *bus)
{
    struct loop *l = bus->link.loop;

    store_link_stop(&bus->link);
    loop_wake_remove(l, &bus->again);
    loop_wake_remove(l, &bus->later);
    free(bus);
}
