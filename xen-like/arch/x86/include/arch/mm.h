/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of PV guests: page types, page-table entries, what they hold, and the operations on them.
 * arch/x86/mm.
 *
 * One rule carries everything: a frame has one type at a time, with a count of its uses as that
 * type. A frame that is a page table (or holds segment descriptors) is never mapped writable by a
 * guest, and every entry of a valid table was checked. docs/page-types.md tells the whole.
 *
 * Locking: all changes to tables of a domain, and to the type words of frames while these are
 * tables, happen under the domain's mm_lock. A type word whose count is 0, and WRITABLE and SEG
 * counts, change by compare-and-exchange.
 */
#ifndef ARCH_MM_H
#define ARCH_MM_H

#include <arch/domain.h>
#include <arch/page.h>
#include <hv/cpumask.h>
#include <hv/page.h>

struct domain;
struct vcpu;

/* --- further bits of page.count and page.type ------------------------------------------------- */
/* was mapped uncached or write-combining by its owner */
#define PGC_NONCOHERENT   0x0010000000000000UL
/* another domain's writable mapping of it went, and that domain's TLBs were not flushed since */
#define PGC_FOREIGN_STALE 0x0020000000000000UL
/* with PGT_PARTIAL: the table behind entry PROGRESS is itself partial and held */
#define PGT_PARTIAL_CHILD (1UL << 42)
/* while the count is 0: when the last use ended, in ticks of the TLB clock (mm/tlb.c) */
#define PGT_STAMP_SHIFT 32
#define PGT_STAMP_MASK  (0x1ffffffUL << PGT_STAMP_SHIFT)

static inline uint64_t pgt_table(unsigned level) { return (uint64_t)level << PGT_TYPE_SHIFT; }
/** Level of the table that a type word names, 0 if it is none (or not one in use and checked). */
static inline unsigned valid_table_level(uint64_t type)
{
    unsigned level = type >> PGT_TYPE_SHIFT;
    return (type & PGT_VALIDATED) && level <= 4 ? level : 0;
}

/* --- entries: pure rules (mm/pte_check.c) ----------------------------------------------------- */
#define PTE_CACHE (PTE_PWT | PTE_PCD | PTE_PAT)
#define PTE_PKEY  (0xfUL << 59)
#define PTE_SOFT_HIGH (0x7fUL << 52)
/** Bits that decide nothing about safety: they may change in a valid entry without any check. */
#define PTE_HARMLESS (PTE_A | PTE_D | PTE_NX | PTE_AVAIL | PTE_SOFT_HIGH)

/**
 * May a present entry with these flags stand in a guest's table of this level? The frame is not
 * looked at.
 */
bool pte_flags_ok(unsigned level, pte_t e);
/**
 * May an entry that is not present have this value? Anything, but on CPUs with L1TF, where such an
 * entry lets speculation read cached lines of the frame that it names: there it must name none
 * below l1tf_limit. Kernels that know of the weakness invert the address (Linux does so on all
 * CPUs).
 */
bool pte_absent_ok(pte_t e);
extern uint64_t l1tf_limit; /* end of RAM on CPUs with L1TF, 0 on others */
/** The entry as it is stored: reachable from ring 3, never global. */
static inline pte_t pte_guest(pte_t e) { return (e | PTE_US) & ~PTE_G; }
static inline bool hv_slot(unsigned l4_slot) { return l4_slot >= HV_L4_FIRST &&
                                               l4_slot <= HV_L4_LAST; }
/** May a guest's tables map this address? Canonical and outside the hypervisor's slots. */
static inline bool guest_address_ok(uint64_t va)
{
    return va < 0x0000800000000000UL || va >= HV_VIRT_END;
}

/* --- leaf entries: the frame's references (mm/pte_ref.c) -------------------------------------- */
/**
 * Take the references that a present L1 entry holds: the frame must belong to `owner` (or be device
 * memory that `d` may use, or one of the hypervisor's read-only shared frames when owner is
 * DOMID_XEN), and no table if mapped writable. 0, -EINVAL, -EPERM.
 */
int leaf_get(struct domain *d, struct domain *owner, pte_t e);
/**
 * Drop them. The entry is no longer in a table of `d`, whose TLBs may still hold it. If it let d
 * write to a frame of another domain, the frame is marked (PGC_FOREIGN_STALE).
 */
void leaf_put(struct domain *d, pte_t e);

/**
 * The frame was just locked (PGT_LOCKED, count 1) for a check of its contents; its word was `old`.
 * Nothing that was written through former mappings comes after this: other domains' TLBs have
 * forgotten them, and caches agree with memory. (mm/pagetype.c)
 */
