/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a decoded instruction with one operand in memory does to it, to a register and to the flags.
 * insn/operation.c. No dependence on the machine.
 */
#ifndef ARCH_OPERATION_H
#define ARCH_OPERATION_H

#include <arch/decode.h>

struct insn_operation {
    uint8_t bytes;       /* of the memory operand: 1, 2, 4, 8 */
    bool reads;          /* it uses what is there; otherwise `old` need not be known */

    /* what comes of it: insn_operate */
    uint64_t old, new;   /* of the operand */
    uint64_t flags_mask; /* flags that change, and to what */
    uint64_t flags;
    bool write;          /* the operand becomes `new` */
    bool set_reg;        /* register `reg` becomes reg_value, as an operand of reg_bytes */
    uint8_t reg, reg_bytes;
    uint64_t reg_value;
};

/** Is the instruction known here? Then bytes and reads are set, and nothing is written or changed
 * yet. */
bool insn_operation(struct insn_operation *op, const struct insn *in);
/** Carry it out on the operand `old`: false if it is not known, after all. */
bool insn_operate(struct insn_operation *op, const struct insn *in,
                  const struct cpu_user_regs *regs, uint64_t old);
/** Registers and flags become what the operation has made of them; rip stays. */
void insn_retire(const struct insn_operation *op, const struct insn *in,
                 struct cpu_user_regs *regs);
/** Flags that arithmetic changes, and what they are after `a - b`: of CMPS and SCAS, too. */
#define INSN_ARITH_FLAGS 0x8d5UL
uint64_t insn_compare(uint64_t a, uint64_t b, unsigned bytes);

#endif
