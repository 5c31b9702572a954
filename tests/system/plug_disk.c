/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plug-disk ROUNDS DOMAIN DISK...: attaches a disk, described as for `xl-like block-attach`, and
 * detaches it once the guest is connected, round after round, by the code of these verbs. One process
 * for all: a thousand rounds by the verbs themselves would take many minutes.
 * Exit status: 0 all rounds were done; 1 one was not; 2 wrong usage.
 */
#include "../../tools/xl-like/disk.h"
#include "../../tools/xl-like/report.h"

#include <public/io/xenbus.h>

#include <stdio.h>
#include <stdlib.h>

#define SECONDS 1000 /* for the guest to connect, and to let go */

static bool is_connected(struct xstore *x, const struct device_id *d)
{
    return device_read_number(x, d, DEVICE_BACKEND, "state") == XenbusStateConnected;
}

static int rounds_of(long rounds, uint32_t domid, const struct disk_cfg *disk)
{
    struct device_id d = { &disk_kind, domid, disk->devid };
    struct xstore *x = host_store();

    if (!x)
        return 1;
    for (long i = 0; i < rounds; i++)
        if (disks_attach(x, domid, disk) != XL_OK ||
            !device_wait(x, &d, "state", SECONDS, is_connected) ||
            device_detach(x, &d, false, SECONDS) != XL_OK) {
            fprintf(stderr, "round %ld of %ld\n", i + 1, rounds);
            return 1;
        }
    return 0;
}

int main(int argc, char **argv)
{
    long rounds = argc > 3 ? atol(argv[1]) : 0;
    struct disk_cfg *disk;
    struct cfg cfg;
    uint32_t domid;
    int ret;

    if (rounds <= 0) {
        fprintf(stderr, "usage: plug-disk ROUNDS DOMAIN DISK...\n");
        return 2;
    }
    cfg_init(&cfg, stderr);
    ret = disk_cfg_words(&cfg, argv + 3, argc - 3, &disk);
    cfg_free(&cfg);
    if (ret < 0)
        return 2;
    ret = domain_find(argv[2], &domid) == XL_OK ? rounds_of(rounds, domid, disk) : 1;
    disk_cfg_free(disk);
    return ret;
}
