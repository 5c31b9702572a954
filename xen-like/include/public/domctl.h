/* SPDX-License-Identifier: MIT */
/*
 * domctl(arg): create, inspect and control domains; for the control domain's tools. arg:
 * xen_domctl, IN/OUT. Errors common to all: -EPERM for callers without the privilege, -EACCES for
 * another interface version, -ESRCH for an unknown domain, -EFAULT, -ENOSYS for an unknown or
 * unserved command, -EOPNOTSUPP for one that this kind of domain has no use for.
 */
#ifndef XEN_PUBLIC_DOMCTL_H
#define XEN_PUBLIC_DOMCTL_H

#include "xen.h"
#include "event_channel.h"
#include "grant_table.h"
#include "memory.h"
#include "hvm/save.h"

#define XEN_DOMCTL_INTERFACE_VERSION 0x00000015

/* xen_domctl.cmd. Those without a structure below take none, or are never served (*). */
#define XEN_DOMCTL_createdomain            1
#define XEN_DOMCTL_destroydomain           2
#define XEN_DOMCTL_pausedomain             3
#define XEN_DOMCTL_unpausedomain           4
#define XEN_DOMCTL_getdomaininfo           5
#define XEN_DOMCTL_setvcpuaffinity         9
#define XEN_DOMCTL_shadow_op               10
#define XEN_DOMCTL_max_mem                 11
#define XEN_DOMCTL_setvcpucontext          12
#define XEN_DOMCTL_getvcpucontext          13
#define XEN_DOMCTL_getvcpuinfo             14
#define XEN_DOMCTL_max_vcpus               15
#define XEN_DOMCTL_scheduler_op            16
#define XEN_DOMCTL_setdomainhandle         17
#define XEN_DOMCTL_setdebugging            18
#define XEN_DOMCTL_irq_permission          19
#define XEN_DOMCTL_iomem_permission        20
#define XEN_DOMCTL_ioport_permission       21
#define XEN_DOMCTL_hypercall_init          22
#define XEN_DOMCTL_settimeoffset           24
#define XEN_DOMCTL_getvcpuaffinity         25
#define XEN_DOMCTL_real_mode_area          26 /* other architectures only */
#define XEN_DOMCTL_resumedomain            27
#define XEN_DOMCTL_sendtrigger             28
#define XEN_DOMCTL_subscribe               29
#define XEN_DOMCTL_gethvmcontext           33
#define XEN_DOMCTL_sethvmcontext           34
#define XEN_DOMCTL_set_address_size        35
#define XEN_DOMCTL_get_address_size        36
#define XEN_DOMCTL_assign_device           37 /* * */
#define XEN_DOMCTL_bind_pt_irq             38 /* * */
#define XEN_DOMCTL_memory_mapping          39
#define XEN_DOMCTL_ioport_mapping          40
#define XEN_DOMCTL_set_ext_vcpucontext     42
#define XEN_DOMCTL_get_ext_vcpucontext     43
#define XEN_DOMCTL_set_opt_feature         44 /* other architectures only */
#define XEN_DOMCTL_test_assign_device      45 /* * */
#define XEN_DOMCTL_set_target              46
#define XEN_DOMCTL_deassign_device         47 /* * */
#define XEN_DOMCTL_unbind_pt_irq           48 /* * */
#define XEN_DOMCTL_get_device_group        50 /* * */
#define XEN_DOMCTL_debug_op                54
#define XEN_DOMCTL_gethvmcontext_partial   55
#define XEN_DOMCTL_vm_event_op             56 /* * */
#define XEN_DOMCTL_mem_sharing_op          57 /* * */
#define XEN_DOMCTL_gettscinfo              59
#define XEN_DOMCTL_settscinfo              60
#define XEN_DOMCTL_getpageframeinfo3       61
#define XEN_DOMCTL_setvcpuextstate         62
#define XEN_DOMCTL_getvcpuextstate         63
#define XEN_DOMCTL_set_access_required     64 /* * */
#define XEN_DOMCTL_audit_p2m               65 /* * */
#define XEN_DOMCTL_set_virq_handler        66
#define XEN_DOMCTL_set_broken_page_p2m     67 /* * */
#define XEN_DOMCTL_setnodeaffinity         68
#define XEN_DOMCTL_getnodeaffinity         69
#define XEN_DOMCTL_cacheflush              71 /* ARM only */
#define XEN_DOMCTL_get_vcpu_msrs           72
#define XEN_DOMCTL_set_vcpu_msrs           73
#define XEN_DOMCTL_setvnumainfo            74
#define XEN_DOMCTL_psr_cmt_op              75 /* * */
#define XEN_DOMCTL_monitor_op              77 /* * */
#define XEN_DOMCTL_psr_alloc               78 /* * */
#define XEN_DOMCTL_soft_reset              79
#define XEN_DOMCTL_vuart_op                81 /* ARM only */
#define XEN_DOMCTL_get_cpu_policy          82
#define XEN_DOMCTL_set_cpu_policy          83
#define XEN_DOMCTL_vmtrace_op              84 /* * */
#define XEN_DOMCTL_get_paging_mempool_size 85
#define XEN_DOMCTL_set_paging_mempool_size 86
#define XEN_DOMCTL_gdbsx_guestmemio        1000 /* * */
#define XEN_DOMCTL_gdbsx_pausevcpu         1001 /* * */
#define XEN_DOMCTL_gdbsx_unpausevcpu       1002 /* * */
#define XEN_DOMCTL_gdbsx_domstatus         1003 /* * */

