/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's disks in the store: what blockd serves.
 */
#ifndef XL_DISK_H
#define XL_DISK_H

#include "disk_cfg.h"
#include "host.h"

enum disk_half { DISK_FRONTEND, DISK_BACKEND };

/** Enter disks of a domain and wait until blockd offers each. Reports its errors, with the place in
 * the configuration; then none of them is there. XL_OK or XL_FAILED. */
int disks_attach(struct xstore *x, uint32_t domid, const struct disk_cfg *disks);

/** Ask the guest to let go of a disk, and remove it once it has; `force`: do not ask, but take it
 * away. Reports its errors: it still holds it after so many seconds. XL_OK or XL_FAILED. */
int disk_detach(struct xstore *x, uint32_t domid, uint32_t devid, bool force, int seconds);

/** Make the file behind a disk so large (0: leave the target as it is), and have blockd look how
 * large it is and tell the guest. What is lost by that needs `shrink`. Reports its errors. XL_OK or
 * XL_FAILED. */
int disk_resize(struct xstore *x, uint32_t domid, uint32_t devid, uint64_t bytes, bool shrink);

/** The end of all disks of a domain that is gone: waits until blockd has let go of them, and
 * removes their nodes. Without blockd they are removed after a while, with a warning. */
void disks_forget(struct xstore *x, uint32_t domid);

/** A node of a disk's half, NULL if it is not there; to be freed. */
char *disk_node(struct xstore *x, uint32_t domid, uint32_t devid, enum disk_half half,
                const char *node);
/** The numbers of a domain's disks, as text; one block, to be freed. How many, or -errno. */
int disk_numbers(struct xstore *x, uint32_t domid, char ***numbers);

#endif
