/* SPDX-License-Identifier: MIT */
/*
 * memory_op(cmd, arg): a domain's memory. Operations on extents return the number of extents done,
 * which may be less than asked for; the others 0 or a value as stated. -ESRCH for an unknown
 * domain, -EPERM for someone else's, -EFAULT, -ENOSYS.
 */
#ifndef XEN_PUBLIC_MEMORY_H
#define XEN_PUBLIC_MEMORY_H

#include "xen.h"
#include "physdev.h"

#define XENMEM_increase_reservation 0  /* xen_memory_reservation: new pages, OUT their frames */
#define XENMEM_decrease_reservation 1  /* xen_memory_reservation: give pages back */
#define XENMEM_maximum_ram_page     2  /* no arg; returns highest machine frame of RAM + 1 */
#define XENMEM_current_reservation  3  /* xen_memory_domain; returns pages owned */
#define XENMEM_maximum_reservation  4  /* xen_memory_domain; returns pages allowed */
#define XENMEM_machphys_mfn_list    5  /* xen_machphys_mfn_list */
#define XENMEM_populate_physmap     6  /* xen_memory_reservation: put new pages at frames */
#define XENMEM_add_to_physmap       7  /* xen_add_to_physmap */
#define XENMEM_memory_map           9  /* xen_memory_map: the domain's own e820 */
#define XENMEM_machine_memory_map   10 /* xen_memory_map: the machine's e820, Dom0 only */
#define XENMEM_exchange             11 /* xen_memory_exchange */
#define XENMEM_machphys_mapping     12 /* xen_machphys_mapping */
#define XENMEM_set_memory_map       13 /* xen_foreign_memory_map */
#define XENMEM_maximum_gpfn         14 /* xen_memory_domain; returns highest guest frame */
#define XENMEM_remove_from_physmap  15 /* xen_remove_from_physmap */
#define XENMEM_set_pod_target       16 /* xen_pod_target */
#define XENMEM_get_pod_target       17 /* xen_pod_target */
#define XENMEM_get_sharing_freed_pages  18 /* no arg; returns 0: there is no sharing */
#define XENMEM_get_sharing_shared_pages 19 /* no arg; returns 0: there is no sharing */
#define XENMEM_paging_op            20 /* never served */
#define XENMEM_access_op            21 /* never served */
#define XENMEM_sharing_op           22 /* never served */
#define XENMEM_add_to_physmap_batch 23 /* xen_add_to_physmap_batch */
#define XENMEM_claim_pages          24 /* xen_memory_reservation: set aside for a domain to come */
#define XENMEM_machphys_compat_mfn_list 25 /* xen_machphys_mfn_list, of 32-bit guests */
#define XENMEM_get_vnumainfo        26 /* xen_vnuma_topology_info */
#define XENMEM_reserved_device_memory_map 27 /* xen_reserved_device_memory_map */
#define XENMEM_acquire_resource     28 /* xen_mem_acquire_resource */

/* xen_memory_reservation.mem_flags: address width limit, NUMA node + 1 in bits 15:8, flags. */
#define XENMEMF_address_bits(x)     (x)
#define XENMEMF_get_address_bits(x) ((x) & 0xffu)
#define XENMEMF_node(x)             (((x) + 1) << 8)
#define XENMEMF_get_node(x)         ((((x) >> 8) - 1) & 0xffu)
#define XENMEMF_populate_on_demand  (1 << 16)
#define XENMEMF_exact_node_request  (1 << 17)
#define XENMEMF_exact_node(n)       (XENMEMF_node(n) | XENMEMF_exact_node_request)
#define XENMEMF_vnode               (1 << 18)

/* xen_add_to_physmap.space: what is put at a guest frame. */
#define XENMAPSPACE_shared_info  0
#define XENMAPSPACE_grant_table  1 /* idx: frame of the table */
#define XENMAPSPACE_gmfn         2 /* idx: another guest frame, which it leaves */
#define XENMAPSPACE_gmfn_range   3 /* the same for size frames; not in batches */
#define XENMAPSPACE_gmfn_foreign 4 /* idx: frame of another domain; in batches only */
#define XENMAPSPACE_dev_mmio     5 /* ARM only */

