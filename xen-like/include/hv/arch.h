/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every hook through which common/ reaches the machine. x86 implements them under arch/x86; unit
 * tests in tests/unit/fake.
 */
#ifndef HV_ARCH_H
#define HV_ARCH_H

#include <arch/cpu.h> /* this_cpu(), current, cpu_relax(), irq_save() and its like */
#include <hv/domain.h>

struct domctl_row;
struct sysctl_row;

/* --- domains and vcpus (arch/x86/domain.c, pv/domain.c) --------------------------------------- */
/** Check and normalise a creation request: -EINVAL for what cannot be (hvm without VT-x, unknown
 * flags). */
int arch_sanitise_config(struct xen_domctl_createdomain *cfg);
int arch_domain_create(struct domain *d, const struct xen_domctl_createdomain *cfg);
void arch_domain_free(struct domain *d);
int arch_vcpu_create(struct vcpu *v);
void arch_vcpu_free(struct vcpu *v);
/** Give back all memory the domain has: unpin, drop references, free. Resumable: -ERESTART. All
 * vcpus are stopped. */
int arch_domain_relinquish(struct domain *d);
/** Take over registers, page table base, trap table, ... for setvcpucontext and VCPUOP_initialise;
 * v is not running. */
struct vcpu_guest_context;
int arch_set_vcpu_context(struct vcpu *v, const struct vcpu_guest_context *ctx);
void arch_get_vcpu_context(struct vcpu *v, struct vcpu_guest_context *ctx);
/** VCPUOP_initialise of a domain with a physical map, whose context is another structure at `arg`: 0,
 * -EFAULT, -EINVAL, -EEXIST (it has been started, or is being). */
long arch_initialise_translated(struct vcpu *v, uint64_t arg);
/** Reset to the state before setvcpucontext (VCPUOP_down keeps it; this is for teardown and
 * errors): may -ERESTART. */
int arch_vcpu_reset(struct vcpu *v);
/**
 * `d` has begun to die while an operation of the current vcpu on it was interrupted: let go of what
 * that holds of it. 0 or -ERESTART.
 */
int arch_drop_unfinished(struct domain *d);
/** The row of an operation that only the architecture knows (hv/control.h), or NULL. */
const struct domctl_row *arch_domctl(uint32_t cmd);
const struct sysctl_row *arch_sysctl(uint32_t cmd);
/** The same of memory_op and vcpu_op, carried out; -ENOSYS for the rest. */
void arch_getdomaininfo(const struct domain *d, struct xen_domctl_getdomaininfo *info);
long arch_memory_op(unsigned cmd, uint64_t arg);
long arch_vcpu_op(unsigned cmd, struct vcpu *v, uint64_t arg);

/* --- switching -------------------------------------------------------------------------------- */
/** Save `prev`, load `next`, leave towards next's guest or the idle loop: does not return.
 * Interrupts off. */
__attribute__((noreturn)) void context_switch(struct vcpu *prev, struct vcpu *next);

/* --- CPUs ------------------------------------------------------------------------------------- */
void arch_send_event_check(unsigned cpu); /* IPI that makes a CPU look at its softirqs */
void arch_on_cpus(const struct cpumask *m, void (*fn)(void *), void *arg); /* run there and wait */
void arch_set_timer(s_time_t deadline); /* this CPU's hardware timer; STIME_MAX: none */
__attribute__((noreturn)) void machine_restart(unsigned delay_ms);
__attribute__((noreturn)) void machine_halt(void);
__attribute__((noreturn)) void machine_poweroff(void);
void arch_show_execution_state(void); /* registers and stack of this place, for panic */

/* --- events ----------------------------------------------------------------------------------- */
/** vcpu_info->evtchn_upcall_pending was set: unblock the vcpu and, if it runs elsewhere, make its
 * CPU notice. */
void vcpu_kick(struct vcpu *v);
/** Set evtchn_upcall_pending and kick when it was clear and not masked elsewhere. */
void vcpu_mark_events_pending(struct vcpu *v);
/** Something waits for the current vcpu that it takes as soon as it runs: events that it does not
 * hold off, an interrupt, an NMI. So it does not block. */
bool arch_interrupted(void);
/** Is a vcpu, which does not run now, in the middle of an access to a device? Then it is to go on, and
 * calls vcpu_stopped() after it. */
bool arch_vcpu_stops_later(struct vcpu *v);

