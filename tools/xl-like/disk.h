/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's disks in the store: what blockd serves.
 */
#ifndef XL_DISK_H
#define XL_DISK_H

#include "device.h"
#include "disk_cfg.h"

extern const struct device_kind disk_kind;

/** Enter disks of a domain and wait until blockd offers each. Reports its errors, with the place in
 * the configuration; then none of them is there. XL_OK or XL_FAILED. */
int disks_attach(struct xstore *x, uint32_t domid, const struct disk_cfg *disks);

/** Make the file behind a disk so large (0: leave the target as it is), and have blockd look how
 * large it is and tell the guest. What is lost by that needs `shrink`. Reports its errors. XL_OK or
 * XL_FAILED. */
int disk_resize(struct xstore *x, const struct device_id *d, uint64_t bytes, bool shrink);

#endif
