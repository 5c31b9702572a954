/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instruction decoder: prefixes, opcode, ModRM, displacement, immediate. One table row per opcode
 * says which of these follow; a row of 0 without NONE is an opcode that nothing here emulates, and
 * is refused. (Intel SDM volume 2, chapter 2 and appendix A)
 */
#include <arch/decode.h>
#include <public/errno.h>

/* What follows the opcode */
#define NONE   0x01 /* known */
#define MODRM  0x02
#define IMM8   0x04
#define IMMZ   0x08 /* 2 or 4 bytes by operand size */
#define IMMV   0x10 /* 2, 4 or 8 bytes */
#define MOFFS  0x20 /* direct offset of address size */
#define BYTE   0x40 /* byte operation */
#define GROUP3 0x80 /* the immediate is only there for reg 0 and 1 */

#define ALU(first)                                                                                 \
    [(first)] = MODRM | BYTE, [(first) + 1] = MODRM, [(first) + 2] = MODRM | BYTE,                 \
    [(first) + 3] = MODRM, [(first) + 4] = IMM8 | BYTE, [(first) + 5] = IMMZ

static const uint8_t table_1byte[256] = {
    ALU(0x00), ALU(0x08), ALU(0x10), ALU(0x18), ALU(0x20), ALU(0x28), ALU(0x30), ALU(0x38),
    [0x63] = MODRM,
    [0x6c] = NONE | BYTE, [0x6d] = NONE, [0x6e] = NONE | BYTE, [0x6f] = NONE,
    [0x80] = MODRM | IMM8 | BYTE, [0x81] = MODRM | IMMZ, [0x83] = MODRM | IMM8,
    [0x84] = MODRM | BYTE, [0x85] = MODRM, [0x86] = MODRM | BYTE, [0x87] = MODRM,
    [0x88] = MODRM | BYTE, [0x89] = MODRM, [0x8a] = MODRM | BYTE, [0x8b] = MODRM, [0x8f] = MODRM,
    [0x90] = NONE,
    [0xa0] = MOFFS | BYTE, [0xa1] = MOFFS, [0xa2] = MOFFS | BYTE, [0xa3] = MOFFS,
    [0xa4] = NONE | BYTE, [0xa5] = NONE, [0xa6] = NONE | BYTE, [0xa7] = NONE,
    [0xaa] = NONE | BYTE, [0xab] = NONE, [0xac] = NONE | BYTE, [0xad] = NONE,
    [0xae] = NONE | BYTE, [0xaf] = NONE,
    [0xc6] = MODRM | IMM8 | BYTE, [0xc7] = MODRM | IMMZ,
    [0xe4] = IMM8 | BYTE, [0xe5] = IMM8, [0xe6] = IMM8 | BYTE, [0xe7] = IMM8,
    [0xec] = NONE | BYTE, [0xed] = NONE, [0xee] = NONE | BYTE, [0xef] = NONE,
    [0xf4] = NONE,
    [0xf6] = MODRM | IMM8 | BYTE | GROUP3, [0xf7] = MODRM | IMMZ | GROUP3,
    [0xfa] = NONE, [0xfb] = NONE,
    [0xfe] = MODRM | BYTE, [0xff] = MODRM,
};

static const uint8_t table_0f[256] = {
    [0x00] = MODRM, [0x01] = MODRM, [0x06] = NONE, [0x08] = NONE, [0x09] = NONE,
    [0x20] = MODRM, [0x21] = MODRM, [0x22] = MODRM, [0x23] = MODRM,
    [0x30] = NONE, [0x31] = NONE, [0x32] = NONE, [0x33] = NONE, [0xa2] = NONE,
    [0xa3] = MODRM, [0xab] = MODRM, [0xb0] = MODRM | BYTE, [0xb1] = MODRM, [0xb3] = MODRM,
    [0xb6] = MODRM, [0xb7] = MODRM, [0xba] = MODRM | IMM8, [0xbb] = MODRM,
    [0xbe] = MODRM, [0xbf] = MODRM, [0xc0] = MODRM | BYTE, [0xc1] = MODRM, [0xc3] = MODRM,
    [0xc7] = MODRM,
};

