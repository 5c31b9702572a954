/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From then on the process reads and writes what it has open, and nothing else: it has another
 * user's rights if it had root's, little memory and time, and a filter of system calls that has no
 * way to open, start, or connect to anything. A call beyond that ends it (SIGSYS).
 */
#ifndef BOOTDISK_CONFINE_H
#define BOOTDISK_CONFINE_H

#include <stdint.h>

/** 0 or -errno. file_limit: bytes of the largest file that may be written. */
int confine(uint64_t file_limit);

#endif