/* --- memory ----------------------------------------------------------------------------------- */
void *mfn_to_virt(mfn_t m);         /* direct map */
mfn_t virt_to_mfn(const void *va);  /* of the direct map */
void clear_page(void *va);
void copy_page(void *dst, const void *src);
/** M2P entry. */
void set_m2p(mfn_t m, pfn_t p);
pfn_t get_m2p(mfn_t m);
#define INVALID_M2P (~0UL)
/** Take a reference to the page behind a gfn of `d`: NULL if it has no RAM there. Drop with
 * page_put. */
struct page *page_get_from_gfn(struct domain *d, gfn_t g);
/** The same with a reference as a writable page: NULL if it cannot be one. page_put_and_type. */
static inline struct page *page_get_writable(struct domain *d, gfn_t g)
{
    struct page *pg = page_get_from_gfn(d, g);

    if (!pg || !page_get_type(pg, PGT_WRITABLE))
        return pg;
    page_put(pg);
    return NULL;
}
/** TLBs may hold stale translations to a page that changes its owner: the type word of pages that
 * are freed now, and the check before one is used again (mm/tlb.c). */
uint64_t tlb_stamp_freed(void);
void tlb_flush_before_alloc(struct page *pg, unsigned order);
/** No CPU holds a translation of `d` that is older than this call. */
void tlb_flush_domain(const struct domain *d);
/** Are there hardware guests on this machine? */
bool arch_has_hvm(void);
/** Has `d` a physical map of its own (a hardware guest)? Else its gfns are machine frames. */
bool domain_is_translated(const struct domain *d);
/**
 * The pages of a device model's server `id` (XENMEM_resource_ioreq_server): how many there are, and
 * one of them. 0, -EINVAL, -ENOENT, -EPERM (another's server).
 */
int arch_ioreq_frames(struct domain *d, uint32_t id, uint32_t *nr);
int arch_ioreq_frame(struct domain *d, uint32_t id, uint64_t index, mfn_t *m);
/** HVM: enter or remove a page in the guest's physical map; PV: M2P only. 0 or -errno; -ENOENT:
 * the page is not there any more, so of several who remove it one succeeds. */
int guest_physmap_add(struct domain *d, gfn_t g, mfn_t m, unsigned order);
int guest_physmap_remove(struct domain *d, gfn_t g, mfn_t m, unsigned order);
/** HVM: the highest frame where the guest has a page; 0 also if it has none. */
unsigned long guest_physmap_highest(const struct domain *d);

/* --- grants: a mapping by host address or PTE (arch/x86/mm/grant_map.c) ----------------------- */
/** Put a mapping of `m` into current's tables at `addr` (GNTMAP_contains_pte: machine address of
 * the PTE). The caller holds the page (and type) references that the mapping keeps. GNTST_okay or
 * GNTST_*. */
int arch_grant_map(uint64_t addr, mfn_t m, unsigned flags, unsigned cache_flags);
/** Remove it; `m` must be what is mapped. new_addr != 0: unmap_and_replace. */
int arch_grant_unmap(uint64_t addr, mfn_t m, uint64_t new_addr, unsigned flags);

/* --- physical interrupts (arch/x86/irq/pirq.c), called under LOCK_EVENT ----------------------- */
int pirq_guest_bind(struct vcpu *v, unsigned pirq);
void pirq_guest_unbind(struct domain *d, unsigned pirq);
void pirq_guest_eoi(struct domain *d, unsigned pirq);
void pirq_set_affinity(struct domain *d, unsigned pirq, unsigned cpu);

/* --- time ------------------------------------------------------------------------------------- */
struct vcpu_time_info;
/** How guests compute the time on this CPU: tsc_timestamp, system_time, tsc_to_system_mul,
 * tsc_shift, flags. Clock. */
void arch_time_info(const struct vcpu *v, struct vcpu_time_info *t);
/** CPUs with the same number, which is not 0, compute it in the same way. */
unsigned arch_clock_id(void);
/** True if the guest's kernel memory can be written now (PV: the loaded page tables are the
 * kernel's). v is current. */
bool arch_vcpu_kernel_reachable(const struct vcpu *v);
/** Frequency of the time stamp counter. */
unsigned arch_cpu_khz(void);
/** All RAM of the machine that the hypervisor can use, whoever holds it now. */
unsigned long arch_ram_pages(void);
/** Place of a CPU in the machine, for sysctl cputopoinfo. */
void arch_cpu_topology(unsigned cpu, uint32_t *core, uint32_t *socket);
/** What the architecture adds to sysctl physinfo: hw_cap, further capabilities. */
struct xen_sysctl_physinfo;
void arch_physinfo(struct xen_sysctl_physinfo *info);

/** Debug key or crash: one domain's arch state. */
void arch_dump_vcpu(const struct vcpu *v);

#endif