/** In idx for XENMAPSPACE_grant_table: frame of the status table. */
#define XENMAPIDX_grant_table_status 0x80000000

/* xen_reserved_device_memory_map.flags: all regions, not those of one device. */
#define XENMEM_RDM_ALL 1

/* xen_mem_acquire_resource.type and .id */
#define XENMEM_resource_ioreq_server 0 /* id: of the server */
#define XENMEM_resource_grant_table  1 /* id: one of the two below */
#define XENMEM_resource_vmtrace_buf  2 /* never served */
#define XENMEM_resource_grant_table_id_shared 0
#define XENMEM_resource_grant_table_id_status 1

/* Frames of XENMEM_resource_ioreq_server: the buffered ring, and the n-th page of ioreqs. */
#define XENMEM_resource_ioreq_server_frame_bufioreq 0
#define XENMEM_resource_ioreq_server_frame_ioreq(n) (1 + (n))

#ifndef __ASSEMBLER__

/**
 * Extents of 2^extent_order pages of a domain. extent_start is the list of their first frames:
 * increase: OUT machine frames (may be 0); decrease: IN guest frames; populate: IN guest frames,
 * OUT machine frames (to PV callers); claim: must be 0, nr_extents is the claim.
 */
struct xen_memory_reservation {
    xen_guest_handle_t extent_start; /* nr_extents of xen_pfn_t */
    xen_ulong_t nr_extents;
    uint32_t extent_order;
    uint32_t mem_flags; /* XENMEMF_* */
    domid_t domid;
};
typedef struct xen_memory_reservation xen_memory_reservation_t;

/**
 * Give up extents and get others of the same total size. in lists machine frames; out lists the
 * guest frames to populate and returns their machine frames. nr_exchanged (of in) must be 0 at
 * first; if it ends below in.nr_extents, the call returns an error.
 */
struct xen_memory_exchange {
    struct xen_memory_reservation in;
    struct xen_memory_reservation out;
    xen_ulong_t nr_exchanged; /* IN/OUT */
};
typedef struct xen_memory_exchange xen_memory_exchange_t;

/** Which domain is meant. */
struct xen_memory_domain {
    domid_t domid; /* IN */
};

/** Machine frames of the machine-to-physical table, one for each 2 MiB of it, 0 for a hole. */
struct xen_machphys_mfn_list {
    uint32_t max_extents;            /* IN */
    xen_guest_handle_t extent_start; /* OUT: xen_pfn_t */
    uint32_t nr_extents;             /* OUT: number written */
};
typedef struct xen_machphys_mfn_list xen_machphys_mfn_list_t;

/** Where the machine-to-physical table is mapped. */
struct xen_machphys_mapping {
    xen_ulong_t v_start, v_end; /* OUT: linear addresses */
    xen_ulong_t max_mfn;        /* OUT: last frame that has an entry */
};
typedef struct xen_machphys_mapping xen_machphys_mapping_t;

/** Put something at a guest frame. */
struct xen_add_to_physmap {
    domid_t domid;  /* IN */
    uint16_t size;  /* IN: frames, for gmfn_range */
    uint32_t space; /* IN: XENMAPSPACE_* */
    xen_ulong_t idx; /* IN: as space says */
    xen_pfn_t gpfn; /* IN */
};
typedef struct xen_add_to_physmap xen_add_to_physmap_t;

union xen_add_to_physmap_batch_extra {
    domid_t foreign_domid; /* gmfn_foreign: owner */
    uint16_t res0;         /* else: 0 */
};

/** The same for many frames. Returns 0 even if some failed: see errs. */
struct xen_add_to_physmap_batch {
    domid_t domid;  /* IN */
    uint16_t space; /* IN: XENMAPSPACE_* */
    uint16_t size;  /* IN: frames */
    union xen_add_to_physmap_batch_extra u; /* IN */
    xen_guest_handle_t idxs;  /* IN: xen_ulong_t */
    xen_guest_handle_t gpfns; /* IN: xen_pfn_t */
    xen_guest_handle_t errs;  /* OUT: int32_t */
};
typedef struct xen_add_to_physmap_batch xen_add_to_physmap_batch_t;

