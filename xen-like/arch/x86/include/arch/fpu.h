/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Floating point and vector state of guests. Kept in the CPU until another vcpu runs there; loaded
 * at the guest's first use.
 */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <hv/types.h>

/* Components of XSAVE that every processor has: bits of XCR0 and of what is stored */
#define XSTATE_X87   0x1UL
#define XSTATE_SSE   0x2UL

struct vcpu;

/** Once on each CPU: CR0, CR4.OSXSAVE, XCR0. The first call finds sizes and what the CPU has. */
void fpu_cpu_init(void);
/** XCR0 bits that guests may use. */
uint64_t fpu_xcr0_max(void);
/** Bytes of an XSAVE area for these XCR0 bits: in the standard form, in which the hypervisor keeps it, and
 * in the compacted one. */
unsigned fpu_area_size(uint64_t xcr0);
unsigned fpu_compacted_size(uint64_t xcr0);

int fpu_vcpu_init(struct vcpu *v);  /* 0 or -ENOMEM */
void fpu_vcpu_free(struct vcpu *v);
/** #NM, or the guest is about to use it: make `v`'s state (v is current) the CPU's. */
void fpu_load_current(struct vcpu *v);
/** Write the state back to v->arch.fpu_area if the CPU holds it; v is current. */
void fpu_save(struct vcpu *v);
/** Save the state of `v`, which is current, and leave the registers, as a C function expects them, to
 * somebody else; fpu_switch_in takes them back. */
void fpu_lend(struct vcpu *v);
/** On the way into `v`: CR0.TS so that its first use faults, or the state itself. */
void fpu_switch_in(struct vcpu *v);
/** Reset to the state after INIT, or take an FXSAVE image of 512 bytes; v does not run. */
void fpu_reset(struct vcpu *v);
void fpu_set_fxsave(struct vcpu *v, const void *image);
/** Legacy 512 bytes of a vcpu that does not run. */
void fpu_get_fxsave(struct vcpu *v, void *image);
/** The first `bytes` (at most fpu_area_size(xcr0_max)) of a stopped vcpu's XSAVE image. */
void fpu_get_xsave(const struct vcpu *v, void *image, unsigned bytes);
/**
 * Take an XSAVE image of `bytes` (at least legacy area and header), checked, as the state of a vcpu
 * that does not run. -EINVAL, -EOPNOTSUPP (components that this machine has not, compacted form),
 * -EIO (reserved fields).
 */
int fpu_set_xsave(struct vcpu *v, uint64_t xcr0, uint64_t accum, const void *image, unsigned bytes);
/** Guest's XSETBV: false when it is to fault. */
bool fpu_set_xcr0(struct vcpu *v, uint64_t value);
/**
 * XEN_DOMCTL_getvcpuextstate and setvcpuextstate (cpu/xstate_xfer.c); v is paused. get: size and
 * mask in *x, or the state in the buffer. -EINVAL, -EOPNOTSUPP, -EFAULT, -ENOMEM.
 */
struct xen_domctl_vcpuextstate;
long vcpu_xstate_get(struct vcpu *v, struct xen_domctl_vcpuextstate *x);
long vcpu_xstate_set(struct vcpu *v, const struct xen_domctl_vcpuextstate *x);
/** CR0.TS of this CPU. */
void fpu_set_ts(bool ts);

#endif
