/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watches, found by path: firing costs the depth of the changed path, not the number of watches.
 */
#ifndef XSTORE_WATCH_H
#define XSTORE_WATCH_H

#include "connection.h"

/** `path` is absolute or special; the client's own form is kept for its events when `relative`. */
int watch_add(struct connection *c, const char *path, const char *token, bool relative);
/** One that was there before, as it is now; -ENOMEM. */
int watch_restore(struct connection *c, const char *path, const char *token, bool relative,
                  bool missed);
int watch_remove(struct connection *c, const char *path, const char *token);
void watch_remove_all(struct connection *c);
/** It has missed an event, or has been told so. */
void watch_miss(struct watch *w, bool missed);
/** Path `path` has changed: tell every watch at it and above it (only at it if `exact`) that may
 * know. */
void watch_fire(struct view *v, const char *path, bool exact);
/** Those changes that are removals (before they are applied), or those that are not (after). */
void watch_fire_changes(struct table *base, struct change_list *changes, bool removals);

#endif
