/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits on what one unprivileged domain may make the daemon hold. Privileged connections have
 * none. What is refused, or has to wait, is counted for its domain, and logged the first time.
 */
#ifndef XSTORE_QUOTA_H
#define XSTORE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct quota {
    unsigned nodes;     /* owned by the domain */
    unsigned node_size; /* bytes: path, value, permissions */
    unsigned perms;     /* entries on one node */
    unsigned watches;
    unsigned txns;         /* open at once */
    unsigned outstanding;  /* answers and events not taken; with so many no request is served */
    unsigned output_bytes; /* of those */
    unsigned bytes;        /* all of it: nodes, watches, transactions, output */
    unsigned rate;         /* units of work a second (throttle.h); 0: no limit */
};

extern struct quota quota;

struct domain;
struct connection;

/** A request was refused, because it wanted `value` of this limit. */
void quota_refused(struct domain *d, const char *limit, size_t value);
/** A request was refused for want of a permission; path may be "". */
void quota_denied(struct domain *d, const char *operation, const char *path);
/** Is there room for so many bytes? -ENOSPC, which has been logged. */
int quota_check_bytes(const struct connection *c, size_t more);

/** Set a limit as "nodes=1000" says: false if the name or number is wrong. At run time it is kept
 * for the next daemon, too. */
bool quota_parse(const char *setting);
bool quota_set(const char *setting);
/** Those that were set at run time, as quota_set takes them. */
void quota_each_set(void (*fn)(const char *setting));

/** The limits as text, "name=n" lines. Returns the length. */
size_t quota_print(char *buf, size_t room);
/** What one domain has of each: lines of name, number, limit, refused requests ("-": none such). */
size_t quota_print_domain(const struct domain *d, char *buf, size_t room);

#endif
