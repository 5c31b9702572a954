/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains without a hypervisor, and a client whose bytes stay in memory: for tests of xstored's
 * real core.
 */
#ifndef FAKE_DOMAINS_H
#define FAKE_DOMAINS_H

#include "connection.h"

struct connection *fake_client(uint32_t domid);
/** The domain ends, its number can come again with another life. */
void fake_domain_gone(uint32_t domid);
/** One request; the body is `len` bytes. Its answer's type; *body, *blen are valid until the next
 * call. */
uint32_t fake_request(struct connection *c, uint32_t type, uint32_t txn, const void *body,
                      size_t len, const char **answer, size_t *alen);
/** As above for strings: "path" and the answer as text. Returns 0, or the errno of an XS_ERROR. */
int fake_call(struct connection *c, uint32_t type, uint32_t txn, const char *body, size_t len,
              char answer[4097]);
/** Number of events waiting for the client; they are taken, the last one's path is copied to
 * `path`. */
int fake_events(struct connection *c, char path[4097]);
void fake_end(void);

#endif
