/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hardware guests (PVH and HVM): domains whose vcpus run in a container of the processor, with
 * physical addresses of their own. hvm/.
 *
 * A vcpu that is current has its general registers, rip, rsp and rflags in the frame at the end of
 * the CPU's stack, like a PV one; the rest of its state is the vendor's (hvm/vmx).
 */
#ifndef ARCH_HVM_H
#define ARCH_HVM_H

#include <arch/ept.h>
#include <arch/hvm_io.h>
#include <arch/ioreq.h>
#include <arch/vlapic.h>
#include <hv/domain.h>
#include <public/domctl.h>
#include <public/hvm/params.h>

struct cpu_user_regs;
struct hvm_hw_cpu;
struct vplatform;   /* arch/vplatform.h */
struct paging_mode; /* arch/hvm_memory.h */

/** A segment register as the processor has it loaded. */
struct hvm_segment {
    uint64_t base;
    uint32_t limit;  /* the last byte */
    uint32_t access; /* bits 15:0 as in a descriptor's upper half from bit 8 on, and SEGMENT_* */
};
#define SEGMENT_DPL(access) ((access) >> 5 & 3)
#define SEGMENT_LONG     0x2000U
#define SEGMENT_BIG      0x4000U
#define SEGMENT_UNUSABLE 0x10000U

/** An interruption that the guest is to get on its next entry. */
struct hvm_event {
    bool valid, has_error;
    uint8_t vector;
    uint8_t type;   /* HVM_EVENT_* */
    uint8_t length; /* of the instruction, for those that are caused by one */
    uint32_t error;
};
/* As in the processor's words of event information (SDM volume 3, 24.8.3). */
#define HVM_EVENT_INTERRUPT 0
#define HVM_EVENT_NMI       2
#define HVM_EVENT_EXCEPTION 3
#define HVM_EVENT_SOFTWARE  4
#define HVM_EVENT_PRIVILEGED_EXCEPTION 5 /* INT1 */
#define HVM_EVENT_SOFTWARE_EXCEPTION 6

struct hvm_vcpu {
    /* own vcpu, or paused */
    uint64_t efer; /* as the guest sees it; CR0, CR2 and CR4 are in arch.ctrlreg */
    uint8_t upcall_vector; /* for its events, in place of the domain's; 0: none */
    uint64_t star, lstar, cstar, sfmask, kernel_gs_base, tsc_aux;
    struct hvm_event event;
    struct window *window; /* hvm/window.c */
    struct vlapic lapic;
    struct ioreq_vcpu ioreq;
    int64_t tsc_offset;    /* what the guest's TSC is ahead of the CPU's, as hvm_scale_tsc() has it */
    struct hvm_io_log io_log;

    /* atomic */
    uint8_t asks;          /* HVM_ASKS_*: what is looked at before each entry; usually nothing */
    uint8_t start_page;    /* where STARTUP wants it to begin */

    /* LOCK_DOMAIN while HVM_ASKS_EVENT is clear, then the vcpu's */
    struct hvm_event asked_event;
    uint64_t asked_cr2;    /* of a page fault */

    /* vendor */
    mfn_t vmcs;
    uint64_t *dirty_log; /* a page: PML; NULL: the processor has none */
    bool launched;
    uint32_t primary; /* of the controls: those that it runs with, */
    uint32_t windows; /* and exits that are asked for as soon as an event can be taken */
    bool apic_in_processor; /* which keeps the local APIC's registers, and delivers its interrupts */
    uint64_t eoi_exits[4];  /* vectors whose end is an exit */
};

#define HVM_ASKS_INIT   1u /* another vcpu has sent it */
#define HVM_ASKS_FOLLOW 2u /* a line of the platform follows the vcpu's events */
#define HVM_ASKS_EVENT  4u /* a device model has an event for it, in asked_event */
#define HVM_ASKS_START  8u /* STARTUP came for a vcpu that has INIT before it, or is on its way down */
#define HVM_ASKS_STOP  16u /* its domain suspends, and waits for this vcpu's access to a device */

/** XEN_DOMCTL_shadow_op, which is made again until it is done (hvm/log_dirty.c). */
struct log_dirty {
    bool busy; /* atomic: by whoever has set it */
    struct xen_domctl_shadow_op op; /* the one that is under way, if `at` is not 0 */
    uint64_t at, found;    /* the next frame, and how many were dirty before it */
    uint64_t began, since; /* tlb_tick() of this operation, and of the last one that cleaned */
};

#define TSC_SAME (1UL << 48)

struct hvm_domain {
    struct ept ept;
    struct log_dirty log;
    /* vcpus paused */
    uint64_t tsc_ratio; /* ticks of its TSC for one of the machine's, in 2^-48; TSC_SAME: all of them */
    uint32_t tsc_khz;   /* its rate, if that is another */
    struct ioreq_domain ioreq;
    struct vplatform *platform; /* a PC's devices; NULL: none (PVH) */
    /* LOCK_DOMAIN */
    uint64_t params[HVM_NR_PARAMS];
    uint8_t callback_vector; /* how events are told to every vcpu; 0: not so (vplatform.h: by a line) */
};