/* xen_domctl_createdomain.flags */
#define _XEN_DOMCTL_CDF_hvm          0
#define XEN_DOMCTL_CDF_hvm           (1U << _XEN_DOMCTL_CDF_hvm) /* VT-x container, else PV */
#define _XEN_DOMCTL_CDF_hap          1
#define XEN_DOMCTL_CDF_hap           (1U << _XEN_DOMCTL_CDF_hap) /* nested page tables */
#define _XEN_DOMCTL_CDF_s3_integrity 2
#define XEN_DOMCTL_CDF_s3_integrity  (1U << _XEN_DOMCTL_CDF_s3_integrity)
#define _XEN_DOMCTL_CDF_oos_off      3
#define XEN_DOMCTL_CDF_oos_off       (1U << _XEN_DOMCTL_CDF_oos_off) /* shadow paging detail */
#define _XEN_DOMCTL_CDF_xs_domain    4
#define XEN_DOMCTL_CDF_xs_domain     (1U << _XEN_DOMCTL_CDF_xs_domain) /* runs the store */
#define _XEN_DOMCTL_CDF_iommu        5
#define XEN_DOMCTL_CDF_iommu         (1U << _XEN_DOMCTL_CDF_iommu) /* may be given devices */
#define _XEN_DOMCTL_CDF_nested_virt  6
#define XEN_DOMCTL_CDF_nested_virt   (1U << _XEN_DOMCTL_CDF_nested_virt)
#define XEN_DOMCTL_CDF_vpmu          (1U << 7) /* performance counters */
#define XEN_DOMCTL_CDF_MAX           XEN_DOMCTL_CDF_vpmu

/* xen_domctl_createdomain.iommu_opts */
#define _XEN_DOMCTL_IOMMU_no_sharept 0
#define XEN_DOMCTL_IOMMU_no_sharept  (1U << _XEN_DOMCTL_IOMMU_no_sharept)
#define XEN_DOMCTL_IOMMU_MAX         XEN_DOMCTL_IOMMU_no_sharept

/* xen_domctl_createdomain.grant_opts: newest grant table version allowed. */
#define XEN_DOMCTL_GRANT_version_mask 0xf
#define XEN_DOMCTL_GRANT_version(v)   ((v) & XEN_DOMCTL_GRANT_version_mask)

