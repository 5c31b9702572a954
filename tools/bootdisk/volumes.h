/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where on a disk file systems may be: all of it, or partitions of a master boot record or a GPT
 * (UEFI specification, chapter 5). The disk is a guest's.
 */
#ifndef BOOTDISK_VOLUMES_H
#define BOOTDISK_VOLUMES_H

#include <stdint.h>

#define VOLUMES_MAX 132 /* the disk; four of an MBR, or 128 of a GPT */

struct volume {
    uint64_t start, size; /* bytes; within the disk */
};

/** How many there are, the whole disk first; -errno if it cannot be read. */
int volumes_find(int disk, struct volume volumes[VOLUMES_MAX]);

#endif
