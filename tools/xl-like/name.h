/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The name of a guest that is being created: from the look whether it is free until it stands in
 * the store nobody else may create a guest of that name.
 */
#ifndef XL_NAME_H
#define XL_NAME_H

/**
 * Take a name by a locked file in `dir`, which is made if need be: a descriptor for name_release,
 * or -errno; -EBUSY: somebody else has it. Ends with the process, too.
 */
int name_take(const char *dir, const char *name);
/** Give it back. */
void name_release(const char *dir, const char *name, int fd);

#endif
