/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frames of a PV guest: its own numbers (pfns), the machine's (mfns), and page tables that name
 * either. Pure computation.
 */
#ifndef LIBCTRL_PV_FRAMES_H
#define LIBCTRL_PV_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <public/xen.h>

#define NO_FRAME UINT64_MAX

#define ENTRIES_PER_PAGE 512

/* A guest may number its memory around a hole of 4 GiB below which there are devices. */
#define HOLE_FRAMES (1ULL << 20)

struct pv_frames {
    uint64_t nr_frames;         /* pfns are below that */
    uint64_t *mfns;             /* by pfn; NO_FRAME: nothing there */
    uint8_t *kinds;             /* SAVE_KIND_*, by pfn */
    uint64_t nr_mfns;           /* machine frames are below that */
    uint32_t *pfns;             /* by mfn, + 1; 0: not the guest's. NULL: not asked for */
};

/* Largest guest: 16 TiB. Keeps pfn + 1 within 32 bits. */
#define PV_FRAMES_MAX (UINT32_MAX - 1)

/* Empty lists. -ENOMEM. nr_mfns 0: there is no list by mfn. */
int pv_frames_alloc(struct pv_frames *f, uint64_t nr_frames, uint64_t nr_mfns);
void pv_frames_free(struct pv_frames *f);

/* NO_FRAME if it is none. */
uint64_t pv_frames_mfn(const struct pv_frames *f, uint64_t pfn);
uint64_t pv_frames_pfn(const struct pv_frames *f, uint64_t mfn);

typedef uint64_t frame_fn(const struct pv_frames *f, uint64_t frame);

/*
 * Copies a page table of this level (1 to 4), with other names for the frames of its present
 * entries. What the hypervisor keeps in an L4 table is left out. False: *bad is a frame that has no
 * other name.
 */
bool pv_table_translate(const struct pv_frames *f, unsigned int level, const uint64_t *from,
                        uint64_t *to, frame_fn *name, uint64_t *bad);

/* The same for the registers of a vcpu: its roots and the frames of its GDT. */
bool pv_registers_translate(const struct pv_frames *f, struct vcpu_guest_context *c, frame_fn *name,
                            uint64_t *bad);

#endif
