/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cd-insert, cd-eject: the device model, which cannot open files any more, is handed an open one.
 */
#include "device_model.h"
#include "host.h"
#include "present_cfg.h"
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
    struct disk_cfg *disk; /* in the configuration; NULL: none is kept */
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
    if (qmp_add_file(q, fd, d->file) < 0 ||
        qmp_run_with(q, "blockdev-change-medium", insert_arguments, d, -1, NULL) < 0)
        return refused(verb, q);
    return XL_OK;
}

/* --- the configuration ------------------------------------------------------------------------ */

static int find_place(char **argv, int *place)
{
    struct disk_cfg disk = { .drive = -1 };

    *place = disk_devid(argv[2], &disk.devid) ? disk_cfg_drive(&disk) : -1;
    if (*place >= 0)
        return XL_OK;
    report_error("%s: '%s' is no emulated drive (hda to hdd)", argv[0], argv[2]);
    return XL_USAGE;
}

static int find_drive(char **argv, const struct present_cfg *p, int place, struct drive *d)
{
    snprintf(d->id, sizeof(d->id), "ide%d", place);
    d->disk = p->cfg.disks;
    while (d->disk && (d->disk->drive != place || !d->disk->cdrom))
        d->disk = d->disk->next;
    if (d->disk || !p->known)
        return XL_OK;
    report_error("%s: domain %u has no CD drive %s", argv[0], p->domid, argv[2]);
    return XL_FAILED;
}

/* What is in the drive when the guest is saved, or started again. */
static int set_target(const char *verb, struct present_cfg *p, struct drive *d, const char *path)
{
    if (!d->disk)
        return XL_OK;
    free(d->disk->target);
    d->disk->target = strdup(path);
    if (d->disk->target)
        return present_check(verb, p);
    report_error("%s: no memory", verb);
    return XL_FAILED;
}

/* --- the verbs -------------------------------------------------------------------------------- */

/* An empty path, without a descriptor: no CD. */
static int change(char **argv, struct present_cfg *p, int place, const char *path, int fd)
{
    struct drive d;
    struct qmp *q;
    int ret = find_drive(argv, p, place, &d);

    if (ret == XL_OK)
        ret = set_target(argv[0], p, &d, path);
    if (ret != XL_OK)
        return ret;
    q = device_model_connect(p->domid);
    if (!q)
        return XL_FAILED;
    ret = eject(argv[0], q, &d);
    if (ret == XL_OK) /* before it is there: a drive that turns out to be empty is saved as such */
        ret = present_keep(argv[0], p);
    if (ret == XL_OK && fd >= 0)
        ret = insert(argv[0], q, &d, fd);
    qmp_close(q);
    return ret;
}

static int change_cd(char **argv, const char *path, int fd)
{
    struct present_cfg p;
    uint32_t domid;
    int place, ret = domain_find(argv[1], &domid);

    if (ret == XL_OK)
        ret = find_place(argv, &place);
    if (ret == XL_OK)
        ret = present_begin(argv[0], domid, &p);
    if (ret != XL_OK)
        return ret;
    ret = change(argv, &p, place, path, fd);
    present_end(&p);
    return ret;
}

int verb_cd_eject(int argc, char **argv)
{
    if (argc != 3 || argv[1][0] == '-')
        return usage_error(argv[0]);
    return change_cd(argv, "", -1);
}

int verb_cd_insert(int argc, char **argv)
{
    char *path;
    int ret, fd;

    if (argc != 4 || argv[1][0] == '-')
        return usage_error(argv[0]);
    fd = open(argv[3], O_RDONLY | O_CLOEXEC);
    path = argv[3][0] == '/' ? strdup(argv[3]) : realpath(argv[3], NULL);
    if (fd < 0 || !path) {
        report_error("%s: cannot open %s: %s", argv[0], argv[3], strerror(errno));
        ret = XL_FAILED;
    } else {
        ret = change_cd(argv, path, fd);
    }
    free(path);
    if (fd >= 0)
        close(fd);
    return ret;
}
