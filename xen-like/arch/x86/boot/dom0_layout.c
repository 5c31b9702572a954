/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where things go in Dom0's memory. The first mapping holds, from virt_base on: the kernel where it
 * wants to be, the ramdisk and the pfn-to-mfn list unless the kernel takes them elsewhere, the
 * start-info page, the page tables, a stack, and some room.
 */
#include <arch/dom0.h>

#define PFN_UP(bytes) (((bytes) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define ROOM_PAGES  128  /* 512 KiB that the ABI promises above the stack */
#define ALIGN_PAGES 1024 /* the mapping ends at 4 MiB */

/* Tables of one level that cover [start, end) when each covers 1 << shift bytes */
static unsigned long tables_for(uint64_t start, uint64_t end, unsigned shift)
{
    return end > start ? ((end - 1) >> shift) - (start >> shift) + 1 : 0;
}

static unsigned long count_tables(const struct dom0_layout *l)
{
    uint64_t start = l->virt_base, end = start + (l->mapped_end << PAGE_SHIFT);
    uint64_t p2m_end = l->p2m_virt + (l->p2m_pages << PAGE_SHIFT);
    unsigned long n = 1;

    for (unsigned shift = 21; shift <= 39; shift += 9) {
        n += tables_for(start, end, shift);
        if (l->p2m_virt)
            n += tables_for(l->p2m_virt, p2m_end, shift);
    }
    return n;
}

void dom0_plan(struct dom0_layout *l, const struct elf_image *elf, unsigned long initrd_pages,
               unsigned long pages)
{
    unsigned long next = PFN_UP(elf->phys_end), before;

    *l = (struct dom0_layout){ .virt_base = elf->notes.virt_base, .kernel_end = next };
    l->initrd_pages = initrd_pages;
    l->initrd_unmapped = elf->notes.mod_start_pfn;
    l->p2m_pages = PFN_UP(pages * sizeof(uint64_t));
    l->p2m_virt = elf_has_note(elf, ELF_NOTE_INIT_P2M) ? elf->notes.init_p2m : 0;
    if (!l->initrd_unmapped) {
        l->initrd = next;
        next += initrd_pages;
    }
    if (!l->p2m_virt) {
        l->p2m = next;
        next += l->p2m_pages;
    }
    l->start_info = next++;
    l->tables = next;
    do { /* the tables' number depends on the size of the mapping, which they are part of */
        before = l->nr_tables;
        l->stack = l->tables + l->nr_tables;
        l->mapped_end = ROUND_UP(l->stack + 1 + ROOM_PAGES, (unsigned long)ALIGN_PAGES);
        l->nr_tables = count_tables(l);
    } while (l->nr_tables != before);
    next = l->mapped_end;
    if (l->initrd_unmapped) {
        l->initrd = next;
        next += initrd_pages;
    }
    if (l->p2m_virt)
        l->p2m = next;
}

unsigned long dom0_plan_pages(const struct dom0_layout *l)
{
    unsigned long n = l->mapped_end;

    if (l->initrd_unmapped)
        n += l->initrd_pages;
    return l->p2m_virt ? n + l->p2m_pages : n;
}
