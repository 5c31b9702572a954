/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks in the store: two directories of nodes for each, one of the guest's half, one of blockd's.
 * The type of the backend is not "vbd", so that no driver of Dom0's kernel takes it for its own.
 */
#include "disk.h"
#include "report.h"

#include <public/io/xenbus.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BACKENDS "/local/domain/0/backend"
#define PID_FILE "/run/xen-like/blockd.pid"

/* A busy host takes long; a blockd that is not there, and not started again, is given up. */
#define WAIT_SECONDS   300
#define ABSENT_SECONDS 5
#define PATH_SIZE      128

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

/* For a transaction to depend on it: 1 or 0, -errno. */
static int node_exists(struct xstore *x, xstore_txn_t txn, const char *path)
{
    char *value;
    int ret = xstore_read(x, txn, path, &value, NULL);

    if (ret == 0)
        free(value);
    return ret == 0 ? 1 : ret == -ENOENT ? 0 : ret;
}

/* The domain must not go while its disks come. -ESRCH: it has; -EEXIST: a disk is there already. */
static int check_place(struct xstore *x, xstore_txn_t txn, uint32_t domid,
                       const struct disk_cfg *disks)
{
    char path[PATH_SIZE];
    int ret;

    snprintf(path, sizeof(path), "/local/domain/%u", domid);
    ret = node_exists(x, txn, path);
    if (ret <= 0)
        return ret ? ret : -ESRCH;
    for (const struct disk_cfg *d = disks; d; d = d->next) {
        frontend_path(path, domid, d->devid);
        ret = node_exists(x, txn, path);
        if (ret)
            return ret < 0 ? ret : -EEXIST;
    }
    return 0;
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
        ret = check_place(x, txn, domid, disks);
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

/* --- removing --------------------------------------------------------------------------------- */

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

static void remove_backend(struct xstore *x, uint32_t domid, const char *directory)
{
    char path[PATH_SIZE];

    xstore_rm(x, XSTORE_NO_TXN, directory);
    snprintf(path, sizeof(path), BACKENDS "/blockd/%u", domid);
    remove_if_empty(x, path);
    remove_if_empty(x, BACKENDS "/blockd");
    remove_if_empty(x, BACKENDS);
}

static void remove_disk(struct xstore *x, uint32_t domid, uint32_t devid)
{
    char path[PATH_SIZE];

    frontend_path(path, domid, devid);
    xstore_rm(x, XSTORE_NO_TXN, path);
    backend_path(path, domid, devid);
    remove_backend(x, domid, path);
}

/* --- waiting ---------------------------------------------------------------------------------- */

static char *read_node(struct xstore *x, const char *directory, const char *node)
{
    char path[PATH_SIZE + 32], *value;

    snprintf(path, sizeof(path), "%s/%s", directory, node);
    return xstore_read(x, XSTORE_NO_TXN, path, &value, NULL) < 0 ? NULL : value;
}

char *disk_node(struct xstore *x, uint32_t domid, uint32_t devid, enum disk_half half,
                const char *node)
{
    char path[PATH_SIZE];

    (half == DISK_FRONTEND ? frontend_path : backend_path)(path, domid, devid);
    return read_node(x, path, node);
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

/* Until `there` says so of blockd's directory, looking when its node changes: false if that does
 * not come in time. */
static bool wait_for(struct xstore *x, const char *directory, const char *node, int seconds,
                     bool (*there)(struct xstore *x, const char *directory))
{
    time_t now = time(NULL), end = now + seconds, seen = now;
    char path[PATH_SIZE + 32];
    bool done;

    snprintf(path, sizeof(path), "%s/%s", directory, node);
    if (xstore_watch(x, path, "disk") < 0)
        return false;
    while (!(done = there(x, directory)) && now < end && now < seen + ABSENT_SECONDS) {
        store_wait(x, 500);
        now = time(NULL);
        if (blockd_runs())
            seen = now;
    }
    xstore_unwatch(x, path, "disk");
    return done;
}

static bool is_offered(struct xstore *x, const char *directory)
{
    return state_of(x, directory) >= XenbusStateInitWait;
}

static bool is_closed(struct xstore *x, const char *directory)
{
    return state_of(x, directory) >= XenbusStateClosed;
}

static int wait_offer(struct xstore *x, uint32_t domid, const struct disk_cfg *d)
{
    char path[PATH_SIZE], *why;

    backend_path(path, domid, d->devid);
    if (!wait_for(x, path, "state", WAIT_SECONDS, is_offered)) {
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

static const char *cause(int err)
{
    return err == -EEXIST  ? "it has such a disk already"
           : err == -ESRCH ? "it is gone"
                           : strerror(-err);
}

int disks_attach(struct xstore *x, uint32_t domid, const struct disk_cfg *disks)
{
    int ret = disks ? enter(x, domid, disks) : 0;

    if (ret < 0) {
        report_error("cannot enter the disks of domain %u in the store: %s", domid, cause(ret));
        return XL_FAILED;
    }
    for (const struct disk_cfg *d = disks; d; d = d->next) {
        if (wait_offer(x, domid, d) == XL_OK)
            continue;
        for (d = disks; d; d = d->next)
            remove_disk(x, domid, d->devid);
        return XL_FAILED;
    }
    return XL_OK;
}

/* --- resizing --------------------------------------------------------------------------------- */

/* A file can be made larger here, or smaller; what else there is has its own tools. */
static int resize_file(const char *path, uint64_t bytes, bool shrink)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK), ret = -1;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        report_error("cannot open %s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        report_error("%s is no file: resize it with its own tools, then leave out SIZE", path);
    else if (bytes < (uint64_t)st.st_size && !shrink)
        report_error("%s has %llu bytes: what is behind %llu would be lost (--shrink)", path,
                     (unsigned long long)st.st_size, (unsigned long long)bytes);
    else if (ftruncate(fd, bytes) < 0)
        report_error("cannot resize %s: %s", path, strerror(errno));
    else
        ret = 0;
    if (fd >= 0)
        close(fd);
    return ret;
}

static bool is_measured(struct xstore *x, const char *directory)
{
    char *answer = read_node(x, directory, "resize");
    bool done = !answer || strcmp(answer, "now") != 0;

    free(answer);
    return done || is_closed(x, directory);
}

/* blockd measures the target, tells the guest, and answers in the same node. */
static int have_measured(struct xstore *x, uint32_t domid, uint32_t devid)
{
    char directory[PATH_SIZE], path[PATH_SIZE + 16], *answer;
    int ret;

    backend_path(directory, domid, devid);
    snprintf(path, sizeof(path), "%s/resize", directory);
    ret = xstore_write(x, XSTORE_NO_TXN, path, "now", 3);
    if (ret < 0) {
        report_error("cannot ask blockd through the store: %s", strerror(-ret));
        return XL_FAILED;
    }
    ret = XL_FAILED;
    if (wait_for(x, directory, "resize", WAIT_SECONDS, is_measured)) {
        answer = read_node(x, directory, "resize");
        if (answer && strcmp(answer, "done") == 0)
            ret = XL_OK;
        else
            report_error("blockd: %s",
                         answer && strcmp(answer, "now") != 0 ? answer : "the disk is closed");
        free(answer);
    } else {
        report_error("blockd does not answer");
        report_hint("is it running? `pidof blockd`");
    }
    xstore_rm(x, XSTORE_NO_TXN, path);
    return ret;
}

int disk_resize(struct xstore *x, uint32_t domid, uint32_t devid, uint64_t bytes, bool shrink)
{
    char *target = disk_node(x, domid, devid, DISK_BACKEND, "params");
    int ret = !target ? -1 : bytes ? resize_file(target, bytes, shrink) : 0;

    if (!target)
        report_error("the disk has no target");
    free(target);
    return ret ? XL_FAILED : have_measured(x, domid, devid);
}

/* --- the end ---------------------------------------------------------------------------------- */

int disk_numbers(struct xstore *x, uint32_t domid, char ***numbers)
{
    char path[PATH_SIZE];
    int n;

    snprintf(path, sizeof(path), BACKENDS "/blockd/%u", domid);
    n = xstore_directory(x, XSTORE_NO_TXN, path, numbers);
    if (n != -ENOENT)
        return n;
    *numbers = NULL;
    return 0;
}

int disk_detach(struct xstore *x, uint32_t domid, uint32_t devid, bool force, int seconds)
{
    char path[PATH_SIZE], node[PATH_SIZE + 16];
    int ret;

    frontend_path(path, domid, devid);
    if (force) /* a frontend that is gone need not agree */
        xstore_rm(x, XSTORE_NO_TXN, path);
    backend_path(path, domid, devid);
    snprintf(node, sizeof(node), "%s/online", path);
    ret = xstore_write(x, XSTORE_NO_TXN, node, "0", 1);
    if (ret < 0) {
        report_error("cannot detach the disk in the store: %s", strerror(-ret));
        return XL_FAILED;
    }
    if (!wait_for(x, path, "state", seconds, is_closed)) {
        report_error("domain %u still has the disk after %d seconds", domid, seconds);
        report_hint(blockd_runs() ? "the guest may be using it; --force takes it away at once"
                                  : "blockd does not run");
        return XL_FAILED;
    }
    remove_disk(x, domid, devid);
    return XL_OK;
}

void disks_forget(struct xstore *x, uint32_t domid)
{
    char directory[PATH_SIZE], path[2 * PATH_SIZE], **names;
    int n;

    n = disk_numbers(x, domid, &names);
    if (n <= 0)
        return;
    snprintf(directory, sizeof(directory), BACKENDS "/blockd/%u", domid);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        if (!wait_for(x, path, "state", WAIT_SECONDS, is_closed))
            report_warning("blockd has not let go of disk %s of domain %u", names[i], domid);
    }
    free(names);
    remove_backend(x, domid, directory);
}
