/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segment descriptors of PV guests: their GDT and LDT, made of guest frames that are segment pages
 * (PGT_SEG) while they are in use, seen by the processor through the vcpu's windows. A descriptor
 * that could give ring 3 more than it has never gets in.
 */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/descriptor.h>
#include <arch/hvmap.h>
#include <arch/hypercall.h>
#include <arch/insn.h>
#include <arch/mm.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/page.h>

#define DESC_P        (1UL << 47)
#define DESC_DPL      (3UL << 45)
#define DESC_S        (1UL << 44) /* code or data, not a system descriptor */
#define DESC_CODE     (1UL << 43)
#define DESC_CONFORMING (1UL << 42)
#define DESC_LONG     (1UL << 53)
#define GDT_SLOTS 16
#define GUEST_GDT_SLOTS FIRST_RESERVED_GDT_PAGE
#define ENTRIES_PER_PAGE 512
#define WINDOW_FLAGS (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)

/* What stands in slots of the window where the guest has no frame: descriptors that are not present
 */
static const uint8_t no_descriptors[PAGE_SIZE] __attribute__((aligned(4096)));

/*
 * Ring 3 may have code and data segments of its own privilege. System descriptors (gates, TSS, LDT)
 * could be used to leave ring 3 and are refused, but for those that are not present.
 */
bool descriptor_fix(uint64_t *desc)
{
    uint64_t d = *desc;

    if (!(d & DESC_P))
        return true;
    if (!(d & DESC_S))
        return false;
    if ((d & DESC_CODE) && (d & DESC_CONFORMING) && (d & DESC_DPL) != DESC_DPL)
        return false;
    *desc = d | DESC_DPL;
    return true;
}

/* --- GDT -------------------------------------------------------------------------------------- */
static void clear_slot(pte_t *slot)
{
    if (pte_mfn(*slot).n != hv_maddr(no_descriptors) >> PAGE_SHIFT && (*slot & PTE_P))
        page_put_and_type(mfn_to_page(pte_mfn(*slot)));
    *slot = (hv_maddr(no_descriptors) & PTE_MFN_MASK) | PTE_P | PTE_A | PTE_NX;
}

void pv_init_windows(struct vcpu *v)
{
    pte_t *ptes = perdomain_ptes(v);

    for (unsigned i = 0; i < GUEST_GDT_SLOTS; i++)
        ptes[i] = (hv_maddr(no_descriptors) & PTE_MFN_MASK) | PTE_P | PTE_A | PTE_NX;
}

void pv_drop_gdt(struct vcpu *v)
{
    pte_t *ptes = perdomain_ptes(v);

    for (unsigned i = 0; i < GUEST_GDT_SLOTS; i++) {
        clear_slot(&ptes[i]);
        v->arch.gdt_frames[i] = mfn(0);
    }
    v->arch.gdt_ents = 0;
}

/* Take page and type references of all frames first: nothing changes unless all are good */
int pv_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned entries)
{
    unsigned n = DIV_ROUND_UP(entries, ENTRIES_PER_PAGE), i;
    pte_t *ptes = perdomain_ptes(v);
    int rc;

    if (entries > FIRST_RESERVED_GDT_ENTRY)
        return -XEN_EINVAL;
    for (i = 0; i < n; i++) {
        rc = mfn_valid(mfn(frames[i]))
                 ? page_get_and_type(mfn_to_page(mfn(frames[i])), v->domain, PGT_SEG)
                 : -XEN_EINVAL;
        if (rc)
            goto undo;
    }
    pv_drop_gdt(v);
    for (i = 0; i < n; i++) {
        v->arch.gdt_frames[i] = mfn(frames[i]);
        ptes[i] = pte_make(mfn(frames[i]), WINDOW_FLAGS);
    }
    v->arch.gdt_ents = entries;
    return 0;

undo:
    while (i-- > 0)
        page_put_and_type(mfn_to_page(mfn(frames[i])));
    return rc == -XEN_EPERM ? rc : -XEN_EINVAL;
}

long do_set_gdt(uint64_t list, uint64_t entries, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    uint64_t frames[GDT_SLOTS];
    unsigned n;
    int rc;

    if (entries > FIRST_RESERVED_GDT_ENTRY)
        return -XEN_EINVAL;
    n = DIV_ROUND_UP(entries, ENTRIES_PER_PAGE);
    if (copy_from_guest_va(frames, list, n * sizeof(frames[0])))
        return -XEN_EFAULT;
    rc = pv_set_gdt(current, frames, entries);
    if (!rc)
        tlb_flush_local();
    return rc;
}

/* --- LDT -------------------------------------------------------------------------------------- */
void pv_drop_ldt(struct vcpu *v)
{
    pte_t *ptes = perdomain_ptes(v) + GDT_SLOTS;

    for (unsigned i = 0; i < 16; i++) {
        if (!(ptes[i] & PTE_P))
            continue;
        page_put_and_type(mfn_to_page(pte_mfn(ptes[i])));
        ptes[i] = 0;
    }
}

