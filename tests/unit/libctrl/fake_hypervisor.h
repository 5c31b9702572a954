/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hypervisor in a box: takes the place of libctrl's handle.c and foreign.c, and does what the
 * hypercalls of domain building ask for on plain memory, strictly. Any call can be made to fail.
 */
#ifndef FAKE_HYPERVISOR_H
#define FAKE_HYPERVISOR_H

#include "internal.h"

#include <public/domctl.h>
#include <public/hvm/params.h>
#include <public/hvm/save.h>
#include <public/statistics.h>

#define FAKE_PAGES 20000
#define FAKE_GFNS  0x100000UL
#define FAKE_XSTATE 64          /* bytes of a vcpu's extended state */

struct fake {
    bool exists, vcpus, pinned, started;
    bool suspended;
    bool hvm;                   /* frames of maps and grants are the guest's */
    uint32_t emulation;         /* XEN_X86_EMU_* */
    uint32_t domid;
    uint64_t max_pages, tot_pages;
    uint64_t first_mfn;         /* that is given out to the next domain */
    uint8_t *memory;            /* all of the machine's, by mfn; a domain's hold rubbish at first */
    uint64_t pfn_of[FAKE_PAGES];
    uint32_t *mfn_of;           /* of the first FAKE_GFNS guest frames; 0: none */
    uint64_t hypercall_page;    /* mfn */
    uint64_t cr3;
    unsigned int next_port, maps;
    struct vcpu_guest_context context;
    struct xen_domctl_ext_vcpucontext callbacks;
    uint8_t xstate[FAKE_XSTATE];
    struct hvm_hw_cpu cpu;      /* the first vcpu's, of a hardware guest */
    uint64_t params[HVM_NR_PARAMS];
    uint32_t capabilities, hw_cap[8];        /* of physinfo */
    struct xen_sysctl_statistics statistics; /* no frames: there are none */
    struct xen_vcpu_statistics *entries;     /* its pages; mapped in place */
    unsigned int statistics_maps;
    long calls;                 /* so far */
    long fail_at;               /* this call fails, from 1; 0: none */
    int fail_with;              /* -errno */
};

extern struct fake fake;

/* First mfn that is given out, and those of the shared pages. */
#define FAKE_FIRST_MFN   1000
#define FAKE_SHARED_INFO 10
#define FAKE_GRANT_TABLE 11

struct ctrl *fake_start(void);
void fake_end(struct ctrl *h);

static inline void *fake_page(uint64_t mfn)
{
    return fake.memory + mfn * PAGE_SIZE;
}

/* Bytes at a physical address of a hardware guest, which has to have that page. */
void *fake_guest(uint64_t phys);

#endif
