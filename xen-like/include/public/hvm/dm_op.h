/* SPDX-License-Identifier: MIT */
/*
 * dm_op(domid, nr_bufs, bufs): what a device model does to its HVM guest. bufs: xen_dm_op_buf;
 * the first holds a xen_dm_op, IN/OUT; further ones as the command says. -EPERM for callers that
 * do not control the domain, -ESRCH, -EFAULT, -EINVAL, -EOPNOTSUPP.
 */
#ifndef XEN_PUBLIC_HVM_DM_OP_H
#define XEN_PUBLIC_HVM_DM_OP_H

#include "../xen.h"
#include "../event_channel.h"

/* xen_dm_op.op */
#define XEN_DMOP_create_ioreq_server              1
#define XEN_DMOP_get_ioreq_server_info            2
#define XEN_DMOP_map_io_range_to_ioreq_server     3
#define XEN_DMOP_unmap_io_range_from_ioreq_server 4
#define XEN_DMOP_set_ioreq_server_state           5
#define XEN_DMOP_destroy_ioreq_server             6
#define XEN_DMOP_track_dirty_vram                 7
#define XEN_DMOP_set_pci_intx_level               8
#define XEN_DMOP_set_isa_irq_level                9
#define XEN_DMOP_set_pci_link_route               10
#define XEN_DMOP_modified_memory                  11
#define XEN_DMOP_set_mem_type                     12
#define XEN_DMOP_inject_event                     13
#define XEN_DMOP_inject_msi                       14
#define XEN_DMOP_map_mem_type_to_ioreq_server     15
#define XEN_DMOP_remote_shutdown                  16
#define XEN_DMOP_relocate_memory                  17
#define XEN_DMOP_pin_memory_cacheattr             18
#define XEN_DMOP_set_irq_level                    19 /* ARM only */
#define XEN_DMOP_nr_vcpus                         20

/* xen_dm_op_get_ioreq_server_info.flags: do not put the pages into guest memory. */
#define _XEN_DMOP_no_gfns 0
#define XEN_DMOP_no_gfns  (1u << _XEN_DMOP_no_gfns)

/* xen_dm_op_ioreq_server_range.type */
#define XEN_DMOP_IO_RANGE_PORT   0
#define XEN_DMOP_IO_RANGE_MEMORY 1
#define XEN_DMOP_IO_RANGE_PCI    2 /* start and end are XEN_DMOP_PCI_SBDF() */

/** Segment, bus, device and function as one number. */
#define XEN_DMOP_PCI_SBDF(s, b, d, f) \
    ((((s) & 0xffff) << 16) | (((b) & 0xff) << 8) | (((d) & 0x1f) << 3) | ((f) & 0x07))

/* xen_dm_op_inject_event.type: as in VMX's interruption information. */
#define XEN_DMOP_EVENT_ext_int    0
#define XEN_DMOP_EVENT_nmi        2
#define XEN_DMOP_EVENT_hw_exc     3
#define XEN_DMOP_EVENT_sw_int     4
#define XEN_DMOP_EVENT_pri_sw_exc 5
#define XEN_DMOP_EVENT_sw_exc     6

/* xen_dm_op_map_mem_type_to_ioreq_server.flags; only WRITE is served. */
#define XEN_DMOP_IOREQ_MEM_ACCESS_READ  (1u << 0)
#define XEN_DMOP_IOREQ_MEM_ACCESS_WRITE (1u << 1)

/* xen_dm_op_pin_memory_cacheattr.type: codes of MTRRs and PAT, or: undo. */
#define XEN_DMOP_MEM_CACHEATTR_UC     0
#define XEN_DMOP_MEM_CACHEATTR_WC     1
#define XEN_DMOP_MEM_CACHEATTR_WT     4
#define XEN_DMOP_MEM_CACHEATTR_WP     5
#define XEN_DMOP_MEM_CACHEATTR_WB     6
#define XEN_DMOP_MEM_CACHEATTR_UCM    7
#define XEN_DMOP_DELETE_MEM_CACHEATTR (~(uint32_t)0)

#ifndef __ASSEMBLER__

/** Number of an ioreq server within a domain. */
typedef uint16_t ioservid_t;

/** Make a server. -ENOSPC. */
struct xen_dm_op_create_ioreq_server {
    uint8_t handle_bufioreq; /* IN: HVM_IOREQSRV_BUFIOREQ_* */
    uint8_t pad[3];
    ioservid_t id; /* OUT */
};
typedef struct xen_dm_op_create_ioreq_server xen_dm_op_create_ioreq_server_t;

