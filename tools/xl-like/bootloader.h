/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest starts with: the kernel and ramdisk that its configuration names, or those that its
 * `bootloader` takes from its first disk, as with xl.
 */
#ifndef XL_BOOTLOADER_H
#define XL_BOOTLOADER_H

#include "guest_cfg.h"

struct boot_files {
    const char *kernel, *ramdisk, *cmdline; /* files of Dom0; NULL: none */
    char *folder;                           /* where the bootloader put them; NULL: there is none */
    char *answer;                           /* what it said, which they point into */
};

/** Finds them, for boot_files_drop(); a guest of type hvm has none but firmware. Reports its errors.
 * XL_OK, XL_CONFIG or XL_FAILED. */
int boot_files_find(const struct guest_cfg *g, struct boot_files *b);
/** Nothing is left of what was copied. */
void boot_files_drop(struct boot_files *b);

/** Takes an answer of `length` bytes apart: items "kernel PATH", "ramdisk PATH", "args TEXT", each
 * ended by a zero byte. -EINVAL: there is no kernel in it. */
int boot_files_parse(struct boot_files *b, size_t length);

#endif
