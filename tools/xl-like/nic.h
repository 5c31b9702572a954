/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dom0's ends of emulated network devices: TAP devices on a bridge, which are there for as long as
 * somebody has them open.
 */
#ifndef XL_NIC_H
#define XL_NIC_H

#include "vif_cfg.h"

#include <stddef.h>

/** Make those of the emulated devices of the list, in its order; `count` is their number. Reports
 * its errors, with the place in the configuration; then there is none. XL_OK or XL_FAILED. */
int nics_open(uint32_t domid, const struct vif_cfg *vifs, int **fds, size_t *count);
void nics_close(int *fds, size_t count);

#endif
