/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits on what one unprivileged domain may make the daemon hold.
 */
#include "quota.h"
#include "connection.h"
#include "domain.h"
#include "perm.h"
#include "proto.h"
#include "records.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct quota quota = {
    .nodes = 1000,
    .node_size = 2048,
    .perms = 5,
    .watches = 128,
    .txns = 10,
    .outstanding = 64,
    .output_bytes = 256 * 1024,
    .bytes = 2 * 1024 * 1024,
    .rate = 2000,
};

static struct setting {
    const char *name;
    unsigned *value;
    bool set; /* at run time */
} settings[] = {
    { .name = "nodes", .value = &quota.nodes },
    { .name = "node-size", .value = &quota.node_size },
    { .name = "perms", .value = &quota.perms },
    { .name = "watches", .value = &quota.watches },
    { .name = "transactions", .value = &quota.txns },
    { .name = "outstanding", .value = &quota.outstanding },
    { .name = "output-bytes", .value = &quota.output_bytes },
    { .name = "bytes", .value = &quota.bytes },
    { .name = "rate", .value = &quota.rate },
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))
#define PERMISSION N_SETTINGS /* refusals for want of one */
_Static_assert(PERMISSION + 1 == REFUSALS, "struct domain counts each kind");

/* --- refusing -------------------------------------------------------------------------------- */

void quota_refused(struct domain *d, const char *limit, size_t value)
{
    for (size_t i = 0; i < N_SETTINGS; i++)
        if (strcmp(settings[i].name, limit) == 0 && d->refused[i]++ == 0)
            fprintf(stderr, "xstored: domain %u: limit of %s reached (%zu wanted, %u allowed)\n",
                    d->domid, limit, value, *settings[i].value);
}

void quota_denied(struct domain *d, const char *operation, const char *path)
{
    if (d->refused[PERMISSION]++ == 0)
        fprintf(stderr, "xstored: domain %u: %s %.128s: permission denied\n", d->domid, operation,
                path);
}

int quota_check_bytes(const struct connection *c, size_t more)
{
    size_t all = perm_privileged(c) ? 0 : connection_bytes(c) + more;

    if (all <= quota.bytes)
        return 0;
    quota_refused(c->domain, "bytes", all);
    return -ENOSPC;
}

/* --- setting --------------------------------------------------------------------------------- */

static struct setting *parse(const char *setting, unsigned *value)
{
    const char *eq = strchr(setting, '=');
    uint64_t v;

    if (!eq || !xs_parse_number(eq + 1, INT32_MAX, &v))
        return NULL;
    *value = v;
    for (size_t i = 0; i < N_SETTINGS; i++)
        if (strlen(settings[i].name) == (size_t)(eq - setting) &&
            strncmp(settings[i].name, setting, eq - setting) == 0)
            return &settings[i];
    return NULL;
}

bool quota_parse(const char *setting)
{
    unsigned value;
    struct setting *s = parse(setting, &value);

    if (s)
        *s->value = value;
    return s;
}

bool quota_set(const char *setting)
{
    unsigned value;
    struct setting *s = parse(setting, &value);

    if (!s)
        return false;
    *s->value = value;
    s->set = true;
    keep_quota(setting);
    return true;
}

void quota_each_set(void (*fn)(const char *setting))
{
    char text[64];

    for (size_t i = 0; i < N_SETTINGS; i++) {
        snprintf(text, sizeof(text), "%s=%u", settings[i].name, *settings[i].value);
        if (settings[i].set)
            fn(text);
    }
}

/* --- showing --------------------------------------------------------------------------------- */

size_t quota_print(char *buf, size_t room)
{
    size_t len = 0;

    for (size_t i = 0; i < N_SETTINGS && len < room; i++)
        len += snprintf(buf + len, room - len, "%s=%u\n", settings[i].name, *settings[i].value);
    return len;
}

/* -1: this is no amount that a domain has. */
static long used(const struct domain *d, const unsigned *limit)
{
    const struct connection *c = d->conn;

    if (limit == &quota.nodes)
        return d->nodes;
    if (limit == &quota.node_size || limit == &quota.perms || limit == &quota.rate)
        return -1;
    if (limit == &quota.bytes && !c)
        return d->bytes;
    if (!c)
        return 0;
    return limit == &quota.watches       ? c->n_watches
           : limit == &quota.txns        ? c->n_txns
           : limit == &quota.outstanding ? c->n_out
           : limit == &quota.bytes       ? connection_bytes(c)
                                         : c->out_bytes;
}

size_t quota_print_domain(const struct domain *d, char *buf, size_t room)
{
    size_t len = 0;

    for (size_t i = 0; i < N_SETTINGS && len < room; i++) {
        long n = used(d, settings[i].value);
        char number[24] = "-";

        if (n >= 0)
            snprintf(number, sizeof(number), "%ld", n);
        len += snprintf(buf + len, room - len, "%s %s %u %u\n", settings[i].name, number,
                        *settings[i].value, d->refused[i]);
    }
    if (len < room)
        len += snprintf(buf + len, room - len, "permission - - %u\n", d->refused[PERMISSION]);
    return len;
}
