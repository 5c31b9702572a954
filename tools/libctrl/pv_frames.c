/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frames of a PV guest.
 */
#include "pv_frames.h"
#include "save_format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SHIFT 12
#define PTE_P      0x01
#define PTE_FRAME  0x000ffffffffff000ULL

/* Slots of an L4 table that belong to the hypervisor (arch-x86/xen-x86_64.h). */
#define HV_FIRST_SLOT 256
#define HV_LAST_SLOT  271

#define GDT_FRAMES 16

int pv_frames_alloc(struct pv_frames *f, uint64_t nr_frames, uint64_t nr_mfns)
{
    *f = (struct pv_frames){ .nr_frames = nr_frames, .nr_mfns = nr_mfns };
    f->mfns = malloc(nr_frames * sizeof(f->mfns[0]) + 1);
    f->kinds = malloc(nr_frames + 1);
    f->pfns = nr_mfns ? calloc(nr_mfns, sizeof(f->pfns[0])) : NULL;
    if (!f->mfns || !f->kinds || (nr_mfns && !f->pfns)) {
        pv_frames_free(f);
        return -ENOMEM;
    }
    memset(f->mfns, 0xff, nr_frames * sizeof(f->mfns[0]));
    memset(f->kinds, SAVE_KIND_ABSENT, nr_frames);
    return 0;
}

void pv_frames_free(struct pv_frames *f)
{
    free(f->mfns);
    free(f->kinds);
    free(f->pfns);
    *f = (struct pv_frames){ 0 };
}

uint64_t pv_frames_mfn(const struct pv_frames *f, uint64_t pfn)
{
    return pfn < f->nr_frames ? f->mfns[pfn] : NO_FRAME;
}

uint64_t pv_frames_pfn(const struct pv_frames *f, uint64_t mfn)
{
    return mfn < f->nr_mfns && f->pfns[mfn] ? f->pfns[mfn] - 1 : NO_FRAME;
}

bool pv_table_translate(const struct pv_frames *f, unsigned int level, const uint64_t *from,
                        uint64_t *to, frame_fn *name, uint64_t *bad)
{
    for (int i = 0; i < ENTRIES_PER_PAGE; i++) {
        uint64_t entry = from[i], frame;

        if (level == 4 && i >= HV_FIRST_SLOT && i <= HV_LAST_SLOT)
            entry = 0;
        if (entry & PTE_P) {
            *bad = (entry & PTE_FRAME) >> PAGE_SHIFT;
            frame = name(f, *bad);
            if (frame == NO_FRAME)
                return false;
            entry = (entry & ~PTE_FRAME) | frame << PAGE_SHIFT;
        }
        to[i] = entry;
    }
    return true;
}

static bool rename_frame(const struct pv_frames *f, unsigned long *frame, frame_fn *name,
                         uint64_t *bad)
{
    *bad = *frame;
    *frame = name(f, *bad);
    return *frame != NO_FRAME;
}

/* 0: there is none. */
static bool rename_root(const struct pv_frames *f, unsigned long *root, frame_fn *name,
                        uint64_t *bad)
{
    unsigned long frame = *root >> PAGE_SHIFT;
    bool there = !*root || rename_frame(f, &frame, name, bad);

    *root = frame << PAGE_SHIFT;
    return there;
}

bool pv_registers_translate(const struct pv_frames *f, struct vcpu_guest_context *c, frame_fn *name,
                            uint64_t *bad)
{
    *bad = NO_FRAME;
    if (c->gdt_ents > GDT_FRAMES * ENTRIES_PER_PAGE)
        return false;
    for (unsigned int i = 0; i * ENTRIES_PER_PAGE < c->gdt_ents; i++)
        if (!rename_frame(f, &c->gdt_frames[i], name, bad))
            return false;
    return rename_root(f, &c->ctrlreg[3], name, bad) && rename_root(f, &c->ctrlreg[1], name, bad);
}
