/* SPDX-License-Identifier: MIT */
/*
 * sysctl(arg): the host, for the control domain's tools. arg: xen_sysctl, IN/OUT. Errors common to
 * all: -EPERM, -EACCES for another interface version, -EFAULT, -ENOSYS or -EOPNOTSUPP for a
 * command that is unknown or not served.
 */
#ifndef XEN_PUBLIC_SYSCTL_H
#define XEN_PUBLIC_SYSCTL_H

#include "xen.h"
#include "domctl.h"
#include "physdev.h"

#define XEN_SYSCTL_INTERFACE_VERSION 0x00000015

/* xen_sysctl.cmd. Those without a structure below are never served (*). */
#define XEN_SYSCTL_readconsole            1
#define XEN_SYSCTL_tbuf_op                2  /* * */
#define XEN_SYSCTL_physinfo               3
#define XEN_SYSCTL_sched_id               4
#define XEN_SYSCTL_perfc_op               5
#define XEN_SYSCTL_getdomaininfolist      6
#define XEN_SYSCTL_debug_keys             7
#define XEN_SYSCTL_getcpuinfo             8
#define XEN_SYSCTL_availheap              9
#define XEN_SYSCTL_get_pmstat             10 /* * */
#define XEN_SYSCTL_cpu_hotplug            11
#define XEN_SYSCTL_pm_op                  12 /* * */
#define XEN_SYSCTL_page_offline_op        14 /* * */
#define XEN_SYSCTL_lockprof_op            15 /* * */
#define XEN_SYSCTL_cputopoinfo            16
#define XEN_SYSCTL_numainfo               17
#define XEN_SYSCTL_cpupool_op             18
#define XEN_SYSCTL_scheduler_op           19
#define XEN_SYSCTL_coverage_op            20 /* * */
#define XEN_SYSCTL_psr_cmt_op             21 /* * */
#define XEN_SYSCTL_pcitopoinfo            22
#define XEN_SYSCTL_psr_alloc              23 /* * */
#define XEN_SYSCTL_get_cpu_levelling_caps 25
#define XEN_SYSCTL_get_cpu_featureset     26
#define XEN_SYSCTL_livepatch_op           27 /* * */
#define XEN_SYSCTL_get_cpu_policy         29

/* xen_sysctl_physinfo.capabilities */
#define _XEN_SYSCTL_PHYSCAP_hvm      0
#define XEN_SYSCTL_PHYSCAP_hvm       (1u << _XEN_SYSCTL_PHYSCAP_hvm)
#define _XEN_SYSCTL_PHYSCAP_pv       1
#define XEN_SYSCTL_PHYSCAP_pv        (1u << _XEN_SYSCTL_PHYSCAP_pv)
#define _XEN_SYSCTL_PHYSCAP_directio 2
#define XEN_SYSCTL_PHYSCAP_directio  (1u << _XEN_SYSCTL_PHYSCAP_directio) /* IOMMU */
#define _XEN_SYSCTL_PHYSCAP_hap      3
#define XEN_SYSCTL_PHYSCAP_hap       (1u << _XEN_SYSCTL_PHYSCAP_hap) /* nested page tables */
#define _XEN_SYSCTL_PHYSCAP_shadow   4
#define XEN_SYSCTL_PHYSCAP_shadow    (1u << _XEN_SYSCTL_PHYSCAP_shadow)
#define _XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share 5
#define XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share  (1u << _XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share)
#define XEN_SYSCTL_PHYSCAP_vmtrace   (1u << 6)
#define XEN_SYSCTL_PHYSCAP_vpmu      (1u << 7)
#define XEN_SYSCTL_PHYSCAP_gnttab_v1 (1u << 8)
#define XEN_SYSCTL_PHYSCAP_gnttab_v2 (1u << 9)
#define XEN_SYSCTL_PHYSCAP_MAX       XEN_SYSCTL_PHYSCAP_gnttab_v2

/* xen_sysctl_cpu_hotplug.op */
#define XEN_SYSCTL_CPU_HOTPLUG_ONLINE      0
#define XEN_SYSCTL_CPU_HOTPLUG_OFFLINE     1
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE  2
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE 3

/* What is not there, in topology tables. */
#define XEN_INVALID_CORE_ID   (~0U)
#define XEN_INVALID_SOCKET_ID (~0U)
#define XEN_INVALID_NODE_ID   (~0U)
#define XEN_INVALID_MEM_SZ    (~0U)
#define XEN_INVALID_NODE_DIST (~0U)
#define XEN_INVALID_DEV       (XEN_INVALID_NODE_ID - 1)

