/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of the daemon's time a domain can take.
 */
#include "throttle.h"
#include "perm.h"
#include "quota.h"

#define SECOND 1000000000ll
#define SAVED  (SECOND / 1000 * THROTTLE_SAVED)

static int64_t now;
static struct connection *waiting;

void throttle_tick(uint64_t ns) { now = ns; }

bool throttle_allows(const struct connection *c)
{
    return perm_privileged(c) || quota.rate == 0 || c->throttle.paid_until <= now;
}

void throttle_charge(struct connection *c, unsigned units)
{
    int64_t least = now - SAVED;

    if (perm_privileged(c) || quota.rate == 0)
        return;
    if (c->throttle.paid_until < least)
        c->throttle.paid_until = least;
    c->throttle.paid_until += SECOND / quota.rate * units;
}

/* What it has had of this second, with what it has had before its time. */
static size_t wanted(const struct connection *c)
{
    return quota.rate + (c->throttle.paid_until - now) * quota.rate / SECOND + 1;
}

void throttle_wait(struct connection *c, bool masked)
{
    c->throttle.masked |= masked;
    if (c->throttle.waits)
        return;
    quota_refused(c->domain, "rate", wanted(c));
    c->throttle.waits = true;
    c->throttle.next = waiting;
    waiting = c;
}

void throttle_forget(struct connection *c)
{
    struct connection **slot = &waiting;

    if (!c->throttle.waits)
        return;
    while (*slot != c)
        slot = &(*slot)->throttle.next;
    *slot = c->throttle.next;
    c->throttle.waits = false;
}

bool throttle_waits(void) { return waiting != NULL; }

void throttle_release(void)
{
    for (struct connection *c = waiting, *next; c; c = next) {
        next = c->throttle.next;
        if (!throttle_allows(c))
            continue;
        throttle_forget(c);
        if (c->throttle.masked && c->transport->unmask)
            c->transport->unmask(c);
        c->throttle.masked = false;
        connection_wake(c);
    }
}
