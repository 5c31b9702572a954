/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices in the store. The type of a backend is its daemon's name, not "vbd" or "vif", so that no
 * driver of Dom0's kernel takes it for its own.
 */
#include "device.h"
#include "clock.h"
#include "report.h"

#include <public/io/xenbus.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct device_entered {
    uint32_t devid;
    const char *name;
    struct cfg_place place;
};

#define BACKENDS "/local/domain/0/backend"

/* A busy host takes long; a daemon that is not there, and not started again, is given up. */
#define WAIT_SECONDS   300
#define ABSENT_SECONDS 5

static void half_path(char path[DEVICE_PATH], const struct device_id *d, enum device_half half)
{
    if (half == DEVICE_FRONTEND)
        snprintf(path, DEVICE_PATH, "/local/domain/%u/device/%s/%u", d->domid, d->kind->frontend,
                 d->devid);
    else
        snprintf(path, DEVICE_PATH, BACKENDS "/%s/%u/%u", d->kind->daemon, d->domid, d->devid);
}

static void node_path(char path[2 * DEVICE_PATH], const struct device_id *d, enum device_half half,
                      const char *node)
{
    char directory[DEVICE_PATH];

    half_path(directory, d, half);
    snprintf(path, 2 * DEVICE_PATH, "%s/%s", directory, node);
}

/* --- entering --------------------------------------------------------------------------------- */

/* The transaction depends on it. -ENOENT or -EEXIST if it is not as it has to be. */
static void expect_node(struct device_entry *e, const char *path, bool there)
{
    char *value;
    int ret;

    if (e->ret)
        return;
    ret = xstore_read(e->x, e->txn, path, &value, NULL);
    if (ret == 0)
        free(value);
    if (there)
        e->ret = ret;
    else if (ret != -ENOENT)
        e->ret = ret ? ret : -EEXIST;
}

/* A directory that belongs to `owner` and that `reader` may read, like all that is made in it. */
static void make_directory(struct device_entry *e, const char *path, uint32_t owner,
                           uint32_t reader)
{
    struct xstore_perm perms[] = { { owner, false, false }, { reader, true, false } };

    expect_node(e, path, false);
    if (e->ret == 0)
        e->ret = xstore_mkdir(e->x, e->txn, path);
    if (e->ret == 0)
        e->ret = xstore_set_perms(e->x, e->txn, path, perms, 2);
}

void device_put(struct device_entry *e, enum device_half half, const char *node, const char *fmt,
                ...)
{
    char path[DEVICE_PATH + 32], *value;
    va_list ap;
    int len;

    if (e->ret)
        return;
    va_start(ap, fmt);
    len = vasprintf(&value, fmt, ap);
    va_end(ap);
    if (len < 0) {
        e->ret = -ENOMEM;
        return;
    }
    snprintf(path, sizeof(path), "%s/%s", e->path[half], node);
    e->ret = xstore_write(e->x, e->txn, path, value, len);
    free(value);
}

static void note_entered(struct device_entry *e, struct device_entered device)
{
    struct device_entered *all = realloc(e->entered, (e->nr_entered + 1) * sizeof(*all));

    if (!all) {
        e->ret = -ENOMEM;
        return;
    }
    e->entered = all;
    all[e->nr_entered++] = device;
}

/* Tells this device from any other that had its number, or will. */
static uint64_t new_instance(struct device_entry *e)
{
    uint64_t instance = 0;

    if (getrandom(&instance, sizeof(instance), 0) != sizeof(instance) && e->ret == 0)
        e->ret = -EIO;
    return instance;
}

void device_begin(struct device_entry *e, uint32_t devid, const char *name, struct cfg_place place)
{
    struct device_id d = { e->kind, e->domid, devid };

    note_entered(e, (struct device_entered){ devid, name, place });
    half_path(e->path[DEVICE_FRONTEND], &d, DEVICE_FRONTEND);
    half_path(e->path[DEVICE_BACKEND], &d, DEVICE_BACKEND);
    make_directory(e, e->path[DEVICE_FRONTEND], e->domid, 0);
    device_put(e, DEVICE_FRONTEND, "backend", "%s", e->path[DEVICE_BACKEND]);
    device_put(e, DEVICE_FRONTEND, "backend-id", "0");
    device_put(e, DEVICE_FRONTEND, "state", "%d", XenbusStateInitialising);
    make_directory(e, e->path[DEVICE_BACKEND], 0, e->domid);
    device_put(e, DEVICE_BACKEND, "frontend", "%s", e->path[DEVICE_FRONTEND]);
    device_put(e, DEVICE_BACKEND, "frontend-id", "%u", e->domid);
    device_put(e, DEVICE_BACKEND, "instance", "%016" PRIx64, new_instance(e));
    device_put(e, DEVICE_BACKEND, "online", "1");
    device_put(e, DEVICE_BACKEND, "state", "%d", XenbusStateInitialising);
}

