/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State of the PV builder.
 */
#ifndef LIBCTRL_BUILD_PV_H
#define LIBCTRL_BUILD_PV_H

#include "internal.h"
#include "kernel_image.h"
#include "layout.h"

struct build {
    const struct ctrl_pv_config *cfg;
    uint32_t domid;
    struct kernel_image kernel;
    int ramdisk_fd;             /* -1: none */
    uint64_t ramdisk_size;
    struct pv_layout layout;
    uint64_t *mfns;             /* machine frame of every pfn */
    uint64_t shared_info_mfn;
    char *pages;                /* maps of the layout's low and high runs, then shared_info */
    size_t mapped;              /* pages there */
};

/* Opens the files, checks all that can be checked without a domain, computes the layout. */
int build_prepare(struct ctrl *h, struct build *b, const struct ctrl_pv_config *cfg);
void build_finish(struct build *b);

#endif
