/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processor state of guests outside the frame of entry.S, as it stands in the CPU while a vcpu
 * runs. pv/context.c.
 */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include <hv/domain.h>

uint64_t read_fs_base(void);
void write_fs_base(uint64_t v);
uint64_t read_gs_base(void);
void write_gs_base(uint64_t v);
/** The GS base of the mode (guest kernel or user) that is not running. */
uint64_t read_other_gs_base(void);
void write_other_gs_base(uint64_t v);
/** Load %gs for guest user mode while in guest kernel mode; false when the selector was bad (null
 * is loaded then). */
bool load_user_gs_selector(uint16_t sel);
/** Make the current vcpu's LDT the CPU's. */
void load_ldt(struct vcpu *v);
void load_debug_registers(const struct vcpu *v);
/** CR4 to run `v` with, on this CPU. */
uint64_t guest_real_cr4(const struct vcpu *v);
/** Write CR4 if it differs. */
void load_cr4(uint64_t cr4);
__attribute__((noreturn)) void idle_loop(void);

#endif
