/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What consoles have moved, for the tools. Whoever connects to the socket "statistics" beside those
 * of the consoles gets a line for each: domain, number, bytes from the guest, bytes to it, bytes
 * that found no room in the log, and how many look at it now; then the end.
 */
#ifndef CONSOLE_STATISTICS_H
#define CONSOLE_STATISTICS_H

#include "guest.h"

/* 0 or -errno. */
int statistics_start(const struct console_env *env, struct loop_source *listener);

#endif
