/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The consoles that a guest has beside its first: devices in the store.
 */
#ifndef CONSOLE_EXTRA_H
#define CONSOLE_EXTRA_H

#include "xenbus.h"

/* The context is a struct console_env. */
extern const struct xenbus_ops extra_ops;

#endif
