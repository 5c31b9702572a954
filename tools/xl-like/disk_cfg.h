/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One disk of guest.cfg, in the syntax of xl-disk-configuration(5):
 *   format=raw, vdev=xvda, access=rw, target=/path      target= is the last, and takes all the rest
 *   /path, raw, xvda, rw                                what is not KEY=VALUE goes by its place
 */
#ifndef XL_DISK_CFG_H
#define XL_DISK_CFG_H

#include "cfg_parse.h"

struct disk_cfg {
    struct disk_cfg *next;
    struct cfg_place place; /* of the string */
    char *target;           /* absolute path, or an NBD server's URI; "": a drive without a CD */
    char *vdev;             /* "xvda" */
    uint32_t devid;         /* its number on the ring's side */
    bool read_only, cdrom;
    bool pv_only;           /* no emulated drive, though its name is one's */
    const char *grants; /* "kept": the guest may leave its pages granted; "copied"; NULL: not said */
    int drive;          /* place of the emulated drive that it is as well, 0 (hda) to 3; -1: none */
};

/** A string of the list `disk`. 0, or -EINVAL after messages to cfg->errors; -ENOMEM. */
int disk_cfg_parse(struct cfg *cfg, const struct cfg_value *v, struct disk_cfg **out);
/** The same of words on a command line, as if joined by commas; a place's line is the word's
 * number. There has to be a target. */
int disk_cfg_words(struct cfg *cfg, char *const *words, int n, struct disk_cfg **out);
/** A whole list: *disks becomes its disks, in order. The same. */
int disk_cfg_list(struct cfg *cfg, const struct cfg_value *list, struct disk_cfg **disks);
/** It as a string of the list `disk`. */
void disk_cfg_print(const struct disk_cfg *d, FILE *out);
/** The disk of the list that has this number, or the list's end. */
struct disk_cfg **disk_cfg_find(struct disk_cfg **list, uint32_t devid);
/** Take that one out of the list, if it is there. */
void disk_cfg_remove(struct disk_cfg **list, uint32_t devid);
void disk_cfg_free(struct disk_cfg *disks);

/** Place of the IDE drive that it is for a guest with emulated devices, 0 (hda, xvda) to 3; -1: none. */
int disk_cfg_drive(const struct disk_cfg *d);

/** Is it an NBD server's URI? */
bool disk_target_is_nbd(const char *target);

/** Number of a virtual device: xvdX[N], sdX[N], hdX[N], dN[pN]. False if it is none. */
bool disk_devid(const char *vdev, uint32_t *devid);

#endif
