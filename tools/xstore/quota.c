/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits on what one unprivileged domain may make the daemon hold.
 */
#include "quota.h"
#include "domain.h"
#include "proto.h"

#include <stdio.h>
#include <string.h>

struct quota quota = {
    .nodes = 1000,
    .node_size = 2048,
    .perms = 5,
    .watches = 128,
    .txns = 10,
    .output_bytes = 256 * 1024,
};

static const struct {
    const char *name;
    unsigned *value;
} settings[] = {
    { "nodes", &quota.nodes },       { "node-size", &quota.node_size },
    { "perms", &quota.perms },       { "watches", &quota.watches },
    { "transactions", &quota.txns }, { "output-bytes", &quota.output_bytes },
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

void quota_refused(struct domain *d, const char *limit, unsigned value)
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        if (strcmp(settings[i].name, limit) != 0)
            continue;
        if (d->refused & 1u << i)
            return;
        d->refused |= 1u << i;
        fprintf(stderr, "xstored: domain %u: limit of %s reached (%u wanted, %u allowed)\n",
                d->domid, limit, value, *settings[i].value);
    }
}

bool quota_parse(const char *setting)
{
    const char *eq = strchr(setting, '=');
    uint64_t v;

    if (!eq || !xs_parse_number(eq + 1, UINT32_MAX, &v))
        return false;
    for (size_t i = 0; i < N_SETTINGS; i++) {
        if (strlen(settings[i].name) == (size_t)(eq - setting) &&
            strncmp(settings[i].name, setting, eq - setting) == 0) {
            *settings[i].value = v;
            return true;
        }
    }
    return false;
}
