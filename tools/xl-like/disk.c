/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks in the store.
 */
#include "disk.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEASURE_SECONDS 300

static void hint_at_target(struct xstore *x, const struct device_id *d)
{
    char *target = device_read(x, d, DEVICE_BACKEND, "params");

    if (target && target[0] == '/' && access(target, F_OK) < 0)
        report_hint("target= is a file or block device in Dom0: `truncate -s 4G %s`", target);
    free(target);
}

const struct device_kind disk_kind = {
    .what = "disk", .daemon = "blockd", .frontend = "vbd", .hint = hint_at_target
};

static void put_disks(struct device_entry *e, const void *disks)
{
    for (const struct disk_cfg *d = disks; d; d = d->next) {
        const char *type = d->cdrom ? "cdrom" : "disk";

        if (d->cdrom && d->drive >= 0) /* the device model has it alone, which can change the CD */
            continue;
        device_begin(e, d->devid, d->vdev, d->place);
        device_put(e, DEVICE_FRONTEND, "virtual-device", "%u", d->devid);
        device_put(e, DEVICE_FRONTEND, "device-type", "%s", type);
        device_put(e, DEVICE_BACKEND, "dev", "%s", d->vdev);
        device_put(e, DEVICE_BACKEND, "device-type", "%s", type);
        device_put(e, DEVICE_BACKEND, "removable", "%d", d->cdrom);
        device_put(e, DEVICE_BACKEND, "mode", "%s", d->read_only ? "r" : "w");
        device_put(e, DEVICE_BACKEND, "params", "%s", d->target);
        if (d->grants)
            device_put(e, DEVICE_BACKEND, "grants", "%s", d->grants);
        if (disk_target_is_nbd(d->target))
            device_put(e, DEVICE_BACKEND, "daemon", "blockd-nbd");
    }
}

int disks_attach(struct xstore *x, uint32_t domid, const struct disk_cfg *disks)
{
    return disks ? devices_attach(x, &disk_kind, domid, put_disks, disks) : XL_OK;
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

static bool is_measured(struct xstore *x, const struct device_id *d)
{
    char *answer = device_read(x, d, DEVICE_BACKEND, "resize");
    bool done = !answer || strcmp(answer, "now") != 0;

    free(answer);
    return done || device_is_closed(x, d);
}

/* Its daemon measures the target, tells the guest, and answers in the same node. */
static int have_measured(struct xstore *x, const struct device_id *d)
{
    int ret = device_tell(x, d, "resize", "now");
    char *answer;

    if (ret < 0) {
        report_error("cannot ask its daemon through the store: %s", strerror(-ret));
        return XL_FAILED;
    }
    if (!device_wait(x, d, "resize", MEASURE_SECONDS, is_measured)) {
        report_error("the disk's daemon does not answer");
        report_hint("is it running? `pidof blockd blockd-nbd`");
        return XL_FAILED;
    }
    answer = device_read(x, d, DEVICE_BACKEND, "resize");
    ret = answer && strcmp(answer, "done") == 0 ? XL_OK : XL_FAILED;
    if (ret != XL_OK)
        report_error("%s",
                     answer && strcmp(answer, "now") != 0 ? answer : "the disk is closed");
    free(answer);
    return ret;
}

int disk_resize(struct xstore *x, const struct device_id *d, uint64_t bytes, bool shrink)
{
    char *target = device_read(x, d, DEVICE_BACKEND, "params");
    int ret = 0;

    if (!target) {
        report_error("the disk has no target");
        return XL_FAILED;
    }
    if (bytes && disk_target_is_nbd(target)) {
        report_error("%s is no file: resize it with its own tools, then leave out SIZE", target);
        ret = -1;
    } else if (bytes) {
        ret = resize_file(target, bytes, shrink);
    }
    free(target);
    return ret ? XL_FAILED : have_measured(x, d);
}
