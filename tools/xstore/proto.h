/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What daemon and client share of the protocol: errors by name, numbers in text.
 */
#ifndef XSTORE_PROTO_H
#define XSTORE_PROTO_H

#include <public/io/xs_wire.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest path that a client may name, with its terminating 0: absolute, relative. */
#define XS_ABS_PATH_SIZE 3072
#define XS_REL_PATH_SIZE 2048

/** Name on the wire of a positive errno; EINVAL's for those without one. */
const char *xs_error_name(int err);
/** Positive errno for a name on the wire; EIO for unknown ones. */
int xs_error_number(const char *name);

/** Number of 0-terminated strings in buf if it is nothing but such strings, else -1. */
int xs_count_strings(const char *buf, size_t len);
/** Decimal number, nothing else around it, at most `max`. */
bool xs_parse_number(const char *s, uint64_t max, uint64_t *out);

/** "r12" and the like. false: malformed. */
bool xs_parse_perm(const char *s, uint32_t *domid, bool *read, bool *write);
char xs_perm_letter(bool read, bool write);

#endif