int pv_set_ldt(struct vcpu *v, uint64_t base, unsigned entries)
{
    if (entries > 8192 || (base & (PAGE_SIZE - 1)) ||
        (entries && (!canonical(base) || touches_hv_range(base, entries * 8UL))))
        return -XEN_EINVAL;
    if (base == v->arch.ldt_base && entries == v->arch.ldt_ents)
        return 0;
    pv_drop_ldt(v);
    tlb_flush_local();
    v->arch.ldt_base = base;
    v->arch.ldt_ents = entries;
    load_ldt(v);
    return 0;
}

/*
 * The L1 entry of a guest address. Without mm_lock, so with interrupts off: a table met on the way
 * becomes nothing else before this CPU has flushed. The leaf itself may change meanwhile, and is
 * caught by the page's type.
 */
static pte_t guest_leaf(struct vcpu *v, uint64_t va)
{
    const unsigned index[] = { l4_index(va), l3_index(va), l2_index(va), l1_index(va) };
    pte_t e = pte_make(v->arch.guest_table, PTE_P);
    unsigned long flags = irq_save();

    for (unsigned i = 0; i < ARRAY_SIZE(index) && (e & PTE_P); i++)
        e = READ_ONCE(((pte_t *)mfn_to_virt(pte_mfn(e)))[index[i]]);
    irq_restore(flags);
    return e;
}

bool ldt_window_fault(uint64_t offset)
{
    struct vcpu *v = current;
    unsigned slot = offset >> PAGE_SHIFT;
    pte_t *ptes = perdomain_ptes(v) + GDT_SLOTS, e;

    if (offset >= v->arch.ldt_ents * 8UL || (ptes[slot] & PTE_P))
        return false;
    e = guest_leaf(v, v->arch.ldt_base + offset);
    if (!(e & PTE_P) || !mfn_valid(pte_mfn(e)))
        return false;
    if (page_get_and_type(mfn_to_page(pte_mfn(e)), v->domain, PGT_SEG))
        return false;
    ptes[slot] = pte_make(pte_mfn(e), WINDOW_FLAGS);
    return true;
}

/* --- update_descriptor ------------------------------------------------------------------------ */
long do_update_descriptor(uint64_t maddr, uint64_t desc, uint64_t a3, uint64_t a4, uint64_t a5,
                          uint64_t a6)
{
    struct vcpu *v = current;
    mfn_t m = maddr_to_mfn(maddr);
    struct page *pg;
    uint64_t type;
    int rc;

    if ((maddr & 7) || !descriptor_fix(&desc) || !mfn_valid(m))
        return -XEN_EINVAL;
    pg = mfn_to_page(m);
    if (!page_get(pg, v->domain))
        return -XEN_EINVAL;
    /* a page that already holds descriptors keeps doing so; any other must be writable */
    type = (READ_ONCE(pg->type) & PGT_TYPE_MASK) == PGT_SEG ? PGT_SEG : PGT_WRITABLE;
    rc = page_get_type(pg, type);
    if (!rc) {
        WRITE_ONCE(*(uint64_t *)((char *)mfn_to_virt(m) + (maddr & (PAGE_SIZE - 1))), desc);
        page_put_type(pg);
    }
    page_put(pg);
    return rc ? -XEN_EINVAL : 0;
}

/* --- for the emulator ------------------------------------------------------------------------- */
/* Read a descriptor through the window, as the processor would */
static bool read_window(const uint64_t *at, uint64_t *out)
{
    uint64_t v = 0;
    uint32_t ok = 1;

    __asm__ volatile("1: mov (%2), %0\n"
                     "2:\n"
                     ".pushsection .text.fixup, \"ax\"\n"
                     "3: xor %1, %1\n"
                     "   jmp 2b\n"
                     ".popsection\n" EXTABLE("1b", "3b")
                     : "+r"(v), "+r"(ok)
                     : "r"(at));
    *out = v;
    return ok;
}

bool guest_descriptor(struct vcpu *v, uint16_t sel, uint64_t *desc)
{
    uint64_t base = sel & 4 ? perdomain_ldt_va(v->id) : perdomain_gdt_va(v->id);
    unsigned index = sel >> 3;

    if (sel < 4 || ((sel & 4) && index >= v->arch.ldt_ents))
        return false;
    if (!(sel & 4) && index >= FIRST_RESERVED_GDT_ENTRY + ENTRIES_PER_PAGE)
        return false;
    return read_window((const uint64_t *)base + index, desc);
}

int pv_code_is_64bit(struct vcpu *v, const struct cpu_user_regs *regs)
{
    uint64_t d;

    if (regs->cs == FLAT_KERNEL_CS64)
        return 1;
    if (!guest_descriptor(v, regs->cs, &d) || !(d & DESC_P) || !(d & DESC_S) || !(d & DESC_CODE))
        return -1;
    return (d & DESC_LONG) != 0;
}
