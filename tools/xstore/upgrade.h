/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Going on as another version of the daemon: the program at our path is started in our place, as
 * after a kill, and finds all in the journal.
 */
#ifndef XSTORE_UPGRADE_H
#define XSTORE_UPGRADE_H

/** Remember the program's path and arguments. */
void upgrade_begin(int argc, char **argv);
/** The program that is at our path now is tried: can it run, and read our journal? If so it takes
 * our place at the next upgrade_now(). -EIO: it cannot, which was logged. */
int upgrade_prepare(void);
/** With the daemon's state at rest. Returns if there is nothing to do, or it failed. */
void upgrade_now(void);

#endif
