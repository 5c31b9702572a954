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
struct page;

/** Bits of an entry. */
#define EPT_READ       0x1UL
#define EPT_WRITE      0x2UL
#define EPT_EXECUTE    0x4UL
#define EPT_RWX        (EPT_READ | EPT_WRITE | EPT_EXECUTE)
#define EPT_TYPE_SHIFT 3
#define EPT_TYPE_WB    (6UL << EPT_TYPE_SHIFT | 0x40UL) /* whatever the guest's PAT says */
#define EPT_LEAF       0x80UL /* in levels 2 and 3: a larger page */
/* In entries of pages: written to, or taken out, since it was last cleared; of tables of pages, for
 * software: one of theirs is, or is held, since EPT_LOG last looked. */
#define EPT_DIRTY      0x200UL
/* in entries of pages, for software: somebody else has cleared EPT_DIRTY (enum ept_reader); may be
 * written to, and is read-only until then, so that it is noticed */
#define EPT_TAKEN(r)   (1UL << (52 + (r)))
#define EPT_PROTECTED  (1UL << 54)
#define EPT_HELD       (1UL << 55) /* others than the guest may write to it: its frame's type tells */
#define EPT_MFN_MASK   0x000ffffffffff000UL

/** Largest guest-physical address: four levels. */
#define EPT_GFN_LIMIT (1UL << 36)

struct ept {
    /* LOCK_MM of the domain */
    uint64_t *root;
    unsigned long tables; /* below the root */
    unsigned long limit;  /* of them; 0: as many as its memory needs, and some */
    bool logs;            /* writes are noted by pages of 4 KiB; read without the lock */
    /* atomic */
    uint32_t faults;      /* by EPT_PROTECTED */
};

/** Who asks which frames were written to: each is told of every write. */
enum ept_reader { EPT_LOG, EPT_SCREEN };

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
 * Which of `n` frames were written since this reader last asked and said `clean`, bit by bit; how many.
 * TLBs have to forget afterwards, if `clean`. mm_lock held.
 * EPT_SCREEN: what the guest writes, as the processor tells: of a larger page that was, all, and without
 * dirty bits all there are. EPT_LOG, while d logs: exactly, and what others write as well: those who have
 * had the frame as a writable one at some time from `since` on (tlb_tick()). Frames that were taken out
 * count as written. Of 512 frames in one call, those of a table, ept_next() knows that they were looked at.
 */
unsigned ept_take_dirty(struct domain *d, gfn_t g, uint32_t n, uint8_t *bits, enum ept_reader who,
                        bool clean, uint64_t since);
/** The hypervisor or a device model has written to a frame; nothing if there is none. No lock. */
void ept_mark_dirty(struct domain *d, gfn_t g);
/** The processor has made pages at `n` physical addresses of the guest dirty. No lock. */
void ept_mark_tables(struct domain *d, const uint64_t *addresses, unsigned n);
/** A page that may be a hardware guest's has got one more use as a writable one, and was not written to by
 * it yet. Needs no call while ept_logging is 0 after the use was taken: ept_log() sees it then. No lock. */
void ept_mark_held(const struct page *pg);
/** How many domains note writes. Atomic. */
extern unsigned ept_logging;
/** Of `d`, which becomes one of them or is one no longer: ept_log() follows. mm_lock held, or d ends. */
void ept_set_logs(struct domain *d, bool on);
/** The first frame from `g` on, a multiple of 512, for which there is a table or a large page; `news`: one
 * that EPT_LOG has to look at. Not below `end`, which EPT_GFN_LIMIT is at most: none before. It may be one
 * without if there are many such. No lock. */
uint64_t ept_next(const struct domain *d, gfn_t g, uint64_t end, bool news);
/** For the 512 frames from `g` on, where ept_next() has found something: noting writes begins, or ends. 0
 * or -ENOMEM: a large page could not be split. `since`: as for ept_take_dirty(). TLBs have to forget.
 * mm_lock held. */
int ept_log(struct domain *d, gfn_t g, bool on, uint64_t since);
/** A write that the processor refused: true if it may be tried again, and the frame is dirty. No lock. */
bool ept_unprotect(struct domain *d, gfn_t g);
/** How many tables the domain may have. */
unsigned long ept_limit(const struct domain *d);
/**
 * The frame at `g` and what may be done with it; false where there is none. No lock: it is
 * as good as what the caller does to keep the frame.
 */
bool ept_lookup(const struct domain *d, gfn_t g, mfn_t *m, uint64_t *access);
/** The highest frame that is mapped; 0 also if none is. No lock. */
uint64_t ept_highest(const struct domain *d);

#endif
