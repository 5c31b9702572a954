/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frame numbers. Different kinds are different types, so that a swapped argument does not compile.
 *   mfn: frame of the machine's memory
 *   gfn: frame as the guest's interfaces name it: equal to the mfn for PV guests, for HVM its
 *        physical frame
 *   pfn: a PV guest's own pseudo-physical frame (what M2P holds)
 */
#ifndef HV_FRAMES_H
#define HV_FRAMES_H

#include <hv/types.h>

typedef struct { uint64_t n; } mfn_t;
typedef struct { uint64_t n; } gfn_t;
typedef struct { uint64_t n; } pfn_t;

static inline mfn_t mfn(uint64_t n) { return (mfn_t){ n }; }
static inline gfn_t gfn(uint64_t n) { return (gfn_t){ n }; }
static inline pfn_t pfn(uint64_t n) { return (pfn_t){ n }; }

#define INVALID_MFN mfn(~0UL)

static inline bool mfn_eq(mfn_t a, mfn_t b) { return a.n == b.n; }
static inline bool gfn_eq(gfn_t a, gfn_t b) { return a.n == b.n; }
static inline mfn_t mfn_add(mfn_t m, uint64_t i) { return mfn(m.n + i); }

static inline uint64_t mfn_to_maddr(mfn_t m) { return m.n << PAGE_SHIFT; }
static inline mfn_t maddr_to_mfn(uint64_t maddr) { return mfn(maddr >> PAGE_SHIFT); }

#endif
