/* SPDX-License-Identifier: MIT */
/*
 * x86-64 part of the guest interface: basic types, segment selectors, the layout of the
 * hypervisor's address range, and the register and per-CPU structures that PV guests exchange
 * with the hypervisor. Included by xen.h; do not include it directly.
 */
#ifndef XEN_PUBLIC_ARCH_X86_H
#define XEN_PUBLIC_ARCH_X86_H

/** PV entry points, start_info and vcpu_info.evtchn_upcall_mask exist on this architecture. */
#define XEN_HAVE_PV_GUEST_ENTRY 1
#define XEN_HAVE_PV_UPCALL_MASK 1

/** vcpu_info slots in shared_info; further vcpus must register their own (VCPUOP). */
#define XEN_LEGACY_MAX_VCPUS 32

/*
 * A PV guest's GDT has 16 page slots. The guest owns entries below FIRST_RESERVED_GDT_ENTRY; the
 * rest belongs to the hypervisor and holds the flat selectors below.
 */
#define FIRST_RESERVED_GDT_PAGE  14
#define FIRST_RESERVED_GDT_BYTE  (FIRST_RESERVED_GDT_PAGE * 4096)
#define FIRST_RESERVED_GDT_ENTRY (FIRST_RESERVED_GDT_BYTE / 8)

/* Flat ring-3 selectors that every PV guest has. The guest kernel, too, runs in ring 3. */
#define FLAT_RING3_CS32 0xe023
#define FLAT_RING3_CS64 0xe033
#define FLAT_RING3_DS32 0xe02b
#define FLAT_RING3_DS64 0x0000
#define FLAT_RING3_SS32 0xe02b
#define FLAT_RING3_SS64 0xe02b

#define FLAT_KERNEL_CS64 FLAT_RING3_CS64
#define FLAT_KERNEL_CS32 FLAT_RING3_CS32
#define FLAT_KERNEL_CS   FLAT_KERNEL_CS64
#define FLAT_KERNEL_DS64 FLAT_RING3_DS64
#define FLAT_KERNEL_DS32 FLAT_RING3_DS32
#define FLAT_KERNEL_DS   FLAT_KERNEL_DS64
#define FLAT_KERNEL_SS64 FLAT_RING3_SS64
#define FLAT_KERNEL_SS32 FLAT_RING3_SS32
#define FLAT_KERNEL_SS   FLAT_KERNEL_SS64

#define FLAT_USER_CS64 FLAT_RING3_CS64
#define FLAT_USER_CS32 FLAT_RING3_CS32
#define FLAT_USER_CS   FLAT_USER_CS64
#define FLAT_USER_DS64 FLAT_RING3_DS64
#define FLAT_USER_DS32 FLAT_RING3_DS32
#define FLAT_USER_DS   FLAT_USER_DS64
#define FLAT_USER_SS64 FLAT_RING3_SS64
#define FLAT_USER_SS32 FLAT_RING3_SS32
#define FLAT_USER_SS   FLAT_USER_SS64

/*
 * Sixteen L4 slots (256 to 271) are the hypervisor's in every PV address space. The first 256 GiB
 * of them is the machine-to-physical table: one 8-byte entry per machine frame, read-only to the
 * guest.
 */
#define __HYPERVISOR_VIRT_START 0xFFFF800000000000
#define __HYPERVISOR_VIRT_END   0xFFFF880000000000
#define __MACH2PHYS_VIRT_START  0xFFFF800000000000
#define __MACH2PHYS_VIRT_END    0xFFFF804000000000

#define HYPERVISOR_VIRT_START   0xFFFF800000000000UL
#define HYPERVISOR_VIRT_END     0xFFFF880000000000UL
#define MACH2PHYS_VIRT_START    0xFFFF800000000000UL
#define MACH2PHYS_VIRT_END      0xFFFF804000000000UL
#define MACH2PHYS_NR_ENTRIES    ((MACH2PHYS_VIRT_END - MACH2PHYS_VIRT_START) >> 3)

/*
 * set_segment_base(which, base): load a segment base of the calling vcpu. For the last one the
 * argument is a selector (bits 15:0) to put into the user %gs. -EINVAL for a non-canonical base.
 */
#define SEGBASE_FS          0
#define SEGBASE_GS_USER     1
#define SEGBASE_GS_KERNEL   2
#define SEGBASE_GS_USER_SEL 3