static void enter(struct device_entry *e,
                  void (*fill)(struct device_entry *e, const void *devices), const void *devices)
{
    char domain[DEVICE_PATH];

    snprintf(domain, sizeof(domain), "/local/domain/%u", e->domid);
    do {
        e->ret = xstore_txn_start(e->x, &e->txn);
        if (e->ret < 0)
            return;
        e->nr_entered = 0;
        expect_node(e, domain, true); /* it must not go meanwhile */
        fill(e, devices);
        e->ret = xstore_txn_finish(e->x, e->txn, e->ret);
    } while (e->ret == -EAGAIN);
}

/* --- reading ---------------------------------------------------------------------------------- */

int device_numbers(struct xstore *x, const struct device_kind *kind, uint32_t domid,
                   char ***numbers)
{
    char path[DEVICE_PATH];
    int n;

    snprintf(path, sizeof(path), BACKENDS "/%s/%u", kind->daemon, domid);
    n = xstore_directory(x, XSTORE_NO_TXN, path, numbers);
    if (n != -ENOENT)
        return n;
    *numbers = NULL;
    return 0;
}

char *device_read(struct xstore *x, const struct device_id *d, enum device_half half,
                  const char *node)
{
    char path[2 * DEVICE_PATH], *value;

    node_path(path, d, half, node);
    return xstore_read(x, XSTORE_NO_TXN, path, &value, NULL) < 0 ? NULL : value;
}

long long device_read_number(struct xstore *x, const struct device_id *d, enum device_half half,
                             const char *node)
{
    char *text = device_read(x, d, half, node), *end;
    unsigned long long n = text ? strtoull(text, &end, 10) : 0;
    bool good = text && *text >= '0' && *text <= '9' && !*end && n <= INT64_MAX;

    free(text);
    return good ? (long long)n : -1;
}

