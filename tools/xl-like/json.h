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
/** All in one line. */
yajl_gen json_start_line(void);
void json_key(yajl_gen g, const char *key);
void json_text(yajl_gen g, const char *key, const char *value);
void json_number(yajl_gen g, const char *key, uint64_t value);
void json_seconds(yajl_gen g, const char *key, uint64_t ns);
/** With one digit behind the point; 0 if it is no number. */
void json_decimal(yajl_gen g, const char *key, double value);
void json_bool(yajl_gen g, const char *key, bool value);
/** Print and release. false: out of memory or stdout is gone (reported). */
bool json_end(yajl_gen g);

#endif
