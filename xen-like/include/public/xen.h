/* SPDX-License-Identifier: MIT */
/*
 * The guest interface: hypercall numbers, the basic structures shared between hypervisor and
 * guest, and the start-of-day information of PV guests.
 *
 * A hypercall on x86-64: rax = number; arguments in rdi, rsi, rdx, r10, r8, r9; `syscall` from a
 * PV guest, vmcall/vmmcall from an HVM guest; result in rax: >= 0, or a negative error number
 * (errno.h). rcx and r11 are clobbered. Guests may call through the hypercall page (32 bytes per
 * number) instead.
 */
#ifndef XEN_PUBLIC_XEN_H
#define XEN_PUBLIC_XEN_H

#include "arch-x86.h"

/** Version of the whole guest interface: 4.17 defined no newer one than 4.14. */
#define __XEN_LATEST_INTERFACE_VERSION__ 0x00040e00

/* Hypercall numbers. */
#define __HYPERVISOR_set_trap_table               0
#define __HYPERVISOR_mmu_update                   1
#define __HYPERVISOR_set_gdt                      2
#define __HYPERVISOR_stack_switch                 3
#define __HYPERVISOR_set_callbacks                4
#define __HYPERVISOR_fpu_taskswitch               5
#define __HYPERVISOR_sched_op_compat              6
#define __HYPERVISOR_platform_op                  7
#define __HYPERVISOR_set_debugreg                 8
#define __HYPERVISOR_get_debugreg                 9
#define __HYPERVISOR_update_descriptor            10
#define __HYPERVISOR_memory_op                    12
#define __HYPERVISOR_multicall                    13
#define __HYPERVISOR_update_va_mapping            14
#define __HYPERVISOR_set_timer_op                 15
#define __HYPERVISOR_event_channel_op_compat      16
#define __HYPERVISOR_xen_version                  17
#define __HYPERVISOR_console_io                   18
#define __HYPERVISOR_physdev_op_compat            19
#define __HYPERVISOR_grant_table_op               20
#define __HYPERVISOR_vm_assist                    21
#define __HYPERVISOR_update_va_mapping_otherdomain 22
#define __HYPERVISOR_iret                         23
#define __HYPERVISOR_vcpu_op                      24
#define __HYPERVISOR_set_segment_base             25
#define __HYPERVISOR_mmuext_op                    26
#define __HYPERVISOR_xsm_op                       27
#define __HYPERVISOR_nmi_op                       28
#define __HYPERVISOR_sched_op                     29
#define __HYPERVISOR_callback_op                  30
#define __HYPERVISOR_xenoprof_op                  31
#define __HYPERVISOR_event_channel_op             32
#define __HYPERVISOR_physdev_op                   33
#define __HYPERVISOR_hvm_op                       34
#define __HYPERVISOR_sysctl                       35
#define __HYPERVISOR_domctl                       36
#define __HYPERVISOR_kexec_op                     37
#define __HYPERVISOR_tmem_op                      38
#define __HYPERVISOR_argo_op                      39
#define __HYPERVISOR_xenpmu_op                    40
#define __HYPERVISOR_dm_op                        41
#define __HYPERVISOR_hypfs_op                     42
#define __HYPERVISOR_arch_0                       48 /* x86: machine check, xen-mca.h */
#define __HYPERVISOR_arch_1                       49
#define __HYPERVISOR_arch_2                       50
#define __HYPERVISOR_arch_3                       51
#define __HYPERVISOR_arch_4                       52
#define __HYPERVISOR_arch_5                       53
#define __HYPERVISOR_arch_6                       54
#define __HYPERVISOR_arch_7                       55

/*
 * Virtual interrupts, bound to an event channel by EVTCHNOP_bind_virq. "vcpu": one per vcpu, the
 * others exist once and go to the control domain.
 */
