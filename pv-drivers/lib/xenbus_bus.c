/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices of one type: which there are, and when they are looked at.
 */
#include "xenbus_bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKENDS "/local/domain/0/backend"

#define BUS_OF(ptr, member) ((struct xenbus *)((char *)(ptr)-offsetof(struct xenbus, member)))

void *xenbus_context(const struct xenbus *bus) { return bus->context; }

/* ---- when ---- */

static void again(struct loop_source *s, uint32_t events)
{
    struct xenbus *bus = BUS_OF(s, again);

    (void)events;
    loop_timer_clear(s);
    for (struct xenbus_device *d = bus->devices; d; d = d->next)
        if (d->again)
            xenbus_look_later(d);
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
            xenbus_look_at(d);
    }
}

/* ---- which ---- */

static struct xenbus_device *find(struct xenbus *bus, uint32_t domid, uint32_t devid)
{
    struct xenbus_device *d = bus->devices;

    while (d && (d->domid != domid || d->devid != devid))
        d = d->next;
    return d;
}

static void read_instance(struct xenbus_device *d)
{
    char *text = xenbus_read(d, "instance");

    snprintf(d->instance, sizeof(d->instance), "%s", text ? text : "");
    free(text);
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

/* Several daemons may share a type. */
static bool is_ours(struct xenbus *bus, uint32_t domid, uint32_t devid)
{
    const char *us = bus->ops->daemon ? bus->ops->daemon : bus->ops->type;
    char path[XENBUS_PATH + 16], *daemon;
    bool ours;

    snprintf(path, sizeof(path), "%.100s/%u/%u/daemon", bus->root, domid, devid);
    daemon = store_read(&bus->link, path);
    ours = strcmp(daemon ? daemon : bus->ops->type, us) == 0;
    free(daemon);
    return ours;
}

static void add(struct xenbus *bus, uint32_t domid, uint32_t devid)
{
    char path[XENBUS_PATH + 16], *frontend;
    struct xenbus_device *d;

    if (!is_ours(bus, domid, devid))
        return;
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
        read_instance(d);
        find_before(d);
        d->next = bus->devices;
        bus->devices = d;
        xenbus_watch_frontend(d, true); /* its first event comes at once */
    } else {
        fprintf(stderr, "%s: no memory for device %u of domain %u\n", program_invocation_short_name,
                devid, domid);
    }
    free(frontend);
}

void xenbus_forget(struct xenbus_device *d)
{
    struct xenbus_device **p = &d->bus->devices;
    struct xenbus *bus = d->bus;
    uint32_t domid = d->domid, devid = d->devid;

    while (*p != d)
        p = &(*p)->next;
    *p = d->next;
    xenbus_watch_frontend(d, false);
    bus->ops->free(d);
    add(bus, domid, devid);
}

/* A node of our directory: 0 and its value, to be freed, or -errno. */
static int read_node(struct xenbus_device *d, const char *node, char **value)
{
    char path[2 * XENBUS_PATH];

    snprintf(path, sizeof(path), "%s/%s", d->path, node);
    return xstore_read(d->bus->link.store, XSTORE_NO_TXN, path, value, NULL);
}

/* The tools may have removed it and made another with its number before we look. A store that does
 * not answer says nothing about that. */
static bool is_replaced(struct xenbus_device *d)
{
    char *instance;
    int ret = read_node(d, "instance", &instance);
    bool other;

    if (ret < 0)
        return ret == -ENOENT && d->instance[0];
    other = strncmp(instance, d->instance, sizeof(d->instance) - 1) != 0;
    free(instance);
    return other;
}

static void check_gone(struct xenbus_device *d)
{
    char *frontend;
    int ret = read_node(d, "frontend", &frontend);

    if (ret == 0)
        free(frontend);
    d->gone = ret == -ENOENT || (ret == 0 && is_replaced(d));
    xenbus_look_later(d);
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
        xenbus_watch_frontend(d, true);
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
            xenbus_look_later(d);
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
