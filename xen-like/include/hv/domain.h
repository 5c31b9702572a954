/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains and vcpus. Fields stand under the comment that names their lock. */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include <arch/domain.h> /* struct arch_domain, struct arch_vcpu */
#include <hv/cpumask.h>
#include <hv/list.h>
#include <hv/lock.h>
#include <hv/nospec.h>
#include <hv/page.h>
#include <hv/softirq.h>
#include <hv/timer.h>
#include <public/domctl.h>
#include <public/vcpu.h>
#include <public/xen.h>

struct evtchn_domain;   /* common/event_channel.c */
struct evtchn_vcpu;
struct grant_table;     /* common/grant_table.c */
struct rangeset;
struct console_line;    /* common/console_io.c */
struct xen_vcpu_statistics;

#define MAX_VCPUS_PV 128

struct vcpu {
    /* set at creation, never changed */
    struct domain *domain;
    unsigned id;

    /* hot: read on every return to the guest */
    struct vcpu_info
        *vcpu_info; /* hypervisor's mapping of the guest's vcpu_info; never NULL once created */

    struct xen_vcpu_statistics *statistics; /* its entry in what is published: hv/statistics.h */

    /* scheduler: run-queue lock of `processor` */
    unsigned processor;             /* CPU it runs on or ran on last */
    bool running;                   /* it is some CPU's current */
    bool initialised;               /* has a context (setvcpucontext / VCPUOP_initialise) */
    void *sched_priv;
    struct vcpu_runstate_info runstate;
    struct cpumask hard_affinity, soft_affinity;
    struct cpumask saved_affinity;  /* hard affinity to go back to while pin_overridden */
    bool pin_overridden;            /* SCHEDOP_pin_override */

    /* atomic */
    unsigned pause_flags;           /* VPF_* */
    int pause_count;
    int dirty_cpu; /* CPU that holds its page tables or registers, -1 if none (arch) */

    /* own vcpu, or paused; LOCK_VCPU */
    struct spinlock lock;
    uint64_t runstate_guest;        /* guest address of the registered runstate area; 0 = none */
    uint64_t time_guest;            /* ... of the registered second time area; 0 = none */
    bool areas_stale; /* the areas were out of reach (user mode): write them on entry to the guest
                         kernel */
    bool paused_for_shutdown;       /* atomic: its domain shut down, or suspends */
    mfn_t
        vcpu_info_mfn; /* page of a registered vcpu_info; INVALID_MFN while it is in shared_info */
    void *vcpu_info_map;

    /* own vcpu: time */
    struct timer periodic_timer, singleshot_timer, poll_timer;
    uint64_t periodic_period;       /* ns; 0 = off */
    s_time_t periodic_last;
    unsigned time_clock;            /* arch_clock_id of what its time page says; 0 = nothing */

    /* events: LOCK_EVENT of the domain */
    uint32_t virq_port[NR_VIRQS];   /* 0 = unbound */
    struct evtchn_vcpu *evtchn;     /* FIFO control block and queues */
    unsigned poll_port;             /* > 0: the one port it polls; 0: none or several */

    struct arch_vcpu arch;
};

/** How far destruction has got; each stage is resumable (common/teardown.c). */
enum domain_dying { DOMDYING_alive, DOMDYING_dying, DOMDYING_dead };

struct domain {
    /* set at creation */
    domid_t id;
    bool is_control;                /* Dom0: may use control operations */
    bool is_hardware;               /* owns the real devices */
    uint32_t options;               /* XEN_DOMCTL_CDF_* */
    unsigned max_vcpus;
    uint64_t hypercalls;            /* those that a domain of this kind makes: bit n for number n */
    struct vcpu **vcpu;             /* [max_vcpus], NULL where not created */
    struct shared_info *shared_info;/* hypervisor's mapping; page shared with the domain */

    /* LOCK_DOMAIN_LIST; read without lock, freed after a quiescent state */
    struct domain *next_in_hash, *next_in_list; /* the list is ordered by domid */
    struct rcu_head rcu;
    int refcount;                   /* atomic */

    /* LOCK_DOMAIN */
    struct spinlock lock;
    xen_domain_handle_t handle;
    enum domain_dying dying;        /* read without lock */
    unsigned teardown_step, teardown_vcpu;
    enum {
        QUIESCE_NONE,
        QUIESCE_ASKED,
        QUIESCE_DONE
    } quiesce; /* teardown waits until nobody is sending events to it */
    int control_pause_count;
    bool is_shutting_down, is_shut_down;
    bool is_suspending;             /* its vcpus come to rest, one after the other */
    unsigned shutdown_code;         /* SHUTDOWN_*; SHUTDOWN_CODE_INVALID: none latched */
    uint32_t suspend_port; /* of the control domain: told when this domain suspends; 0 = none */
    struct domain
        *target; /* domain that this one may control as its device model (holds a reference) */
    struct watchdog *watchdogs; /* [DOMAIN_WATCHDOGS], allocated at first use (common/sched_op.c) */
    unsigned watchdogs_in_use;      /* bits */
    struct rangeset *iomem_caps, *irq_caps;
    uint32_t ssidref;

    /* atomic */
    int pause_count;
    unsigned long vm_assist;

    /* LOCK_PAGE_LIST */
    struct spinlock page_lock;
    struct page_list pages;         /* RAM of the domain */
    struct page_list hv_pages; /* hypervisor pages shared with it (shared info, grant frames) */
    unsigned long tot_pages, max_pages, outstanding_pages;

    /* scheduler */
    void *sched_priv;

    struct console_line
        *console_line; /* unfinished output line, made at first use (common/console_io.c) */

