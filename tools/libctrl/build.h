/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the builders of all types of guests share.
 */
#ifndef LIBCTRL_BUILD_H
#define LIBCTRL_BUILD_H

#include "internal.h"
#include "kernel_image.h"
#include "layout.h"
#include "pvh_layout.h"

struct build {
    const struct ctrl_guest_config *cfg;
    uint32_t domid;
    struct kernel_image kernel;
    const char *ramdisk;        /* path of what is loaded beside the kernel, or NULL */
    int ramdisk_fd;             /* -1: none */
    uint64_t ramdisk_size;
    uint64_t nr_pages;          /* of memory */
    uint8_t uuid[CTRL_UUID_LEN];    /* HVM: the domain's, read when it is built */
    char *pages;                /* maps of the guest's pages that have to be written, in runs */
    size_t mapped;              /* pages there */
    union {
        struct {
            struct pv_layout layout;
            uint64_t *mfns;     /* machine frame of every pfn */
            uint64_t shared_info_mfn;
        } pv;
        struct pvh_layout pvh;
    };
};

/* A type of guest. */
struct builder {
    /* b->kernel and b->ramdisk; on failure neither is open. */
    int (*open)(struct ctrl *h, struct build *b);
    /* Where everything is to lie, without touching the hypervisor. */
    int (*plan)(struct ctrl *h, struct build *b);
    /* Fills a fresh domain. */
    int (*build)(struct ctrl *h, struct build *b, struct ctrl_guest_rings *rings);
    void (*finish)(struct build *b);
};

extern const struct builder build_pv, build_pvh, build_hvm;

/* -- for the builders -- */

/* Opens the kernel and the ramdisk that the configuration names. */
int build_open_files(struct ctrl *h, struct build *b);
/* Opens a file for b->ramdisk. */
int build_open_ramdisk(struct ctrl *h, struct build *b, const char *path);
int build_too_little_memory(struct ctrl *h, const struct build *b, uint64_t need_pages);
/* Maps those frames of the domain, one after the other, as b->pages. */
int build_map(struct ctrl *h, struct build *b, const uint64_t *frames, size_t count);
/* Reads a segment of the kernel, and the whole ramdisk, to their places in the map. */
int build_load_segment(struct ctrl *h, const struct build *b, const struct elf_segment *s,
                       char *dst);
int build_load_ramdisk(struct ctrl *h, const struct build *b, char *dst);
/* A domain's ports and grants for rings in these frames, which those two domains are to serve. */
int make_rings(struct ctrl *h, uint32_t domid, uint32_t store_backend, uint32_t console_backend,
               uint64_t store_frame, uint64_t console_frame, struct ctrl_guest_rings *rings);
int build_make_rings(struct ctrl *h, const struct build *b, uint64_t store_frame,
                     uint64_t console_frame, struct ctrl_guest_rings *rings);
/* Pins a PV guest's page table of a level from 1 to 4: the hypervisor checks all that is below. */
int pin_table(struct ctrl *h, uint32_t domid, unsigned int level, uint64_t mfn);
/* Its limit. */
int build_set_max_mem(struct ctrl *h, const struct build *b, uint64_t extra_kb);

#endif
