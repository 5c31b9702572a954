/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Linux offers to programs of the control domain: the ioctls of /dev/xen/privcmd, evtchn and
 * gntdev, written from the kernel's published user interface. Only what is used here.
 */
#ifndef LIBCTRL_KERNEL_ABI_H
#define LIBCTRL_KERNEL_ABI_H

#include <stdint.h>
#include <sys/ioctl.h>

/* The kernel gives these no direction; only letter, number and size of the argument count. */
#define XEN_IOCTL(letter, nr, type) _IOC(_IOC_NONE, letter, nr, sizeof(type))

/* /dev/xen/privcmd */

struct privcmd_hypercall {
    uint64_t op;
    uint64_t arg[5];
};

/* Maps num frames at addr, which lies in a map of the device; err[i] is 0 or -errno. */
struct privcmd_mmapbatch_v2 {
    unsigned int num;
    uint16_t dom;
    uint64_t addr;
    const uint64_t *arr;
    int *err;
};

struct privcmd_mmap_resource {
    uint16_t dom;
    uint32_t type;
    uint32_t id;
    uint32_t idx;
    uint64_t num;
    uint64_t addr;
};

#define PRIVCMD_HYPERCALL     XEN_IOCTL('P', 0, struct privcmd_hypercall)
#define PRIVCMD_MMAPBATCH_V2  XEN_IOCTL('P', 4, struct privcmd_mmapbatch_v2)
#define PRIVCMD_MMAP_RESOURCE XEN_IOCTL('P', 7, struct privcmd_mmap_resource)

/* /dev/xen/evtchn; the binds return the local port. read() gives ports, write() unmasks them. */

struct evtchn_virq {
    unsigned int virq;
};

struct evtchn_interdomain {
    unsigned int remote_domain, remote_port;
};

struct evtchn_unbound {
    unsigned int remote_domain;
};

struct evtchn_port {
    unsigned int port;
};

#define EVTCHN_BIND_VIRQ        XEN_IOCTL('E', 0, struct evtchn_virq)
#define EVTCHN_BIND_INTERDOMAIN XEN_IOCTL('E', 1, struct evtchn_interdomain)
#define EVTCHN_BIND_UNBOUND     XEN_IOCTL('E', 2, struct evtchn_unbound)
#define EVTCHN_UNBIND           XEN_IOCTL('E', 3, struct evtchn_port)
#define EVTCHN_NOTIFY           XEN_IOCTL('E', 4, struct evtchn_port)

/* /dev/xen/gntdev; `index` is the offset for mmap(). */

struct gntdev_ref {
    uint32_t domid;
    uint32_t ref;
};

/* refs[] holds count entries; the size in the ioctl's number is that of one. */
struct gntdev_map {
    uint32_t count;
    uint32_t pad;
    uint64_t index;
    struct gntdev_ref refs[1];
};

struct gntdev_unmap {
    uint64_t index;
    uint32_t count;
    uint32_t pad;
};

struct gntdev_offset {
    uint64_t vaddr;
    uint64_t offset;
    uint32_t count;
    uint32_t pad;
};

/* One side of a copy: memory of the caller, or a page that `domid` grants. */
union gntdev_copy_side {
    uint64_t virt;
    struct {
        uint32_t ref;
        uint16_t offset, domid;
    } foreign;
};

struct gntdev_copy_piece {
    union gntdev_copy_side source, dest;
    uint16_t len, flags;        /* GNTCOPY_source_gref or GNTCOPY_dest_gref: the foreign side */
    int16_t status;             /* out: GNTST_* */
};

struct gntdev_copy {
    uint32_t count;
    struct gntdev_copy_piece *pieces;
};

#define GNTDEV_MAP        XEN_IOCTL('G', 0, struct gntdev_map)
#define GNTDEV_UNMAP      XEN_IOCTL('G', 1, struct gntdev_unmap)
#define GNTDEV_GET_OFFSET XEN_IOCTL('G', 2, struct gntdev_offset)
#define GNTDEV_COPY       XEN_IOCTL('G', 8, struct gntdev_copy)

#endif