/** Take away what is at a guest frame. */
struct xen_remove_from_physmap {
    domid_t domid;  /* IN */
    xen_pfn_t gpfn; /* IN */
};
typedef struct xen_remove_from_physmap xen_remove_from_physmap_t;

/** A memory map of packed 20-byte e820 entries: address (8), size (8), type (4). */
struct xen_memory_map {
    uint32_t nr_entries;       /* IN: room; OUT: written (set_memory_map: IN) */
    xen_guest_handle_t buffer;
};
typedef struct xen_memory_map xen_memory_map_t;

/** The map that XENMEM_memory_map will answer to domid. */
struct xen_foreign_memory_map {
    domid_t domid; /* IN */
    struct xen_memory_map map; /* IN */
};
typedef struct xen_foreign_memory_map xen_foreign_memory_map_t;

/** Populate on demand: -EOPNOTSUPP for a target, the other figures are the domain's pages. */
struct xen_pod_target {
    uint64_t target_pages;    /* IN */
    uint64_t tot_pages;       /* OUT */
    uint64_t pod_cache_pages; /* OUT */
    uint64_t pod_entries;     /* OUT */
    domid_t domid;            /* IN */
};
typedef struct xen_pod_target xen_pod_target_t;

struct xen_reserved_device_memory {
    xen_pfn_t start_pfn;
    xen_ulong_t nr_pages;
};
typedef struct xen_reserved_device_memory xen_reserved_device_memory_t;

/** Memory that firmware reserves for devices' own access. -ERANGE if there are more entries. */
struct xen_reserved_device_memory_map {
    uint32_t flags;            /* IN: XENMEM_RDM_ALL */
    uint32_t nr_entries;       /* IN: room; OUT: needed */
    xen_guest_handle_t buffer; /* OUT: xen_reserved_device_memory */
    union {
        physdev_pci_device_t pci;
    } dev; /* IN */
};
typedef struct xen_reserved_device_memory_map xen_reserved_device_memory_map_t;

/**
 * Frames of something that the hypervisor keeps for a domain, for the controller to map. With
 * frame_list 0 and nr_frames 0: asks for the size, in nr_frames. -EACCES, -EINVAL.
 */
struct xen_mem_acquire_resource {
    domid_t domid;      /* IN */
    uint16_t type;      /* IN: XENMEM_resource_* */
    uint32_t id;        /* IN: as type says */
    uint32_t nr_frames; /* IN/OUT */
    uint32_t pad;       /* 0 */
    uint64_t frame;     /* IN: first one */
    xen_guest_handle_t frame_list; /* xen_pfn_t: OUT machine frames (PV), IN guest frames (HVM) */
};
typedef struct xen_mem_acquire_resource xen_mem_acquire_resource_t;

/** A range of guest physical memory on one virtual NUMA node. */
struct xen_vmemrange {
    uint64_t start, end; /* bytes, end exclusive */
    uint32_t flags;
    uint32_t nid;
};
typedef struct xen_vmemrange xen_vmemrange_t;

/** Virtual NUMA layout of a domain; -EOPNOTSUPP if it has none. */
struct xen_vnuma_topology_info {
    domid_t domid; /* IN */
    uint16_t pad;
    uint32_t nr_vnodes;     /* IN/OUT */
    uint32_t nr_vcpus;      /* IN/OUT */
    uint32_t nr_vmemranges; /* IN/OUT */
    union {
        xen_guest_handle_t h; /* uint32_t */
        uint64_t pad;
    } vdistance; /* OUT */
    union {
        xen_guest_handle_t h; /* uint32_t */
        uint64_t pad;
    } vcpu_to_vnode; /* OUT */
    union {
        xen_guest_handle_t h; /* xen_vmemrange */
        uint64_t pad;
    } vmemrange; /* OUT */
};
typedef struct xen_vnuma_topology_info xen_vnuma_topology_info_t;

#endif /* !__ASSEMBLER__ */
#endif
