/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions with one operand in memory, as a table: a row for each opcode with the function that
 * computes its result. tests/model/ptwr compares them with the processor. (Intel SDM volume 2)
 */
#include <arch/operation.h>

#define CF 0x001UL
#define PF 0x004UL
#define AF 0x010UL
#define ZF 0x040UL
#define SF 0x080UL
#define OF 0x800UL

enum alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };

typedef bool operate_fn(struct insn_operation *op, const struct insn *in,
                        const struct cpu_user_regs *regs);

/* --- arithmetic ------------------------------------------------------------------------------- */
static uint64_t sign_extend(uint64_t value, unsigned bytes)
{
    unsigned shift = 64 - 8 * bytes;

    return (uint64_t)((int64_t)(value << shift) >> shift);
}

static uint64_t result_flags(uint64_t r, unsigned bytes)
{
    uint64_t f = 0;

    if (!(r & operand_ones(bytes)))
        f |= ZF;
    if (r >> (bytes * 8 - 1) & 1)
        f |= SF;
    if (!__builtin_parity(r & 0xff))
        f |= PF;
    return f;
}

/* `r` is the sum, with a carry or without */
static uint64_t add_flags(uint64_t a, uint64_t b, uint64_t r, unsigned bytes)
{
    uint64_t carries = (a & b) | ((a | b) & ~r), f = result_flags(r, bytes);
    unsigned top = bytes * 8 - 1;

    if (carries >> top & 1)
        f |= CF;
    if (carries & 8)
        f |= AF;
    if (((a ^ r) & (b ^ r)) >> top & 1)
        f |= OF;
    return f;
}

static uint64_t sub_flags(uint64_t a, uint64_t b, uint64_t r, unsigned bytes)
{
    uint64_t borrows = (~a & b) | ((~a | b) & r), f = result_flags(r, bytes);
    unsigned top = bytes * 8 - 1;

    if (borrows >> top & 1)
        f |= CF;
    if (borrows & 8)
        f |= AF;
    if (((a ^ b) & (a ^ r)) >> top & 1)
        f |= OF;
    return f;
}

uint64_t insn_compare(uint64_t a, uint64_t b, unsigned bytes)
{
    return sub_flags(a, b, a - b, bytes);
}

static uint64_t add(struct insn_operation *op, uint64_t a, uint64_t b, uint64_t carry)
{
    op->flags = add_flags(a, b, a + b + carry, op->bytes);
    return a + b + carry;
}

static uint64_t subtract(struct insn_operation *op, uint64_t a, uint64_t b, uint64_t borrow)
{
    op->flags = sub_flags(a, b, a - b - borrow, op->bytes);
    return a - b - borrow;
}

static uint64_t logic(struct insn_operation *op, uint64_t r)
{
    op->flags = result_flags(r, op->bytes);
    return r;
}

/* The eight operations that opcode bits 5:3, or modrm.reg of group 1, select. */
static uint64_t alu(struct insn_operation *op, enum alu which, uint64_t a, uint64_t b,
                    const struct cpu_user_regs *regs)
{
    uint64_t carry = regs->rflags & CF;

    op->flags_mask = INSN_ARITH_FLAGS;
    switch (which) {
    case ALU_ADD: return add(op, a, b, 0);
    case ALU_OR: return logic(op, a | b);
    case ALU_ADC: return add(op, a, b, carry);
    case ALU_SBB: return subtract(op, a, b, carry);
    case ALU_AND: return logic(op, a & b);
    case ALU_XOR: return logic(op, a ^ b);
    default: return subtract(op, a, b, 0);
    }
}

/* --- operands --------------------------------------------------------------------------------- */
static uint64_t source(const struct insn_operation *op, const struct insn *in,
                       const struct cpu_user_regs *regs)
{
    return insn_reg_read(in, regs, in->reg, op->bytes);
}

static bool store(struct insn_operation *op, uint64_t value)
{
    op->write = true;
    op->new = value;
    return true;
}

static bool load(struct insn_operation *op, unsigned reg, uint64_t value, unsigned bytes)
{
    op->set_reg = true;
    op->reg = reg;
    op->reg_value = value;
    op->reg_bytes = bytes;
    return true;
}

/* --- instructions ----------------------------------------------------------------------------- */
static bool alu_to_memory(struct insn_operation *op, const struct insn *in,
                          const struct cpu_user_regs *regs)
{
    enum alu which = in->opcode >> 3;

    op->new = alu(op, which, op->old, source(op, in, regs), regs);
    op->write = which != ALU_CMP;
    return true;
}

