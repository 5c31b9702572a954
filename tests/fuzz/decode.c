/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instruction decoder: any bytes, in all modes, with any number of them to be had. It reads
 * none that is not there, what it says is within the processor's limits, and the instruction is as
 * long as it says: with a byte less there is none, with no byte more it is the same.
 */
#include "fuzz.h"

#include <arch/operation.h>
#include <public/errno.h>
#include <stdlib.h>
#include <string.h>

/* From memory of exactly that size: a read behind it is seen by the sanitizer. */
static int decode(struct insn *in, const uint8_t *bytes, unsigned have, unsigned bits)
{
    uint8_t *copy = malloc(have);
    int rc;

    memcpy(copy, bytes, have);
    rc = insn_decode(in, copy, have, bits);
    free(copy);
    return rc;
}

static bool is_register(unsigned nr)
{
    return nr < 16 || nr == INSN_NO_REG;
}

static void check(const struct insn *in, size_t have)
{
    FUZZ_CHECK(in->length >= 1 && in->length <= INSN_MAX_BYTES && in->length <= have,
               "%u bytes long", in->length);
    FUZZ_CHECK(in->map <= INSN_MAP_0F38, "map %u", in->map);
    FUZZ_CHECK(in->op_bytes == 2 || in->op_bytes == 4 || in->op_bytes == 8, "operands of %u bytes",
               in->op_bytes);
    FUZZ_CHECK(in->addr_bytes == 2 || in->addr_bytes == 4 || in->addr_bytes == 8,
               "addresses of %u bytes", in->addr_bytes);
    FUZZ_CHECK(in->seg <= INSN_SEG_GS && in->scale <= 3 && in->imm_bytes <= 8, "fields too large");
    if (in->has_modrm)
        FUZZ_CHECK(in->reg < 16 && in->rm < 16, "register %u, %u", in->reg, in->rm);
    if (in->is_mem)
        FUZZ_CHECK(is_register(in->base) && is_register(in->index), "memory by register %u, %u",
                   in->base, in->index);
}

/* What it does to its operand is of the operand's size, and its registers are registers. */
static void operate(const struct insn *in, const struct cpu_user_regs *regs)
{
    struct insn_operation op;

    if (!insn_operation(&op, in) || !insn_operate(&op, in, regs, 0x5a5a5a5a5a5a5a5a))
        return;
    FUZZ_CHECK(op.bytes && op.bytes <= 8 && !(op.bytes & (op.bytes - 1)), "operand of %u bytes",
               op.bytes);
    FUZZ_CHECK(!op.set_reg || is_register(op.reg), "register %u is set", op.reg);
    FUZZ_CHECK(!(op.flags & ~op.flags_mask), "flags %lx of %lx", op.flags, op.flags_mask);
    FUZZ_CHECK(op.reads || op.write, "neither read nor written");
}

/* The helpers take whatever the decoder has said. */
static void use(const struct insn *in)
{
    struct cpu_user_regs regs;
    unsigned bytes = insn_operand_bytes(in);
    uint64_t value;

    memset(&regs, 0xa5, sizeof(regs));
    (void)insn_effective_address(in, &regs);
    operate(in, &regs);
    if (!in->has_modrm)
        return;
    value = insn_reg_read(in, &regs, in->reg, bytes);
    insn_reg_write(in, &regs, in->reg, bytes, ~value);
    FUZZ_CHECK(insn_reg_read(in, &regs, in->reg, bytes) ==
                   (~value & (bytes == 8 ? ~0UL : (1UL << bytes * 8) - 1)),
               "register %u, written, reads otherwise", in->reg);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static const uint8_t modes[4] = { 32, 64, 16, 64 };
    unsigned bits = modes[fuzz_byte() & 3];
    unsigned have = size ? (unsigned)size - 1 : 0;
    struct insn in = { 0 }, again = { 0 };

    if (decode(&in, data + 1, have, bits))
        return;
    check(&in, have);
    use(&in);
    FUZZ_CHECK(!decode(&again, data + 1, in.length, bits) && !memcmp(&in, &again, sizeof(in)),
               "another instruction without the bytes behind it");
    FUZZ_CHECK(decode(&again, data + 1, in.length - 1u, bits) == -XEN_EFAULT,
               "decoded without its last byte");
}
