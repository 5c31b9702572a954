/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A store as simple as can be: an array of nodes, searched from end to end. It is the judge of the
 * real one's results.
 */
#ifndef STORE_REFERENCE_H
#define STORE_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#define REF_NODES 512
#define REF_PERMS 3

struct ref_node {
    char path[64], value[16], perms[REF_PERMS][8]; /* perms as on the wire, "" behind the last */
};

struct ref_store {
    struct ref_node node[REF_NODES];
    unsigned count;
};

/** One request: XS_READ, _WRITE, _MKDIR, _RM, _DIRECTORY, _GET_PERMS, _SET_PERMS. */
struct ref_op {
    uint32_t type, domid;
    char path[64], value[16], perms[REF_PERMS][8];
};

/** The root and what is there from the beginning belong to Dom0. */
void ref_init(struct ref_store *s, const char *const *paths, unsigned n);
/** 0 or a positive errno; `answer`: what a client is told, strings sorted and ended by '|'. */
int ref_do(struct ref_store *s, const struct ref_op *op, char answer[4096]);

#endif
