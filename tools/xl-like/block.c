/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * block-attach, block-detach, block-list, block-resize.
 */
#include "device_verbs.h"
#include "disk.h"
#include "present_cfg.h"
#include "report.h"
#include "size.h"
#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The columns are xl's. A frontend with several queues has no event channel of its own: -1. */
static void print(struct xstore *x, const struct device_id *d)
{
    char *vdev = device_read(x, d, DEVICE_BACKEND, "dev");

    printf("%-5s %-3d %-10u %-5lld %-6lld %-8lld /local/domain/0/backend/%s/%u/%u\n",
           vdev ? vdev : "-", 0, d->devid, device_read_number(x, d, DEVICE_BACKEND, "state"),
           device_read_number(x, d, DEVICE_FRONTEND, "event-channel"),
           device_read_number(x, d, DEVICE_FRONTEND, "ring-ref"), d->kind->daemon, d->domid,
           d->devid);
    free(vdev);
}

static void describe(yajl_gen g, struct xstore *x, const struct device_id *d)
{
    static const char *const texts[][2] = {
        { "vdev", "dev" },      { "type", "device-type" }, { "mode", "mode" },
        { "target", "params" }, { "error", "error" },
    };
    static const char *const numbers[] = { "state", "sectors" };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *value = device_read(x, d, DEVICE_BACKEND, texts[i][1]);

        if (value)
            json_text(g, texts[i][0], value);
        free(value);
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        long long n = device_read_number(x, d, DEVICE_BACKEND, numbers[i]);

        if (n >= 0)
            json_number(g, numbers[i], n);
    }
}

static void forget(struct guest_cfg *g, uint32_t devid) { disk_cfg_remove(&g->disks, devid); }

static const struct device_verbs disk_verbs = {
    .kind = &disk_kind,
    .parse = disk_devid,
    .names = "virtual device (like xvda, sdb1, hdc, d3p1)",
    .list = "block-list",
    .head = "Vdev  BE  handle     state evt-ch ring-ref BE-path",
    .print = print,
    .describe = describe,
    .forget = forget,
};

int verb_block_detach(int argc, char **argv) { return device_verb_detach(&disk_verbs, argc, argv); }

int verb_block_list(int argc, char **argv) { return device_verb_list(&disk_verbs, argc, argv); }

/* What its device model has alone is not in the store. */
static int check_free(const char *verb, const struct present_cfg *p, const struct disk_cfg *same)
{
    if (!same || !same->cdrom || same->drive < 0)
        return XL_OK;
    report_error("%s: %s is a drive of the device model of domain %u", verb, same->vdev, p->domid);
    report_hint("`xl-like cd-insert %u %s FILE` changes its CD", p->domid, same->vdev);
    return XL_FAILED;
}

/* `disk` goes with the configuration. */
static int attach(const char *verb, struct present_cfg *p, struct disk_cfg *disk)
{
    int ret = check_free(verb, p, *disk_cfg_find(&p->cfg.disks, disk->devid));

    disk_cfg_remove(&p->cfg.disks, disk->devid); /* if it is there, it has gone without a word */
    *disk_cfg_find(&p->cfg.disks, disk->devid) = disk;
    disk->pv_only = p->known && p->cfg.type == CTRL_HVM;
    if (ret == XL_OK)
        ret = present_check(verb, p);
    if (ret == XL_OK)
        ret = disks_attach(host_store(), p->domid, disk);
    return ret == XL_OK ? present_keep(verb, p) : ret;
}

int verb_block_attach(int argc, char **argv)
{
    struct present_cfg p;
    struct disk_cfg *disk;
    struct cfg cfg;
    uint32_t domid;
    int ret;

    if (argc < 3 || argv[1][0] == '-')
        return usage_error(argv[0]);
    cfg_init(&cfg, stderr);
    ret = disk_cfg_words(&cfg, argv + 2, argc - 2, &disk);
    cfg_free(&cfg);
    if (ret < 0) {
        report_error("%s: the disk is not described well: nothing was done", argv[0]);
        return XL_CONFIG;
    }
    ret = device_domain(argv[0], argv[1], &domid);
    if (ret == XL_OK)
        ret = present_begin(argv[0], domid, &p);
    if (ret != XL_OK) {
        disk_cfg_free(disk);
        return ret;
    }
    ret = attach(argv[0], &p, disk);
    present_end(&p);
    return ret;
}

/* --- resizing --------------------------------------------------------------------------------- */

int verb_block_resize(int argc, char **argv)
{
    static const struct option longs[] = { { "shrink", no_argument, NULL, 's' },
                                           { NULL, 0, NULL, 0 } };
    struct device_id d;
    uint64_t bytes = 0;
    uint32_t domid;
    bool shrink = false;
    int c, ret;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c != 's')
            return usage_error(argv[0]);
        shrink = true;
    }
    if (argc - optind < 2 || argc - optind > 3)
        return usage_error(argv[0]);
    if (argc - optind == 3 && (!parse_size(argv[optind + 2], 1, &bytes) || bytes % 512)) {
        report_error("%s: '%s' is no size: bytes, or a number with K, M, G or T; whole sectors of "
                     "512 bytes",
                     argv[0], argv[optind + 2]);
        return XL_USAGE;
    }
    ret = device_domain(argv[0], argv[optind], &domid);
    if (ret == XL_OK)
        ret = device_find(&disk_verbs, argv[0], domid, argv[optind + 1], &d);
    return ret == XL_OK ? disk_resize(host_store(), &d, bytes, shrink) : ret;
}