/* xen_domctl_getdomaininfo.flags */
#define _XEN_DOMINF_dying        0
#define XEN_DOMINF_dying         (1U << _XEN_DOMINF_dying) /* being torn down */
#define _XEN_DOMINF_hvm_guest    1
#define XEN_DOMINF_hvm_guest     (1U << _XEN_DOMINF_hvm_guest)
#define _XEN_DOMINF_shutdown     2
#define XEN_DOMINF_shutdown      (1U << _XEN_DOMINF_shutdown) /* has shut itself down */
#define _XEN_DOMINF_paused       3
#define XEN_DOMINF_paused        (1U << _XEN_DOMINF_paused) /* by its controller */
#define _XEN_DOMINF_blocked      4
#define XEN_DOMINF_blocked       (1U << _XEN_DOMINF_blocked) /* all vcpus wait for events */
#define _XEN_DOMINF_running      5
#define XEN_DOMINF_running       (1U << _XEN_DOMINF_running) /* a vcpu is on a CPU */
#define _XEN_DOMINF_debugged     6
#define XEN_DOMINF_debugged      (1U << _XEN_DOMINF_debugged)
#define _XEN_DOMINF_xs_domain    7
#define XEN_DOMINF_xs_domain     (1U << _XEN_DOMINF_xs_domain)
#define _XEN_DOMINF_hap          8
#define XEN_DOMINF_hap           (1U << _XEN_DOMINF_hap)
#define XEN_DOMINF_shutdownmask  255 /* SHUTDOWN_* code, from this bit on */
#define XEN_DOMINF_shutdownshift 16

/** xen_domctl_getdomaininfo.max_vcpu_id of a domain without vcpus. */
#define XEN_INVALID_MAX_VCPU_ID (~0U)

/* Page types in the array of getpageframeinfo3, in bits 31:28 of an entry. */
#define XEN_DOMCTL_PFINFO_LTAB_SHIFT    28
#define XEN_DOMCTL_PFINFO_NOTAB         (0x0U << 28)
#define XEN_DOMCTL_PFINFO_L1TAB         (0x1U << 28)
#define XEN_DOMCTL_PFINFO_L2TAB         (0x2U << 28)
#define XEN_DOMCTL_PFINFO_L3TAB         (0x3U << 28)
#define XEN_DOMCTL_PFINFO_L4TAB         (0x4U << 28)
#define XEN_DOMCTL_PFINFO_LTABTYPE_MASK (0x7U << 28)
#define XEN_DOMCTL_PFINFO_LPINTAB       (0x1U << 31) /* pinned */
#define XEN_DOMCTL_PFINFO_XTAB          (0xfU << 28) /* no such page */
#define XEN_DOMCTL_PFINFO_XALLOC        (0xeU << 28) /* page without content */
#define XEN_DOMCTL_PFINFO_BROKEN        (0xdU << 28)
#define XEN_DOMCTL_PFINFO_LTAB_MASK     (0xfU << 28)

/* xen_domctl_shadow_op.op: dirty page tracking, and size of the paging pool. */
#define XEN_DOMCTL_SHADOW_OP_OFF              0
#define XEN_DOMCTL_SHADOW_OP_ENABLE_TEST      1
#define XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY  2
#define XEN_DOMCTL_SHADOW_OP_CLEAN            11 /* read the bitmap and clear it */
#define XEN_DOMCTL_SHADOW_OP_PEEK             12 /* read it */
#define XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION   30 /* in MiB; see paging_mempool */
#define XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION   31
#define XEN_DOMCTL_SHADOW_OP_ENABLE           32

/* xen_domctl_shadow_op.mode: for ENABLE; the last one for CLEAN and PEEK. */
#define XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT  (1 << 1)
#define XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY (1 << 2)
#define XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE (1 << 3)
#define XEN_DOMCTL_SHADOW_ENABLE_EXTERNAL  (1 << 4)
#define XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL   (1 << 0)