static inline bool is_hvm_domain(const struct domain *d) { return d->arch.hvm != NULL; }
static inline bool is_hvm_vcpu(const struct vcpu *v) { return v->arch.hvm != NULL; }

/** What a vendor's extension does. All of a vcpu that is not some CPU's current, unless said. */
struct hvm_ops {
    const char *name;
    /** Switch it on, on this CPU: 0, or -errno and the CPU can run no hardware guests. */
    int (*cpu_up)(unsigned cpu);
    int (*vcpu_init)(struct vcpu *v); /* 0 or -ENOMEM */
    void (*vcpu_free)(struct vcpu *v);
    /** Make the vcpu's state this CPU's, and save it. Interrupts off. */
    void (*switch_in)(struct vcpu *v);
    void (*switch_out)(struct vcpu *v);
    /** All of a record but the FPU's state, which is arch/fpu.h's. `tsc`: the machine's TSC at the moment
     * for which r->tsc is the guest's. */
    void (*get_registers)(struct vcpu *v, struct hvm_hw_cpu *r, uint64_t tsc);
    /** -EINVAL: no processor could be in this state; -EOPNOTSUPP: this one cannot run it. Nothing has
     * changed then, unless the guest's own tables in PAE paging are at fault. */
    int (*set_registers)(struct vcpu *v, const struct hvm_hw_cpu *r, uint64_t tsc);
    /** IA32_PAT; one that is set is valid. */
    uint64_t (*get_pat)(struct vcpu *v);
    void (*set_pat)(struct vcpu *v, uint64_t pat);
    /** How the current vcpu's guest has its memory, now: paging, and segment `n` (enum insn_seg). */
    void (*get_paging)(const struct vcpu *v, struct paging_mode *m);
    void (*get_segment)(const struct vcpu *v, unsigned n, struct hvm_segment *s);
    /** tsc_offset of the current vcpu has changed; a vcpu that comes to a CPU has both it and tsc_ratio. */
    void (*write_tsc_offset)(struct vcpu *v);
    /** This CPU forgets what it knows of the current vcpu's physical memory, and tells of the pages that
     * became dirty. Interrupts off. */
    void (*flush)(struct vcpu *v);
    /** Enter the current vcpu's guest, with an empty stack. */
    __attribute__((noreturn)) void (*enter)(void);
};
/** NULL on machines without. Constant after hvm_init. */
extern const struct hvm_ops *hvm_ops;
extern const struct hvm_ops vmx_ops;

/** At boot: look for an extension and switch it on on CPU 0. */
void hvm_init(void);
/** On each further CPU. */
void hvm_init_cpu(unsigned cpu);
/** Why there are no hardware guests, NULL if there are. */
const char *hvm_unusable(void);

int hvm_domain_init(struct domain *d);
void hvm_domain_free(struct domain *d);
int hvm_vcpu_init(struct vcpu *v);
void hvm_vcpu_free(struct vcpu *v);

/** An interrupt waits to be injected; lapic.waiting is up to date. */
bool hvm_interrupt_waits(const struct vcpu *v);
/** The vector of the first that does, as it is taken; 0: none does any more. `more`: another one waits
 * behind it. */
uint8_t hvm_take_interrupt(struct vcpu *v, bool *more);
/** Whether its domain has a 32-bit kernel is seen from the mode in which the current vcpu does what PV
 * drivers do at first, also after a restore: ask for the hypercall page, or say how events come. */
void hvm_note_layout(struct vcpu *v);
/** Something waits for the current vcpu that it takes as soon as it runs; vcpu_info's mask is not
 * for hardware guests, which hold interrupts off by RFLAGS.IF. */
bool hvm_interrupted(struct vcpu *v, const struct cpu_user_regs *regs);
/** An NMI; INIT; STARTUP, which begins in real mode at page `page`: from any CPU. */
void hvm_raise_nmi(struct vcpu *v);
void hvm_init_ipi(struct vcpu *v);
void hvm_startup_ipi(struct vcpu *v, uint8_t page);
/** Whoever writes a vcpu's first registers: false if somebody else does so, or it runs; else it stays
 * down until the end of this, which says whether it has been started. */
bool hvm_claim_start(struct vcpu *v);
void hvm_release_start(struct vcpu *v, bool started);
/** STARTUP may have waited for the vcpu to leave its CPU, which it has. */
void hvm_start_if_asked(struct vcpu *v);
/** arch_vcpu_stops_later() (hv/arch.h). */
bool hvm_stops_later(struct vcpu *v);
/** What the current vcpu `asks` for, before an entry: false if it goes back to waiting for STARTUP, as
 * INIT has it, or stops. */
