/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All guests: finds them in the store, connects and drops them, hands them their events.
 */
#ifndef CONSOLE_GUESTS_H
#define CONSOLE_GUESTS_H

#include "guest.h"

struct guests;

/* Starts serving. If there is no store yet it is tried again every second. NULL: no memory. */
struct guests *guests_start(const struct console_env *env);

/* Ends with everything that is still in the rings in the logs. */
void guests_stop(struct guests *all);

#endif
