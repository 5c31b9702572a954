/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings as JSON: numbers, strings and arrays, as they were given.
 */
#ifndef XL_CFG_JSON_H
#define XL_CFG_JSON_H

#include "cfg_parse.h"

#include <yajl/yajl_gen.h>

/** An object with a member for each setting. */
void cfg_put_json(yajl_gen g, const struct cfg *c);

#endif
