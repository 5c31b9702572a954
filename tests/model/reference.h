/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference: recomputes from the contents of all tables, roots, pins and holders what every
 * count must be.
 */
#ifndef MODEL_REFERENCE_H
#define MODEL_REFERENCE_H

#include "machine.h"

/** References that the test itself holds, as grant mappings or device models would. */
struct outside_refs {
    unsigned writable[FRAMES], segment[FRAMES], plain[FRAMES];
    /* frame of domain 0 that domain 1 may map writable, now or before */
    bool granted_writable[FRAMES];
};

/**
 * Writable mappings of each frame in tables of another domain than its owner; as of the last check.
 */
extern unsigned foreign_writable[FRAMES];

/** Stop with a message if any count, type or entry is not as it must be. */
void reference_check(const struct outside_refs *outside, const char *after);

#endif