void page_settle(struct page *pg, uint64_t old);

/* --- tables (mm/promote.c); mm_lock of the owner held ----------------------------------------- */
/**
 * Take a page and a type reference of `m` as a table of `d`, checking it if it is not one yet.
 * -ERESTART: preempted, `p` remembers; call again to go on. -EINVAL (not fit), -EBUSY (another vcpu
 * is at it).
 */
int table_get(struct domain *d, mfn_t m, unsigned level, struct mm_pending *p);
/** Drop both. `p` must be empty; it is in use afterwards if the work was preempted. */
void table_put(struct domain *d, struct page *pg, struct mm_pending *p);
/**
 * Go on with taking apart what `p` holds: 0 when nothing is left, or -ERESTART. mm_lock of p->owner
 * held.
 */
int mm_pending_undo(struct mm_pending *p);
/** Fill the hypervisor's slots of an L4 (mm/hvslots.c). */
void l4_fill_hv_slots(struct domain *d, pte_t *l4);

/* --- changing entries (mm/pte_update.c); mm_lock of `d` held ---------------------------------- */
enum update_mode {
    UPDATE_PLAIN,   /* write what was asked for */
    UPDATE_MACHINE, /* the same, and frames of a hardware guest are machine frames, too */
    UPDATE_KEEP_AD, /* keep accessed and dirty bits of the old entry */
    UPDATE_EXACT,   /* inside: only if the entry is still what was read */
};
/** Write one entry of a valid L1 of `d`, mapping a frame of `owner`. 0 or -errno. */
int l1_update(struct domain *d, struct domain *owner, pte_t *p, pte_t new, enum update_mode mode);
/**
 * The same by compare-and-exchange: -EAGAIN if the entry is not `old` (the processor set accessed
 * or dirty).
 */
int l1_update_exact(struct domain *d, pte_t *p, pte_t old, pte_t new);
/**
 * Write one entry of a valid L2, L3 or L4. `pending` is empty or the check of the very table that
 * `new` names (undoing another one might take this table apart). May -ERESTART before the write;
 * afterwards `pending` may be in use (the old table).
 */
int upper_update(struct domain *d, unsigned level, pte_t *p, pte_t new, enum update_mode mode,
                 struct mm_pending *pending);

/* --- pins (mm/pin.c); mm_lock held ------------------------------------------------------------ */
int table_pin(struct domain *d, mfn_t m, unsigned level, struct mm_pending *p);
int table_unpin(struct domain *d, mfn_t m, struct mm_pending *p);

/* --- locking (mm/mm_lock.c) ------------------------------------------------------------------- */
/**
 * Lock `d`'s tables for the current vcpu, first finishing what an earlier call of it left behind. 0
 * with the lock held, or without it: -ERESTART, -ESRCH (the domain is dying).
 */
int mm_lock(struct domain *d);
void mm_unlock(struct domain *d);
/** Finish whatever `p` holds, with the lock of its owner taken inside: 0 or -ERESTART. */
int mm_pending_finish(struct mm_pending *p);

/* --- walking (mm/va_mapping.c); mm_lock held -------------------------------------------------- */
/** The L1 entry of `va` in the address space whose L4 is `root`; NULL if no L1 table covers it. */
pte_t *walk_to_l1(mfn_t root, uint64_t va);

/**
 * Flush `va` (or TLB_ALL) on the CPUs of the vcpus in a bitmap at guest address `bitmap`: 0 or
 * -EFAULT.
 */
int flush_vcpu_bitmap(struct domain *d, uint64_t bitmap, uint64_t va);

/* --- the two roots of a vcpu (mm/root.c) ------------------------------------------------------ */
/**
 * Set the kernel or user root: takes the new, drops the old. 0 removes the user root, and is
 * -EINVAL for the kernel's. mm_lock of v->domain held; -ERESTART before.
 */
int vcpu_set_root(struct vcpu *v, bool user, mfn_t m, struct mm_pending *p);
/**
 * For setvcpucontext and VCPUOP_initialise: validate and set both roots of a vcpu that does not
 * run. Takes mm_lock. user 0: none. -ERESTART: call again with the same arguments.
 */
int vcpu_init_roots(struct vcpu *v, mfn_t kernel, mfn_t user);
/** Drop both (teardown, reset): -ERESTART until done. */
int vcpu_drop_roots(struct vcpu *v);

/* --- who is the "foreign" domain of a call (mm/owner.c) --------------------------------------- */
/**
 * The domain that owns the frames a call names: self, DOMID_IO, DOMID_XEN (control only) or a
 * domain that may be mapped.
 */
