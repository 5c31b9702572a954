/* SPDX-License-Identifier: GPL-2.0-only */
/* mfn_to_virt without a call, for the paths that do little else. The model test has its own. */
#ifndef ARCH_FRAME_VA_H
#define ARCH_FRAME_VA_H

#include <arch/page.h>

/** Where the direct map has a frame of RAM. */
static inline void *frame_va(mfn_t m) { return maddr_to_virt(mfn_to_maddr(m)); }

#endif
