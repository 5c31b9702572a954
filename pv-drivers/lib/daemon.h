/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every backend daemon does to become one. Functions return a descriptor or 0, or -errno.
 */
#ifndef PV_LIB_DAEMON_H
#define PV_LIB_DAEMON_H

#include "loop.h"

/* "PROGRAM: what: cause" on standard error; returns EXIT_FAILURE. `err` is a positive errno. */
int daemon_fail(const char *what, int err);

/* Makes a directory with those above it, and opens it; only its last part is kept from others'
 * eyes. */
int daemon_open_dir(const char *path);

/* Only one may serve: the file stays locked as long as the daemon lives. -EBUSY: another one has
 * it. */
int daemon_lock_pid_file(const char *path);
/* To be called in the process that goes on. */
void daemon_write_pid(int pid_file);

/* Goes on in the background; from then on messages go to `log` in directory `dir`. */
int daemon_to_background(int dir, const char *log);

/* Of the capabilities only those of `kept` are left (a bit for each), and none can be had by
 * executing anything. */
int daemon_limit_capabilities(uint64_t kept);
int daemon_drop_capabilities(void);

void daemon_allow_many_files(void);

/* SIGTERM and SIGINT stop the loop. */
int daemon_catch_signals(struct loop *l);

#endif
