/* SPDX-License-Identifier: MIT */
/* xen_version(cmd, arg): who the hypervisor is. Results are 0 but where stated. */
#ifndef XEN_PUBLIC_VERSION_H
#define XEN_PUBLIC_VERSION_H

#include "xen.h"
#include "features.h"

#define XENVER_version             0  /* no arg; returns major << 16 | minor */
#define XENVER_extraversion        1  /* xen_extraversion_t OUT */
#define XENVER_compile_info        2  /* xen_compile_info OUT */
#define XENVER_capabilities        3  /* xen_capabilities_info_t OUT */
#define XENVER_changeset           4  /* xen_changeset_info_t OUT */
#define XENVER_platform_parameters 5  /* xen_platform_parameters OUT */
#define XENVER_get_features        6  /* xen_feature_info IN/OUT */
#define XENVER_pagesize            7  /* no arg; returns 4096 */
#define XENVER_guest_handle        8  /* xen_domain_handle_t OUT: the caller's UUID */
#define XENVER_commandline         9  /* xen_commandline_t OUT */
#define XENVER_build_id            10 /* xen_build_id IN/OUT; returns length, -ENODATA if none */

#define XEN_EXTRAVERSION_LEN      16
#define XEN_CAPABILITIES_INFO_LEN 1024
#define XEN_CHANGESET_INFO_LEN    64

#ifndef __ASSEMBLER__

/* Zero-terminated strings. */
typedef char xen_extraversion_t[16];
typedef char xen_capabilities_info_t[1024]; /* "xen-3.0-x86_64 hvm-3.0-x86_32 ..." */
typedef char xen_changeset_info_t[64];
typedef char xen_commandline_t[1024];

struct xen_compile_info {
    char compiler[64];
    char compile_by[16];
    char compile_domain[32];
    char compile_date[32];
};
typedef struct xen_compile_info xen_compile_info_t;

/** virt_start: first address that PV guests must leave alone. */
struct xen_platform_parameters {
    xen_ulong_t virt_start;
};
typedef struct xen_platform_parameters xen_platform_parameters_t;

struct xen_feature_info {
    uint32_t submap_idx; /* IN: word number, below XENFEAT_NR_SUBMAPS; -EINVAL beyond */
    uint32_t submap;     /* OUT: bits XENFEAT_* */
};
typedef struct xen_feature_info xen_feature_info_t;

struct xen_build_id {
    uint32_t len; /* IN: bytes of buf; -ENOBUFS if too few */
    unsigned char buf[];
};
typedef struct xen_build_id xen_build_id_t;

#endif /* !__ASSEMBLER__ */
#endif