/* xen_domctl_vcpuaffinity.flags */
#define _XEN_VCPUAFFINITY_HARD  0
#define XEN_VCPUAFFINITY_HARD   (1U << _XEN_VCPUAFFINITY_HARD)  /* may run there only */
#define _XEN_VCPUAFFINITY_SOFT  1
#define XEN_VCPUAFFINITY_SOFT   (1U << _XEN_VCPUAFFINITY_SOFT)  /* should run there */
#define _XEN_VCPUAFFINITY_FORCE 2
#define XEN_VCPUAFFINITY_FORCE  (1U << _XEN_VCPUAFFINITY_FORCE) /* undo SCHEDOP_pin_override */

/* Scheduler ids. */
#define XEN_SCHEDULER_CREDIT   5
#define XEN_SCHEDULER_CREDIT2  6
#define XEN_SCHEDULER_ARINC653 7
#define XEN_SCHEDULER_RTDS     8
#define XEN_SCHEDULER_NULL     9

/* xen_domctl_scheduler_op.cmd */
#define XEN_DOMCTL_SCHEDOP_putinfo     0
#define XEN_DOMCTL_SCHEDOP_getinfo     1
#define XEN_DOMCTL_SCHEDOP_putvcpuinfo 2 /* -EINVAL: no scheduler of ours has such settings */
#define XEN_DOMCTL_SCHEDOP_getvcpuinfo 3

/* xen_domctl_sched_rtds.flags */
#define _XEN_DOMCTL_SCHEDRT_extra 0
#define XEN_DOMCTL_SCHEDRT_extra  (1U << _XEN_DOMCTL_SCHEDRT_extra)

/* xen_domctl_sendtrigger.trigger */
#define XEN_DOMCTL_SENDTRIGGER_NMI   0
#define XEN_DOMCTL_SENDTRIGGER_RESET 1
#define XEN_DOMCTL_SENDTRIGGER_INIT  2
#define XEN_DOMCTL_SENDTRIGGER_POWER 3 /* ACPI power button */
#define XEN_DOMCTL_SENDTRIGGER_SLEEP 4 /* ACPI sleep button */

/* xen_domctl_memory_mapping.add_mapping and xen_domctl_ioport_mapping.add_mapping */
#define DPCI_ADD_MAPPING    1
#define DPCI_REMOVE_MAPPING 0

/* Memory types of guest RAM: the codes of MTRRs and PAT. */
#define XEN_DOMCTL_MEM_CACHEATTR_UC     0
#define XEN_DOMCTL_MEM_CACHEATTR_WC     1
#define XEN_DOMCTL_MEM_CACHEATTR_WT     4
#define XEN_DOMCTL_MEM_CACHEATTR_WP     5
#define XEN_DOMCTL_MEM_CACHEATTR_WB     6
#define XEN_DOMCTL_MEM_CACHEATTR_UCM    7
#define XEN_DOMCTL_DELETE_MEM_CACHEATTR (~(uint32_t)0)

/** In err_leaf, err_subleaf and err_msr of a CPU policy: nothing objected to. */
#define XEN_CPUID_INPUT_UNUSED 0xFFFFFFFF

/* xen_domctl_debug_op.op */
#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_OFF 0
#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_ON  1

#ifndef __ASSEMBLER__

/**
 * createdomain: make a domain without vcpus' state and memory, paused. xen_domctl.domain: IN wanted
 * id, or 0 or a reserved one to have one chosen; OUT its id. -EEXIST, -EINVAL, -ENOMEM.
 */
