/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a backend starts: options, directories, the background, the hypervisor's devices, giving up
 * privileges. The steps are called in this order; each says on standard error what is wrong and
 * returns EXIT_FAILURE, or 0.
 */
#ifndef PV_LIB_BACKEND_H
#define PV_LIB_BACKEND_H

#include "events.h"
#include "loop.h"

#include <ctrl.h>

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

struct backend {
    const char *usage;
    const char *messages;                     /* their file, in the directory of logs */
    const char *log_dir, *run_dir, *pid_file; /* what options may change */
    struct option own;                        /* one more option, with a value; may be empty .. */
    bool (*take)(const char *value);          /* .. false: the value is none */
    bool foreground;
    int logs, notes;                          /* log_dir and run_dir, open */
    struct loop loop;
    struct events *events;
    struct ctrl_gnttab *gnttab;
    int notify;                               /* the service manager, or negative */
    struct loop_source alive;                 /* when it is to be told again */
};

/* Ends the program, with status 2 if it was called wrongly. */
void backend_options(struct backend *b, int argc, char **argv);
/* Once only for a pid file; after it this may be another process. */
int backend_begin(struct backend *b);
/* What needs privileges, or has to be in the process that goes on. */
int backend_open(struct backend *b);
/* No capability is left, and no system call but those that every daemon needs and `calls`. */
int backend_confine(const char *const *calls, size_t count);
/* Serves until a signal ends it; a service manager that waits for that is told, and again and again that
 * the loop turns. */
int backend_run(struct backend *b);

#endif
