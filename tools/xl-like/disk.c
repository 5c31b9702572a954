/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks in the store: two directories of nodes for each, one of the guest's half, one of blockd's.
 * The type of the backend is not "vbd", so that no driver of Dom0's kernel takes it for its own.
 */
#include "disk.h"
#include "report.h"

#include <public/io/xenbus.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BACKENDS     "/local/domain/0/backend"
#define PID_FILE     "/run/xen-like/blockd.pid"

/* A busy host takes long; a blockd that is not there, and not started again, is given up. */
#define WAIT_SECONDS   300
#define ABSENT_SECONDS 5
#define PATH_SIZE    128

/* --- entering --------------------------------------------------------------------------------- */

struct half {
    struct xstore *x;
    xstore_txn_t txn;
    char path[PATH_SIZE];
    int ret;
};

static void backend_path(char path[PATH_SIZE], uint32_t domid, uint32_t devid)
{
    snprintf(path, PATH_SIZE, BACKENDS "/blockd/%u/%u", domid, devid);
}

static void frontend_path(char path[PATH_SIZE], uint32_t domid, uint32_t devid)
{
    snprintf(path, PATH_SIZE, "/local/domain/%u/device/vbd/%u", domid, devid);
}

/* A directory that belongs to `owner` and that `reader` may read, like all that is made in it. */
static void make_directory(struct half *h, uint32_t owner, uint32_t reader)
{
    struct xstore_perm perms[] = { { owner, false, false }, { reader, true, false } };

    if (h->ret == 0)
        h->ret = xstore_mkdir(h->x, h->txn, h->path);
    if (h->ret == 0)
        h->ret = xstore_set_perms(h->x, h->txn, h->path, perms, 2);
}

static void put(struct half *h, const char *node, const char *value)
{
    char path[PATH_SIZE + 32];

    snprintf(path, sizeof(path), "%s/%s", h->path, node);
    if (h->ret == 0)
        h->ret = xstore_write(h->x, h->txn, path, value, strlen(value));
}

static void put_number(struct half *h, const char *node, unsigned int n)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", n);
    put(h, node, text);
}

static int put_disk(struct xstore *x, xstore_txn_t txn, uint32_t domid, const struct disk_cfg *d)
{
    struct half front = { .x = x, .txn = txn }, back = { .x = x, .txn = txn };
    const char *type = d->cdrom ? "cdrom" : "disk";

    frontend_path(front.path, domid, d->devid);
    backend_path(back.path, domid, d->devid);
    make_directory(&front, domid, 0);
    put(&front, "backend", back.path);
    put_number(&front, "backend-id", 0);
    put_number(&front, "virtual-device", d->devid);
    put(&front, "device-type", type);
    put_number(&front, "state", XenbusStateInitialising);
    make_directory(&back, 0, domid);
    put(&back, "frontend", front.path);
    put_number(&back, "frontend-id", domid);
    put(&back, "online", "1");
    put(&back, "dev", d->vdev);
    put(&back, "device-type", type);
    put(&back, "removable", d->cdrom ? "1" : "0");
    put(&back, "mode", d->read_only ? "r" : "w");
    put(&back, "params", d->target);
    put_number(&back, "state", XenbusStateInitialising);
    return front.ret ? front.ret : back.ret;
}

