/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Windows to a hardware guest's memory (hvm_memory.h). The tables below the root come from a small
 * pool; when it or the list of pages is used up, all windows are closed, and those that are still
 * wanted fault once more. An instruction touches two pages at most, for which there is always room.
 */
#include <arch/boot.h>
#include <arch/hvm.h>
#include <arch/hvm_memory.h>
#include <arch/insn.h>
#include <arch/mm.h>
#include <arch/msr_index.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/page_alloc.h>
#include <hv/string.h>
#include <public/errno.h>

#define TABLES 9 /* three for each of three places far apart */
#define PAGES  16

struct window {
    pte_t *root;
    pte_t *tables[TABLES];
    unsigned tables_used, pages_used;
    void *narrow; /* at WINDOW_NARROW; NULL: not needed so far */
    bool faulted; /* since the guest was left: the CPU's CR2 is not the guest's */
    struct {
        uint64_t va;
        pte_t *entry;
        struct page *pg; /* NULL: the one at WINDOW_NARROW */
        bool write;
    } pages[PAGES];
};

int window_init(struct vcpu *v)
{
    struct window *w = hv_zalloc(sizeof(*w));

    v->arch.hvm->window = w;
    if (!w)
        return -XEN_ENOMEM;
    w->root = hv_alloc_page();
    for (unsigned i = 0; i < TABLES; i++)
        w->tables[i] = hv_alloc_page();
    for (unsigned i = 0; i < TABLES; i++)
        if (!w->tables[i] || !w->root)
            return -XEN_ENOMEM;
    memcpy(&w->root[HV_L4_FIRST], &boot_l4[HV_L4_FIRST],
           (HV_L4_LAST - HV_L4_FIRST + 1) * sizeof(pte_t));
    return 0;
}

void window_free(struct vcpu *v)
{
    struct window *w = v->arch.hvm->window;

    if (!w)
        return;
    for (unsigned i = 0; i < TABLES; i++)
        if (w->tables[i])
            hv_free_page(w->tables[i]);
    if (w->root)
        hv_free_page(w->root);
    if (w->narrow)
        hv_free_page(w->narrow);
    hv_free(w);
    v->arch.hvm->window = NULL;
}

void *window_narrow_page(struct vcpu *v)
{
    struct window *w = v->arch.hvm->window;

    if (!w->narrow)
        w->narrow = hv_alloc_page();
    return w->narrow;
}

uint64_t window_root(const struct vcpu *v) { return virt_to_maddr(v->arch.hvm->window->root); }

static void let_go(struct vcpu *v)
{
    struct window *w = v->arch.hvm->window;

    while (w->pages_used) {
        unsigned i = --w->pages_used;

        *w->pages[i].entry = 0;
        invlpg((void *)w->pages[i].va);
        if (!w->pages[i].pg)
            continue;
        if (w->pages[i].write)
            ept_mark_dirty(v->domain, gfn(get_m2p(page_to_mfn(w->pages[i].pg)).n));
        page_put(w->pages[i].pg);
    }
}

void window_close(struct vcpu *v)
{
    struct window *w = v->arch.hvm->window;

    let_go(v);
    if (w->faulted)
        write_cr2(v->arch.ctrlreg[2]);
    w->faulted = false;
}

/* Tables and all: nothing of the guest's addresses is left. */
static void forget_tables(struct vcpu *v)
{
    struct window *w = v->arch.hvm->window;

    let_go(v);
    memset(w->root, 0, HV_L4_FIRST * sizeof(pte_t));
    memset(&w->root[HV_L4_LAST + 1], 0, (PT_ENTRIES - HV_L4_LAST - 1) * sizeof(pte_t));
    for (unsigned i = 0; i < w->tables_used; i++)
        clear_page(w->tables[i]);
    w->tables_used = 0;
    write_cr3(read_cr3());
}

/* The L1 entry for `va`; NULL when the pool is used up. */
static pte_t *entry_for(struct window *w, uint64_t va)
{
    pte_t *t = w->root;

    for (unsigned shift = 39; shift > PAGE_SHIFT; shift -= 9) {
        pte_t *e = &t[va >> shift & (PT_ENTRIES - 1)];

        if (!*e) {
            if (w->tables_used == TABLES)
                return NULL;
            *e = pte_make(virt_to_mfn(w->tables[w->tables_used++]),
                          PTE_P | PTE_RW | PTE_A | PTE_D);
        }
        t = mfn_to_virt(pte_mfn(*e));
    }
    return &t[l1_index(va)];
}

/* The page behind an address, if the guest's kernel may touch it so, with a reference. */
static struct page *page_behind(struct vcpu *v, uint64_t va, bool write)
{
    struct paging_mode m;
    uint64_t gpa, access;
    struct page *pg;
    mfn_t frame;

    hvm_ops->get_paging(v, &m);
    if (guest_walk(v->domain, &m, va, write ? WALK_WRITE : 0, &gpa))
        return NULL;
    if (!ept_lookup(v->domain, gfn(gpa >> PAGE_SHIFT), &frame, &access) ||
        (write && !(access & EPT_WRITE)))
        return NULL;
    pg = hvm_page_get(v->domain, gfn(gpa >> PAGE_SHIFT));
    return pg;
}

/* The same page once more: it was there for reading, and is written to now. */
static void drop_one(struct window *w, uint64_t va)
{
    for (unsigned i = 0; i < w->pages_used; i++) {
        if (w->pages[i].va != va)
            continue;
        if (w->pages[i].pg)
            page_put(w->pages[i].pg);
        w->pages[i] = w->pages[--w->pages_used];
        return;
    }
}

/* Its own page for copies, while it executes 32-bit code. */
static bool is_narrow_page(const struct vcpu *v, uint64_t va)
{
    return va == WINDOW_NARROW && v->arch.hvm->window->narrow && !(v->arch.hvm->efer & EFER_LMA);
}

bool window_fault(struct vcpu *v, uint64_t addr, uint32_t error)
{
    struct window *w = v->arch.hvm->window;
    uint64_t va = addr & PAGE_MASK;
    bool own = is_narrow_page(v, va), write = own || (error & PF_WRITE);
    struct page *pg = own ? NULL : page_behind(v, va, write);
    pte_t *e;

    w->faulted = true;
    if (!pg && !own)
        return false;
    if (error & PF_PRESENT)
        drop_one(w, va);
    if (w->pages_used == PAGES)
        let_go(v);
    e = entry_for(w, va);
    if (!e) {
        forget_tables(v);
        e = entry_for(w, va);
    }
    *e = pte_make(own ? virt_to_mfn(w->narrow) : page_to_mfn(pg),
                  PTE_P | PTE_A | PTE_D | PTE_NX | (write ? PTE_RW : 0));
    invlpg((void *)va);
    w->pages[w->pages_used++] = (typeof(w->pages[0])){ va, e, pg, write };
    return true;
}