int frame_owner_lookup(domid_t id, struct domain **owner);

/* --- TLB (mm/tlb.c) --------------------------------------------------------------------------- */
#define TLB_ALL (~0UL)
/** Load CR3; counts as a flush of everything that is not global. */
void switch_cr3(uint64_t cr3);
/** This CPU leaves guests' tables for the hypervisor's: until tlb_enter_guests nobody asks it. */
void tlb_leave_guests(void);
/** This CPU is about to load a guest's tables. Interrupts off. */
void tlb_enter_guests(void);
/** This CPU: all of the guest's translations; one address. */
void tlb_flush_local(void);
void tlb_flush_local_page(uint64_t va);
/**
 * On a set of CPUs (this one may be among them); `va` one page or TLB_ALL, which is what others
 * flush anyway. No lock held that an interrupt takes.
 */
void tlb_flush_cpus(const struct cpumask *cpus, uint64_t va);
/** On every CPU that may hold translations of `d`'s vcpus. */
void tlb_flush_domain(const struct domain *d);
/** CPUs whose TLB may hold something of `d`. */
void domain_dirty_cpus(const struct domain *d, struct cpumask *out);
/** The interrupt that makes this CPU flush. */
void tlb_flush_interrupt(void);
/**
 * For a page of `owner` whose last use (stamp in `type`) has ended: make the TLBs of the owner's
 * vcpus forget that use.
 */
void tlb_flush_before_retype(domid_t owner, uint64_t type);
/** The same for the TLBs of all CPUs, whatever runs on them. */
void tlb_flush_foreign_use(uint64_t type);
/**
 * The same for other CPUs only and ahead of time, while no lock is held that others wait for: a
 * frame of `d` is likely to be taken as `next_type` soon. Changes nothing about what must be done
 * then.
 */
void tlb_flush_ahead(const struct domain *d, mfn_t m, uint64_t next_type);
/**
 * Stamp for a use that ends now, in place (PGT_STAMP_MASK). The change to the page tables was made
 * before.
 */
extern uint64_t tlb_clock;
static inline uint64_t tlb_stamp(void)
{
    return READ_ONCE(tlb_clock) << PGT_STAMP_SHIFT & PGT_STAMP_MASK;
}
/** The time from now on, and did a use end since then? `type`: a type word whose count is 0. Of old uses
 * one in some millions of ticks counts as new. */
uint64_t tlb_tick(void);
bool tlb_ended_since(uint64_t type, uint64_t tick);
/**
 * Was a fault at `addr` only due to a stale TLB entry of this CPU? Then it is gone now and the
 * access can be retried.
 */
bool spurious_fault(uint64_t addr, uint32_t error_code);

/** Write back and invalidate the cache lines of one frame (mm/cache.c). */
void cache_flush_frame(mfn_t m);
void cache_flush_all(void);

/* --- per-domain slot: GDT and LDT windows (mm/perdomain.c) ------------------------------------ */
int perdomain_init(struct domain *d);   /* at domain creation: 0 or -ENOMEM */
void perdomain_free(struct domain *d);  /* at the end; no vcpu runs */
int perdomain_map_vcpu(struct vcpu *v); /* tables for its 32 pages: 0 or -ENOMEM */
/* [32]: 0..15 GDT, 16..31 LDT; supervisor flags are the caller's matter */
pte_t *perdomain_ptes(struct vcpu *v);
static inline uint64_t perdomain_gdt_va(unsigned vcpu_id)
{
    return PERDOMAIN_START + ((uint64_t)vcpu_id << PERDOMAIN_VCPU_SHIFT);
}
static inline uint64_t perdomain_ldt_va(unsigned vcpu_id)
{
    return perdomain_gdt_va(vcpu_id) + 16 * PAGE_SIZE;
}

/* --- life cycle ------------------------------------------------------------------------------- */
int mm_domain_init(struct domain *d);     /* mm_lock, per-domain slot: 0 or -ENOMEM */
void mm_domain_free(struct domain *d);

/** XENMEM_exchange (mm/exchange.c). */
long memory_exchange(uint64_t arg);

/* --- faults ----------------------------------------------------------------------------------- */
struct cpu_user_regs;
/**
 * A guest's write fault at `addr`: true if it was a write to a page table and has been carried out.
 */
bool ptwr_fault(struct cpu_user_regs *regs, uint64_t addr);

/**
 * Information about frames for XEN_DOMCTL_getpageframeinfo3: XEN_DOMCTL_PFINFO_* of one frame of
 * `d`.
 */
uint32_t page_frame_info(struct domain *d, gfn_t g);

#endif