#define VIRQ_TIMER      0  /* vcpu: a timer of this vcpu expired */
#define VIRQ_DEBUG      1  /* vcpu: asked to dump its state */
#define VIRQ_CONSOLE    2  /* input on the machine's console */
#define VIRQ_DOM_EXC    3  /* a domain shut down, died or was created: look who */
#define VIRQ_TBUF       4  /* trace buffer */
#define VIRQ_DEBUGGER   6  /* a domain stopped for its debugger */
#define VIRQ_XENOPROF   7  /* vcpu: profiler */
#define VIRQ_CON_RING   8  /* output was put into the hypervisor's console ring */
#define VIRQ_PCPU_STATE 9  /* a physical CPU went on or off line */
#define VIRQ_MEM_EVENT  10 /* memory event */
#define VIRQ_ARGO       11 /* argo message */
#define VIRQ_ENOMEM     12 /* free memory is short */
#define VIRQ_XENPMU     13 /* vcpu: performance counter */
#define VIRQ_ARCH_0     16 /* x86: machine check (VIRQ_MCA) */
#define VIRQ_ARCH_1     17
#define VIRQ_ARCH_2     18
#define VIRQ_ARCH_3     19
#define VIRQ_ARCH_4     20
#define VIRQ_ARCH_5     21
#define VIRQ_ARCH_6     22
#define VIRQ_ARCH_7     23
#define NR_VIRQS        24

/* mmu_update: command in bits 1:0 of mmu_update.ptr. */
#define MMU_NORMAL_PT_UPDATE       0 /* write val to the table entry at machine address ptr */
#define MMU_MACHPHYS_UPDATE        1 /* machine-to-physical entry of the frame of ptr := val */
#define MMU_PT_UPDATE_PRESERVE_AD  2 /* as 0, but keep the entry's accessed and dirty bits */
#define MMU_PT_UPDATE_NO_TRANSLATE 3 /* as 0, but val is never translated */

/* mmuext_op.cmd; which members of arg1 and arg2 each one reads. */
#define MMUEXT_PIN_L1_TABLE       0  /* arg1.mfn: validate as a table and hold as one */
#define MMUEXT_PIN_L2_TABLE       1
#define MMUEXT_PIN_L3_TABLE       2
#define MMUEXT_PIN_L4_TABLE       3
#define MMUEXT_UNPIN_TABLE        4  /* arg1.mfn */
#define MMUEXT_NEW_BASEPTR        5  /* arg1.mfn: L4 of the kernel; switches to it */
#define MMUEXT_TLB_FLUSH_LOCAL    6
#define MMUEXT_INVLPG_LOCAL       7  /* arg1.linear_addr */
#define MMUEXT_TLB_FLUSH_MULTI    8  /* arg2.vcpumask */
#define MMUEXT_INVLPG_MULTI       9  /* arg1.linear_addr, arg2.vcpumask */
#define MMUEXT_TLB_FLUSH_ALL      10
#define MMUEXT_INVLPG_ALL         11 /* arg1.linear_addr */
#define MMUEXT_FLUSH_CACHE        12 /* write back this CPU's caches */
#define MMUEXT_SET_LDT            13 /* arg1.linear_addr, arg2.nr_ents */
#define MMUEXT_NEW_USER_BASEPTR   15 /* arg1.mfn: L4 of user mode, 0 for none */
#define MMUEXT_CLEAR_PAGE         16 /* arg1.mfn */
#define MMUEXT_COPY_PAGE          17 /* arg1.mfn := arg2.src_mfn */
#define MMUEXT_FLUSH_CACHE_GLOBAL 18 /* write back all CPUs' caches */
#define MMUEXT_MARK_SUPER         19 /* superpages: refused with -EOPNOTSUPP */
#define MMUEXT_UNMARK_SUPER       20

/*
 * update_va_mapping(va, val, flags): what to flush (none, everything, the page) where (CPUs of the
 * vcpu bitmap whose address is ORed into flags, with UVMF_MULTI; this CPU; all CPUs).
 */
#define UVMF_NONE           (0UL << 0)
#define UVMF_TLB_FLUSH      (1UL << 0)
#define UVMF_INVLPG         (2UL << 0)
#define UVMF_FLUSHTYPE_MASK (3UL << 0)
#define UVMF_MULTI          (0UL << 2)
#define UVMF_LOCAL          (0UL << 2)
#define UVMF_ALL            (1UL << 2)

/* console_io(cmd, count, buffer): the machine's console; read returns the number of bytes. */
#define CONSOLEIO_write 0
#define CONSOLEIO_read  1

/* vm_assist(cmd, type): switch an aid for PV kernels on or off. -EINVAL for an unknown type. */
#define VMASST_CMD_enable                0
#define VMASST_CMD_disable               1
#define VMASST_TYPE_4gb_segments         0  /* 32-bit guests only */
#define VMASST_TYPE_4gb_segments_notify  1  /* 32-bit guests only */
#define VMASST_TYPE_writable_pagetables  2  /* writes to read-only mapped tables are emulated */
#define VMASST_TYPE_pae_extended_cr3     3  /* accepted, no effect on 64-bit guests */
#define VMASST_TYPE_architectural_iopl   4  /* IOPL in rflags is the guest's, as on hardware */
#define VMASST_TYPE_runstate_update_flag 5  /* XEN_RUNSTATE_UPDATE is set during updates */
#define VMASST_TYPE_m2p_strict           32 /* no machine-to-physical table in user mode */