/* Not if it has gone meanwhile: nobody would remove the node. */
int device_tell(struct xstore *x, const struct device_id *d, const char *node, const char *value)
{
    struct device_entry e = { .x = x };
    char path[2 * DEVICE_PATH], frontend[2 * DEVICE_PATH];

    node_path(path, d, DEVICE_BACKEND, node);
    node_path(frontend, d, DEVICE_BACKEND, "frontend");
    do {
        e.ret = xstore_txn_start(x, &e.txn);
        if (e.ret < 0)
            return e.ret;
        expect_node(&e, frontend, true);
        if (e.ret == 0)
            e.ret = xstore_write(x, e.txn, path, value, strlen(value));
        e.ret = xstore_txn_finish(x, e.txn, e.ret);
    } while (e.ret == -EAGAIN);
    return e.ret;
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* The daemon that serves it, to be freed: its kind's, or one that the device names. */
static char *daemon_of(struct xstore *x, const struct device_id *d)
{
    char *daemon = device_read(x, d, DEVICE_BACKEND, "daemon");

    return daemon ? daemon : strdup(d->kind->daemon);
}

static bool is_running(struct xstore *x, const struct device_id *d)
{
    char path[64], *daemon = daemon_of(x, d);
    bool runs;
    FILE *f;
    int pid;

    snprintf(path, sizeof(path), "/run/xen-like/%.32s.pid", daemon ? daemon : "");
    free(daemon);
    f = fopen(path, "re");
    if (!f)
        return false;
    runs = fscanf(f, "%d", &pid) == 1 && pid > 0 && (kill(pid, 0) == 0 || errno != ESRCH);
    fclose(f);
    return runs;
}

bool device_wait(struct xstore *x, const struct device_id *d, const char *node, int seconds,
                 bool (*there)(struct xstore *x, const struct device_id *d))
{
    time_t now = monotonic_seconds(), end = now + seconds, seen = now;
    char path[2 * DEVICE_PATH];
    bool done;

    node_path(path, d, DEVICE_BACKEND, node);
    if (xstore_watch(x, path, d->kind->what) < 0)
        return false;
    while (!(done = there(x, d)) && now < end && now < seen + ABSENT_SECONDS) {
        store_wait(x, 500);
        now = monotonic_seconds();
        if (is_running(x, d))
            seen = now;
    }
    xstore_unwatch(x, path, d->kind->what);
    return done;
}

/* One whose state is not there is as good as closed. */
static int state_of(struct xstore *x, const struct device_id *d)
{
    long long state = device_read_number(x, d, DEVICE_BACKEND, "state");

    return state < 0 ? XenbusStateClosed : state;
}

static bool is_offered(struct xstore *x, const struct device_id *d)
{
    return state_of(x, d) >= XenbusStateInitWait;
}

bool device_is_closed(struct xstore *x, const struct device_id *d)
{
    return state_of(x, d) >= XenbusStateClosed;
}

/* --- removing --------------------------------------------------------------------------------- */

static void remove_empty_parents(struct xstore *x, const struct device_kind *kind, uint32_t domid)
{
    char path[DEVICE_PATH];

    snprintf(path, sizeof(path), BACKENDS "/%s/%u", kind->daemon, domid);
    store_remove_if_empty(x, path);
    snprintf(path, sizeof(path), BACKENDS "/%s", kind->daemon);
    store_remove_if_empty(x, path);
    store_remove_if_empty(x, BACKENDS);
}

static void remove_half(struct xstore *x, const struct device_id *d, enum device_half half)
{
    char path[DEVICE_PATH];

    half_path(path, d, half);
    xstore_rm(x, XSTORE_NO_TXN, path);
}

void device_remove(struct xstore *x, const struct device_id *d)
{
    remove_half(x, d, DEVICE_FRONTEND);
    remove_half(x, d, DEVICE_BACKEND);
    remove_empty_parents(x, d->kind, d->domid);
}

/* --- attaching -------------------------------------------------------------------------------- */

static int wait_offer(const struct device_entry *e, const struct device_entered *device)
{
    struct device_id d = { e->kind, e->domid, device->devid };
    const struct cfg_place *at = &device->place;
    char number[12], *why;
    const char *name = device->name;

    if (!name) {
        snprintf(number, sizeof(number), "%u", device->devid);
        name = number;
    }
    if (!device_wait(e->x, &d, "state", WAIT_SECONDS, is_offered)) {
        report_error("%s:%d:%d: %s %s: nobody serves it", at->file, at->line, at->column,
                     e->kind->what, name);
        why = daemon_of(e->x, &d);
        report_hint("is %s running?", why ? why : "its daemon");
        free(why);
        return XL_FAILED;
    }
    if (state_of(e->x, &d) < XenbusStateClosing)
        return XL_OK;
    why = device_read(e->x, &d, DEVICE_BACKEND, "error");
    report_error("%s:%d:%d: %s %s: %s", at->file, at->line, at->column, e->kind->what, name,
                 why ? why : "its daemon does not serve it");
    free(why);
    if (e->kind->hint)
        e->kind->hint(e->x, &d);
    return XL_FAILED;
}

static int wait_offers(const struct device_entry *e)
{
    for (size_t i = 0; i < e->nr_entered; i++)
        if (wait_offer(e, &e->entered[i]) != XL_OK) {
            for (size_t j = 0; j < e->nr_entered; j++)
                device_remove(e->x,
                              &(struct device_id){ e->kind, e->domid, e->entered[j].devid });
            return XL_FAILED;
        }
    return XL_OK;
}

int devices_attach(struct xstore *x, const struct device_kind *kind, uint32_t domid,
                   void (*fill)(struct device_entry *e, const void *devices), const void *devices)
{
    struct device_entry e = { .x = x, .kind = kind, .domid = domid };
    int ret = XL_FAILED;

    enter(&e, fill, devices);
    if (e.ret == 0)
        ret = wait_offers(&e);
    else if (e.ret == -EEXIST)
        report_error("domain %u has this %s already", domid, kind->what);
    else
        report_error("cannot enter a %s of domain %u in the store: %s", kind->what, domid,
                     strerror(-e.ret));
    free(e.entered);
    return ret;
}

/* --- detaching -------------------------------------------------------------------------------- */

int device_detach(struct xstore *x, const struct device_id *d, bool force, int seconds)
{
    const struct device_kind *kind = d->kind;
    char *daemon = NULL;
    int ret;

    if (force) /* a frontend that is gone need not agree */
        remove_half(x, d, DEVICE_FRONTEND);
    ret = device_tell(x, d, "online", "0");
    if (ret < 0) {
        report_error("cannot detach the %s in the store: %s", kind->what, strerror(-ret));
        return XL_FAILED;
    }
    if (!device_wait(x, d, "state", seconds, device_is_closed)) {
        report_error("domain %u still has the %s after %d seconds", d->domid, kind->what, seconds);
        if (is_running(x, d))
            report_hint("the guest may be using it; --force takes it away at once");
        else
            report_hint("%s does not run", (daemon = daemon_of(x, d)) ? daemon : "its daemon");
        free(daemon);
        return XL_FAILED;
    }
    device_remove(x, d);
    return XL_OK;
}

void devices_forget(struct xstore *x, const struct device_kind *kind, uint32_t domid)
{
    struct device_id d = { .kind = kind, .domid = domid };
    char **numbers;
    int n = device_numbers(x, kind, domid, &numbers);

    if (n <= 0)
        return;
    for (int i = 0; i < n; i++) {
        d.devid = strtoul(numbers[i], NULL, 10);
        if (!device_wait(x, &d, "state", WAIT_SECONDS, device_is_closed))
            report_warning("%s has not let go of %s %u of domain %u", kind->daemon, kind->what,
                           d.devid, domid);
        remove_half(x, &d, DEVICE_BACKEND);
    }
    free(numbers);
    remove_empty_parents(x, kind, domid);
}