/* All disks appear at once or not at all. */
static int enter(struct xstore *x, uint32_t domid, const struct disk_cfg *disks)
{
    xstore_txn_t txn;
    int ret;

    do {
        ret = xstore_txn_start(x, &txn);
        if (ret < 0)
            return ret;
        for (const struct disk_cfg *d = disks; d && ret == 0; d = d->next)
            ret = put_disk(x, txn, domid, d);
        if (ret < 0) {
            xstore_txn_end(x, txn, false);
            return ret;
        }
        ret = xstore_txn_end(x, txn, true);
    } while (ret == -EAGAIN);
    return ret;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static char *read_node(struct xstore *x, const char *directory, const char *node)
{
    char path[PATH_SIZE + 32], *value;

    snprintf(path, sizeof(path), "%s/%s", directory, node);
    return xstore_read(x, XSTORE_NO_TXN, path, &value, NULL) < 0 ? NULL : value;
}

static int state_of(struct xstore *x, const char *directory)
{
    char *text = read_node(x, directory, "state");
    int state = text ? atoi(text) : XenbusStateClosed;

    free(text);
    return state;
}

static bool blockd_runs(void)
{
    FILE *f = fopen(PID_FILE, "re");
    bool runs;
    int pid;

    if (!f)
        return false;
    runs = fscanf(f, "%d", &pid) == 1 && pid > 0 && (kill(pid, 0) == 0 || errno != ESRCH);
    fclose(f);
    return runs;
}

/* Until blockd has left the states before `least`: false if it does not in time. */
static bool wait_state(struct xstore *x, const char *directory, int least)
{
    time_t now = time(NULL), end = now + WAIT_SECONDS, seen = now;
    char path[PATH_SIZE + 32];
    bool there;

    snprintf(path, sizeof(path), "%s/state", directory);
    if (xstore_watch(x, path, "disk") < 0)
        return false;
    while (!(there = state_of(x, directory) >= least) && now < end &&
           now < seen + ABSENT_SECONDS) {
        store_wait(x, 500);
        now = time(NULL);
        if (blockd_runs())
            seen = now;
    }
    xstore_unwatch(x, path, "disk");
    return there;
}

static int wait_offer(struct xstore *x, uint32_t domid, const struct disk_cfg *d)
{
    char path[PATH_SIZE], *why;

    backend_path(path, domid, d->devid);
    if (!wait_state(x, path, XenbusStateInitWait)) {
        report_error("%s:%d:%d: disk %s: nobody serves it", d->place.file, d->place.line,
                     d->place.column, d->vdev);
        report_hint("is blockd running?");
        return XL_FAILED;
    }
    if (state_of(x, path) < XenbusStateClosing)
        return XL_OK;
    why = read_node(x, path, "error");
    report_error("%s:%d:%d: disk %s: %s", d->place.file, d->place.line, d->place.column, d->vdev,
                 why ? why : "blockd does not serve it");
    free(why);
    return XL_FAILED;
}

int disks_attach(struct xstore *x, uint32_t domid, const struct disk_cfg *disks)
{
    int ret = disks ? enter(x, domid, disks) : 0;

    if (ret < 0) {
        report_error("cannot enter the disks in the store: %s", strerror(-ret));
        return XL_FAILED;
    }
    for (const struct disk_cfg *d = disks; d; d = d->next)
        if (wait_offer(x, domid, d) != XL_OK)
            return XL_FAILED;
    return XL_OK;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* A directory that has become empty goes, unless somebody puts something into it now. */
static void remove_if_empty(struct xstore *x, const char *path)
{
    xstore_txn_t txn;
    char **names;
    int n;

    if (xstore_txn_start(x, &txn) < 0)
        return;
    n = xstore_directory(x, txn, path, &names);
    if (n >= 0)
        free(names);
    if (n == 0)
        n = xstore_rm(x, txn, path);
    xstore_txn_end(x, txn, n == 0);
}

void disks_forget(struct xstore *x, uint32_t domid)
{
    char directory[PATH_SIZE], path[2 * PATH_SIZE], **names;
    int n;

    snprintf(directory, sizeof(directory), BACKENDS "/blockd/%u", domid);
    n = xstore_directory(x, XSTORE_NO_TXN, directory, &names);
    if (n < 0)
        return;
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        if (!wait_state(x, path, XenbusStateClosed))
            report_warning("blockd has not let go of disk %s of domain %u", names[i], domid);
    }
    free(names);
    xstore_rm(x, XSTORE_NO_TXN, directory);
    remove_if_empty(x, BACKENDS "/blockd");
    remove_if_empty(x, BACKENDS);
}
