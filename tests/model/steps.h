/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model test's steps (steps.c), for its program and for the fuzzer.
 */
#ifndef MODEL_STEPS_H
#define MODEL_STEPS_H

#include <stdbool.h>

/** One run on a machine that was reset: steps while `more` says so, then the end of both domains.
 * Stops the program when anything is not as the reference has it. */
void steps_run(bool (*more)(void));

/**
 * On a machine that was reset: the check of an L3 stops behind its first L2 and is never continued;
 * then that L2, which it holds, is unpinned.
 */
void unpin_what_a_stopped_check_holds(void);

extern unsigned long results[2];     /* calls that were refused, that succeeded */
extern unsigned long tables_made[5]; /* tables of each level that were seen */

#endif
