/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vcpu for the instruction emulator by itself: eight pages of physical memory, of which the upper
 * half is a device that keeps what is written to it, and further ones that are nothing; linear
 * addresses are physical ones, but for pages that are not mapped.
 */
#ifndef EMULATED_GUEST_H
#define EMULATED_GUEST_H

#include <arch/hvm.h>
#include <arch/hvm_emulate.h>

#define GUEST_PAGES  8
#define GUEST_DEVICE 0x4000UL /* from here to the end */
#define GUEST_END    (GUEST_PAGES * PAGE_SIZE)
#define GUEST_CODE   0x20UL   /* where the instruction is */

extern uint8_t guest_bytes[GUEST_END];
extern struct vcpu guest_vcpu;
extern struct hvm_segment guest_segments[6]; /* enum insn_seg */
extern struct paging_mode guest_paging;
extern unsigned guest_absent;                /* pages that are not mapped, as bits */
extern int guest_exception;                  /* that was injected, -1: none */
extern uint32_t guest_error;
extern uint64_t guest_fault_address;
extern unsigned device_reads, device_writes; /* by devices that answered */
extern bool (*device_waits)(void);           /* NULL: never */
extern struct hvm_io last_port, last_block;
extern bool takes_blocks;                    /* does the device model? */

/** Everything as new, in a mode of 16, 32 or 64 bits; flat, not user. */
void guest_reset(unsigned bits);

#endif
