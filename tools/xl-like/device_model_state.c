/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device model knows of its guest's devices, taken out of it for the next one. QEMU writes it
 * into a file without a name, of which it is handed a descriptor to write: it can open none. What is
 * in it is its own business; here it is bounded.
 */
#include "device_model.h"
#include "host.h"
#include "qmp.h"
#include "report.h"

#include <ctrl.h>
#include <errno.h>
#include <fcntl.h>
#include <public/hvm/ioreq.h>
#include <public/memory.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A ring of writes is emptied within a tenth of a second, unless the device model is stuck. */
#define RING_WAIT_MS 10000
#define RING_STEP_MS 5
#define SERVERS_MAX  8 /* of a domain */

static int fail(uint32_t domid, const char *what, const char *why)
{
    report_error("the device model of domain %u: %s: %s", domid, what, why);
    return XL_FAILED;
}

/* --- what it still has to do ------------------------------------------------------------------ */

/* Writes that its guest has not waited for. */
static bool becomes_empty(const volatile struct buffered_iopage *ring)
{
    for (int ms = 0; ring->read_pointer != ring->write_pointer; ms += RING_STEP_MS) {
        if (ms >= RING_WAIT_MS)
            return false;
        usleep(RING_STEP_MS * 1000);
    }
    return true;
}

static int wait_for_rings(uint32_t domid)
{
    unsigned found = 0;

    for (uint32_t id = 0; id < SERVERS_MAX; id++) {
        void *ring;
        bool empty;

        if (ctrl_map_resource(host_ctrl(), domid, XENMEM_resource_ioreq_server, id,
                              XENMEM_resource_ioreq_server_frame_bufioreq, 1, PROT_READ, &ring) < 0)
            continue;
        empty = becomes_empty(ring);
        ctrl_unmap(ring, 1);
        if (!empty)
            return fail(domid, "what its guest has written", "it does not take it");
        found++;
    }
    return found ? XL_OK : fail(domid, "its rings", "there are none");
}

/* --- its state -------------------------------------------------------------------------------- */

static void save_arguments(yajl_gen g, const void *path)
{
    qmp_put(g, "filename", path);
    yajl_gen_string(g, (const unsigned char *)"live", 4);
    yajl_gen_bool(g, 0); /* its disks stay its own, in case that the guest goes on */
}

/* A file of nobody else's, to read; *to: the same to write. -errno. */
static int open_file(int *to)
{
    int fd = memfd_create("device model", MFD_CLOEXEC);
    char path[40];

    if (fd < 0)
        return -errno;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    *to = open(path, O_WRONLY | O_CLOEXEC);
    if (*to >= 0)
        return fd;
    close(fd);
    return -errno;
}

static int order_save(struct qmp *q, int to)
{
    char path[QMP_FILE_NAME];
    int ret = qmp_run(q, "stop", NULL);

    if (ret == 0)
        ret = qmp_add_file(q, to, path);
    return ret ? ret : qmp_run_with(q, "xen-save-devices-state", save_arguments, path, -1, NULL);
}

static int read_file(uint32_t domid, int fd, struct device_model_state *state)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return fail(domid, "its state", strerror(errno));
    if (st.st_size == 0 || st.st_size > CTRL_DEVICE_MODEL_MAX) {
        report_error("the device model of domain %u: its state has %lld bytes", domid,
                     (long long)st.st_size);
        return XL_FAILED;
    }
    state->bytes = malloc(st.st_size);
    if (!state->bytes)
        return fail(domid, "its state", "no memory for it");
    state->size = st.st_size;
    if (pread(fd, state->bytes, state->size, 0) == (ssize_t)state->size)
        return XL_OK;
    return fail(domid, "its state", "it became shorter while it was read");
}

static int take(uint32_t domid, struct device_model_state *state)
{
    struct qmp *q = device_model_connect(domid);
    int fd, to = -1, ret = XL_FAILED;

    if (!q)
        return XL_FAILED;
    fd = open_file(&to);
    if (fd < 0) {
        fail(domid, "a file for its state", strerror(-fd));
    } else {
        ret = order_save(q, to) < 0 ? fail(domid, "it does not give its state", qmp_why(q))
                                    : read_file(domid, fd, state);
        close(to);
        close(fd);
    }
    qmp_close(q);
    return ret;
}

int device_model_take_state(uint32_t domid, struct device_model_state *state)
{
    int ret = wait_for_rings(domid);

    *state = (struct device_model_state){ 0 };
    if (ret == XL_OK)
        ret = take(domid, state);
    if (ret != XL_OK)
        device_model_state_free(state);
    return ret;
}

void device_model_state_free(struct device_model_state *state)
{
    free(state->bytes);
    *state = (struct device_model_state){ 0 };
}

int device_model_state_open(const struct device_model_state *state)
{
    int fd = memfd_create("device model", MFD_CLOEXEC), ret;

    if (fd < 0)
        return -errno;
    if (pwrite(fd, state->bytes, state->size, 0) == (ssize_t)state->size)
        return fd;
    ret = errno ? -errno : -ENOSPC;
    close(fd);
    return ret;
}

int device_model_go_on(uint32_t domid)
{
    struct qmp *q = device_model_connect(domid);
    int ret = XL_OK;

    if (!q)
        return XL_FAILED;
    if (qmp_run(q, "cont", NULL) < 0)
        ret = fail(domid, "it does not go on", qmp_why(q));
    qmp_close(q);
    return ret;
}

/* --- its CDs ---------------------------------------------------------------------------------- */

/* Of the drive `id`: what QEMU calls its CD, "" if there is none. */
static const char *medium_of(yajl_val drives, const char *id)
{
    for (size_t i = 0; YAJL_IS_ARRAY(drives) && i < YAJL_GET_ARRAY(drives)->len; i++) {
        yajl_val v = YAJL_GET_ARRAY(drives)->values[i];
        const char *qdev = qmp_text(v, "qdev"), *file;

        if (!qdev || strcmp(qdev, id) != 0)
            continue;
        file = qmp_text(qmp_get(v, "inserted"), "file");
        return file ? file : "";
    }
    return "";
}

static bool is_drive(const struct disk_cfg *d) { return d->cdrom && d->drive >= 0; }

/* A guest may have ejected what was inserted; it cannot insert anything. */
static int take_cd(uint32_t domid, struct disk_cfg *d, const char *medium)
{
    if (!*medium)
        *d->target = '\0';
    if (!*medium == !*d->target)
        return XL_OK;
    report_error("domain %u has a CD in %s, and none in its configuration: it could not be restored as it "
                 "is", domid, d->vdev);
    report_hint("`xl-like cd-eject %u %s`, and insert it again", domid, d->vdev);
    return XL_FAILED;
}

int device_model_take_cds(uint32_t domid, struct disk_cfg *disks)
{
    struct qmp *q;
    int ret = XL_OK;
    yajl_val drives;

    while (disks && !is_drive(disks))
        disks = disks->next;
    if (!disks)
        return XL_OK;
    q = device_model_connect(domid);
    if (!q)
        return XL_FAILED;
    if (qmp_run(q, "query-block", &drives) < 0)
        ret = fail(domid, "its drives", qmp_why(q));
    for (struct disk_cfg *d = disks; d && ret == XL_OK; d = d->next) {
        char id[16];

        snprintf(id, sizeof(id), "ide%d", d->drive);
        if (is_drive(d))
            ret = take_cd(domid, d, medium_of(drives, id));
    }
    qmp_close(q);
    return ret;
}
