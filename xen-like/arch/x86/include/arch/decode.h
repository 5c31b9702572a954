/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table-driven decoder for the instructions that the hypervisor emulates for its guests
 * (insn/decode.c). It finds an instruction's length, prefixes, opcode, operands and effective
 * address; what the instruction does to an operand in memory is insn/operation.c's matter, the rest
 * that of the emulators (pv/emul_priv.c, pv/emul_ptwr.c, hvm/emulate.c). No dependence on the
 * machine: it is given bytes, so that it is tested and fuzzed on the host.
 */
#ifndef ARCH_DECODE_H
#define ARCH_DECODE_H

#include <hv/types.h>
#include <public/xen.h>

#define INSN_MAX_BYTES 15

enum insn_map { INSN_MAP_1BYTE, INSN_MAP_0F, INSN_MAP_0F38 };
enum insn_seg { INSN_SEG_ES, INSN_SEG_CS, INSN_SEG_SS, INSN_SEG_DS, INSN_SEG_FS, INSN_SEG_GS };
#define INSN_NO_REG 0xff
enum insn_reg { INSN_RAX, INSN_RCX, INSN_RDX, INSN_RBX, INSN_RSP, INSN_RBP, INSN_RSI, INSN_RDI };

struct insn {
    uint8_t length;       /* bytes, prefixes included */
    uint8_t map;          /* enum insn_map */
    uint8_t opcode;
    uint8_t op_bytes;     /* operand size that prefixes and mode give: 2, 4 or 8 */
    uint8_t addr_bytes;   /* 2, 4 or 8 */
    uint8_t rex;          /* 0 when absent */
    uint8_t seg;          /* segment of the memory operand, overrides applied: enum insn_seg */
    bool lock, rep, repne, opsize;
    bool byte_op;         /* the operation is on bytes whatever op_bytes says (table column) */
    bool has_modrm;
    uint8_t modrm;
    uint8_t reg;          /* modrm.reg with REX.R */
    uint8_t rm;           /* modrm.rm with REX.B; a register number when !is_mem */
    bool is_mem;          /* modrm names memory, or the instruction has a direct offset (moffs) */
    bool rip_relative;
    uint8_t base, index, scale; /* register numbers or INSN_NO_REG; scale is a shift */
    uint8_t imm_bytes;
    int64_t disp;
    int64_t imm;          /* sign-extended */
};

/**
 * Decode the instruction that the bytes begin with.
 * @param have    number of bytes that could be read; more than 15 are not looked at
 * @param code_bits  of the code segment: 16, 32 or 64
 * @return 0; -EINVAL for what the tables do not have or what is longer than 15 bytes; -EFAULT if it
 * goes on behind the bytes there are
 */
int insn_decode(struct insn *insn, const uint8_t *bytes, unsigned have, unsigned code_bits);

/** Register `nr` (0 = rax ... 15 = r15) in the frame; never NULL for nr < 16. */
uint64_t *insn_reg_ptr(struct cpu_user_regs *regs, unsigned nr);
/** Read a general register as an operand of 1, 2, 4 or 8 bytes (legacy high byte registers without
 * REX). */
uint64_t insn_reg_read(const struct insn *insn, const struct cpu_user_regs *regs, unsigned nr,
                       unsigned bytes);
/** Write it with the processor's rules: 4 bytes zero-extend, 1 and 2 bytes leave the rest. */
void insn_reg_write(const struct insn *insn, struct cpu_user_regs *regs, unsigned nr,
                    unsigned bytes, uint64_t value);
/** All bits of an operand of 1, 2, 4 or 8 bytes. */
static inline uint64_t operand_ones(unsigned bytes)
{
    return bytes == 8 ? ~0UL : (1UL << 8 * bytes) - 1;
}
/** Size of the operation: 1 for byte opcodes, else op_bytes. */
static inline unsigned insn_operand_bytes(const struct insn *insn)
{
    return insn->byte_op ? 1 : insn->op_bytes;
}
/** Offset part of the memory operand (the caller adds the segment's base). `regs->rip` is the
 * instruction's start. */
uint64_t insn_effective_address(const struct insn *insn, const struct cpu_user_regs *regs);

#endif