/** Its pages (better had by XENMEM_acquire_resource) and the port of its buffered ring. */
struct xen_dm_op_get_ioreq_server_info {
    ioservid_t id;               /* IN */
    uint16_t flags;              /* IN */
    evtchn_port_t bufioreq_port; /* OUT */
    uint64_t ioreq_gfn;          /* OUT */
    uint64_t bufioreq_gfn;       /* OUT */
};
typedef struct xen_dm_op_get_ioreq_server_info xen_dm_op_get_ioreq_server_info_t;

/** What it serves, or no longer. -EEXIST, -ENOENT. */
struct xen_dm_op_ioreq_server_range {
    ioservid_t id; /* IN */
    uint16_t pad;
    uint32_t type; /* IN: XEN_DMOP_IO_RANGE_* */
    uint64_t start, end; /* IN: inclusive */
};
typedef struct xen_dm_op_ioreq_server_range xen_dm_op_ioreq_server_range_t;

/** It gets requests only while enabled. */
struct xen_dm_op_set_ioreq_server_state {
    ioservid_t id;   /* IN */
    uint8_t enabled; /* IN */
    uint8_t pad;
};
typedef struct xen_dm_op_set_ioreq_server_state xen_dm_op_set_ioreq_server_state_t;

struct xen_dm_op_destroy_ioreq_server {
    ioservid_t id; /* IN */
    uint16_t pad;
};
typedef struct xen_dm_op_destroy_ioreq_server xen_dm_op_destroy_ioreq_server_t;

/** Which pages were written since the last call: buffer 1 OUT, one bit per page. nr 0: stop. */
struct xen_dm_op_track_dirty_vram {
    uint32_t nr; /* IN: pages */
    uint32_t pad;
    uint64_t first_pfn; /* IN */
};
typedef struct xen_dm_op_track_dirty_vram xen_dm_op_track_dirty_vram_t;

/** Interrupt pin of an emulated PCI device. */
struct xen_dm_op_set_pci_intx_level {
    uint16_t domain; /* IN: 0 */
    uint8_t bus, device, intx; /* IN: bus 0 */
    uint8_t level;   /* IN */
};
typedef struct xen_dm_op_set_pci_intx_level xen_dm_op_set_pci_intx_level_t;

struct xen_dm_op_set_isa_irq_level {
    uint8_t isa_irq; /* IN: 0 to 15 */
    uint8_t level;   /* IN */
};
typedef struct xen_dm_op_set_isa_irq_level xen_dm_op_set_isa_irq_level_t;

/** Which ISA interrupt a PCI link raises. */
struct xen_dm_op_set_pci_link_route {
    uint8_t link;    /* IN: 0 to 3 */
    uint8_t isa_irq; /* IN: 1 to 15, 0 for none */
};
typedef struct xen_dm_op_set_pci_link_route xen_dm_op_set_pci_link_route_t;

/** Pages that the device model wrote: buffer 1 IN, extents. */
struct xen_dm_op_modified_memory {
    uint32_t nr_extents; /* IN; OUT on error: index of the bad one + 1 */
    uint32_t opaque;     /* 0 */
};
typedef struct xen_dm_op_modified_memory xen_dm_op_modified_memory_t;

struct xen_dm_op_modified_memory_extent {
    uint32_t nr; /* IN: pages */
    uint32_t pad;
    uint64_t first_pfn; /* IN */
};

/** Change what guest frames are. */
struct xen_dm_op_set_mem_type {
    uint32_t nr;        /* IN: pages */
    uint16_t mem_type;  /* IN: HVMMEM_* */
    uint16_t pad;
    uint64_t first_pfn; /* IN */
};
typedef struct xen_dm_op_set_mem_type xen_dm_op_set_mem_type_t;

/** Raise an exception or interrupt on a vcpu. -EBUSY if one is waiting already. */
struct xen_dm_op_inject_event {
    uint32_t vcpuid;     /* IN */
    uint8_t vector;      /* IN */
    uint8_t type;        /* IN: XEN_DMOP_EVENT_* */
    uint8_t insn_len;    /* IN: of a software interrupt */
    uint8_t pad0;
    uint32_t error_code; /* IN: ~0 for none */
    uint32_t pad1;
    uint64_t cr2;        /* IN: for page faults */
};
typedef struct xen_dm_op_inject_event xen_dm_op_inject_event_t;