static bool alu_to_register(struct insn_operation *op, const struct insn *in,
                            const struct cpu_user_regs *regs)
{
    enum alu which = in->opcode >> 3;
    uint64_t result = alu(op, which, source(op, in, regs), op->old, regs);

    return which == ALU_CMP || load(op, in->reg, result, op->bytes);
}

static bool alu_immediate(struct insn_operation *op, const struct insn *in,
                          const struct cpu_user_regs *regs)
{
    enum alu which = in->modrm >> 3 & 7;

    op->new = alu(op, which, op->old, in->imm, regs);
    op->write = which != ALU_CMP;
    return true;
}

static bool test(struct insn_operation *op, const struct insn *in, const struct cpu_user_regs *regs)
{
    alu(op, ALU_AND, op->old, source(op, in, regs), regs);
    return true;
}

/* TEST with an immediate, NOT, NEG. */
static bool group3(struct insn_operation *op, const struct insn *in,
                   const struct cpu_user_regs *regs)
{
    switch (in->modrm >> 3 & 7) {
    case 0: case 1: alu(op, ALU_AND, op->old, in->imm, regs); return true;
    case 2: return store(op, ~op->old);
    case 3: return store(op, alu(op, ALU_SUB, 0, op->old, regs));
    default: return false;
    }
}

/* INC and DEC, which leave the carry. */
static bool group4(struct insn_operation *op, const struct insn *in,
                   const struct cpu_user_regs *regs)
{
    unsigned which = in->modrm >> 3 & 7;

    if (which > 1)
        return false;
    store(op, alu(op, which ? ALU_SUB : ALU_ADD, op->old, 1, regs));
    op->flags_mask &= ~CF;
    op->flags &= ~CF;
    return true;
}

static bool xchg(struct insn_operation *op, const struct insn *in, const struct cpu_user_regs *regs)
{
    return store(op, source(op, in, regs)) && load(op, in->reg, op->old, op->bytes);
}

/* With a direct offset there is no ModRM: in->reg is 0, rax, as it has to be. */
static bool mov_store(struct insn_operation *op, const struct insn *in,
                      const struct cpu_user_regs *regs)
{
    return store(op, source(op, in, regs));
}

static bool mov_load(struct insn_operation *op, const struct insn *in,
                     const struct cpu_user_regs *regs)
{
    return load(op, in->reg, op->old, op->bytes);
}

static bool mov_immediate(struct insn_operation *op, const struct insn *in,
                          const struct cpu_user_regs *regs)
{
    return !(in->modrm >> 3 & 7) && store(op, in->imm);
}

static bool movzx(struct insn_operation *op, const struct insn *in, const struct cpu_user_regs *regs)
{
    return load(op, in->reg, op->old, in->op_bytes);
}

static bool movsx(struct insn_operation *op, const struct insn *in, const struct cpu_user_regs *regs)
{
    return load(op, in->reg, sign_extend(op->old, op->bytes), in->op_bytes);
}

/* In other modes, and without REX.W, this opcode is another instruction or one nobody uses. */
static bool movsxd(struct insn_operation *op, const struct insn *in,
                   const struct cpu_user_regs *regs)
{
    return (in->rex & 8) && movsx(op, in, regs);
}

static void bit(struct insn_operation *op, unsigned which, uint64_t number)
{
    uint64_t mask = 1UL << (number & (op->bytes * 8 - 1));
    enum { BT, BTS, BTR, BTC };

    op->flags_mask = CF;
    op->flags = op->old & mask ? CF : 0;
    op->write = which != BT;
    op->new = which == BTS ? op->old | mask : which == BTR ? op->old & ~mask : op->old ^ mask;
}

static bool bit_register(struct insn_operation *op, const struct insn *in,
                         const struct cpu_user_regs *regs)
{
    bit(op, in->opcode >> 3 & 3, source(op, in, regs));
    return true;
}

static bool bit_immediate(struct insn_operation *op, const struct insn *in,
                          const struct cpu_user_regs *regs)
{
    bit(op, in->modrm >> 3 & 3, in->imm);
    return in->modrm >> 3 & 4;
}

static bool cmpxchg(struct insn_operation *op, const struct insn *in,
                    const struct cpu_user_regs *regs)
{
    uint64_t expected = insn_reg_read(in, regs, INSN_RAX, op->bytes);

    op->flags_mask = INSN_ARITH_FLAGS;
    op->flags = insn_compare(expected, op->old, op->bytes);
    if (op->flags & ZF)
        return store(op, source(op, in, regs));
    return load(op, INSN_RAX, op->old, op->bytes);
}

