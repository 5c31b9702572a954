/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a domain as it is shown.
 */
#include "domain_state.h"

void domain_state_letters(const struct ctrl_domain_info *d, char s[DOMAIN_STATE_LETTERS])
{
    bool crashed = d->shutdown && d->shutdown_reason == CTRL_SHUTDOWN_CRASH;

    s[0] = d->running ? 'r' : '-';
    s[1] = d->blocked ? 'b' : '-';
    s[2] = d->paused ? 'p' : '-';
    s[3] = d->shutdown && !crashed ? 's' : '-';
    s[4] = crashed ? 'c' : '-';
    s[5] = d->dying ? 'd' : '-';
    s[6] = '\0';
}

const char *domain_state_word(const struct ctrl_domain_info *d)
{
    if (d->dying)
        return "dying";
    if (d->shutdown)
        return d->shutdown_reason == CTRL_SHUTDOWN_CRASH ? "crashed" : "shutdown";
    if (d->paused)
        return "paused";
    return d->running ? "running" : "blocked";
}