/* Domain ids from DOMID_FIRST_RESERVED on have fixed meanings. */
#define DOMID_FIRST_RESERVED 0x7FF0U
#define DOMID_SELF           0x7FF0U /* the caller */
#define DOMID_IO             0x7FF1U /* owner of device memory */
#define DOMID_XEN            0x7FF2U /* owner of the hypervisor's shareable pages */
#define DOMID_COW            0x7FF3U /* owner of shared pages; unused */
#define DOMID_INVALID        0x7FF4U /* nobody */
#define DOMID_IDLE           0x7FFFU /* idle vcpus */
#define DOMID_MASK           0x7FFFU /* bits that can be set in a domain id */

/* vcpu_time_info.flags */
#define XEN_PVCLOCK_TSC_STABLE_BIT (1 << 0) /* readings of different vcpus compare */
#define XEN_PVCLOCK_GUEST_STOPPED  (1 << 1) /* the guest was paused for long */

/* start_info.flags and hvm_start_info.flags */
#define SIF_PRIVILEGED      (1 << 0) /* may use privileged calls */
#define SIF_INITDOMAIN      (1 << 1) /* the control domain */
#define SIF_MULTIBOOT_MOD   (1 << 2) /* mod_start is a table of xen_multiboot_mod_list */
#define SIF_MOD_START_PFN   (1 << 3) /* mod_start is a pfn, the module is not mapped */
#define SIF_VIRT_P2M_4TOOLS (1 << 4) /* tools understand the linear p2m list */
#define SIF_PM_MASK         (0xFF << 8) /* power management options */

/** Bytes of start_info.cmd_line, terminating zero included. */
#define MAX_GUEST_CMDLINE 1024

/* dom0_vga_console_info.video_type */
#define XEN_VGATYPE_TEXT_MODE_3 0x03
#define XEN_VGATYPE_VESA_LFB    0x23
#define XEN_VGATYPE_EFI_LFB     0x70

#ifndef __ASSEMBLER__

/** A domain's number: 0 is the control domain, below DOMID_FIRST_RESERVED an ordinary one. */
typedef uint16_t domid_t;

/** A domain's UUID, as given at its creation; not interpreted. */
typedef uint8_t xen_domain_handle_t[16];

/** A UUID, bytes in text order. */
typedef struct {
    uint8_t a[16];
} xen_uuid_t;

/**
 * One request of mmu_update(reqs, count, &done, domid). ptr: machine address of an 8-byte aligned
 * entry plus MMU_* in bits 1:0. done (OUT): number carried out. Errors: -EINVAL for a frame or
 * entry that breaks the page type rules, -EPERM for a foreign page, -ESRCH.
 */
struct mmu_update {
    uint64_t ptr;
    uint64_t val;
};
typedef struct mmu_update mmu_update_t;

/** One request of mmuext_op(ops, count, &done, domid). */
struct mmuext_op {
    uint32_t cmd; /* MMUEXT_* */
    union {
        xen_pfn_t mfn;
        uint64_t linear_addr;
    } arg1;
    union {
        uint32_t nr_ents;
        xen_guest_handle_t vcpumask; /* bitmap of vcpu numbers */
        xen_pfn_t src_mfn;
    } arg2;
};
typedef struct mmuext_op mmuext_op_t;

/** One call of multicall(calls, count): IN op and args, OUT result. */
struct multicall_entry {
    xen_ulong_t op, result;
    xen_ulong_t args[6];
};
typedef struct multicall_entry multicall_entry_t;

/**
 * System time of one vcpu (ns since the hypervisor started). The hypervisor makes version odd,
 * updates, and makes it even; a reader retries until it saw one even version all the way.
 * now = system_time + ((((tsc - tsc_timestamp) << tsc_shift) * tsc_to_system_mul) >> 32);
 * a negative tsc_shift shifts right.
 */
struct vcpu_time_info {
    uint32_t version;
    uint32_t pad0;
    uint64_t tsc_timestamp;
    uint64_t system_time;
    uint32_t tsc_to_system_mul;
    int8_t tsc_shift;
    uint8_t flags; /* XEN_PVCLOCK_* */
    uint8_t pad1[2];
};
typedef struct vcpu_time_info vcpu_time_info_t;

