/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the xstore command.
 */
#ifndef XSTORE_CLI_H
#define XSTORE_CLI_H

#include "xstore.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct options {
    bool perms, json, recursive;
    unsigned count; /* 0: without end */
};

/** A verb of the command: its arguments, as many as its row demands; its exit status. */
typedef int verb_fn(struct xstore *x, const struct options *o, int n, char **arg);

/* xstore_tree.c */
verb_fn verb_ls, verb_dump;
/* xstore_quota.c */
verb_fn verb_quota, verb_control;

/** Say what failed: EXIT_FAILED. */
int complain(const char *what, const char *path, int err);
/** The path of a child, from malloc(). */
char *join(const char *path, const char *name);
/** Is it a number, nothing else around it? */
bool is_number(const char *s, unsigned *out);

#endif
