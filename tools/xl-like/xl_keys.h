/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys of xl.cfg(5) that guest.cfg does not serve. An empty list for one of them says nothing and
 * is accepted.
 */
#ifndef XL_XL_KEYS_H
#define XL_XL_KEYS_H

#include <stdbool.h>

/** In alphabetical order; NULL ends it. */
extern const char *const xl_keys_not_served[];

bool xl_key_is_not_served(const char *key);

#endif
