/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UUIDs of domains, as bytes and as text: RFC 4122.
 */
#ifndef XL_UUID_H
#define XL_UUID_H

#include <ctrl.h>

#define UUID_TEXT 37 /* 8-4-4-4-12 digits and an end */

/** A new one, at random. -EIO: there are no random numbers. */
int uuid_make(uint8_t uuid[CTRL_UUID_LEN]);
void uuid_print(const uint8_t uuid[CTRL_UUID_LEN], char text[UUID_TEXT]);
/** `text` is of 36 characters: hexadecimal digits, and dashes, which are passed over. */
void uuid_parse(const char *text, uint8_t uuid[CTRL_UUID_LEN]);

#endif
