/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands to the daemon itself, a row each in the table; their answers are text.
 */
#include "ops.h"
#include "request.h"
#include "domain.h"
#include "quota.h"
#include "upgrade.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ANSWER 2048

static int command_help(const char *arg, char answer[ANSWER]);

/* The next domain from this number on that has or wanted anything. */
static const struct domain *next_domain(uint32_t domid)
{
    static const unsigned none[REFUSALS];

    for (; domid < DOMAIN_NUMBERS; domid++) {
        const struct domain *d = domid ? domain_known(domid) : NULL;

        if (d && (d->introduced || d->nodes || memcmp(d->refused, none, sizeof(none)) != 0))
            return d;
    }
    return NULL;
}

/* Without an argument the limits; NAME=N sets one; a number asks for the domain of that number or
 * the next one there is: its number and its share of each limit. */
static int command_quota(const char *arg, char answer[ANSWER])
{
    const struct domain *d;
    uint64_t domid;
    int len;

    if (!arg)
        return quota_print(answer, ANSWER);
    if (strchr(arg, '='))
        return quota_set(arg) ? snprintf(answer, ANSWER, "OK") : -EINVAL;
    if (!xs_parse_number(arg, DOMAIN_NUMBERS, &domid))
        return -EINVAL;
    d = next_domain(domid);
    if (!d)
        return snprintf(answer, ANSWER, "%s", "");
    len = snprintf(answer, ANSWER, "%u\n", d->domid);
    return len + quota_print_domain(d, answer + len, ANSWER - len);
}

static int command_stat(const char *arg, char answer[ANSWER])
{
    return arg ? -EINVAL : snprintf(answer, ANSWER, "nodes=%zu\n", tree.count);
}

static int command_upgrade(const char *arg, char answer[ANSWER])
{
    int ret = arg ? -EINVAL : upgrade_prepare();

    return ret < 0 ? ret : snprintf(answer, ANSWER, "OK");
}

static const struct command {
    const char *name;
    int (*run)(const char *arg, char answer[ANSWER]); /* length of the answer, or -errno */
} commands[] = {
    { "help", command_help },
    { "quota", command_quota },
    { "stat", command_stat },
    { "upgrade", command_upgrade },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int command_help(const char *arg, char answer[ANSWER])
{
    int len = 0;

    if (arg)
        return -EINVAL;
    for (size_t i = 0; i < N_COMMANDS; i++)
        len += snprintf(answer + len, ANSWER - len, "%s\n", commands[i].name);
    return len;
}

int op_control(struct request *r)
{
    int n_args = xs_count_strings(r->rest, r->rest_len), len = -EINVAL;
    char answer[ANSWER];

    if (n_args < 0 || n_args > 1)
        return -EINVAL;
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, r->arg[0]) == 0)
            len = commands[i].run(n_args ? r->rest : NULL, answer);
    if (len < 0)
        return len;
    send_reply(r->conn, XS_CONTROL, answer, len + 1);
    return 0;
}