struct cursor {
    const uint8_t *at, *end;
    int at_end; /* what is wrong with an instruction that goes on there */
};

static inline int next_byte(struct cursor *c, uint8_t *b)
{
    if (c->at == c->end)
        return c->at_end;
    *b = *c->at++;
    return 0;
}

/* A little-endian number of 1, 2, 4 or 8 bytes, sign-extended; 0 bytes: *out stays */
static inline int next_number(struct cursor *c, unsigned bytes, int64_t *out)
{
    union {
        int8_t byte;
        int16_t word;
        int32_t dword;
        int64_t qword;
    } __attribute__((packed)) const *n = (const void *)c->at;

    if ((unsigned)(c->end - c->at) < bytes)
        return c->at_end;
    switch (bytes) {
    case 1: *out = n->byte; break;
    case 2: *out = n->word; break;
    case 4: *out = n->dword; break;
    case 8: *out = n->qword; break;
    }
    c->at += bytes;
    return 0;
}

struct prefixes {
    bool addrsize;
    int seg; /* -1: none */
};

/* Note one legacy prefix; false when the byte is none */
static bool legacy_prefix(struct insn *in, struct prefixes *p, uint8_t b, unsigned code_bits)
{
    switch (b) {
    case 0x66: in->opsize = true; return true;
    case 0x67: p->addrsize = true; return true;
    case 0xf0: in->lock = true; return true;
    case 0xf2: in->repne = true; return true;
    case 0xf3: in->rep = true; return true;
    case 0x64: p->seg = INSN_SEG_FS; return true;
    case 0x65: p->seg = INSN_SEG_GS; return true;
    case 0x26: case 0x2e: case 0x36: case 0x3e:
        if (code_bits != 64)
            p->seg = b >> 3 & 3;
        return true;
    default:
        return false;
    }
}

/* Prefixes up to the first opcode byte, which is left in *op */
static int decode_prefixes(struct insn *in, struct cursor *c, struct prefixes *p,
                           unsigned code_bits, uint8_t *op)
{
    for (;;) {
        int rc = next_byte(c, op);

        if (rc)
            return rc;
        if (code_bits == 64 && (*op & 0xf0) == 0x40)
            in->rex = *op;
        else if (*op != 0x0f && legacy_prefix(in, p, *op, code_bits))
            in->rex = 0; /* REX counts only right before the opcode */
        else
            return 0;
    }
}

static int decode_sib(struct insn *in, struct cursor *c)
{
    uint8_t sib = 0;
    int rc = next_byte(c, &sib);

    if (rc)
        return rc;
    in->scale = sib >> 6;
    in->index = (sib >> 3 & 7) | (in->rex & 2) << 2;
    if (in->index == 4)
        in->index = INSN_NO_REG;
    in->base = (sib & 7) | (in->rex & 1) << 3;
    if ((sib & 7) == 5 && in->modrm >> 6 == 0) {
        in->base = INSN_NO_REG;
        return next_number(c, 4, &in->disp);
    }
    return 0;
}

/* ModRM with 16-bit addresses: sums of BX (3), BP (5), SI (6), DI (7). */
static int decode_memory16(struct insn *in, struct cursor *c)
{
    static const uint8_t bases[8] = { 3, 3, 5, 5, 6, 7, 5, 3 };
    static const uint8_t indices[8] = { 6, 7, 6, 7, INSN_NO_REG, INSN_NO_REG, INSN_NO_REG,
                                        INSN_NO_REG };
    unsigned mod = in->modrm >> 6, rm = in->modrm & 7;

    in->is_mem = true;
    if (mod == 0 && rm == 6)
        return next_number(c, 2, &in->disp);
    in->base = bases[rm];
    in->index = indices[rm];
    return next_number(c, mod, &in->disp);
}

