/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PV guest's own list of its machine frames, found through its own page tables, and what those
 * frames are. Nothing of the list is trusted: a frame is mapped only as the guest's, and the length
 * is bounded.
 */
#include "save.h"

#include <public/domctl.h>
#include <public/memory.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LEVELS      4
#define PTE_P       0x01
#define PTE_FRAME   0x000ffffffffff000ULL
#define KINDS_BATCH 1024 /* frames of one getpageframeinfo3 */

/* The tables on the way to an address that was looked up last, by level - 1. */
struct walk {
    uint64_t mfn[LEVELS];
    uint64_t *table[LEVELS];
};

static void walk_end(struct walk *w)
{
    for (int i = 0; i < LEVELS; i++)
        if (w->table[i])
            ctrl_unmap(w->table[i], 1);
}

static int walk_map(struct ctrl *h, const struct saving *s, struct walk *w, int i, uint64_t mfn)
{
    void *p;
    int ret;

    if (w->table[i] && w->mfn[i] == mfn)
        return 0;
    ret = ctrl_map_foreign(h, s->domid, PROT_READ, &mfn, 1, &p);
    if (ret)
        return ret;
    if (w->table[i])
        ctrl_unmap(w->table[i], 1);
    w->table[i] = p;
    w->mfn[i] = mfn;
    return 0;
}

static int walk_to(struct ctrl *h, const struct saving *s, struct walk *w, uint64_t root,
                   uint64_t address, uint64_t *mfn)
{
    *mfn = root >> PAGE_SHIFT;
    for (int i = LEVELS - 1; i >= 0; i--) {
        uint64_t entry;
        int ret = walk_map(h, s, w, i, *mfn);

        if (ret)
            return ret;
        entry = w->table[i][address >> (PAGE_SHIFT + 9 * i) & (ENTRIES_PER_PAGE - 1)];
        if (!(entry & PTE_P))
            return ctrl_fail(h, -EFAULT,
                             "address %#llx, where the guest says to have it, is not "
                             "mapped",
                             (unsigned long long)address);
        *mfn = (entry & PTE_FRAME) >> PAGE_SHIFT;
    }
    return 0;
}

static int find_list(struct ctrl *h, struct saving *s, uint64_t *nr_out)
{
    const volatile struct arch_shared_info *said = &s->shared->arch; /* read once */
    uint64_t start = said->p2m_vaddr, nr_frames = said->max_pfn, root = said->p2m_cr3;
    struct walk w = { 0 };
    int ret = 0;

    if (!root || start & (PAGE_SIZE - 1))
        return ctrl_fail(h, -EOPNOTSUPP,
                         "the guest does not say at which address it has it (Linux "
                         "does since 4.4)");
    if (nr_frames == 0 || nr_frames > s->info.max_pages + HOLE_FRAMES || nr_frames > PV_FRAMES_MAX)
        return ctrl_fail(h, -EINVAL, "the guest says that it has %llu entries",
                         (unsigned long long)nr_frames);
    s->nr_list = (nr_frames + ENTRIES_PER_PAGE - 1) / ENTRIES_PER_PAGE;
    s->list_mfns = malloc(s->nr_list * sizeof(s->list_mfns[0]));
    if (!s->list_mfns)
        return ctrl_fail(h, -ENOMEM, "no memory for a list of %llu frames",
                         (unsigned long long)s->nr_list);
    for (uint64_t i = 0; !ret && i < s->nr_list; i++)
        ret = walk_to(h, s, &w, root, start + (i << PAGE_SHIFT), &s->list_mfns[i]);
    walk_end(&w);
    *nr_out = nr_frames;
    return ret;
}

/* Every machine frame has one name. */
static int take_list(struct ctrl *h, struct saving *s, const uint64_t *list)
{
    struct pv_frames *f = &s->frames;

    for (uint64_t pfn = 0; pfn < f->nr_frames; pfn++) {
        uint64_t mfn = ((const volatile uint64_t *)list)[pfn];

        if (mfn >= f->nr_mfns)
            continue; /* nothing there, or marked as not its own */
        if (f->pfns[mfn])
            return ctrl_fail(h, -EINVAL, "its frames %u and %llu are the same", f->pfns[mfn] - 1,
                             (unsigned long long)pfn);
        f->pfns[mfn] = pfn + 1;
        f->mfns[pfn] = mfn;
    }
    return 0;
}

int save_read_list(struct ctrl *h, struct saving *s)
{
    long last = hypercall(h, __HYPERVISOR_memory_op, XENMEM_maximum_ram_page, 0, 0, 0, 0);
    uint64_t nr_frames = 0;
    void *list;
    int ret = find_list(h, s, &nr_frames);

    if (ret)
        return ret;
    if (last < 0)
        return ctrl_fail(h, last, "cannot ask how much memory the machine has: %s",
                         strerror(-last));
    if (pv_frames_alloc(&s->frames, nr_frames, last + 1))
        return ctrl_fail(h, -ENOMEM, "no memory for it");
    ret = ctrl_map_foreign(h, s->domid, PROT_READ, s->list_mfns, s->nr_list, &list);
    if (ret)
        return ret;
    ret = take_list(h, s, list);
    ctrl_unmap(list, s->nr_list);
    return ret;
}

/* ---- kinds of frames ---- */

static int kinds_of(struct ctrl *h, struct saving *s, const uint64_t *pfns, unsigned int n)
{
    struct xen_domctl *op = domctl_get(h, XEN_DOMCTL_getpageframeinfo3, s->domid);
    xen_pfn_t *list = arena_get(h, n * sizeof(*list));
    int ret;

    for (unsigned int i = 0; i < n; i++)
        list[i] = s->frames.mfns[pfns[i]];
    op->u.getpageframeinfo3.num = n;
    op->u.getpageframeinfo3.array.addr = addr_of(list);
    ret = domctl_call(h, op);
    for (unsigned int i = 0; ret >= 0 && i < n; i++) {
        uint8_t kind = list[i] >> XEN_DOMCTL_PFINFO_LTAB_SHIFT & 0xf;

        if ((kind & SAVE_KIND_LEVEL) <= LEVELS) {
            s->frames.kinds[pfns[i]] = kind;
            s->nr_present++;
        } else { /* not the guest's any more */
            if (s->frames.pfns)
                s->frames.pfns[s->frames.mfns[pfns[i]]] = 0;
            s->frames.mfns[pfns[i]] = NO_FRAME;
        }
    }
    arena_put(h, op);
    return ret < 0 ? ctrl_fail(h, ret, "cannot ask what its frames are: %s", strerror(-ret)) : 0;
}

int save_find_kinds(struct ctrl *h, struct saving *s)
{
    uint64_t pfns[KINDS_BATCH];
    unsigned int n = 0;
    int ret = 0;

    for (uint64_t pfn = 0; !ret && pfn < s->frames.nr_frames; pfn++) {
        if (s->frames.mfns[pfn] != NO_FRAME)
            pfns[n++] = pfn;
        if (n == KINDS_BATCH || (n && pfn == s->frames.nr_frames - 1)) {
            ret = kinds_of(h, s, pfns, n);
            n = 0;
        }
    }
    return ret;
}