struct xen_domctl_createdomain {
    uint32_t ssidref;             /* IN: security label, 0 */
    xen_domain_handle_t handle;   /* IN */
    uint32_t flags;               /* IN: XEN_DOMCTL_CDF_* */
    uint32_t iommu_opts;          /* IN: XEN_DOMCTL_IOMMU_* */
    uint32_t max_vcpus;           /* IN: at least 1 */
    uint32_t max_evtchn_port;     /* IN: highest port */
    int32_t max_grant_frames;     /* IN: negative: the default */
    int32_t max_maptrack_frames;  /* IN: negative: the default */
    uint32_t grant_opts;          /* IN: XEN_DOMCTL_GRANT_version() */
    uint32_t vmtrace_size;        /* IN: 0 */
    uint32_t cpupool_id;          /* IN: 0 */
    struct xen_arch_domainconfig arch; /* IN */
};

/**
 * getdomaininfo: of the first domain whose id is xen_domctl.domain or more (OUT: its id).
 * Also an element of XEN_SYSCTL_getdomaininfolist.
 */
struct xen_domctl_getdomaininfo {
    domid_t domain;             /* OUT, the others too */
    uint16_t pad1;
    uint32_t flags;             /* XEN_DOMINF_* */
    uint64_t tot_pages;
    uint64_t max_pages;
    uint64_t outstanding_pages; /* claimed, not yet allocated */
    uint64_t shr_pages;
    uint64_t paged_pages;
    uint64_t shared_info_frame; /* guest frame (PV: machine frame) */
    uint64_t cpu_time;          /* ns of all vcpus */
    uint32_t nr_online_vcpus;
    uint32_t max_vcpu_id;
    uint32_t ssidref;
    xen_domain_handle_t handle;
    uint32_t cpupool;
    uint8_t gpaddr_bits;        /* width of a guest physical address */
    uint8_t pad2[7];
    struct xen_arch_domainconfig arch_config;
};
typedef struct xen_domctl_getdomaininfo xen_domctl_getdomaininfo_t;

/** getpageframeinfo3: types of guest pages. -E2BIG. */
struct xen_domctl_getpageframeinfo3 {
    uint64_t num;             /* IN: entries, at most 1024 at a time */
    xen_guest_handle_t array; /* xen_pfn_t: IN frame, OUT frame and XEN_DOMCTL_PFINFO_* */
};

struct xen_domctl_shadow_op_stats {
    uint32_t fault_count;
    uint32_t dirty_count;
};

/** shadow_op: see XEN_DOMCTL_SHADOW_OP_*. */
struct xen_domctl_shadow_op {
    uint32_t op;   /* IN */
    uint32_t mode; /* IN */
    uint32_t mb;   /* IN/OUT: MiB, for *_ALLOCATION */
    xen_guest_handle_t dirty_bitmap; /* OUT: one bit per guest page; may be 0 */
    uint64_t pages; /* IN/OUT: bits in it */
    struct xen_domctl_shadow_op_stats stats; /* OUT */
};

/** max_mem: limit of a domain's memory. */
struct xen_domctl_max_mem {
    uint64_t max_memkb; /* IN: KiB */
};

/** setvcpucontext, getvcpucontext: a PV vcpu's registers (vcpu_guest_context). */
struct xen_domctl_vcpucontext {
    uint32_t vcpu; /* IN */
    xen_guest_handle_t ctxt; /* IN or OUT; for set, 0 resets the vcpu */
};

/** getvcpuinfo. */
struct xen_domctl_getvcpuinfo {
    uint32_t vcpu;     /* IN */
    uint8_t online;    /* OUT */
    uint8_t blocked;   /* OUT */
    uint8_t running;   /* OUT */
    uint64_t cpu_time; /* OUT: ns */
    uint32_t cpu;      /* OUT: physical CPU */
};

/** setnodeaffinity, getnodeaffinity: NUMA nodes to take memory from. */
struct xen_domctl_nodeaffinity {
    struct xenctl_bitmap nodemap; /* IN or OUT */
};

/** setvcpuaffinity, getvcpuaffinity: CPUs of a vcpu. set: OUT what is in effect. */
struct xen_domctl_vcpuaffinity {
    uint32_t vcpu;  /* IN */
    uint32_t flags; /* IN: XEN_VCPUAFFINITY_*: which of them to set or get */
    struct xenctl_bitmap cpumap_hard;
    struct xenctl_bitmap cpumap_soft;
};

