/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files and block devices as targets.
 */
#ifndef BLOCK_TARGET_FILE_H
#define BLOCK_TARGET_FILE_H

#include "target.h"
#include "uring.h"

/*
 * Opens the file past the page cache if its file system can do that (O_DIRECT), and locks it: one
 * disk may write to it, or several may read. -EBUSY: another one does; -errno otherwise, and *why
 * says what failed.
 */
int target_file_open(struct uring *u, const char *path, bool read_only, struct target **out,
                     const char **why);

#endif
