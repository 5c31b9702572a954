/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands in front of the real <arch/frame_va.h>: frames are an array of the test.
 */
#ifndef ARCH_FRAME_VA_H
#define ARCH_FRAME_VA_H

#include <hv/frames.h>

void *mfn_to_virt(mfn_t m);
static inline void *frame_va(mfn_t m) { return mfn_to_virt(m); }

#endif
