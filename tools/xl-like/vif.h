/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's network devices in the store: what netd serves.
 */
#ifndef XL_VIF_H
#define XL_VIF_H

#include "device.h"
#include "vif_cfg.h"

extern const struct device_kind vif_kind;

/** Enter network devices of a domain of this name and wait until netd offers each; if it does not,
 * none of them is left. Reports its errors, with the place in the configuration. XL_OK or
 * XL_FAILED. */
int vifs_attach(struct xstore *x, uint32_t domid, const char *name, const struct vif_cfg *vifs);

#endif