/** max_vcpus: allocate the vcpus; the number must be createdomain's. */
struct xen_domctl_max_vcpus {
    uint32_t max; /* IN */
};

struct xen_domctl_sched_credit {
    uint16_t weight; /* share, 256 is normal; 0: unchanged */
    uint16_t cap;    /* percent of one CPU, 0: none, 65535: unchanged */
};

struct xen_domctl_sched_credit2 {
    uint16_t weight;
    uint16_t cap;
};

struct xen_domctl_sched_rtds {
    uint32_t period; /* us */
    uint32_t budget; /* us */
    uint32_t flags;  /* XEN_DOMCTL_SCHEDRT_* */
};

typedef struct xen_domctl_schedparam_vcpu {
    union {
        struct xen_domctl_sched_credit credit;
        struct xen_domctl_sched_credit2 credit2;
        struct xen_domctl_sched_rtds rtds;
    } u;
    uint32_t vcpuid;
} xen_domctl_schedparam_vcpu_t;

/** scheduler_op: a domain's share. -EINVAL for a scheduler that is not in use. */
struct xen_domctl_scheduler_op {
    uint32_t sched_id; /* IN: XEN_SCHEDULER_* */
    uint32_t cmd;      /* IN: XEN_DOMCTL_SCHEDOP_* */
    union {
        struct xen_domctl_sched_credit credit;
        struct xen_domctl_sched_credit2 credit2;
        struct xen_domctl_sched_rtds rtds;
        struct {
            xen_guest_handle_t vcpus; /* xen_domctl_schedparam_vcpu */
            uint32_t nr_vcpus;
            uint32_t padding;
        } v;
    } u; /* IN or OUT */
};

/** setdomainhandle: change the UUID. */
struct xen_domctl_setdomainhandle {
    xen_domain_handle_t handle; /* IN */
};

/** setdebugging. */
struct xen_domctl_setdebugging {
    uint8_t enable; /* IN */
};

/** irq_permission: let a domain use a physical interrupt. */
struct xen_domctl_irq_permission {
    uint32_t pirq;        /* IN: the caller's pirq */
    uint8_t allow_access; /* IN */
    uint8_t pad[3];
};

/** iomem_permission: let a domain map device memory. */
struct xen_domctl_iomem_permission {
    uint64_t first_mfn; /* IN */
    uint64_t nr_mfns;   /* IN: not 0 */
    uint8_t allow_access; /* IN */
};

/** ioport_permission: let a domain use I/O ports. */
struct xen_domctl_ioport_permission {
    uint32_t first_port; /* IN */
    uint32_t nr_ports;   /* IN */
    uint8_t allow_access; /* IN */
};

/** hypercall_init: fill a guest page with hypercall stubs. */
struct xen_domctl_hypercall_init {
    uint64_t gmfn; /* IN */
};

/** settimeoffset: seconds to add to the wall clock for this domain. */
struct xen_domctl_settimeoffset {
    int64_t time_offset_seconds; /* IN */
};

/** gethvmcontext, sethvmcontext: state of an HVM domain, as a record stream (hvm/save.h). */
struct xen_domctl_hvmcontext {
    uint32_t size; /* IN/OUT: bytes */
    xen_guest_handle_t buffer; /* IN or OUT; get with 0: asks for the size */
};

/** gethvmcontext_partial: one record of it. */
struct xen_domctl_hvmcontext_partial {
    uint32_t type;     /* IN: HVM_SAVE_CODE_* */
    uint32_t instance; /* IN */
    uint64_t bufsz;    /* IN/OUT: bytes */
    xen_guest_handle_t buffer; /* OUT */
};

