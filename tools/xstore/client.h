/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside libxstore: requests and answers over the stream, for the functions of xstore.h.
 */
#ifndef XSTORE_CLIENT_H
#define XSTORE_CLIENT_H

#include "xstore.h"

#include <sys/uio.h>

/** One request of type XS_* and its answer: its length, or -errno. *body (may be NULL) gets what
 * came, with a 0 byte behind it, and is the caller's. */
int talk(struct xstore *x, uint32_t type, xstore_txn_t t, const struct iovec *iov, int n,
         char **body);
/** The same for one string. Without `body` the result is 0 or -errno. */
int talk_text(struct xstore *x, uint32_t type, xstore_txn_t t, const char *s, char **body);
/** A string with its terminating 0. */
struct iovec text(const char *s);

#endif
