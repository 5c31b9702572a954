/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of a hardware guest's state (public/hvm/save.h): who writes and reads them. context.c has
 * the table and the streams; every device has its record's functions in its own file, or beside it.
 *
 * The domain is paused: none of its vcpus runs, but timers do.
 */
#ifndef ARCH_HVM_SAVE_H
#define ARCH_HVM_SAVE_H

#include <hv/types.h>

struct domain;

struct hvm_context {
    struct domain *d;
    uint64_t tsc; /* the machine's, at the moment that all of the context is of */
};

/** Write the record to `to`, which is zero: its bytes, or 0 if the domain has no such record. */
typedef unsigned hvm_save_fn(const struct hvm_context *c, unsigned instance, void *to);
/** Check all of it, then take it; there is such an instance, and `bytes` is a length of the type. 0,
 * -EINVAL or -EOPNOTSUPP, and nothing has changed. */
typedef int hvm_load_fn(const struct hvm_context *c, unsigned instance, const void *from,
                        unsigned bytes);

/* hvm/save_vcpu.c */
hvm_save_fn hvm_save_cpu, hvm_save_xsave, hvm_save_mtrr;
hvm_load_fn hvm_load_cpu, hvm_load_xsave, hvm_load_mtrr;
/** Bytes of the longest CPU_XSAVE record that there is on this machine. */
unsigned hvm_xsave_bytes(void);

/* hvm/vlapic_save.c */
hvm_save_fn vlapic_save, vlapic_save_regs;
hvm_load_fn vlapic_load, vlapic_load_regs;

/* A PC's devices, each in its own file; of a domain that has them, with the platform's lock. */
hvm_save_fn vpic_save, vioapic_save, vlines_save_pci, vlines_save_isa, vlines_save_links, vpit_save,
    vrtc_save, vhpet_save, vpm_save;
hvm_load_fn vpic_load, vioapic_load, vlines_load_pci, vlines_load_isa, vlines_load_links, vpit_load,
    vrtc_load, vhpet_load, vpm_load;

#endif
