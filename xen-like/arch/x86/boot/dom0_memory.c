/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dom0's pseudo-physical memory while it is built: runs of machine frames, as large as the
 * allocator has them. The ramdisk's frames are taken over from the boot loader instead of being
 * copied.
 */
#include <arch/dom0.h>
#include <arch/page.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/page_alloc.h>
#include <hv/string.h>

static bool add_run(struct dom0_memory *m, mfn_t mfn, unsigned long count)
{
    struct dom0_run *last = m->nr_runs ? &m->runs[m->nr_runs - 1] : NULL;

    if (last && last->mfn.n + last->count == mfn.n) {
        last->count += count;
    } else {
        if (m->nr_runs == DOM0_MAX_RUNS)
            return false;
        m->runs[m->nr_runs++] = (struct dom0_run){ m->pages, count, mfn };
    }
    m->pages += count;
    return true;
}

bool dom0_add_pages(struct dom0_memory *m, unsigned long pages)
{
    unsigned order = MAX_ORDER;

    while (pages) {
        struct page *pg;

        while (1UL << order > pages)
            order--;
        pg = domain_alloc_pages(
            m->d, order, MEMF_NO_SCRUB); /* what firmware and loader left is no secret to Dom0 */
        if (pg) {
            if (!add_run(m, page_to_mfn(pg), 1UL << order))
                return false;
            pages -= 1UL << order;
        } else if (order-- == 0) {
            return false;
        }
    }
    return true;
}

bool dom0_add_module(struct dom0_memory *m, const struct boot_module *mod)
{
    unsigned long n = (mod->bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
    mfn_t first = maddr_to_mfn(mod->start);
    uint64_t end = mod->start + mod->bytes;

    BUG_ON(mod->start & (PAGE_SIZE - 1));
    memset(maddr_to_virt(end), 0, -end & (PAGE_SIZE - 1));
    for (unsigned long i = 0; i < n; i++) {
        struct page *pg = mfn_to_page(mfn_add(first, i));

        *pg = (struct page){ .count = (uint64_t)DOMID_INVALID << PGC_OWNER_SHIFT };
        if (domain_assign_pages(m->d, pg, 0, 0))
            return false;
    }
    return add_run(m, first, n);
}

mfn_t dom0_mfn(struct dom0_memory *m, unsigned long pfn)
{
    const struct dom0_run *r = &m->runs[m->last];

    BUG_ON(pfn >= m->pages);
    if (pfn - r->pfn >= r->count) {
        m->last = 0;
        for (r = m->runs; pfn - r->pfn >= r->count; r++)
            m->last++;
    }
    return mfn_add(r->mfn, pfn - r->pfn);
}

void *dom0_page(struct dom0_memory *m, unsigned long pfn) { return mfn_to_virt(dom0_mfn(m, pfn)); }

/* Bytes from `phys` on that are contiguous in machine memory, at most `bytes` */
static void *contiguous(struct dom0_memory *m, uint64_t phys, uint64_t bytes, uint64_t *got)
{
    unsigned long pfn = phys >> PAGE_SHIFT;
    char *va = dom0_page(m, pfn);
    const struct dom0_run *r = &m->runs[m->last];

    *got = MIN(bytes, ((r->pfn + r->count) << PAGE_SHIFT) - phys);
    return va + (phys & (PAGE_SIZE - 1));
}

void dom0_write(struct dom0_memory *m, uint64_t phys, const void *from, uint64_t bytes)
{
    for (uint64_t n, done = 0; done < bytes; done += n) {
        void *to = contiguous(m, phys + done, bytes - done, &n);

        if (from)
            memcpy(to, (const char *)from + done, n);
        else
            memset(to, 0, n);
    }
}