static int decode_memory(struct insn *in, struct cursor *c, bool mode64)
{
    unsigned mod = in->modrm >> 6, rm = in->modrm & 7;
    int rc = 0;

    in->is_mem = true;
    if (rm == 4) {
        rc = decode_sib(in, c);
    } else if (rm == 5 && mod == 0) {
        in->rip_relative = mode64;
        rc = next_number(c, 4, &in->disp);
    } else {
        in->base = in->rm;
    }
    if (!rc && mod == 1)
        rc = next_number(c, 1, &in->disp);
    else if (!rc && mod == 2)
        rc = next_number(c, 4, &in->disp);
    return rc;
}

static int decode_modrm(struct insn *in, struct cursor *c, unsigned code_bits)
{
    int rc = next_byte(c, &in->modrm);

    if (rc)
        return rc;
    in->has_modrm = true;
    in->reg = (in->modrm >> 3 & 7) | (in->rex & 4) << 1;
    in->rm = (in->modrm & 7) | (in->rex & 1) << 3;
    if (in->modrm >> 6 == 3 || (in->map == INSN_MAP_0F && in->opcode >= 0x20 && in->opcode <= 0x23))
        return 0; /* mov to and from CR and DR have registers only, whatever mod says */
    return in->addr_bytes == 2 ? decode_memory16(in, c) : decode_memory(in, c, code_bits == 64);
}

static int decode_opcode(struct insn *in, struct cursor *c, uint8_t op, uint8_t *attr)
{
    int rc;

    in->opcode = op;
    *attr = table_1byte[op];
    if (op != 0x0f)
        return 0;
    in->map = INSN_MAP_0F;
    rc = next_byte(c, &in->opcode);
    *attr = table_0f[in->opcode];
    return rc;
}

static unsigned immediate_bytes(const struct insn *in, uint8_t attr)
{
    if ((attr & GROUP3) && (in->reg & 7) > 1)
        return 0;
    if (attr & IMM8)
        return 1;
    if (attr & IMMZ)
        return in->op_bytes == 2 ? 2 : 4;
    if (attr & IMMV)
        return in->op_bytes;
    return 0;
}

/* The segment of a memory operand: stack segment by base register, unless overridden */
static uint8_t default_segment(const struct insn *in, int override)
{
    if (override >= 0)
        return override;
    return in->is_mem && (in->base == 4 || in->base == 5) ? INSN_SEG_SS : INSN_SEG_DS;
}

/* RDMSR, WRMSR, CPUID and their like come most often, and nothing has to be found out about them */
static bool is_bare_0f(const uint8_t *bytes)
{
    return bytes[0] == 0x0f && table_0f[bytes[1]] == NONE;
}

/* What mode and prefixes make of operands and addresses */
static void set_sizes(struct insn *in, bool addrsize, unsigned code_bits)
{
    in->op_bytes = in->rex & 8 ? 8 : in->opsize != (code_bits == 16) ? 2 : 4;
    in->addr_bytes = code_bits == 64 ? (addrsize ? 4 : 8) : addrsize != (code_bits == 16) ? 2 : 4;
}

int insn_decode(struct insn *in, const uint8_t *bytes, unsigned have, unsigned code_bits)
{
    bool whole = have >= INSN_MAX_BYTES;
    struct cursor c = { bytes, bytes + (whole ? INSN_MAX_BYTES : have),
                        whole ? -XEN_EINVAL : -XEN_EFAULT };
    struct prefixes p = { false, -1 };
    uint8_t op, attr;
    int rc;

    *in = (struct insn){ .base = INSN_NO_REG, .index = INSN_NO_REG };
    if (have >= 2 && is_bare_0f(bytes)) {
        in->map = INSN_MAP_0F;
        in->opcode = bytes[1];
        set_sizes(in, false, code_bits);
        in->seg = INSN_SEG_DS;
        in->length = 2;
        return 0;
    }
    rc = decode_prefixes(in, &c, &p, code_bits, &op);
    if (!rc)
        rc = decode_opcode(in, &c, op, &attr);
    if (rc)
        return rc;
    if (!attr)
        return -XEN_EINVAL;

    set_sizes(in, p.addrsize, code_bits);
    in->byte_op = attr & BYTE;
    if (attr & MODRM)
        rc = decode_modrm(in, &c, code_bits);
    if (!rc && (attr & MOFFS)) {
        in->is_mem = true;
        rc = next_number(&c, in->addr_bytes, &in->disp);
    }
    in->imm_bytes = immediate_bytes(in, attr);
    if (!rc && in->imm_bytes)
        rc = next_number(&c, in->imm_bytes, &in->imm);
    in->seg = default_segment(in, p.seg);
    in->length = c.at - bytes;
    return rc;
}

