/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's disks in the store: what blockd serves.
 */
#ifndef XL_DISK_H
#define XL_DISK_H

#include "disk_cfg.h"
#include "host.h"

/** Enter the disks of a domain and wait until blockd offers each. Reports its errors, with the
 * place in the configuration. XL_OK or XL_FAILED. */
int disks_attach(struct xstore *x, uint32_t domid, const struct disk_cfg *disks);

/** The end of all disks of a domain that is gone: waits until blockd has let go of them, and
 * removes their nodes. Without blockd they are removed after a while, with a warning. */
void disks_forget(struct xstore *x, uint32_t domid);

#endif
