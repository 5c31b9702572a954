/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain with a PC's devices and two vcpus, for the tests of each device: its ports as a guest
 * uses them, its time as the test lets it pass. */
#ifndef TEST_PC_H
#define TEST_PC_H

#include "take.h"

#include <arch/vlapic.h>
#include <arch/vplatform.h>
#include <stdlib.h>

#define MS 1000000L /* ns */

extern struct domain *pc;
extern struct vplatform *platform;
extern unsigned kicks[2];
extern int shut_down; /* reason, -1: not */
extern bool models_port;    /* a device model has the clock's ports; reads are ones, */
extern unsigned model_has;  /* and this was written last: port << 8 | value */

void pc_setup(void); /* the local APICs are on, and LINT0 passes the PICs' interrupts */
void pc_teardown(void);
void pass(s_time_t ns); /* in one go: timers fire at its end */

uint8_t in8(unsigned port);
uint32_t in32(unsigned port);
void out8(unsigned port, uint8_t value);
void out16(unsigned port, uint16_t value);
uint32_t read32(uint64_t address);
void write32(uint64_t address, uint32_t value);

/** Vector of the PICs' interrupt for vcpu 0, which is taken; -1: none. */
int take_extint(void);
/** The PICs as kernels set them up: vectors 0x20 and 0x28, nothing masked. */
void pics_begin(void);

Suite *pc_suite(const char *name, const TTest *const *tests, unsigned n);

#endif
