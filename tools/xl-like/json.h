/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON output through libyajl: values are gathered in memory, json_end() prints them.
 */
#ifndef XL_JSON_H
#define XL_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <yajl/yajl_gen.h>

yajl_gen json_start(void);
void json_text(yajl_gen g, const char *key, const char *value);
void json_number(yajl_gen g, const char *key, uint64_t value);
void json_seconds(yajl_gen g, const char *key, uint64_t ns);
void json_bool(yajl_gen g, const char *key, bool value);
/** Print and release. false: out of memory or stdout is gone (reported). */
bool json_end(yajl_gen g);

#endif
