/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files that save a guest share.
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
    struct shared_info *shared; /* PV: mapped for reading */
    struct pv_frames frames;    /* of a hardware guest: each is called as it is */
    uint64_t nr_list;           /* frames of the guest's list */
    uint64_t *list_mfns;
    uint64_t nr_present;
};

/* A record of two pieces, of which the second may be empty. */
int save_put(struct ctrl *h, const struct saving *s, enum save_type type, const void *a,
             size_t a_size, const void *b, size_t b_size);

/* Reads the guest's list of machine frames: s->frames without their kinds, s->list_mfns. */
int save_read_list(struct ctrl *h, struct saving *s);
/* Asks the hypervisor for their kinds; those that are not the guest's are left out. */
int save_find_kinds(struct ctrl *h, struct saving *s);

/* Of a hardware guest: asks the hypervisor where it has memory: s->frames. */
int save_find_frames(struct ctrl *h, struct saving *s);
/* Of a hardware guest: writes the records of its parameters, devices and vcpus. */
int save_put_hardware(struct ctrl *h, const struct saving *s);

/* Registers of a vcpu. -ENODATA: it was never started. */
int save_get_context(struct ctrl *h, uint32_t domid, uint32_t vcpu, struct vcpu_guest_context *out);
/* Writes the records of all vcpus. */
int save_put_vcpus(struct ctrl *h, const struct saving *s);

#endif