    /* time */
    bool is_narrow; /* a 32-bit kernel: shared pages are laid out as it knows them */
    int64_t time_offset_seconds;
    struct xen_arch_domainconfig config; /* as created */

    struct evtchn_domain *evtchn;   /* LOCK_EVENT inside */
    struct grant_table *grant_table;
    void *pirqs;                    /* arch/x86/irq/pirq.c; LOCK_EVENT of the domain */

    struct arch_domain arch;
};

/** Pseudo-domains: own memory that no guest owns. */
extern struct domain *dom_hv;    /* DOMID_XEN: hypervisor pages that Dom0 may map */
extern struct domain *dom_io;    /* DOMID_IO: device memory */
extern struct domain *dom_idle;  /* idle vcpus */
extern struct domain *hardware_domain; /* Dom0 */

static inline bool domain_is_idle(const struct domain *d) { return d == dom_idle; }
static inline bool vcpu_is_idle(const struct vcpu *v) { return v->domain == dom_idle; }

#define for_each_vcpu(d, v)                                                           \
    for (unsigned vi_ = 0; vi_ < (d)->max_vcpus; vi_++)                               \
        if (((v) = (d)->vcpu[vi_]) != NULL)

/** The vcpu that a caller names, NULL if there is none. */
static inline struct vcpu *vcpu_by_id(const struct domain *d, unsigned id)
{
    return id < d->max_vcpus ? d->vcpu[index_nospec(id, d->max_vcpus)] : NULL;
}

#define SHUTDOWN_CODE_INVALID (~0U)
#define DOMAIN_WATCHDOGS 2

/* --- life cycle (common/domain.c) ------------------------------------------------------------- */
/** A new, paused domain on the list. `id` is free. On error -ENOMEM, -EEXIST, -EINVAL and nothing
 * is left. */
int domain_create(domid_t id, const struct xen_domctl_createdomain *cfg, bool control,
                  struct domain **out);
struct vcpu *vcpu_create(struct domain *d, unsigned id);
/** Find by id; valid until the end of the current hypercall. DOMID_SELF = current's. NULL if there
 * is none. */
struct domain *domain_lookup(domid_t id);
/** As domain_lookup, with a reference for longer use. */
struct domain *domain_lookup_get(domid_t id);
bool domain_get(struct domain *d); /* false once the last reference is gone */
void domain_put(struct domain *d);
/** The pseudo-domains and the idle domain (vcpus are added as CPUs come up: idle_vcpu_create). */
void domains_init(void);
struct vcpu *idle_vcpu_create(unsigned cpu);
/** An id that no domain has, going round so that ids are not used again at once; DOMID_INVALID if
 * there is none. */
domid_t domain_pick_id(void);
unsigned domain_count(void);
/** First domain on the list with id >= `id`, or NULL; valid as domain_lookup. */
struct domain *domain_first_from(domid_t id);
/** The one after `d` on the list, or NULL. */
struct domain *domain_next(const struct domain *d);

/** Begin or go on with destruction; -ERESTART until done (common/teardown.c). */
int domain_kill(struct domain *d);
/** All vcpus stop, the control domain is told (VIRQ_DOM_EXC). */
int domain_shutdown(struct domain *d, unsigned reason);
/** Its controller suspends it: SHUTDOWN_suspend as soon as no vcpu is in the middle of anything that
 * its saved state could not express. Until then it can be resumed, and the caller waits. 0. */
int domain_suspend(struct domain *d);
/** The current vcpu, which had to go on for that, has come to where it can stop. */
void vcpu_stopped(void);
/** Lets it go on, if it is shut down or suspends. */
void domain_resume(struct domain *d);
/** The current (or given) domain did something unforgivable: log `why`, SHUTDOWN_crash. */
__attribute__((format(printf, 2, 3))) void domain_crash(struct domain *d, const char *why, ...);

/** VCPUOP_register_vcpu_info and its undoing at teardown. */
int vcpu_map_info(struct vcpu *v, gfn_t frame, unsigned offset);
/** vcpu_info of a vcpu that has none: every vcpu from XEN_LEGACY_MAX_VCPUS on, until it registers
 * one. */
bool vcpu_has_info(const struct vcpu *v);
void vcpu_unmap_info(struct vcpu *v);

/* --- time (common/time.c) --------------------------------------------------------------------- */
void vcpu_timers_init(struct vcpu *v);
void vcpu_timers_destroy(struct vcpu *v);
void vcpu_timers_migrate(struct vcpu *v, unsigned cpu);
/** Write wall clock of `d` (wc_sec, wc_nsec, wc_version). */
void update_wallclock(struct domain *d);
void set_wallclock(uint64_t sec, uint32_t nsec, uint64_t system_time_base);
/**
 * The vcpu was switched in (context_switch calls it last, interrupts on or off, page tables
 * loaded): refresh its time page when this CPU has another clock, its runstate and time areas, and
 * its periodic timer.
 */
void vcpu_time_switch_in(struct vcpu *v);
/** The vcpu is leaving its CPU: stop the periodic timer. */
void vcpu_time_switch_out(struct vcpu *v);
/** Called when v->areas_stale and v enters guest kernel mode: write what could not be written
 * before. */
void vcpu_update_stale_areas(struct vcpu *v);
/** What a vcpu has done with its time, as its domain has it laid out: 0 or -EFAULT. */
int vcpu_put_runstate(const struct vcpu *v, uint64_t area, const struct vcpu_runstate_info *info);
/** Write v's vcpu_time_info now (version protocol). */
void vcpu_time_update(struct vcpu *v);

#endif
