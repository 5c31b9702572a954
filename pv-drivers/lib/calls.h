/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which system calls a daemon may make from now on: a filter of the kernel's (seccomp), which stays
 * until the process ends and holds for whatever it may be made to run.
 */
#ifndef PV_LIB_CALLS_H
#define PV_LIB_CALLS_H

#include <stddef.h>

/*
 * Only those of `names`, beside what every daemon here needs (memory, its descriptors, files, the
 * store's socket, the loop, the end). Any other fails with EPERM, and the kernel's log has it.
 * -errno; -ENOENT: a name is no system call's.
 */
int calls_limit(const char *const *names, size_t count);

#endif
