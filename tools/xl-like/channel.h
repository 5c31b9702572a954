/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's further consoles in the store: what consoled serves beside its first.
 */
#ifndef XL_CHANNEL_H
#define XL_CHANNEL_H

#include "channel_cfg.h"
#include "device.h"

extern const struct device_kind channel_kind;

/** Enter the consoles of a domain of this name and wait until consoled offers each. Reports its
 * errors, with the place in the configuration. XL_OK or XL_FAILED. */
int channels_attach(struct xstore *x, uint32_t domid, const char *name,
                    const struct channel_cfg *channels);

#endif
