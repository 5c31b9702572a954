/* SPDX-License-Identifier: MIT */
/*
 * Grant tables: a domain lets named other domains use single pages of its own.
 * grant_table_op(cmd, array, count): array of the structure named after the command. The call
 * itself fails only when the array cannot be accessed (-EFAULT) or the command is unknown
 * (-ENOSYS); each element has its own status, a GNTST_*.
 */
#ifndef XEN_PUBLIC_GRANT_TABLE_H
#define XEN_PUBLIC_GRANT_TABLE_H

#include "xen.h"

#define GNTTABOP_map_grant_ref     0
#define GNTTABOP_unmap_grant_ref   1
#define GNTTABOP_setup_table       2
#define GNTTABOP_dump_table        3
#define GNTTABOP_transfer          4
#define GNTTABOP_copy              5
#define GNTTABOP_query_size        6
#define GNTTABOP_unmap_and_replace 7
#define GNTTABOP_set_version       8
#define GNTTABOP_get_status_frames 9
#define GNTTABOP_get_version       10
#define GNTTABOP_swap_grant_ref    11
#define GNTTABOP_cache_flush       12

/* References that the toolstack fills in when it builds a domain. */
#define GNTTAB_NR_RESERVED_ENTRIES 8
#define GNTTAB_RESERVED_CONSOLE    0
#define GNTTAB_RESERVED_XENSTORE   1

/* grant_entry.flags: the type in bits 1:0 ... */
#define GTF_invalid         (0U << 0)
#define GTF_permit_access   (1U << 0)
#define GTF_accept_transfer (2U << 0) /* page transfer: never served */
#define GTF_transitive      (3U << 0) /* version 2 only */
#define GTF_type_mask       (3U << 0)

/* ... and for GTF_permit_access: access allowed (guest writes), and use (hypervisor writes). */
#define _GTF_readonly 2
#define GTF_readonly  (1U << _GTF_readonly)
#define _GTF_reading  3
#define GTF_reading   (1U << _GTF_reading) /* mapped or being copied from */
#define _GTF_writing  4
#define GTF_writing   (1U << _GTF_writing) /* mapped writable or being copied to */
#define _GTF_PWT      5
#define GTF_PWT       (1U << _GTF_PWT)
#define _GTF_PCD      6
#define GTF_PCD       (1U << _GTF_PCD)
#define _GTF_PAT      7
#define GTF_PAT       (1U << _GTF_PAT)
#define _GTF_sub_page 8
#define GTF_sub_page  (1U << _GTF_sub_page) /* version 2 only */

/* For GTF_accept_transfer. */
#define _GTF_transfer_committed 2
#define GTF_transfer_committed  (1U << _GTF_transfer_committed)
#define _GTF_transfer_completed 3
#define GTF_transfer_completed  (1U << _GTF_transfer_completed)

/* gnttab_map_grant_ref.flags */
#define _GNTMAP_device_map      0
#define GNTMAP_device_map       (1 << _GNTMAP_device_map) /* for devices: dev_bus_addr OUT */
#define _GNTMAP_host_map        1
#define GNTMAP_host_map         (1 << _GNTMAP_host_map)   /* for the CPU: at host_addr */
#define _GNTMAP_readonly        2
#define GNTMAP_readonly         (1 << _GNTMAP_readonly)
#define _GNTMAP_application_map 3
#define GNTMAP_application_map  (1 << _GNTMAP_application_map) /* user mode may access it */
#define _GNTMAP_contains_pte    4
#define GNTMAP_contains_pte     (1 << _GNTMAP_contains_pte) /* host_addr: of a PTE, machine */
#define _GNTMAP_guest_avail0    16
#define GNTMAP_guest_avail_mask ((uint32_t)~0 << _GNTMAP_guest_avail0) /* software bits */

/* gnttab_copy.flags: what source.u and dest.u hold; 0 for a frame of the domain's own. */
#define _GNTCOPY_source_gref 0
#define GNTCOPY_source_gref  (1 << _GNTCOPY_source_gref)
#define _GNTCOPY_dest_gref   1
#define GNTCOPY_dest_gref    (1 << _GNTCOPY_dest_gref)

/* gnttab_cache_flush.op */
#define GNTTAB_CACHE_CLEAN       (1U << 0)
#define GNTTAB_CACHE_INVAL       (1U << 1)
#define GNTTAB_CACHE_SOURCE_GREF (1U << 31)

/* status of one element */
#define GNTST_okay              0
#define GNTST_general_error     -1
#define GNTST_bad_domain        -2
#define GNTST_bad_gntref        -3
#define GNTST_bad_handle        -4
#define GNTST_bad_virt_addr     -5
#define GNTST_bad_dev_addr      -6
#define GNTST_no_device_space   -7
#define GNTST_permission_denied -8
#define GNTST_bad_page          -9
#define GNTST_bad_copy_arg      -10 /* offset and length cross a page */
#define GNTST_address_too_big   -11
#define GNTST_eagain            -12 /* try again later */
#define GNTST_no_space          -13 /* no handle or memory left */

#ifndef __ASSEMBLER__

/** Index into the granting domain's table. */
typedef uint32_t grant_ref_t;

/** Names a mapping of the mapping domain, for unmap. */
typedef uint32_t grant_handle_t;

/** Entry of version 2's status table: GTF_reading and GTF_writing. */
typedef uint16_t grant_status_t;