/* vcpu_guest_context.flags, and iret_context.flags (in_syscall only). */
#define _VGCF_i387_valid               0
#define VGCF_i387_valid                (1 << _VGCF_i387_valid)
#define VGCF_I387_VALID                (1 << 0)
#define _VGCF_in_kernel                2
#define VGCF_in_kernel                 (1 << _VGCF_in_kernel)
#define VGCF_IN_KERNEL                 (1 << 2)
#define _VGCF_failsafe_disables_events 3
#define VGCF_failsafe_disables_events  (1 << _VGCF_failsafe_disables_events)
#define _VGCF_syscall_disables_events  4
#define VGCF_syscall_disables_events   (1 << _VGCF_syscall_disables_events)
#define _VGCF_online                   5
#define VGCF_online                    (1 << _VGCF_online)
/** iret hypercall: the frame came from SYSCALL, return by SYSRET (rcx and r11 are lost). */
#define _VGCF_in_syscall               8
#define VGCF_in_syscall                (1 << _VGCF_in_syscall)
#define VGCF_IN_SYSCALL                VGCF_in_syscall

/** Bytes before an instruction that make it trap for emulation (ud2 and "xen"). */
#ifdef __ASSEMBLER__
#define XEN_EMULATE_PREFIX .byte 0x0f,0x0b,0x78,0x65,0x6e ;
#define XEN_CPUID          XEN_EMULATE_PREFIX cpuid
#else
#define XEN_EMULATE_PREFIX ".byte 0x0f,0x0b,0x78,0x65,0x6e ; "
#define XEN_CPUID          XEN_EMULATE_PREFIX "cpuid"
#endif

/** I/O port whose byte writes an HVM guest uses as a debug console. */
#define XEN_HVM_DEBUGCONS_IOPORT 0xe9

#ifndef __ASSEMBLER__

#include <stdint.h>

/** Frame number: machine frame for PV, guest frame for HVM; of 4096-byte pages. */
typedef uint64_t xen_pfn_t;
#define PRI_xen_pfn  "lx"
#define PRIu_xen_pfn "lu"

/** Register-sized unsigned integer of the guest interface. */
typedef uint64_t xen_ulong_t;
#define PRI_xen_ulong "lx"

/** Instruction pointer of a callback. */
typedef uint64_t xen_callback_t;

/** A time stamp counter value. */
typedef uint64_t tsc_timestamp_t;

/** Naturally aligned 64-bit integers of the control interfaces. */
#define uint64_aligned_t uint64_t
#define int64_aligned_t  int64_t

/**
 * Address of a buffer in the caller's virtual address space (for HVM callers: linear address),
 * 0 for none. Every pointer in the interface has this type.
 */
typedef struct {
    uint64_t addr;
} xen_guest_handle_t;

/** Convert between a table's machine frame number and the value of CR3 that names it. */
static inline unsigned long xen_pfn_to_cr3(xen_pfn_t pfn)
{
    return pfn << 12;
}

static inline xen_pfn_t xen_cr3_to_pfn(unsigned long cr3)
{
    return cr3 >> 12;
}

/** What the iret hypercall finds on top of the guest kernel's stack (rsp at the hypercall). */
struct iret_context {
    uint64_t rax, r11, rcx; /* restored, but for VGCF_in_syscall */
    uint64_t flags;         /* VGCF_in_syscall or 0 */
    uint64_t rip, cs, rflags, rsp, ss;
};

/**
 * Integer registers of a PV vcpu: in vcpu_guest_context, and the frame that the hypervisor's own
 * entry paths build.
 */
struct cpu_user_regs {
    uint64_t r15, r14, r13, r12;
    uint64_t rbp, rbx;
    uint64_t r11, r10, r9, r8;
    uint64_t rax, rcx, rdx, rsi, rdi;
    uint32_t error_code;   /* hypervisor's own use */
    uint32_t entry_vector; /* hypervisor's own use */
    uint64_t rip;
    uint16_t cs, _pad0[1];
    uint8_t saved_upcall_mask; /* vcpu_info.evtchn_upcall_mask at the time of the frame */
    uint8_t _pad1[3];
    uint64_t rflags; /* IF is the inverse of saved_upcall_mask */
    uint64_t rsp;
    uint16_t ss, _pad2[3];
    uint16_t es, _pad3[3];
    uint16_t ds, _pad4[3];
    uint16_t fs, _pad5[3];
    uint16_t gs, _pad6[3];
};
typedef struct cpu_user_regs cpu_user_regs_t;

/**
 * One entry of set_trap_table; the table ends with an entry whose address is 0. -EPERM for a
 * selector the guest may not use, -EINVAL for a non-canonical address.
 */
struct trap_info {
    uint8_t vector;
    uint8_t flags;    /* bits 0-1: lowest privilege that may raise it; bit 2: mask events */
    uint16_t cs;
    uint64_t address; /* handler */
};
typedef struct trap_info trap_info_t;

/** The x86 part of vcpu_info. */
struct arch_vcpu_info {
    uint64_t cr2; /* fault address, stored before a page fault is reflected */
    uint64_t pad;
};
typedef struct arch_vcpu_info arch_vcpu_info_t;