/* xen_sysctl_cpupool_op.op: only INFO and FREEINFO are served; pool 0 has all CPUs. */
#define XEN_SYSCTL_CPUPOOL_OP_CREATE     1
#define XEN_SYSCTL_CPUPOOL_OP_DESTROY    2
#define XEN_SYSCTL_CPUPOOL_OP_INFO       3
#define XEN_SYSCTL_CPUPOOL_OP_ADDCPU     4
#define XEN_SYSCTL_CPUPOOL_OP_RMCPU      5
#define XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN 6
#define XEN_SYSCTL_CPUPOOL_OP_FREEINFO   7
#define XEN_SYSCTL_CPUPOOL_PAR_ANY       0xFFFFFFFF

/* xen_sysctl_scheduler_op.cmd, and limits of the parameters */
#define XEN_SYSCTL_SCHEDOP_putinfo       0
#define XEN_SYSCTL_SCHEDOP_getinfo       1
#define XEN_SYSCTL_SCHED_RATELIMIT_MAX   500000 /* us */
#define XEN_SYSCTL_SCHED_RATELIMIT_MIN   100    /* us */
#define XEN_SYSCTL_CSCHED_TSLICE_MAX     1000   /* ms */
#define XEN_SYSCTL_CSCHED_TSLICE_MIN     1      /* ms */
#define XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US (100 * 1000)

/* xen_sysctl_cpu_levelling_caps.caps: what can be hidden from PV guests, by CPUID leaf. */
#define XEN_SYSCTL_CPU_LEVELCAP_faulting    (1ul << 0) /* CPUID can be made to fault */
#define XEN_SYSCTL_CPU_LEVELCAP_ecx         (1ul << 1) /* 1.ecx */
#define XEN_SYSCTL_CPU_LEVELCAP_edx         (1ul << 2) /* 1.edx */
#define XEN_SYSCTL_CPU_LEVELCAP_extd_ecx    (1ul << 3) /* 0x80000001.ecx */
#define XEN_SYSCTL_CPU_LEVELCAP_extd_edx    (1ul << 4) /* 0x80000001.edx */
#define XEN_SYSCTL_CPU_LEVELCAP_xsave_eax   (1ul << 5) /* 0xd:1.eax */
#define XEN_SYSCTL_CPU_LEVELCAP_thermal_ecx (1ul << 6) /* 6.ecx */
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_eax    (1ul << 7) /* 7:0.eax */
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_ebx    (1ul << 8) /* 7:0.ebx */

/* xen_sysctl_cpu_featureset.index */
#define XEN_SYSCTL_cpu_featureset_raw     0 /* as the CPU says */
#define XEN_SYSCTL_cpu_featureset_host    1 /* as the hypervisor uses it */
#define XEN_SYSCTL_cpu_featureset_pv      2 /* default of PV guests */
#define XEN_SYSCTL_cpu_featureset_hvm     3 /* default of HVM guests */
#define XEN_SYSCTL_cpu_featureset_pv_max  4 /* most that PV guests can be given */
#define XEN_SYSCTL_cpu_featureset_hvm_max 5 /* most that HVM guests can be given */

/* xen_sysctl_cpu_policy.index, likewise */
#define XEN_SYSCTL_cpu_policy_raw         0
#define XEN_SYSCTL_cpu_policy_host        1
#define XEN_SYSCTL_cpu_policy_pv_max      2
#define XEN_SYSCTL_cpu_policy_hvm_max     3
#define XEN_SYSCTL_cpu_policy_pv_default  4
#define XEN_SYSCTL_cpu_policy_hvm_default 5

#ifndef __ASSEMBLER__

/** readconsole: the hypervisor's log. */
struct xen_sysctl_readconsole {
    uint8_t clear;       /* IN: empty the ring afterwards */
    uint8_t incremental; /* IN: start at index, not at the oldest byte */
    uint8_t pad0, pad1;
    uint32_t index;      /* IN: where to start; OUT: where to go on */
    xen_guest_handle_t buffer; /* OUT */
    uint32_t count;      /* IN: room; OUT: bytes */
};

/** physinfo: what the machine is. */
struct xen_sysctl_physinfo {
    uint32_t threads_per_core;  /* OUT, all of them */
    uint32_t cores_per_socket;
    uint32_t nr_cpus;           /* on line */
    uint32_t max_cpu_id;
    uint32_t nr_nodes;
    uint32_t max_node_id;
    uint32_t cpu_khz;
    uint32_t capabilities;      /* XEN_SYSCTL_PHYSCAP_* */
    uint32_t arch_capabilities; /* 0 */
    uint32_t pad;
    uint64_t total_pages;
    uint64_t free_pages;
    uint64_t scrub_pages;       /* free, not yet cleared */
    uint64_t outstanding_pages; /* claimed */
    uint64_t max_mfn;
    uint32_t hw_cap[8];         /* first words of the host's featureset */
};