/**
 * Entry of a version 1 table. The guest writes domid and frame first, then flags; it takes a grant
 * back by a compare-and-exchange of flags to 0 that fails while GTF_reading or writing is set.
 */
struct grant_entry_v1 {
    uint16_t flags;
    domid_t domid;  /* who may use it */
    uint32_t frame; /* guest frame */
};
typedef struct grant_entry_v1 grant_entry_v1_t;

/** Map a grant. dom must be a real id, DOMID_SELF is refused. */
struct gnttab_map_grant_ref {
    uint64_t host_addr;    /* IN: linear address, or machine address of a PTE */
    uint32_t flags;        /* IN: GNTMAP_* */
    grant_ref_t ref;       /* IN */
    domid_t dom;           /* IN: who granted */
    int16_t status;        /* OUT */
    grant_handle_t handle; /* OUT */
    uint64_t dev_bus_addr; /* OUT: machine address of the frame */
};
typedef struct gnttab_map_grant_ref gnttab_map_grant_ref_t;

/** Unmap. The TLBs are flushed once for the whole array. */
struct gnttab_unmap_grant_ref {
    uint64_t host_addr;    /* IN: as mapped; 0: keep this part */
    uint64_t dev_bus_addr; /* IN: as mapped; 0: keep this part */
    grant_handle_t handle; /* IN */
    int16_t status;        /* OUT */
};
typedef struct gnttab_unmap_grant_ref gnttab_unmap_grant_ref_t;

/** Grow the table to nr_frames and list its frames. count must be 1. */
struct gnttab_setup_table {
    domid_t dom;                   /* IN */
    uint32_t nr_frames;            /* IN */
    int16_t status;                /* OUT */
    xen_guest_handle_t frame_list; /* OUT: nr_frames of xen_pfn_t */
};
typedef struct gnttab_setup_table gnttab_setup_table_t;

/** Print a domain's grants to the console: a debugging aid. */
struct gnttab_dump_table {
    domid_t dom;    /* IN */
    int16_t status; /* OUT */
};
typedef struct gnttab_dump_table gnttab_dump_table_t;

/** Give a page away: refused. */
struct gnttab_transfer {
    xen_pfn_t mfn;   /* IN */
    domid_t domid;   /* IN */
    grant_ref_t ref; /* IN */
    int16_t status;  /* OUT */
};
typedef struct gnttab_transfer gnttab_transfer_t;

/** One side of a copy. domid: owner of the frame, or granting domain of the reference. */
struct gnttab_copy_ptr {
    union {
        grant_ref_t ref;
        xen_pfn_t gmfn;
    } u;
    domid_t domid;
    uint16_t offset; /* bytes */
};

/** Copy within one source page and one destination page. */
struct gnttab_copy {
    struct gnttab_copy_ptr source, dest; /* IN */
    uint16_t len;   /* IN: bytes */
    uint16_t flags; /* IN: GNTCOPY_* */
    int16_t status; /* OUT */
};
typedef struct gnttab_copy gnttab_copy_t;

/** Size of a domain's table, in frames. */
struct gnttab_query_size {
    domid_t dom;            /* IN */
    uint32_t nr_frames;     /* OUT: now */
    uint32_t max_nr_frames; /* OUT: limit */
    int16_t status;         /* OUT */
};
typedef struct gnttab_query_size gnttab_query_size_t;

/** Unmap, and put the mapping of new_addr in its place. */
struct gnttab_unmap_and_replace {
    uint64_t host_addr;    /* IN */
    uint64_t new_addr;     /* IN: its mapping is moved, 0: none */
    grant_handle_t handle; /* IN */
    int16_t status;        /* OUT */
};
typedef struct gnttab_unmap_and_replace gnttab_unmap_and_replace_t;

/** Choose the table's version; -EINVAL for one that is not there (2). Not an array. */
struct gnttab_set_version {
    uint32_t version; /* IN/OUT */
};
typedef struct gnttab_set_version gnttab_set_version_t;

/** List the frames of version 2's status table. */
struct gnttab_get_status_frames {
    uint32_t nr_frames;            /* IN */
    domid_t dom;                   /* IN */
    int16_t status;                /* OUT */
    xen_guest_handle_t frame_list; /* OUT: nr_frames of uint64_t */
};
typedef struct gnttab_get_status_frames gnttab_get_status_frames_t;

/** The version a domain's table has. */
struct gnttab_get_version {
    domid_t dom; /* IN */
    uint16_t pad;
    uint32_t version; /* OUT */
};
typedef struct gnttab_get_version gnttab_get_version_t;

/** Exchange two entries of the caller's table, neither of them in use. */
struct gnttab_swap_grant_ref {
    grant_ref_t ref_a, ref_b; /* IN */
    int16_t status;           /* OUT */
};
typedef struct gnttab_swap_grant_ref gnttab_swap_grant_ref_t;

/** Cache maintenance of a granted page. */
struct gnttab_cache_flush {
    union {
        uint64_t dev_bus_addr;
        grant_ref_t ref;
    } a;             /* IN */
    uint16_t offset; /* IN: bytes */
    uint16_t length; /* IN: bytes */
    uint32_t op;     /* IN: GNTTAB_CACHE_* */
};
typedef struct gnttab_cache_flush gnttab_cache_flush_t;

#endif /* !__ASSEMBLER__ */
#endif
