/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes a guest the same one after it has been saved or started again.
 */
#ifndef XL_IDENTITY_H
#define XL_IDENTITY_H

#include <ctrl.h>
#include <stdio.h>

/** The name and the UUID that the domain of `info` has now, as settings of guest.cfg. Without a name
 * in the store only the UUID. */
void identity_print(const struct ctrl_domain_info *info, FILE *out);
/** Settings, and behind them those: text to be freed; NULL: no memory. */
char *identity_append(const struct ctrl_domain_info *info, const char *settings);

#endif
