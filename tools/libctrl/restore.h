/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files that restore a guest share.
 */
#ifndef LIBCTRL_RESTORE_H
#define LIBCTRL_RESTORE_H

#include "build.h"
#include "pv_frames.h"
#include "record.h"

struct ctrl_saved {
    struct record_reader reader;
    char *config;
    void *device_model;         /* NULL: not read yet */
    size_t device_model_size;
};

struct restore {
    struct ctrl_saved *saved;
    struct record_reader *reader;       /* its */
    const struct ctrl_domain_config *dom;
    const struct ctrl_restore *cfg;
    uint32_t domid;
    bool created, has_vcpu0;
    bool hardware;              /* frames are called by the same numbers everywhere */
    struct save_domain domain;
    struct pv_frames frames;    /* nr_frames 0: not known yet */
    uint64_t nr_kinds;          /* so many are known */
    uint64_t nr_present, nr_loaded;
    uint64_t *list;             /* machine frames of the guest's own list */
    uint64_t nr_list;
    uint64_t shared_info_mfn;   /* PV; 0: memory is not complete yet */
    bool has_params;            /* of a hardware guest: and its memory is complete */
    struct ctrl_guest_rings *rings;
};

/* Gives the domain the memory of its frames, when all kinds are known; if that was not done yet. */
int restore_give_memory(struct ctrl *h, struct restore *r);

/* A record of a vcpu: its registers to the hypervisor, which checks them. */
int restore_vcpu(struct ctrl *h, struct restore *r);

/* The records of a hardware guest (restore_hardware.c): its parameters, when all of its memory is
 * there, with rings made anew; its devices and vcpus, which the hypervisor checks; what its next device
 * model checks. */
int restore_params(struct ctrl *h, struct restore *r);
int restore_context(struct ctrl *h, struct restore *r);
int restore_device_model(struct ctrl *h, struct restore *r);

#endif
