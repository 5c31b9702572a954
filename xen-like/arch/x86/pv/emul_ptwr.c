/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writable page tables, emulated: a guest kernel's write to one of its L1 tables, which is mapped
 * read-only, faults; the instruction is carried out here as a checked update of the entry. A write
 * that the rules refuse is left to the guest as the fault that it was.
 */
#include <arch/decode.h>
#include <arch/mm.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <public/errno.h>

#define CF 0x001UL
#define PF 0x004UL
#define AF 0x010UL
#define ZF 0x040UL
#define SF 0x080UL
#define OF 0x800UL
#define ARITH_FLAGS (CF | PF | AF | ZF | SF | OF)

/** One memory operation: reads `old`, yields what to write and what else changes. */
struct write_op {
    unsigned bytes;      /* of the memory operand: 1, 2, 4, 8 */
    uint64_t old, new;   /* of the operand */
    uint64_t flags_mask; /* flags that change, and to what */
    uint64_t flags;
    bool write;          /* false: a cmpxchg that failed */
    bool set_reg;        /* register operand becomes reg_value */
    unsigned reg;
    uint64_t reg_value;
};

static inline uint64_t ones(unsigned bytes) { return bytes == 8 ? ~0UL : (1UL << bytes * 8) - 1; }

static uint64_t result_flags(uint64_t r, unsigned bytes)
{
    uint64_t f = 0;

    if (!(r & ones(bytes)))
        f |= ZF;
    if (r >> (bytes * 8 - 1) & 1)
        f |= SF;
    if (!__builtin_parity(r & 0xff))
        f |= PF;
    return f;
}

static void do_logic(struct write_op *op, uint64_t r)
{
    op->new = r;
    op->flags_mask = ARITH_FLAGS;
    op->flags = result_flags(r, op->bytes);
}

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

static void do_add(struct write_op *op, uint64_t b)
{
    op->new = op->old + b;
    op->flags_mask = ARITH_FLAGS;
    op->flags = add_flags(op->old, b, op->new, op->bytes);
}

static void do_sub(struct write_op *op, uint64_t b)
{
    op->new = op->old - b;
    op->flags_mask = ARITH_FLAGS;
    op->flags = sub_flags(op->old, b, op->new, op->bytes);
}

/**
 * The eight operations that opcode bits 5:3 (or modrm.reg of group 1) select; false for adc, sbb
 * and cmp.
 */
static bool do_alu(struct write_op *op, unsigned which, uint64_t b)
{
    switch (which) {
    case 0:
        do_add(op, b);
        return true;
    case 1:
        do_logic(op, op->old | b);
        return true;
    case 4:
        do_logic(op, op->old & b);
        return true;
    case 5:
        do_sub(op, b);
        return true;
    case 6:
        do_logic(op, op->old ^ b);
        return true;
    default:
        return false;
    }
}

/** bts (1), btr (2), btc (3). */
static void do_bit(struct write_op *op, unsigned which, uint64_t bit)
{
    uint64_t mask = 1UL << (bit & (op->bytes * 8 - 1));

    op->new = which == 1 ? op->old | mask : which == 2 ? op->old & ~mask : op->old ^ mask;
    op->flags_mask = CF;
    op->flags = op->old & mask ? CF : 0;
}

static void do_cmpxchg(struct write_op *op, uint64_t expected, uint64_t src)
{
    op->flags_mask = ARITH_FLAGS;
    op->flags = sub_flags(expected, op->old, expected - op->old, op->bytes);
    op->write = ((expected ^ op->old) & ones(op->bytes)) == 0;
    op->new = src;
    if (!op->write) {
        op->set_reg = true;
        op->reg = 0;
        op->reg_value = op->old;
    }
}

static void exchange_with_reg(struct write_op *op, const struct insn *in)
{
    op->set_reg = true;
    op->reg = in->reg;
    op->reg_value = op->old;
}

static bool op_1byte(struct write_op *op, const struct insn *in, const struct cpu_user_regs *regs)
{
    uint64_t src = insn_reg_read(in, regs, in->reg, op->bytes);

    switch (in->opcode) {
    case 0x00: case 0x01: case 0x08: case 0x09: case 0x20: case 0x21:
    case 0x28: case 0x29: case 0x30: case 0x31:
        return do_alu(op, in->opcode >> 3, src);
    case 0x80: case 0x81: case 0x83:
        return do_alu(op, in->modrm >> 3 & 7, in->imm);
    case 0x86: case 0x87:
        exchange_with_reg(op, in);
        op->new = src;
        return true;
    case 0x88: case 0x89:
        op->new = src;
        return true;
    case 0xa2: case 0xa3:
        op->new = insn_reg_read(in, regs, 0, op->bytes);
        return true;
    case 0xc6: case 0xc7:
        op->new = in->imm;
        return (in->modrm >> 3 & 7) == 0;
    default:
        return false;
    }
}

