/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hardware guest's physical memory: the tables by which the processor translates its addresses.
 * hvm/ept.c. (Intel SDM volume 3, 28.3)
 */
#ifndef ARCH_EPT_H
#define ARCH_EPT_H

#include <hv/frames.h>
#include <hv/types.h>

struct domain;

/** Bits of an entry. */
#define EPT_READ       0x1UL
#define EPT_WRITE      0x2UL
#define EPT_EXECUTE    0x4UL
#define EPT_RWX        (EPT_READ | EPT_WRITE | EPT_EXECUTE)
#define EPT_TYPE_SHIFT 3
#define EPT_TYPE_WB    (6UL << EPT_TYPE_SHIFT | 0x40UL) /* whatever the guest's PAT says */
#define EPT_LEAF       0x80UL /* in levels 2 and 3: a larger page */
#define EPT_DIRTY      0x200UL /* in entries that map a page */
#define EPT_MFN_MASK   0x000ffffffffff000UL

/** Largest guest-physical address: four levels. */
#define EPT_GFN_LIMIT (1UL << 36)

struct ept {
    /* LOCK_MM of the domain */
    uint64_t *root;
    unsigned long tables; /* below the root */
};

int ept_init(struct domain *d);  /* 0 or -ENOMEM */
void ept_free(struct domain *d); /* nobody runs on it any more */
/** EPT pointer of the domain's vcpus. */
uint64_t ept_pointer(const struct domain *d);
/**
 * Map 2^order frames; order 0, 9 or 18 where the processor has pages of that size, or any other,
 * which is cut into such. What was there is replaced. 0, -EINVAL (beyond what can be addressed),
 * -ENOMEM (some may be mapped). mm_lock held.
 */
int ept_map(struct domain *d, gfn_t g, mfn_t m, unsigned order, uint64_t access);
/** Take 2^order frames out. 0 or -ENOMEM (a large page could not be split). mm_lock held. */
int ept_unmap(struct domain *d, gfn_t g, unsigned order);
/** What may be done with the page at `g` from now on, when TLBs have forgotten: 0, -EINVAL (there is
 * none), -ENOMEM. mm_lock held. */
int ept_set_access(struct domain *d, gfn_t g, uint64_t access);
/**
 * Which of `n` frames were written since this was last asked, bit by bit, for as much as the
 * processor tells: of a larger page that was, all, and without dirty bits all there are. TLBs have
 * to forget afterwards. mm_lock held.
 */
void ept_take_dirty(struct domain *d, gfn_t g, uint32_t n, uint8_t *bits);
/**
 * The frame at `g` and what may be done with it; false where there is none. No lock: it is
 * as good as what the caller does to keep the frame.
 */
bool ept_lookup(const struct domain *d, gfn_t g, mfn_t *m, uint64_t *access);
/** The highest frame that is mapped; 0 also if none is. No lock. */
uint64_t ept_highest(const struct domain *d);

#endif
