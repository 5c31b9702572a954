/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine memory for tests of boot code: addresses 0 to MEMORY_END at DIRECTMAP_START.
 */
#ifndef BOOT_MACHINE_H
#define BOOT_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/** Map it, all zero. */
void machine_memory_init(void);
/** Put bytes at a machine address. */
void machine_put(uint64_t addr, const void *bytes, size_t n);
/** The same so that they end where nothing is mapped any more; returns their address. */
uint64_t machine_put_at_end(const void *bytes, size_t n, size_t align);

#endif