/** set_address_size, get_address_size: PV guest's word size. */
struct xen_domctl_address_size {
    uint32_t size; /* IN or OUT: 64 (or 32: -EINVAL) */
};

/** sendtrigger. */
struct xen_domctl_sendtrigger {
    uint32_t trigger; /* IN: XEN_DOMCTL_SENDTRIGGER_* */
    uint32_t vcpu;    /* IN */
};

/** memory_mapping: device memory in an HVM guest's physical map. Returns frames done if not all. */
struct xen_domctl_memory_mapping {
    uint64_t first_gfn; /* IN */
    uint64_t first_mfn; /* IN */
    uint64_t nr_mfns;   /* IN: not 0; -E2BIG */
    uint32_t add_mapping; /* IN: DPCI_* */
    uint32_t padding;
};

/** ioport_mapping: machine ports at an HVM guest's ports. */
struct xen_domctl_ioport_mapping {
    uint32_t first_gport; /* IN */
    uint32_t first_mport; /* IN */
    uint32_t nr_ports;    /* IN */
    uint32_t add_mapping; /* IN: DPCI_* */
};

/** set_ext_vcpucontext, get_ext_vcpucontext: what vcpu_guest_context has no room for. */
struct xen_domctl_ext_vcpucontext {
    uint32_t vcpu; /* IN */
    uint32_t size; /* set: IN, get: OUT: bytes of this structure */
    uint64_t syscall32_callback_eip;
    uint64_t sysenter_callback_eip;
    uint16_t syscall32_callback_cs;
    uint16_t sysenter_callback_cs;
    uint8_t syscall32_disables_events;
    uint8_t sysenter_disables_events;
    union {
        uint64_t mcg_cap;
        struct hvm_vmce_vcpu vmce;
    };
};

/** set_target: let a domain control another one, as its device model. */
struct xen_domctl_set_target {
    domid_t target; /* IN */
};

/** get_cpu_policy, set_cpu_policy: CPUID leaves and MSRs that a domain sees. -EINVAL, -ENOBUFS. */
struct xen_domctl_cpu_policy {
    uint32_t nr_leaves; /* IN/OUT */
    uint32_t nr_msrs;   /* IN/OUT */
    xen_guest_handle_t leaves; /* xen_cpuid_leaf */
    xen_guest_handle_t msrs;   /* xen_msr_entry */
    uint32_t err_leaf, err_subleaf, err_msr; /* OUT: what set objected to */
};
typedef struct xen_domctl_cpu_policy xen_domctl_cpu_policy_t;

/** subscribe: event channel of the caller, to be notified when the domain suspends. */
struct xen_domctl_subscribe {
    uint32_t port; /* IN */
};

/** debug_op: single-step an HVM vcpu. */
struct xen_domctl_debug_op {
    uint32_t op;   /* IN: XEN_DOMCTL_DEBUG_OP_* */
    uint32_t vcpu; /* IN */
};

/** gettscinfo, settscinfo: how the domain's time stamp counter behaves. */
struct xen_domctl_tsc_info {
    uint32_t tsc_mode;    /* 0 default, 1 always emulate, 2 never emulate */
    uint32_t gtsc_khz;
    uint32_t incarnation; /* times restored */
    uint32_t pad;
    uint64_t elapsed_nsec;
};

/** set_virq_handler: deliver a VIRQ of the machine to this domain. */
struct xen_domctl_set_virq_handler {
    uint32_t virq; /* IN */
};

/** setvcpuextstate, getvcpuextstate: XSAVE state of a PV vcpu. */
struct xen_domctl_vcpuextstate {
    uint32_t vcpu;          /* IN */
    uint64_t xfeature_mask; /* get: IN/OUT */
    uint64_t size;          /* bytes; get: IN room, OUT used; with 0: OUT room that is enough */
    xen_guest_handle_t buffer; /* xcr0, xcr0_accum, XSAVE image */
};

/** get_paging_mempool_size, set_paging_mempool_size. */
struct xen_domctl_paging_mempool {
    uint64_t size; /* bytes */
};

