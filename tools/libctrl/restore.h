/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files that restore a PV guest share.
 */
#ifndef LIBCTRL_RESTORE_H
#define LIBCTRL_RESTORE_H

#include "build.h"
#include "pv_frames.h"
#include "record.h"

struct ctrl_saved {
    struct record_reader reader;
    char *config;
};

struct restore {
    struct record_reader *reader;
    const struct ctrl_domain_config *dom;
    const struct ctrl_restore *cfg;
    uint32_t domid;
    bool created, has_vcpu0;
    struct save_domain domain;
    struct pv_frames frames;    /* nr_frames 0: not known yet */
    uint64_t nr_kinds;          /* so many are known */
    uint64_t nr_present, nr_loaded;
    uint64_t *list;             /* machine frames of the guest's own list */
    uint64_t nr_list;
    uint64_t shared_info_mfn;   /* 0: memory is not complete yet */
    struct ctrl_guest_rings *rings;
};

/* A record of a vcpu: its registers to the hypervisor, which checks them. */
int restore_vcpu(struct ctrl *h, struct restore *r);

#endif