/** State of a PV vcpu: IN of VCPUOP_initialise, IN/OUT of XEN_DOMCTL_{set,get}vcpucontext. */
struct vcpu_guest_context {
    struct {
        char x[512];
    } fpu_ctxt;                      /* FXSAVE image, valid with VGCF_i387_valid */
    uint64_t flags;                  /* VGCF_* */
    struct cpu_user_regs user_regs;
    struct trap_info trap_ctxt[256]; /* indexed by vector */
    uint64_t ldt_base, ldt_ents;     /* linear address, number of entries */
    uint64_t gdt_frames[16], gdt_ents; /* machine frames, number of entries */
    uint64_t kernel_ss, kernel_sp;   /* stack for entries from user mode */
    uint64_t ctrlreg[8];             /* CR0..; [1] is the user mode CR3, [3] the kernel's */
    uint64_t debugreg[8];
    uint64_t event_callback_eip;
    uint64_t failsafe_callback_eip;
    uint64_t syscall_callback_eip;
    uint64_t vm_assist;              /* bits VMASST_TYPE_* */
    uint64_t fs_base;
    uint64_t gs_base_kernel;
    uint64_t gs_base_user;
};
typedef struct vcpu_guest_context vcpu_guest_context_t;

/** The x86 part of shared_info: where tools find a PV guest's pfn-to-mfn list. Guest writes. */
struct arch_shared_info {
    uint64_t max_pfn;                     /* number of entries in the list */
    xen_pfn_t pfn_to_mfn_frame_list_list; /* root of the three-level list, or ~0 */
    uint64_t nmi_reason;                  /* bits XEN_NMIREASON_*; hypervisor writes */
    uint64_t p2m_cr3;                     /* address space of the linear list, or 0 */
    uint64_t p2m_vaddr;                   /* linear list in that address space */
    uint64_t p2m_generation;              /* odd while the list's mapping changes */
};
typedef struct arch_shared_info arch_shared_info_t;

/* xen_arch_domainconfig.emulation_flags: devices that the hypervisor emulates for a domain. */
#define _XEN_X86_EMU_LAPIC    0
#define XEN_X86_EMU_LAPIC     (1U << _XEN_X86_EMU_LAPIC)
#define _XEN_X86_EMU_HPET     1
#define XEN_X86_EMU_HPET      (1U << _XEN_X86_EMU_HPET)
#define _XEN_X86_EMU_PM       2
#define XEN_X86_EMU_PM        (1U << _XEN_X86_EMU_PM)
#define _XEN_X86_EMU_RTC      3
#define XEN_X86_EMU_RTC       (1U << _XEN_X86_EMU_RTC)
#define _XEN_X86_EMU_IOAPIC   4
#define XEN_X86_EMU_IOAPIC    (1U << _XEN_X86_EMU_IOAPIC)
#define _XEN_X86_EMU_PIC      5
#define XEN_X86_EMU_PIC       (1U << _XEN_X86_EMU_PIC)
#define _XEN_X86_EMU_VGA      6
#define XEN_X86_EMU_VGA       (1U << _XEN_X86_EMU_VGA)
#define _XEN_X86_EMU_IOMMU    7
#define XEN_X86_EMU_IOMMU     (1U << _XEN_X86_EMU_IOMMU)
#define _XEN_X86_EMU_PIT      8
#define XEN_X86_EMU_PIT       (1U << _XEN_X86_EMU_PIT)
#define _XEN_X86_EMU_USE_PIRQ 9
#define XEN_X86_EMU_USE_PIRQ  (1U << _XEN_X86_EMU_USE_PIRQ)
#define _XEN_X86_EMU_VPCI     10
#define XEN_X86_EMU_VPCI      (1U << _XEN_X86_EMU_VPCI)
#define XEN_X86_EMU_ALL       0x7ffU

/** misc_flags: answer unknown MSR reads with 0 and drop unknown writes, instead of faulting. */
#define XEN_X86_MSR_RELAXED    (1U << 0)
#define XEN_X86_MISC_FLAGS_MAX XEN_X86_MSR_RELAXED

/** x86 part of XEN_DOMCTL_createdomain and getdomaininfo. */
struct xen_arch_domainconfig {
    uint32_t emulation_flags; /* XEN_X86_EMU_*; PV: 0 (or PIT for Dom0) */
    uint32_t misc_flags;      /* XEN_X86_MSR_RELAXED */
};

/** xen_cpuid_leaf.subleaf of a leaf that has no subleaves. */
#define XEN_CPUID_NO_SUBLEAF 0xffffffffU

/** One CPUID leaf of a CPU policy. */
typedef struct xen_cpuid_leaf {
    uint32_t leaf, subleaf;
    uint32_t a, b, c, d;
} xen_cpuid_leaf_t;

/** One MSR of a CPU policy. */
typedef struct xen_msr_entry {
    uint32_t idx;
    uint32_t flags; /* must be 0 */
    uint64_t val;
} xen_msr_entry_t;

#endif /* !__ASSEMBLER__ */
#endif