/** A message-signalled interrupt of an emulated device. */
struct xen_dm_op_inject_msi {
    uint32_t data; /* IN */
    uint32_t pad;
    uint64_t addr; /* IN: 0xfee..... */
};
typedef struct xen_dm_op_inject_msi xen_dm_op_inject_msi_t;

/** Claim a memory type for a server. */
struct xen_dm_op_map_mem_type_to_ioreq_server {
    ioservid_t id;   /* IN */
    uint16_t type;   /* IN: HVMMEM_ioreq_server */
    uint32_t flags;  /* IN: XEN_DMOP_IOREQ_MEM_ACCESS_*, 0: give up */
    uint64_t opaque; /* 0 */
};
typedef struct xen_dm_op_map_mem_type_to_ioreq_server xen_dm_op_map_mem_type_to_ioreq_server_t;

struct xen_dm_op_remote_shutdown {
    uint32_t reason; /* IN: SHUTDOWN_* */
};
typedef struct xen_dm_op_remote_shutdown xen_dm_op_remote_shutdown_t;

/** Move guest frames. */
struct xen_dm_op_relocate_memory {
    uint32_t size;    /* IN: pages */
    uint32_t pad;
    uint64_t src_gfn; /* IN */
    uint64_t dst_gfn; /* IN */
};
typedef struct xen_dm_op_relocate_memory xen_dm_op_relocate_memory_t;

/** Memory type of guest RAM, whatever the guest says. */
struct xen_dm_op_pin_memory_cacheattr {
    uint64_t start; /* IN: frame */
    uint64_t end;   /* IN: frame, inclusive */
    uint32_t type;  /* IN: XEN_DMOP_MEM_CACHEATTR_* */
    uint32_t pad;
};
typedef struct xen_dm_op_pin_memory_cacheattr xen_dm_op_pin_memory_cacheattr_t;

struct xen_dm_op_set_irq_level {
    uint32_t irq;  /* IN */
    uint8_t level; /* IN */
    uint8_t pad[3];
};
typedef struct xen_dm_op_set_irq_level xen_dm_op_set_irq_level_t;

/** How many vcpus the domain was made for. */
struct xen_dm_op_nr_vcpus {
    uint32_t vcpus; /* OUT */
};
typedef struct xen_dm_op_nr_vcpus xen_dm_op_nr_vcpus_t;

struct xen_dm_op {
    uint32_t op;
    uint32_t pad; /* 0 */
    union {
        xen_dm_op_create_ioreq_server_t create_ioreq_server;
        xen_dm_op_get_ioreq_server_info_t get_ioreq_server_info;
        xen_dm_op_ioreq_server_range_t map_io_range_to_ioreq_server;
        xen_dm_op_ioreq_server_range_t unmap_io_range_from_ioreq_server;
        xen_dm_op_set_ioreq_server_state_t set_ioreq_server_state;
        xen_dm_op_destroy_ioreq_server_t destroy_ioreq_server;
        xen_dm_op_track_dirty_vram_t track_dirty_vram;
        xen_dm_op_set_pci_intx_level_t set_pci_intx_level;
        xen_dm_op_set_isa_irq_level_t set_isa_irq_level;
        xen_dm_op_set_irq_level_t set_irq_level;
        xen_dm_op_set_pci_link_route_t set_pci_link_route;
        xen_dm_op_modified_memory_t modified_memory;
        xen_dm_op_set_mem_type_t set_mem_type;
        xen_dm_op_inject_event_t inject_event;
        xen_dm_op_inject_msi_t inject_msi;
        xen_dm_op_map_mem_type_to_ioreq_server_t map_mem_type_to_ioreq_server;
        xen_dm_op_remote_shutdown_t remote_shutdown;
        xen_dm_op_relocate_memory_t relocate_memory;
        xen_dm_op_pin_memory_cacheattr_t pin_memory_cacheattr;
        xen_dm_op_nr_vcpus_t nr_vcpus;
    } u;
};

/** One buffer of the call. */
struct xen_dm_op_buf {
    xen_guest_handle_t h;
    xen_ulong_t size; /* bytes */
};
typedef struct xen_dm_op_buf xen_dm_op_buf_t;

#endif /* !__ASSEMBLER__ */
#endif
