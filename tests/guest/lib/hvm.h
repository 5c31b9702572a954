/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hardware guests as small as can be, for Dom0 on a machine with VT-x: a piece of code in a mode of
 * the processor, with tables that send every exception and interrupt to its stub. hvm.c.
 *
 * The code is at HVM_CODE, begins with a jump over HVM_STUBS stubs of 16 bytes, and leaves what it
 * finds at HVM_RESULTS. It ends by halting with interrupts off.
 */
#ifndef GUEST_HVM_H
#define GUEST_HVM_H

#include "guest.h"
#include <public/hvm/save.h>

#define HVM_CODE    0x1000 /* two pages */
#define HVM_RESULTS 0x3000
#define HVM_PAGES   12     /* from 0 on; the stack is below their end */
#define HVM_STACK   0xbff0
#define HVM_MAX_VCPUS  2
#define HVM_VCPU_ENTRY 2 /* bytes by which a vcpu begins behind the one before, */
#define HVM_VCPU_STACK 0x400 /* and its stack is below that one's */
#define HVM_STUBS   50
#define HVM_FIRST_STUB 16

enum hvm_mode { HVM_REAL, HVM_PROTECTED, HVM_PAE, HVM_LONG, HVM_MODES };
extern const char *const hvm_mode_names[HVM_MODES];

/** `emulation`: XEN_X86_EMU_*. -EOPNOTSUPP on a machine that has no VT-x. */
long hvm_create(domid_t *domid, unsigned vcpus, uint32_t emulation);

/** A window to the page of a guest's address; window_free() it. */
void *hvm_map(domid_t domid, uint64_t address);

/** Runs code in a new guest until its end, which is the result (SHUTDOWN_*), or -1 and a failure.
 * What it left at HVM_RESULTS is copied. `change` may be NULL. */
struct hvm_run {
    enum hvm_mode mode;
    const uint8_t *code, *end;
    void (*change)(struct hvm_hw_cpu *cpu); /* its registers before it starts */
    unsigned vcpus;                         /* 0: one */
    unsigned absent;                        /* of them, the last: those that the guest starts */
    uint32_t emulation;                     /* XEN_X86_EMU_*; 0: its local APIC */
    void (*beside)(domid_t domid);          /* one that never ends: done while it runs; then it is
                                               destroyed, and -1 the result */
    /* a device model: before the guest starts, while it runs, and after its end; may be NULL */
    void (*prepare)(domid_t domid);
    void (*serve)(void);
    void (*leave)(void);
    uint8_t results[512];
};
int hvm_run(struct hvm_run *run);

/** A probe of a guest that goes through some (hvm_code.h), and the vector that it ends with in each
 * mode. */
struct hvm_probe {
    const char *text;
    uint8_t vector[HVM_MODES];
};
/** Runs such a guest, which powers itself off; a failure names the first probe that ended otherwise. */
void hvm_run_probes(struct hvm_run *run, const struct hvm_probe *probes, unsigned n);

/** Ends the test where hardware guests are refused. */
#define NEEDS_HVM()                                                  \
    do {                                                             \
        domid_t domid_;                                              \
        long made_;                                                  \
                                                                     \
        NEEDS_DOM0();                                                \
        made_ = hvm_create(&domid_, 1, XEN_X86_EMU_LAPIC);                            \
        if (made_ == -XEN_EOPNOTSUPP) {                              \
            skip("the machine has no VT-x");                         \
            return;                                                  \
        }                                                            \
        CHECK_EQ(made_, 0);                                          \
        CHECK_EQ(domain_destroy(domid_), 0);                         \
    } while (0)

#endif
