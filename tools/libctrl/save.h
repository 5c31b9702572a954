/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files that save a PV guest share.
 */
#ifndef LIBCTRL_SAVE_H
#define LIBCTRL_SAVE_H

#include "internal.h"
#include "pv_frames.h"
#include "record.h"

#include <public/vcpu.h>
#include <public/xen.h>

struct saving {
    const struct ctrl_save *cfg;
    uint32_t domid;
    struct ctrl_domain_info info;
    struct shared_info *shared; /* mapped for reading */
    struct pv_frames frames;
    uint64_t nr_list;           /* frames of the guest's list */
    uint64_t *list_mfns;
    uint64_t nr_present;
};

/* Reads the guest's list of machine frames: s->frames without their kinds, s->list_mfns. */
int save_read_list(struct ctrl *h, struct saving *s);
/* Asks the hypervisor for their kinds; those that are not the guest's are left out. */
int save_find_kinds(struct ctrl *h, struct saving *s);

/* Registers of a vcpu. -ENODATA: it was never started. */
int save_get_context(struct ctrl *h, uint32_t domid, uint32_t vcpu, struct vcpu_guest_context *out);
/* Writes the records of all vcpus. */
int save_put_vcpus(struct ctrl *h, const struct saving *s);

#endif