static bool op_0f(struct write_op *op, const struct insn *in, const struct cpu_user_regs *regs)
{
    uint64_t src = insn_reg_read(in, regs, in->reg, op->bytes);

    switch (in->opcode) {
    case 0xab:
        do_bit(op, 1, src);
        return true;
    case 0xb3:
        do_bit(op, 2, src);
        return true;
    case 0xbb:
        do_bit(op, 3, src);
        return true;
    case 0xba:
        do_bit(op, (in->modrm >> 3 & 7) - 4, in->imm);
        return (in->modrm >> 3 & 7) >= 5;
    case 0xb0: case 0xb1:
        do_cmpxchg(op, insn_reg_read(in, regs, 0, op->bytes), src);
        return true;
    case 0xc0: case 0xc1:
        do_add(op, src);
        exchange_with_reg(op, in);
        return true;
    default:
        return false;
    }
}

/** What the instruction does to the operand `old`: false if it is not one of those emulated. */
static bool evaluate(struct write_op *op, const struct insn *in, const struct cpu_user_regs *regs,
                     uint64_t old)
{
    *op = (struct write_op){ .bytes = insn_operand_bytes(in), .old = old, .write = true };
    op->old &= ones(op->bytes);
    if (!in->is_mem || in->rep || in->repne)
        return false;
    if (in->map == INSN_MAP_1BYTE)
        return op_1byte(op, in, regs);
    return in->map == INSN_MAP_0F && op_0f(op, in, regs);
}

/**
 * The entry of a valid L1 of the domain that the guest's address `addr` is mapped to, or NULL.
 * mm_lock held.
 */
static pte_t *written_entry(struct vcpu *v, uint64_t addr)
{
    pte_t *map = walk_to_l1(v->arch.guest_table, addr), e = map ? READ_ONCE(*map) : 0;
    struct page *pg = mfn_to_page(pte_mfn(e));

    if (!(e & PTE_P) || (e & PTE_RW) || !mfn_valid(pte_mfn(e)) ||
        page_owner_id(pg) != v->domain->id ||
        valid_table_level(READ_ONCE(pg->type)) != 1)
        return NULL;
    return (pte_t *)mfn_to_virt(pte_mfn(e)) + (addr & ~PAGE_MASK) / sizeof(pte_t);
}

/** Carry it out on the entry: 0, -EAGAIN (the entry changed), or refused. mm_lock held. */
static int update_entry(struct domain *d, const struct write_op *op, pte_t *p, pte_t seen,
                        unsigned shift)
{
    pte_t mask = ones(op->bytes) << shift;

    if (!op->write)
        return 0;
    return l1_update_exact(d, p, seen, (seen & ~mask) | (op->new << shift & mask));
}

static bool carry_out(struct vcpu *v, const struct insn *in, const struct cpu_user_regs *regs,
                      uint64_t addr,
                      struct write_op *op)
{
    struct domain *d = v->domain;
    unsigned shift = (addr & 7) * 8;
    int rc;

    if ((addr & 7) + insn_operand_bytes(in) > sizeof(pte_t))
        return false;
    spin_lock(&d->arch.mm_lock);
    do {
        pte_t *p = written_entry(v, addr), seen = p ? READ_ONCE(*p) : 0;

        rc = -XEN_EINVAL;
        if (p && evaluate(op, in, regs, seen >> shift))
            rc = update_entry(d, op, p, seen, shift);
    } while (rc == -XEN_EAGAIN);
    spin_unlock(&d->arch.mm_lock);
    return rc == 0;
}

bool ptwr_fault(struct cpu_user_regs *regs, uint64_t addr)
{
    struct vcpu *v = current;
    uint8_t code[PV_CODE_BYTES];
    struct write_op op;
    struct insn in;

    if (!v->arch.kernel_mode || !v->arch.guest_table.n || !guest_address_ok(addr) ||
        !(READ_ONCE(v->domain->vm_assist) >> VMASST_TYPE_writable_pagetables & 1))
        return false;
    if (insn_decode(&in, code, pv_fetch_code(regs->rip, code), true) ||
        !carry_out(v, &in, regs, addr, &op))
        return false;
    if (op.set_reg)
        insn_reg_write(&in, regs, op.reg, op.bytes, op.reg_value);
    regs->rflags = (regs->rflags & ~(op.flags_mask | RFLAGS_RF)) | op.flags;
    regs->rip += in.length;
    return true;
}
