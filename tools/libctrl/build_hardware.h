/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How hardware guests of all types are filled: each says what memory there is and what is to be
 * written outside of what its layout loads; they start alike, as the ABI's PVH kernels do.
 */
#ifndef LIBCTRL_BUILD_HARDWARE_H
#define LIBCTRL_BUILD_HARDWARE_H

#include "build.h"

#define HARDWARE_RANGES  6
#define HARDWARE_PARAMS  4

/* What a device model adds by itself to an HVM guest's memory for its cards' ROMs, and what the guest
 * has besides its memory below 1 MiB. */
#define HVM_ROMS_KB      2048
#define HVM_EXTRA_KB     (HVM_ROMS_KB + 4)

struct hardware_guest {
    struct pfn_range ram[HARDWARE_RANGES];      /* up to the first of no pages */
    struct pfn_range special[HARDWARE_RANGES];  /* likewise: outside of RAM, or written by itself */
    uint64_t store, console;                    /* rings: they have to be in special[] */
    struct {
        uint32_t index;                         /* HVM_PARAM_* */
        uint64_t value;
    } params[HARDWARE_PARAMS];
    unsigned int nr_params;
    uint64_t extra_kb;                          /* that somebody else may add to its memory */
    const char *cmdline;                        /* of what is started first; or NULL */
    /*
     * Writes the special pages, all zero before and mapped one after the other.
     */
    void (*write_special)(const struct build *b, char *pages);
};

/* A parameter of a domain (HVM_PARAM_*); all of those by which it finds its rings. */
int hardware_get_param(struct ctrl *h, uint32_t domid, uint32_t index, uint64_t *value);
int hardware_set_param(struct ctrl *h, uint32_t domid, uint32_t index, uint64_t value);
int hardware_set_rings(struct ctrl *h, uint32_t domid, const struct ctrl_guest_rings *rings);

/* Fills a fresh domain with b->kernel and the ramdisk, as b->pvh says. */
int build_hardware(struct ctrl *h, struct build *b, const struct hardware_guest *g,
                   struct ctrl_guest_rings *rings);

#endif