/** sched_id: the scheduler in use. */
struct xen_sysctl_sched_id {
    uint32_t sched_id; /* OUT: XEN_SCHEDULER_* */
};

/** getdomaininfolist: domains in the order of their ids. */
struct xen_sysctl_getdomaininfolist {
    domid_t first_domain; /* IN */
    uint32_t max_domains; /* IN: room */
    xen_guest_handle_t buffer; /* OUT: xen_domctl_getdomaininfo */
    uint32_t num_domains; /* OUT */
};

/** debug_keys: do what these keys do on the machine's console. */
struct xen_sysctl_debug_keys {
    xen_guest_handle_t keys; /* IN: characters */
    uint32_t nr_keys;        /* IN */
};

struct xen_sysctl_cpuinfo {
    uint64_t idletime; /* ns */
};
typedef struct xen_sysctl_cpuinfo xen_sysctl_cpuinfo_t;

/** getcpuinfo: idle time of every CPU. */
struct xen_sysctl_getcpuinfo {
    uint32_t max_cpus;       /* IN: room */
    xen_guest_handle_t info; /* OUT: xen_sysctl_cpuinfo */
    uint32_t nr_cpus;        /* OUT */
};

/** availheap: free memory below an address width, on a node. -EOPNOTSUPP: not counted by width. */
struct xen_sysctl_availheap {
    uint32_t min_bitwidth; /* IN: 0: any */
    uint32_t max_bitwidth; /* IN: 0: any */
    int32_t node;          /* IN: -1: all */
    uint64_t avail_bytes;  /* OUT */
};

/** cpu_hotplug: take a CPU off line or back. */
struct xen_sysctl_cpu_hotplug {
    uint32_t cpu; /* IN */
    uint32_t op;  /* IN: XEN_SYSCTL_CPU_HOTPLUG_* */
};

struct xen_sysctl_cputopo {
    uint32_t core;
    uint32_t socket;
    uint32_t node;
};
typedef struct xen_sysctl_cputopo xen_sysctl_cputopo_t;

/** cputopoinfo: where each CPU sits. With cputopo 0: asks for the number. */
struct xen_sysctl_cputopoinfo {
    uint32_t num_cpus; /* IN: room; OUT: number there are */
    xen_guest_handle_t cputopo; /* OUT: xen_sysctl_cputopo */
};

struct xen_sysctl_meminfo {
    uint64_t memsize; /* bytes */
    uint64_t memfree; /* bytes */
};
typedef struct xen_sysctl_meminfo xen_sysctl_meminfo_t;

/** numainfo: memory and distances of the NUMA nodes. With both handles 0: asks for the number. */
struct xen_sysctl_numainfo {
    uint32_t num_nodes; /* IN: room; OUT: number there are */
    xen_guest_handle_t meminfo;  /* OUT: xen_sysctl_meminfo */
    xen_guest_handle_t distance; /* OUT: uint32_t, from i to j at [i * number + j] */
};

/** cpupool_op. INFO: of the first pool with this id or more; -ENOENT past the last. */
struct xen_sysctl_cpupool_op {
    uint32_t op;         /* IN: XEN_SYSCTL_CPUPOOL_OP_* */
    uint32_t cpupool_id; /* IN/OUT */
    uint32_t sched_id;   /* OUT */
    uint32_t domid;
    uint32_t cpu;
    uint32_t n_dom;      /* OUT: domains in it */
    struct xenctl_bitmap cpumap; /* OUT */
};

struct xen_sysctl_credit_schedule {
    uint32_t tslice_ms;
    uint32_t ratelimit_us;       /* shortest time a vcpu runs undisturbed; 0: none */
    uint32_t vcpu_migr_delay_us; /* time that a vcpu counts as warm in a CPU's cache */
};

struct xen_sysctl_credit2_schedule {
    uint32_t ratelimit_us;
};

struct xen_sysctl_sched_arinc653 {
    xen_guest_handle_t schedule;
};

