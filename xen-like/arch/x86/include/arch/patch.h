/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions that are put in place once the kind of processor is known. */
#ifndef ARCH_PATCH_H
#define ARCH_PATCH_H

#include <hv/types.h>

/**
 * Writes over the hypervisor's code, which is mapped read-only. Only while this CPU alone runs,
 * with interrupts off.
 */
void text_patch(void *at, const void *bytes, size_t len);

#endif
