/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of guests: which there can be; and one that is being given: from the look whether it is free
 * until it stands in the store nobody else may give it to a guest.
 */
#ifndef XL_NAME_H
#define XL_NAME_H

#define NAME_DIR "/run/xen-like/names" /* names that are being given */

/** Why a domain cannot have this name; NULL: it can. */
const char *name_error(const char *name);

/**
 * Take a name by a locked file in `dir`, which is made if need be: a descriptor for name_release,
 * or -errno; -EBUSY: somebody else has it. Ends with the process, too.
 */
int name_take(const char *dir, const char *name);
/** Give it back. */
void name_release(const char *dir, const char *name, int fd);

#endif
