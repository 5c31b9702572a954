/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings as text again, which cfg_parse() reads as the same settings.
 */
#ifndef XL_CFG_PRINT_H
#define XL_CFG_PRINT_H

#include "cfg_parse.h"

void cfg_print(const struct cfg *c, FILE *out);
/** A value alone, on one line. */
void cfg_print_value(const struct cfg_value *v, FILE *out);
/** `key = "text"` and an end of line. */
void cfg_print_string(const char *key, const char *text, FILE *out);

#endif