/** scheduler_op: parameters of the scheduler. */
struct xen_sysctl_scheduler_op {
    uint32_t cpupool_id; /* IN: 0 */
    uint32_t sched_id;   /* IN: XEN_SCHEDULER_* in use, -EINVAL for another */
    uint32_t cmd;        /* IN: XEN_SYSCTL_SCHEDOP_* */
    union {
        struct xen_sysctl_sched_arinc653 sched_arinc653;
        struct xen_sysctl_credit_schedule sched_credit;
        struct xen_sysctl_credit2_schedule sched_credit2;
    } u; /* IN or OUT */
};

/** pcitopoinfo: NUMA nodes of PCI devices. */
struct xen_sysctl_pcitopoinfo {
    uint32_t num_devs; /* IN: entries; OUT: processed */
    xen_guest_handle_t devs;  /* IN: physdev_pci_device */
    xen_guest_handle_t nodes; /* OUT: uint32_t; XEN_INVALID_NODE_ID, XEN_INVALID_DEV */
};

/* xen_sysctl_perfc_op.cmd */
#define XEN_SYSCTL_PERFCOP_reset 1
#define XEN_SYSCTL_PERFCOP_query 2

/** perfc_op: one counter. */
struct xen_sysctl_perfc_desc {
    char name[80];
    uint32_t nr_vals; /* how many values it has */
};
typedef struct xen_sysctl_perfc_desc xen_sysctl_perfc_desc_t;
typedef uint32_t xen_sysctl_perfc_val_t;

/** perfc_op: the hypervisor's counters of events. */
struct xen_sysctl_perfc_op {
    uint32_t cmd;         /* IN: XEN_SYSCTL_PERFCOP_* */
    uint32_t nr_counters; /* OUT */
    uint32_t nr_vals;     /* OUT: of all counters together */
    xen_guest_handle_t desc; /* OUT: xen_sysctl_perfc_desc, one a counter; 0: not wanted */
    xen_guest_handle_t val;  /* OUT: xen_sysctl_perfc_val_t; 0: not wanted */
};

/** get_cpu_levelling_caps. */
struct xen_sysctl_cpu_levelling_caps {
    uint32_t caps; /* OUT: XEN_SYSCTL_CPU_LEVELCAP_* */
};

/** get_cpu_featureset: words of feature bits (arch-x86/cpufeatureset.h). */
struct xen_sysctl_cpu_featureset {
    uint32_t index;       /* IN: XEN_SYSCTL_cpu_featureset_* */
    uint32_t nr_features; /* IN: room; OUT: words; -ENOBUFS if too little */
    xen_guest_handle_t features; /* OUT: uint32_t; 0: asks for the number */
};

/** get_cpu_policy: CPUID leaves and MSRs of a policy. -ENOBUFS if room is too little. */
struct xen_sysctl_cpu_policy {
    uint32_t index;     /* IN: XEN_SYSCTL_cpu_policy_* */
    uint32_t nr_leaves; /* IN/OUT */
    uint32_t nr_msrs;   /* IN/OUT */
    uint32_t _rsvd;     /* 0 */
    xen_guest_handle_t leaves; /* OUT: xen_cpuid_leaf; 0: asks for the number */
    xen_guest_handle_t msrs;   /* OUT: xen_msr_entry; 0: asks for the number */
};
typedef struct xen_sysctl_cpu_policy xen_sysctl_cpu_policy_t;

struct xen_sysctl {
    uint32_t cmd;               /* XEN_SYSCTL_* */
    uint32_t interface_version; /* XEN_SYSCTL_INTERFACE_VERSION */
    union {
        struct xen_sysctl_readconsole readconsole;
        struct xen_sysctl_physinfo physinfo;
        struct xen_sysctl_cputopoinfo cputopoinfo;
        struct xen_sysctl_pcitopoinfo pcitopoinfo;
        struct xen_sysctl_numainfo numainfo;
        struct xen_sysctl_sched_id sched_id;
        struct xen_sysctl_perfc_op perfc_op;
        struct xen_sysctl_getdomaininfolist getdomaininfolist;
        struct xen_sysctl_debug_keys debug_keys;
        struct xen_sysctl_getcpuinfo getcpuinfo;
        struct xen_sysctl_availheap availheap;
        struct xen_sysctl_cpu_hotplug cpu_hotplug;
        struct xen_sysctl_cpupool_op cpupool_op;
        struct xen_sysctl_scheduler_op scheduler_op;
        struct xen_sysctl_cpu_levelling_caps cpu_levelling_caps;
        struct xen_sysctl_cpu_featureset cpu_featureset;
        struct xen_sysctl_cpu_policy cpu_policy;
        uint8_t pad[128];
    } u;
};
typedef struct xen_sysctl xen_sysctl_t;

#endif /* !__ASSEMBLER__ */
#endif
