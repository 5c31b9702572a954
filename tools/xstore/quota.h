/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits on what one unprivileged domain may make the daemon hold. Privileged connections have
 * none.
 */
#ifndef XSTORE_QUOTA_H
#define XSTORE_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

struct quota {
    unsigned nodes;     /* owned by the domain */
    unsigned node_size; /* bytes: path, value, permissions */
    unsigned perms;     /* entries on one node */
    unsigned watches;
    unsigned txns;         /* open at once */
    unsigned output_bytes; /* answers and events not yet taken */
};

extern struct quota quota;

struct domain;
/** Log once per domain and limit that a request was refused. */
void quota_refused(struct domain *d, const char *limit, unsigned value);
/** "nodes=1000": false if the name or number is wrong. */
bool quota_parse(const char *setting);

#endif