/**
 * What hypervisor and guest share for each vcpu. The hypervisor sets evtchn_upcall_pending when an
 * event became pending, and calls the guest back while evtchn_upcall_mask is 0; the guest clears
 * it before it looks for work. evtchn_pending_sel selects words of shared_info.evtchn_pending.
 */
struct vcpu_info {
    uint8_t evtchn_upcall_pending;
    uint8_t evtchn_upcall_mask;
    xen_ulong_t evtchn_pending_sel;
    struct arch_vcpu_info arch;
    vcpu_time_info_t time;
};
typedef struct vcpu_info vcpu_info_t;

/**
 * The page shared between hypervisor and domain. evtchn_pending and evtchn_mask are used by the
 * two-level event ABI. Wall clock: wc_sec_hi:wc_sec and wc_nsec are the time of day (UTC, since
 * 1970) at system time 0, guarded by wc_version as in vcpu_time_info.
 */
struct shared_info {
    struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
    xen_ulong_t evtchn_pending[64];
    xen_ulong_t evtchn_mask[64];
    uint32_t wc_version;
    uint32_t wc_sec;
    uint32_t wc_nsec;
    uint32_t wc_sec_hi;
    struct arch_shared_info arch;
};
typedef struct shared_info shared_info_t;

/**
 * Start-of-day page of a PV guest; rsi points to it at the first instruction. After a resume only
 * the part up to and including console is valid.
 */
struct start_info {
    char magic[32];         /* "xen-<major>.<minor>-x86_64" */
    uint64_t nr_pages;      /* pages of the domain */
    uint64_t shared_info;   /* machine address of shared_info */
    uint32_t flags;         /* SIF_* */
    xen_pfn_t store_mfn;    /* ring to the store */
    uint32_t store_evtchn;
    union {
        struct {
            xen_pfn_t mfn;  /* ring to the console daemon */
            uint32_t evtchn;
        } domU;
        struct {
            uint32_t info_off;  /* of dom0_vga_console_info from this structure, 0: none */
            uint32_t info_size; /* its size in bytes */
        } dom0;
    } console;
    uint64_t pt_base;       /* linear address of the L4 table */
    uint64_t nr_pt_frames;  /* number of page-table frames, contiguous from pt_base */
    uint64_t mfn_list;      /* linear address of the pfn-to-mfn list */
    uint64_t mod_start;     /* linear address of the module, or its pfn (SIF_MOD_START_PFN) */
    uint64_t mod_len;       /* bytes */
    int8_t cmd_line[MAX_GUEST_CMDLINE];
    uint64_t first_p2m_pfn; /* frames of the pfn-to-mfn list, if not in the initial mapping */
    uint64_t nr_p2m_frames;
};
typedef struct start_info start_info_t;

/** Entry of a module table (SIF_MULTIBOOT_MOD). Physical addresses; mod_end is the last byte. */
struct xen_multiboot_mod_list {
    uint32_t mod_start;
    uint32_t mod_end;
    uint32_t cmdline;
    uint32_t pad; /* 0 */
};

/** How the boot loader left the screen, for Dom0. */
typedef struct dom0_vga_console_info {
    uint8_t video_type; /* XEN_VGATYPE_* */
    union {
        struct {
            uint16_t font_height;        /* pixels */
            uint16_t cursor_x, cursor_y; /* characters */
            uint16_t rows, columns;
        } text_mode_3;
        struct {
            uint16_t width, height;      /* pixels */
            uint16_t bytes_per_line;
            uint16_t bits_per_pixel;
            uint32_t lfb_base;           /* physical address, low 32 bits */
            uint32_t lfb_size;           /* in units of 64 KiB */
            uint8_t red_pos, red_size;
            uint8_t green_pos, green_size;
            uint8_t blue_pos, blue_size;
            uint8_t rsvd_pos, rsvd_size;
            uint32_t gbl_caps;           /* VBE capabilities */
            uint16_t mode_attrs;         /* VBE mode attributes */
            uint16_t pad;
            uint32_t ext_lfb_base;       /* physical address, high 32 bits */
        } vesa_lfb;
    } u;
} dom0_vga_console_info_t;

/** A bitmap in the caller's memory, bit 0 of byte 0 first (domctl, sysctl). */
struct xenctl_bitmap {
    xen_guest_handle_t bitmap;
    uint32_t nr_bits;
};
typedef struct xenctl_bitmap xenctl_bitmap_t;

#endif /* !__ASSEMBLER__ */
#endif