struct xen_domctl_vcpu_msr {
    uint32_t index;
    uint32_t reserved; /* 0 */
    uint64_t value;
};
typedef struct xen_domctl_vcpu_msr xen_domctl_vcpu_msr_t;

/** get_vcpu_msrs, set_vcpu_msrs: get with msrs 0 asks for the count; -ENOBUFS if too small. */
struct xen_domctl_vcpu_msrs {
    uint32_t vcpu;      /* IN */
    uint32_t msr_count; /* IN/OUT */
    xen_guest_handle_t msrs; /* xen_domctl_vcpu_msr */
};

/** setvnumainfo: the layout that XENMEM_get_vnumainfo answers. */
struct xen_domctl_vnuma {
    uint32_t nr_vnodes;     /* IN */
    uint32_t nr_vmemranges; /* IN */
    uint32_t nr_vcpus;      /* IN */
    uint32_t pad;
    xen_guest_handle_t vdistance;      /* IN: nr_vnodes squared of uint32_t */
    xen_guest_handle_t vcpu_to_vnode;  /* IN: nr_vcpus of uint32_t */
    xen_guest_handle_t vnode_to_pnode; /* IN: nr_vnodes of uint32_t */
    xen_guest_handle_t vmemrange;      /* IN: nr_vmemranges of xen_vmemrange */
};

struct xen_domctl {
    uint32_t cmd;               /* XEN_DOMCTL_* */
    uint32_t interface_version; /* XEN_DOMCTL_INTERFACE_VERSION */
    domid_t domain;
    uint16_t _pad[3];
    union {
        struct xen_domctl_createdomain createdomain;
        struct xen_domctl_getdomaininfo getdomaininfo;
        struct xen_domctl_getpageframeinfo3 getpageframeinfo3;
        struct xen_domctl_nodeaffinity nodeaffinity;
        struct xen_domctl_vcpuaffinity vcpuaffinity;
        struct xen_domctl_shadow_op shadow_op;
        struct xen_domctl_max_mem max_mem;
        struct xen_domctl_vcpucontext vcpucontext;
        struct xen_domctl_getvcpuinfo getvcpuinfo;
        struct xen_domctl_max_vcpus max_vcpus;
        struct xen_domctl_scheduler_op scheduler_op;
        struct xen_domctl_setdomainhandle setdomainhandle;
        struct xen_domctl_setdebugging setdebugging;
        struct xen_domctl_irq_permission irq_permission;
        struct xen_domctl_iomem_permission iomem_permission;
        struct xen_domctl_ioport_permission ioport_permission;
        struct xen_domctl_hypercall_init hypercall_init;
        struct xen_domctl_settimeoffset settimeoffset;
        struct xen_domctl_tsc_info tsc_info;
        struct xen_domctl_hvmcontext hvmcontext;
        struct xen_domctl_hvmcontext_partial hvmcontext_partial;
        struct xen_domctl_address_size address_size;
        struct xen_domctl_sendtrigger sendtrigger;
        struct xen_domctl_memory_mapping memory_mapping;
        struct xen_domctl_ioport_mapping ioport_mapping;
        struct xen_domctl_ext_vcpucontext ext_vcpucontext;
        struct xen_domctl_set_target set_target;
        struct xen_domctl_subscribe subscribe;
        struct xen_domctl_debug_op debug_op;
        struct xen_domctl_cpu_policy cpu_policy;
        struct xen_domctl_vcpuextstate vcpuextstate;
        struct xen_domctl_vcpu_msrs vcpu_msrs;
        struct xen_domctl_set_virq_handler set_virq_handler;
        struct xen_domctl_vnuma vnuma;
        struct xen_domctl_paging_mempool paging_mempool;
        uint8_t pad[128];
    } u;
};
typedef struct xen_domctl xen_domctl_t;

#endif /* !__ASSEMBLER__ */
#endif