bool hvm_before_entry(struct vcpu *v);
/** A level-triggered interrupt was ended: its source may ask again. */
void hvm_level_interrupt_over(struct domain *d, uint8_t vector);

static inline void hvm_left_cpu(struct vcpu *v)
{
    if (__builtin_expect(__atomic_load_n(&v->arch.hvm->asks, __ATOMIC_SEQ_CST) & HVM_ASKS_START, 0))
        hvm_start_if_asked(v);
}

/** The guest's TSC now, and ns that a number of its ticks takes. */
uint64_t hvm_guest_tsc(const struct vcpu *v);
s_time_t hvm_ticks_to_ns(const struct vcpu *v, uint64_t ticks);
/** Times as the machine's TSC has them, in ticks of the domain's rate. */
uint64_t hvm_scale_tsc(const struct domain *d, uint64_t tsc);
/** How a time of this CPU's clock is to be read off the guest's TSC. */
struct clock_params;
void hvm_time_params(const struct vcpu *v, struct clock_params *p);
/**
 * The rate that the guest's TSC had before it came here; 0, or close to the machine's: the machine's. Its
 * TSC goes on from what it is. Where the processor cannot scale it, that is logged, and it runs at the
 * machine's rate. False: no processor has such a rate. Not for the current domain.
 */
bool hvm_set_tsc_khz(struct domain *d, uint32_t khz);
/** Rate of a domain's TSC; PV ones see the machine's. */
uint64_t domain_tsc_hz(const struct domain *d);

/** An event of a device model's choosing for a vcpu of any CPU, as soon as no other is on its way to
 * it; `cr2`: of a page fault. False: one waits already. */
bool hvm_ask_event(struct vcpu *v, const struct hvm_event *event, uint64_t cr2);
/** Before an entry of the current vcpu, which asks for that: it goes in unless it has to wait. */
void hvm_take_asked_event(struct vcpu *v);
/** Does the processor push an error code with this exception? */
bool hvm_has_error_code(unsigned vector);
/** For the current vcpu: an exception on its next entry. */
void hvm_inject_exception(struct vcpu *v, unsigned vector, uint32_t error);
void hvm_inject_page_fault(struct vcpu *v, uint64_t address, uint32_t error);

/** guest_physmap_add and guest_physmap_remove, page_get_from_gfn (hv/arch.h). */
int hvm_physmap_add(struct domain *d, gfn_t g, mfn_t m, unsigned order);
int hvm_physmap_remove(struct domain *d, gfn_t g, mfn_t m, unsigned order);
struct page *hvm_page_get(struct domain *d, gfn_t g);
/** HVMMEM_*: memory, read-only memory, or none (hvm/dm_memory.c). */
unsigned hvm_mem_type(struct domain *d, gfn_t g);

/**
 * XEN_DOMCTL_{get,set}hvmcontext and gethvmcontext_partial (hvm/context.c): the domain is paused, its
 * records are in a buffer of the caller's, none of which is believed. -EINVAL: no such record, or not
 * one that could be; -EOPNOTSUPP: of a processor or device that is not here; -ENOENT: the domain has
 * no such record; -ENODATA: the stream ends in the middle; -ENOSPC: the buffer is too small. What
 * came before a record that is refused has been loaded.
 */
struct xen_domctl;
long hvm_get_context(struct domain *d, struct xen_domctl *op);
long hvm_set_context(struct domain *d, struct xen_domctl *op);
long hvm_get_context_partial(struct domain *d, struct xen_domctl *op);
/**
 * XEN_DOMCTL_shadow_op and {get,set}_paging_mempool_size (hvm/log_dirty.c). -EOPNOTSUPP: not a hardware
 * guest; -EINVAL: no such operation, or not now; -EBUSY: another one is under way; -ENOMEM; -EFAULT: the
 * bitmap ends before `pages`, and what came before is clean; -ERESTART.
 */
long hvm_shadow_op(struct domain *d, struct xen_domctl *op);
long hvm_get_pool(struct domain *d, struct xen_domctl *op);
long hvm_set_pool(struct domain *d, struct xen_domctl *op);
/** XEN_DOMCTL_{get,set}vcpucontext of a hardware guest's vcpu (hvm/vcpu_context.c), which does not run:
 * all registers that the structure has; set: those for general use, RIP and RFLAGS only, of a vcpu
 * that has the others. */
struct vcpu_guest_context;
void hvm_get_vcpu_context(struct vcpu *v, struct vcpu_guest_context *c);
int hvm_set_vcpu_context(struct vcpu *v, const struct vcpu_guest_context *c);
/** XEN_DOMCTL_sendtrigger (trigger.c), of PV guests as well. */
long domain_trigger(struct domain *d, struct xen_domctl *op);

#endif