/* Offsets of the general registers in the frame, in the order of their numbers */
#define R(name) offsetof(struct cpu_user_regs, name)
static const uint8_t reg_offset[16] = {
    R(rax), R(rcx), R(rdx), R(rbx), R(rsp), R(rbp), R(rsi), R(rdi),
    R(r8), R(r9), R(r10), R(r11), R(r12), R(r13), R(r14), R(r15),
};

uint64_t *insn_reg_ptr(struct cpu_user_regs *regs, unsigned nr)
{
    return (uint64_t *)((char *)regs + reg_offset[nr & 15]);
}

static uint64_t reg_value(const struct cpu_user_regs *regs, unsigned nr)
{
    return *(const uint64_t *)((const char *)regs + reg_offset[nr & 15]);
}

/* ah, ch, dh, bh: numbers 4 to 7 of byte registers without REX */
static bool high_byte(const struct insn *in, unsigned nr, unsigned bytes)
{
    return bytes == 1 && !in->rex && nr >= 4 && nr < 8;
}

uint64_t insn_reg_read(const struct insn *in, const struct cpu_user_regs *regs, unsigned nr,
                       unsigned bytes)
{
    uint64_t v;

    if (high_byte(in, nr, bytes))
        return reg_value(regs, nr - 4) >> 8 & 0xff;
    v = reg_value(regs, nr);
    return bytes == 8 ? v : v & ((1UL << (8 * bytes)) - 1);
}

void insn_reg_write(const struct insn *in, struct cpu_user_regs *regs, unsigned nr, unsigned bytes,
                    uint64_t value)
{
    uint64_t *r, mask;

    if (high_byte(in, nr, bytes)) {
        r = insn_reg_ptr(regs, nr - 4);
        *r = (*r & ~0xff00UL) | (value & 0xff) << 8;
        return;
    }
    r = insn_reg_ptr(regs, nr);
    if (bytes >= 4) {
        *r = bytes == 8 ? value : (uint32_t)value;
        return;
    }
    mask = (1UL << (8 * bytes)) - 1;
    *r = (*r & ~mask) | (value & mask);
}

/* BT and its kin with a bit number in a register: how far the word with the bit is from the operand. */
static uint64_t bit_distance(const struct insn *in, const struct cpu_user_regs *regs)
{
    unsigned shift = 64 - 8 * in->op_bytes;
    int64_t number = (int64_t)(reg_value(regs, in->reg) << shift) >> shift;

    if (in->map != INSN_MAP_0F || (in->opcode & 0xe7) != 0xa3)
        return 0;
    return (uint64_t)(number >> __builtin_ctz(8 * in->op_bytes)) * in->op_bytes;
}

uint64_t insn_effective_address(const struct insn *in, const struct cpu_user_regs *regs)
{
    uint64_t ea = in->disp + bit_distance(in, regs);

    if (in->rip_relative)
        ea += regs->rip + in->length;
    if (in->base != INSN_NO_REG)
        ea += reg_value(regs, in->base);
    if (in->index != INSN_NO_REG)
        ea += reg_value(regs, in->index) << in->scale;
    return in->addr_bytes == 8 ? ea : ea & ((1UL << 8 * in->addr_bytes) - 1);
}
