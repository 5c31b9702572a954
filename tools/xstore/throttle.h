/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of the daemon's time a domain can take. A unit of work is a request, an event that it
 * sends or causes, a node that it removes. A domain has quota.rate of them a second, and may save
 * them up for THROTTLE_SAVED milliseconds; one that has used up its own waits.
 */
#ifndef XSTORE_THROTTLE_H
#define XSTORE_THROTTLE_H

#include "connection.h"

#define THROTTLE_SAVED 500

/** What time it is, in nanoseconds of a clock that never goes back; told at each turn. */
void throttle_tick(uint64_t now);
/** May it have more? Dom0's always, and all where quota.rate is 0. */
bool throttle_allows(const struct connection *c);
void throttle_charge(struct connection *c, unsigned units);
/** It is looked after again when it may have more. `masked`: its event channel is masked until
 * then. */
void throttle_wait(struct connection *c, bool masked);
/** It waits no longer. */
void throttle_forget(struct connection *c);
/** Some wait: throttle_release() is to be called in a few milliseconds. */
bool throttle_waits(void);
/** Those that may have more are served in this turn. */
void throttle_release(void);

#endif
