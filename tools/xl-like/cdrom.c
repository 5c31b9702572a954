/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cd-insert, cd-eject: the device model, which cannot open files any more, is handed an open one.
 */
#include "device_model.h"
#include "host.h"
#include "qmp.h"
#include "report.h"
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct drive {
    char id[16]; /* as the device model calls it */
    char file[QMP_FILE_NAME]; /* that of the CD */
};

static void eject_arguments(yajl_gen g, const void *arg)
{
    const struct drive *d = arg;
    static const unsigned char force[] = "force";

    qmp_put(g, "id", d->id);
    yajl_gen_string(g, force, sizeof(force) - 1);
    yajl_gen_bool(g, 1); /* whether the guest has locked it or not */
}

static void insert_arguments(yajl_gen g, const void *arg)
{
    const struct drive *d = arg;

    qmp_put(g, "id", d->id);
    qmp_put(g, "filename", d->file);
    qmp_put(g, "format", "raw");
    qmp_put(g, "read-only-mode", "read-only");
}

static int refused(const char *verb, const struct qmp *q)
{
    report_error("%s: the device model refuses: %s", verb, qmp_why(q));
    return XL_FAILED;
}

static int eject(const char *verb, struct qmp *q, const struct drive *d)
{
    return qmp_run_with(q, "eject", eject_arguments, d, -1, NULL) < 0 ? refused(verb, q) : XL_OK;
}

static int insert(const char *verb, struct qmp *q, struct drive *d, int fd)
{
    int ret = eject(verb, q, d);

    if (ret != XL_OK)
        return ret;
    if (qmp_add_file(q, fd, d->file) < 0 ||
        qmp_run_with(q, "blockdev-change-medium", insert_arguments, d, -1, NULL) < 0)
        return refused(verb, q);
    return XL_OK;
}

/* The domain and its drive; the connection is to be closed. */
static int find_drive(char **argv, struct drive *d, struct qmp **q)
{
    struct disk_cfg disk = { .drive = -1 };
    uint32_t domid;
    int ret = domain_find(argv[1], &domid), place;

    if (ret != XL_OK)
        return ret;
    place = disk_devid(argv[2], &disk.devid) ? disk_cfg_drive(&disk) : -1;
    if (place < 0) {
        report_error("%s: '%s' is no emulated drive (hda to hdd)", argv[0], argv[2]);
        return XL_USAGE;
    }
    snprintf(d->id, sizeof(d->id), "ide%d", place);
    *q = device_model_connect(domid);
    return *q ? XL_OK : XL_FAILED;
}

int verb_cd_eject(int argc, char **argv)
{
    struct drive d;
    struct qmp *q;
    int ret;

    if (argc != 3 || argv[1][0] == '-')
        return usage_error(argv[0]);
    ret = find_drive(argv, &d, &q);
    if (ret != XL_OK)
        return ret;
    ret = eject(argv[0], q, &d);
    qmp_close(q);
    return ret;
}

int verb_cd_insert(int argc, char **argv)
{
    struct drive d;
    struct qmp *q;
    int ret, fd;

    if (argc != 4 || argv[1][0] == '-')
        return usage_error(argv[0]);
    fd = open(argv[3], O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        report_error("%s: cannot open %s: %s", argv[0], argv[3], strerror(errno));
        return XL_FAILED;
    }
    ret = find_drive(argv, &d, &q);
    if (ret == XL_OK) {
        ret = insert(argv[0], q, &d, fd);
        qmp_close(q);
    }
    close(fd);
    return ret;
}
