/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store as libxstore shows it to a daemon: a few nodes, watches and their events, in this
 * process. The functions here are what guests and tools do to it meanwhile.
 */
#ifndef FAKE_STORE_H
#define FAKE_STORE_H

/* An empty one. */
void fake_store_reset(void);
void fake_store_write(const char *path, const char *value);
/* NULL: there is no such node. Valid until the next change. */
const char *fake_store_read(const char *path);
/* A node with all that is below. */
void fake_store_rm(const char *path);
/* The connection breaks: the daemon's watches are gone, the nodes are not. */
void fake_store_lose(void);

unsigned int fake_store_nodes(void);
unsigned int fake_store_watches(void);

#endif
