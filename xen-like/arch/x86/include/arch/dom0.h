/* SPDX-License-Identifier: GPL-2.0-only */
/* Building Dom0: what the steps in boot/dom0_*.c hand on. */
#ifndef ARCH_DOM0_H
#define ARCH_DOM0_H

#include <arch/boot.h>
#include <hv/domain.h>
#include <hv/elf.h>

/* --- boot/dom0_params.c ----------------------------------------------------------------------- */
/** Pages that Dom0 is to have now, and may have at most, by `dom0_mem=`; `free`: pages there are,
 * `need`: what it cannot do without. */
void dom0_memory_size(unsigned long free, unsigned long need, unsigned long *pages,
                      unsigned long *max_pages);
/** By `dom0_max_vcpus=` and the CPUs there are. */
unsigned dom0_vcpu_count(void);

/* --- boot/dom0_layout.c ----------------------------------------------------------------------- */
/** Where everything lies, in pseudo-physical frames; virtual address of pfn n in the first mapping
 * is virt_base + n * 4096. */
struct dom0_layout {
    uint64_t virt_base;
    unsigned long kernel_end;               /* end of the kernel's segments */
    unsigned long initrd, initrd_pages;
    unsigned long p2m, p2m_pages;
    unsigned long start_info;
    unsigned long tables, nr_tables;        /* L4 first */
    unsigned long stack;
    unsigned long mapped_end;               /* end of the first mapping */
    bool initrd_unmapped;
    uint64_t p2m_virt;
};
/** Place everything for a domain of `pages`. initrd_pages may be 0. */
void dom0_plan(struct dom0_layout *l, const struct elf_image *elf, unsigned long initrd_pages,
               unsigned long pages);
/** Frames that the plan uses: the least memory the domain can have. */
unsigned long dom0_plan_pages(const struct dom0_layout *l);

/* --- boot/dom0_memory.c ----------------------------------------------------------------------- */
/** Runs of machine frames that make up the pseudo-physical memory, in its order. */
struct dom0_run {
    unsigned long pfn, count;
    mfn_t mfn;
};
#define DOM0_MAX_RUNS 4096
struct dom0_memory {
    struct domain *d;
    unsigned nr_runs;
    unsigned long pages;
    unsigned last; /* run of the last lookup */
    struct dom0_run *runs;
};
/** Add newly allocated frames at the end of pseudo-physical memory; false when there are none. */
bool dom0_add_pages(struct dom0_memory *m, unsigned long pages);
/** Add frames that hold a module, as they are; false if the domain may not have them. */
bool dom0_add_module(struct dom0_memory *m, const struct boot_module *mod);
mfn_t dom0_mfn(struct dom0_memory *m, unsigned long pfn);
/** Mapped for the hypervisor; valid up to the page's end. */
void *dom0_page(struct dom0_memory *m, unsigned long pfn);
/** `from` NULL: zeros. */
void dom0_write(struct dom0_memory *m, uint64_t phys, const void *from, uint64_t bytes);

/* --- boot/dom0_tables.c ----------------------------------------------------------------------- */
/** Write the first page tables and the pfn-to-mfn list, and enter the frames in M2P. */
void dom0_build_tables(struct dom0_memory *m, const struct dom0_layout *l);

#endif
