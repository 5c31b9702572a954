/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of an ext2, ext3 or ext4 file system, read by libext2fs from a part of an open disk.
 */
#ifndef BOOTDISK_EXT_FILES_H
#define BOOTDISK_EXT_FILES_H

#include "volumes.h"

#include <stddef.h>

struct ext_files;

/** Opens the file system for ext_close(); one at a time. -errno; -EINVAL: there is none. */
int ext_open(int disk, const struct volume *volume, struct ext_files **out);
void ext_close(struct ext_files *files);

/** The whole of a file that is at most `limit` bytes long, for free(). Links are followed, as far
 * as they stay in the file system. -errno: -ENOENT, -EFBIG, -EIO if the file system is damaged. */
int ext_read(struct ext_files *files, const char *path, size_t limit, char **text, size_t *length);
/** The same, written to `to`, behind what was written before. */
int ext_copy(struct ext_files *files, const char *path, size_t limit, int to);

#endif