static bool xadd(struct insn_operation *op, const struct insn *in, const struct cpu_user_regs *regs)
{
    return store(op, alu(op, ALU_ADD, op->old, source(op, in, regs), regs)) &&
           load(op, in->reg, op->old, op->bytes);
}

/* --- the table -------------------------------------------------------------------------------- */
struct row {
    operate_fn *fn;
    bool reads;
    uint8_t bytes; /* of the operand; 0: as the decoder says */
};

#define ALU(first)                                                                             \
    [(first)] = { alu_to_memory, true, 0 }, [(first) + 1] = { alu_to_memory, true, 0 },        \
    [(first) + 2] = { alu_to_register, true, 0 }, [(first) + 3] = { alu_to_register, true, 0 }

static const struct row rows_1byte[256] = {
    ALU(0x00), ALU(0x08), ALU(0x10), ALU(0x18), ALU(0x20), ALU(0x28), ALU(0x30), ALU(0x38),
    [0x63] = { movsxd, true, 4 },
    [0x80] = { alu_immediate, true, 0 },  [0x81] = { alu_immediate, true, 0 },
    [0x83] = { alu_immediate, true, 0 },
    [0x84] = { test, true, 0 },           [0x85] = { test, true, 0 },
    [0x86] = { xchg, true, 0 },           [0x87] = { xchg, true, 0 },
    [0x88] = { mov_store, false, 0 },     [0x89] = { mov_store, false, 0 },
    [0x8a] = { mov_load, true, 0 },       [0x8b] = { mov_load, true, 0 },
    [0xa0] = { mov_load, true, 0 },       [0xa1] = { mov_load, true, 0 },
    [0xa2] = { mov_store, false, 0 },     [0xa3] = { mov_store, false, 0 },
    [0xc6] = { mov_immediate, false, 0 }, [0xc7] = { mov_immediate, false, 0 },
    [0xf6] = { group3, true, 0 },         [0xf7] = { group3, true, 0 },
    [0xfe] = { group4, true, 0 },         [0xff] = { group4, true, 0 },
};

static const struct row rows_0f[256] = {
    [0xa3] = { bit_register, true, 0 },   [0xab] = { bit_register, true, 0 },
    [0xb3] = { bit_register, true, 0 },   [0xbb] = { bit_register, true, 0 },
    [0xba] = { bit_immediate, true, 0 },
    [0xb0] = { cmpxchg, true, 0 },        [0xb1] = { cmpxchg, true, 0 },
    [0xb6] = { movzx, true, 1 },          [0xb7] = { movzx, true, 2 },
    [0xbe] = { movsx, true, 1 },          [0xbf] = { movsx, true, 2 },
    [0xc0] = { xadd, true, 0 },           [0xc1] = { xadd, true, 0 },
    [0xc3] = { mov_store, false, 0 }, /* MOVNTI */
};

static const struct row *row_of(const struct insn *in)
{
    const struct row *row =
        in->map == INSN_MAP_0F ? &rows_0f[in->opcode] : &rows_1byte[in->opcode];

    return in->map <= INSN_MAP_0F && in->is_mem && !in->rep && !in->repne && row->fn ? row : NULL;
}

static void begin(struct insn_operation *op, const struct insn *in, const struct row *row)
{
    op->bytes = row->bytes ? row->bytes : insn_operand_bytes(in);
    op->reads = row->reads;
    op->write = op->set_reg = false;
    op->flags_mask = op->flags = 0;
}

bool insn_operation(struct insn_operation *op, const struct insn *in)
{
    const struct row *row = row_of(in);

    if (row)
        begin(op, in, row);
    return row;
}

bool insn_operate(struct insn_operation *op, const struct insn *in,
                  const struct cpu_user_regs *regs, uint64_t old)
{
    const struct row *row = row_of(in);

    if (!row)
        return false;
    begin(op, in, row);
    op->old = old & operand_ones(op->bytes);
    return row->fn(op, in, regs);
}

void insn_retire(const struct insn_operation *op, const struct insn *in, struct cpu_user_regs *regs)
{
    if (op->set_reg)
        insn_reg_write(in, regs, op->reg, op->reg_bytes, op->reg_value);
    regs->rflags = (regs->rflags & ~op->flags_mask) | op->flags;
}
