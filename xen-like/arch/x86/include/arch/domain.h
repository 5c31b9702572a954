/* SPDX-License-Identifier: GPL-2.0-only */
/* What x86 keeps for a domain and for a vcpu. */
#ifndef ARCH_DOMAIN_H
#define ARCH_DOMAIN_H

#include <hv/frames.h>
#include <hv/lock.h>
#include <public/xen.h>

struct page;
struct domain;
struct hvm_vcpu;   /* arch/hvm.h */
struct hvm_domain;

/** Page-table work that was preempted (mm/promote.c). It holds a page and a type reference of one
 * table. */
struct mm_pending {
    struct domain *owner; /* NULL: nothing is pending; else with a reference to the domain */
    mfn_t table;
    uint8_t level;
    bool undo; /* take it apart (else: go on with the check when asked for the same table) */
    int error; /* of a check that failed: for the call that asked for it, issued again */
};

/** Register state of a vcpu that does not run, and what the guest has configured. */
struct arch_vcpu {
    /* registers: valid while the vcpu is not some CPU's current (then they are in that CPU's
     * cpu_info.guest) */
    struct cpu_user_regs regs;

    /* paging (arch/x86/mm) */
    mfn_t guest_table;         /* L4 of guest-kernel mode: holds a type reference; 0 = none */
    mfn_t guest_table_user;    /* L4 of guest-user mode or 0 */
    uint64_t cr3;              /* value that is loaded for the current mode */
    bool kernel_mode;          /* guest kernel (else guest user); both run in ring 3 */
    struct mm_pending mm_pending; /* what a preempted hypercall of this vcpu left behind */

    /* traps and callbacks (arch/x86/pv) */
    struct trap_info *trap_table;          /* [256] */
    uint64_t event_callback, failsafe_callback, syscall_callback, syscall32_callback,
        sysenter_callback;
    bool failsafe_disables_events, syscall_disables_events, syscall32_disables_events,
        sysenter_disables_events;
    /* tested together by entry.S: four bytes, aligned */
    bool nmi_pending __attribute__((aligned(4))), mce_pending;
    bool nmi_masked;           /* the guest is in its NMI handler (until its iret) */
    bool mce_masked;
    uint64_t nmi_callback;
    uint64_t kernel_sp;
    uint64_t fast_syscall_sp; /* aligned kernel_sp when a system call may take the short path of
                                 entry.S, else 0 */
    uint16_t kernel_ss;
    unsigned iopl;
    uint64_t iobitmap;         /* guest address of the user-mode I/O permission bitmap */
    unsigned iobitmap_ports;   /* ports it covers; 0: none */
    bool ts_set;               /* guest set CR0.TS (fpu_taskswitch, mov cr0) */

    /* segments */
    mfn_t gdt_frames[16];
    unsigned gdt_ents;
    uint64_t ldt_base;
    unsigned ldt_ents;
    uint64_t fs_base, gs_base_kernel, gs_base_user;
    uint64_t ctrlreg[5];       /* guest's view of CR0, -, CR2 (in vcpu_info), CR3, CR4 */
    uint64_t debugreg[8];

    /* FPU (arch/x86/cpu/fpu.c) */
    void *fpu_area;            /* XSAVE area, 64-byte aligned */
    uint64_t xcr0, xcr0_accum;
    bool fpu_dirty;            /* its state is in the CPU's registers */

    struct hvm_vcpu *hvm;      /* of a hardware guest; NULL: a PV one */
};

struct arch_domain {
    /* paging (arch/x86/mm) */
    struct spinlock mm_lock;       /* LOCK_MM: serialises page-table updates */
    uint64_t *perdomain_l3;        /* slot PERDOMAIN_L4 of the domain's L4 tables */
    mfn_t perdomain_l3_mfn;
    struct mm_pending relinquish;  /* table that teardown is taking apart */
    mfn_t relinquish_at;           /* page that it has reached, with a reference; 0: at the start */
    bool relinquish_pages;         /* the vcpus' tables are gone, now the list of pages */

    struct memory_map_entry *memory_map; /* XENMEM_set_memory_map; LOCK_DOMAIN */
    unsigned memory_map_entries;

    /* policy (arch/x86/cpu) */
    struct cpu_policy *cpu_policy; /* CPUID and MSR values the domain sees */
    struct rangeset *ioport_caps;
    unsigned tsc_mode;
    uint64_t predictor_id; /* never used again, other than domid (cpu/spec.c); > 0 */
    uint64_t pirq_eoi_map_mfn;
    void *pirq_eoi_map;

    struct hvm_domain *hvm;    /* of a hardware guest; NULL: a PV one */
};

#endif
