/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions with a device as an operand. What an instruction with one operand in memory does is
 * in insn/operation.c's table; here are those with more, strings and the stack, as another. An
 * element of a string is carried out as an instruction by itself, so that REP can be left and gone
 * on with in between, as on a processor.
 */
#include <arch/hvm.h>
#include <arch/hvm_emulate.h>
#include <arch/operation.h>
#include <arch/pv.h>
#include <hv/printk.h>
#include <public/errno.h>

#define ELEMENTS_AT_ONCE 64 /* of a string, before the guest's interrupts have their turn */
#define ZF 0x40UL

typedef enum emulation_result emulate_fn(struct emulation *e);

struct row {
    emulate_fn *fn;
    enum { OTHER, STRING, COMPARING_STRING, PORT_STRING } kind;
    enum { FROM_MEMORY = 1, TO_MEMORY = 2 } block; /* ends of one that can be moved as a block */
};

/* Go on only while all is well. */
#define TRY(call)                                  \
    do {                                           \
        enum emulation_result result_ = (call);    \
        if (result_ != EMULATION_DONE)             \
            return result_;                        \
    } while (0)

/* --- strings ---------------------------------------------------------------------------------- */
static uint64_t index_of(const struct emulation *e, unsigned reg)
{
    return insn_reg_read(&e->in, e->regs, reg, e->in.addr_bytes);
}

static void step(struct emulation *e, unsigned reg)
{
    uint64_t bytes = insn_operand_bytes(&e->in);

    insn_reg_write(&e->in, e->regs, reg, e->in.addr_bytes,
                   index_of(e, reg) + (e->regs->rflags & RFLAGS_DF ? -bytes : bytes));
}

static enum emulation_result find_source(struct emulation *e, struct operand *o)
{
    return operand_find(e, e->in.seg, index_of(e, INSN_RSI), insn_operand_bytes(&e->in), false, o);
}

static enum emulation_result find_destination(struct emulation *e, bool write, struct operand *o)
{
    return operand_find(e, INSN_SEG_ES, index_of(e, INSN_RDI), insn_operand_bytes(&e->in), write,
                        o);
}

static enum emulation_result movs(struct emulation *e)
{
    struct operand from, to;
    uint64_t value;

    TRY(find_source(e, &from));
    TRY(find_destination(e, true, &to));
    TRY(operand_read(e, &from, &value));
    TRY(operand_write(e, &to, value));
    step(e, INSN_RSI);
    step(e, INSN_RDI);
    return EMULATION_DONE;
}

static enum emulation_result stos(struct emulation *e)
{
    struct operand to;

    TRY(find_destination(e, true, &to));
    TRY(operand_write(e, &to, insn_reg_read(&e->in, e->regs, INSN_RAX, to.bytes)));
    step(e, INSN_RDI);
    return EMULATION_DONE;
}

static enum emulation_result lods(struct emulation *e)
{
    struct operand from;
    uint64_t value;

    TRY(find_source(e, &from));
    TRY(operand_read(e, &from, &value));
    insn_reg_write(&e->in, e->regs, INSN_RAX, from.bytes, value);
    step(e, INSN_RSI);
    return EMULATION_DONE;
}

static void set_compared(struct emulation *e, uint64_t a, uint64_t b)
{
    e->regs->rflags = (e->regs->rflags & ~INSN_ARITH_FLAGS) |
                      insn_compare(a, b, insn_operand_bytes(&e->in));
}

static enum emulation_result cmps(struct emulation *e)
{
    struct operand first, second;
    uint64_t a, b;

    TRY(find_source(e, &first));
    TRY(find_destination(e, false, &second));
    TRY(operand_read(e, &first, &a));
    TRY(operand_read(e, &second, &b));
    set_compared(e, a, b);
    step(e, INSN_RSI);
    step(e, INSN_RDI);
    return EMULATION_DONE;
}

static enum emulation_result scas(struct emulation *e)
{
    struct operand o;
    uint64_t value;

    TRY(find_destination(e, false, &o));
    TRY(operand_read(e, &o, &value));
    set_compared(e, insn_reg_read(&e->in, e->regs, INSN_RAX, o.bytes), value);
    step(e, INSN_RDI);
    return EMULATION_DONE;
}

static enum emulation_result port_access(struct emulation *e, bool write, uint64_t *value)
{
    struct hvm_io io = {
        .address = (uint16_t)e->regs->rdx,
        .data = *value,
        .bytes = insn_operand_bytes(&e->in),
        .write = write,
        .port = true,
    };

    TRY(device_access(e, &io));
    *value = io.data;
    return EMULATION_DONE;
}

static enum emulation_result ins(struct emulation *e)
{
    struct operand to;
    uint64_t value = 0;

    TRY(find_destination(e, true, &to)); /* what is read from a port cannot be put back */
    TRY(port_access(e, false, &value));
    TRY(operand_write(e, &to, value));
    step(e, INSN_RDI);
    return EMULATION_DONE;
}

static enum emulation_result outs(struct emulation *e)
{
    struct operand from;
    uint64_t value;

    TRY(find_source(e, &from));
    TRY(operand_read(e, &from, &value));
    TRY(port_access(e, true, &value));
    step(e, INSN_RSI);
    return EMULATION_DONE;
}

/* CMPS and SCAS end where REPE finds a difference, or REPNE none. */
static bool ends(const struct emulation *e, bool compares)
{
    return compares && !(e->regs->rflags & ZF) == e->in.rep;
}

static void skip(struct emulation *e, unsigned reg, unsigned n)
{
    insn_reg_write(&e->in, e->regs, reg, e->in.addr_bytes,
                   index_of(e, reg) + n * insn_operand_bytes(&e->in));
}

/* Ends of a string: a port, or the operand. False if they are not a device and plain memory. */
static bool block_of(const struct emulation *e, const struct operand *from,
                     const struct operand *to, struct hvm_io *io)
{
    const struct operand *memory = from;

    io->port = !from || !to;
    io->write = io->port ? !to : to->is_device;
    if (io->port ? !from : from->is_device)
        memory = to;
    io->address = io->port ? (uint16_t)e->regs->rdx : (io->write ? to : from)->gpa[0];
    io->data = memory->gpa[0];
    return !memory->is_device &&
           (io->port ||
            hvm_mem_type(e->v->domain, gfn(io->address >> PAGE_SHIFT)) == HVMMEM_mmio_dm);
}

/*
 * Elements that a device model takes at once, so that a sector or a picture is one request: those
 * of MOVS, INS and OUTS, forward, on one page. *done of them; 0: go on one by one.
 */
static enum emulation_result block(struct emulation *e, unsigned ends, uint64_t left, unsigned *done)
{
    struct hvm_io io = { .bytes = insn_operand_bytes(&e->in) };
    struct operand from, to;
    uint64_t n = left;

    *done = 0;
    if (!ends || (e->regs->rflags & RFLAGS_DF))
        return EMULATION_DONE;
    if (ends & FROM_MEMORY)
        n = operand_run(e, e->in.seg, index_of(e, INSN_RSI), io.bytes, n, false, &from);
    if (n && (ends & TO_MEMORY))
        n = operand_run(e, INSN_SEG_ES, index_of(e, INSN_RDI), io.bytes, n, true, &to);
    if (n < 2 || !block_of(e, ends & FROM_MEMORY ? &from : NULL, ends & TO_MEMORY ? &to : NULL, &io))
        return EMULATION_DONE;
    io.count = n;
    if (!hvm_io_takes_block(e->v, &io))
        return EMULATION_DONE;
    if (hvm_io(e->v, &io) == HVM_IO_WAIT)
        return EMULATION_AGAIN;
    if (ends & FROM_MEMORY)
        skip(e, INSN_RSI, n);
    if (ends & TO_MEMORY)
        skip(e, INSN_RDI, n);
    *done = n;
    return EMULATION_DONE;
}

static enum emulation_result string(struct emulation *e, const struct row *row)
{
    bool compares = row->kind == COMPARING_STRING;
    uint64_t left = index_of(e, INSN_RCX);
    unsigned done;

    if (!e->in.rep && !e->in.repne)
        return row->fn(e);
    TRY(block(e, row->block, left, &done));
    if (done) {
        left -= done;
        insn_reg_write(&e->in, e->regs, INSN_RCX, e->in.addr_bytes, left);
        return left ? EMULATION_AGAIN : EMULATION_DONE;
    }
    for (unsigned n = 0; left && n < ELEMENTS_AT_ONCE; n++) {
        TRY(row->fn(e));
        insn_reg_write(&e->in, e->regs, INSN_RCX, e->in.addr_bytes, --left);
        e->v->arch.hvm->io_log = (struct hvm_io_log){ 0 };
        if (ends(e, compares))
            return EMULATION_DONE;
    }
    return left ? EMULATION_AGAIN : EMULATION_DONE;
}

/* --- the stack -------------------------------------------------------------------------------- */
/* In 64-bit mode the stack has words of 8 bytes, or of 2. */
static unsigned stack_word(const struct emulation *e)
{
    return e->code_bits == 64 && e->in.op_bytes == 4 ? 8 : e->in.op_bytes;
}

static uint64_t stack_pointer(const struct emulation *e)
{
    return insn_reg_read(&e->in, e->regs, INSN_RSP, e->stack_bits / 8);
}

static void set_stack_pointer(struct emulation *e, uint64_t value)
{
    insn_reg_write(&e->in, e->regs, INSN_RSP, e->stack_bits / 8, value);
}

static enum emulation_result push(struct emulation *e)
{
    unsigned bytes = stack_word(e);
    uint64_t value, mask = e->stack_bits == 64 ? ~0UL : (1UL << e->stack_bits) - 1;
    struct operand from, to;

    if (!e->in.is_mem || (e->in.modrm >> 3 & 7) != 6)
        return EMULATION_UNKNOWN;
    TRY(operand_find(e, e->in.seg, insn_effective_address(&e->in, e->regs), bytes, false, &from));
    TRY(operand_find(e, INSN_SEG_SS, (stack_pointer(e) - bytes) & mask, bytes, true, &to));
    TRY(operand_read(e, &from, &value));
    TRY(operand_write(e, &to, value));
    set_stack_pointer(e, stack_pointer(e) - bytes);
    return EMULATION_DONE;
}

/* The address of the destination is computed after the stack pointer has moved. */
static enum emulation_result pop(struct emulation *e)
{
    unsigned bytes = stack_word(e);
    uint64_t value, old = e->regs->rsp;
    enum emulation_result result;
    struct operand from, to;

    if (!e->in.is_mem || (e->in.modrm >> 3 & 7))
        return EMULATION_UNKNOWN;
    TRY(operand_find(e, INSN_SEG_SS, stack_pointer(e), bytes, false, &from));
    set_stack_pointer(e, stack_pointer(e) + bytes);
    result = operand_find(e, e->in.seg, insn_effective_address(&e->in, e->regs), bytes, true, &to);
    if (result == EMULATION_DONE)
        result = operand_read(e, &from, &value);
    if (result == EMULATION_DONE)
        result = operand_write(e, &to, value);
    if (result != EMULATION_DONE)
        e->regs->rsp = old;
    return result;
}

/* --- one operand ------------------------------------------------------------------------------ */
/* Where no device is any more the processor does it, atomically. */
static enum emulation_result operate(struct emulation *e)
{
    struct insn_operation op;
    uint64_t address = insn_effective_address(&e->in, e->regs), old = 0;
    struct operand o;

    if (!insn_operation(&op, &e->in))
        return EMULATION_UNKNOWN;
    TRY(operand_find(e, e->in.seg, address, op.bytes, !op.reads, &o));
    if (!o.is_device)
        return EMULATION_AGAIN;
    if (op.reads)
        TRY(operand_read(e, &o, &old));
    if (!insn_operate(&op, &e->in, e->regs, old))
        return EMULATION_UNKNOWN;
    if (op.write) {
        TRY(operand_find(e, e->in.seg, address, op.bytes, true, &o));
        TRY(operand_write(e, &o, op.new));
    }
    insn_retire(&op, &e->in, e->regs);
    return EMULATION_DONE;
}

/* --- the table -------------------------------------------------------------------------------- */
#define BOTH(opcode, ...) [opcode] = { __VA_ARGS__ }, [(opcode) + 1] = { __VA_ARGS__ }

static const struct row rows[256] = {
    BOTH(0x6c, ins, PORT_STRING, TO_MEMORY),
    BOTH(0x6e, outs, PORT_STRING, FROM_MEMORY),
    [0x8f] = { pop, OTHER, 0 },
    BOTH(0xa4, movs, STRING, FROM_MEMORY | TO_MEMORY),
    BOTH(0xa6, cmps, COMPARING_STRING, 0),
    BOTH(0xaa, stos, STRING, 0),
    BOTH(0xac, lods, STRING, 0),
    BOTH(0xae, scas, COMPARING_STRING, 0),
    [0xff] = { push, OTHER, 0 },
};

static enum emulation_result dispatch(struct emulation *e)
{
    const struct row *row = e->in.map == INSN_MAP_1BYTE ? &rows[e->in.opcode] : NULL;
    bool counts = e->in.opcode == 0xff && (e->in.modrm >> 3 & 7) < 2; /* INC and DEC */

    if (!row || !row->fn || counts)
        return operate(e);
    if (row->kind == OTHER)
        return row->fn(e);
    return string(e, row);
}

/* --- an instruction --------------------------------------------------------------------------- */
static void log_unknown(const struct emulation *e, const uint8_t *code, unsigned have)
{
    char text[3 * INSN_MAX_BYTES + 1] = "";

    for (unsigned i = 0; i < have; i++)
        snprintf(text + 3 * i, sizeof(text) - 3 * i, " %02x", code[i]);
    gprintk(LOG_ERR, "d%dv%u: an instruction for a device that is not emulated, %u bit, rip %#lx:%s\n",
            e->v->domain->id, e->v->id, e->code_bits, e->regs->rip, text);
}

static bool is_port_string(const struct insn *in)
{
    return in->map == INSN_MAP_1BYTE && rows[in->opcode].kind == PORT_STRING;
}

/* Read it as it is now, which another vcpu may have changed since the processor did. */
static enum emulation_result decode(struct emulation *e, uint8_t code[INSN_MAX_BYTES],
                                    unsigned *have)
{
    int rc;

    *have = emulation_fetch(e, code);
    rc = insn_decode(&e->in, code, *have, e->code_bits);
    if (rc == -XEN_EFAULT && e->code_fault) {
        hvm_inject_page_fault(e->v, e->code_end, e->code_fault & ~WALK_FAULT);
        return EMULATION_FAULT;
    }
    if (!rc && is_port_string(&e->in) && e->in.op_bytes == 8)
        e->in.op_bytes = 4; /* no port is wider */
    return rc ? EMULATION_UNKNOWN : EMULATION_DONE;
}

/* Is it what the processor has found to be allowed? Else it executes what is there now, once more.
 * `port`: NULL for memory. */
static bool was_checked(const struct emulation *e, const struct hvm_io *port)
{
    if (!port || !is_port_string(&e->in))
        return !port && !is_port_string(&e->in);
    return (rows[e->in.opcode].fn == outs) == port->write &&
           insn_operand_bytes(&e->in) == port->bytes && (uint16_t)e->regs->rdx == port->address;
}

/* The bytes that rip goes on by. */
static unsigned emulate(struct vcpu *v, struct cpu_user_regs *regs, const struct hvm_io *port)
{
    struct hvm_io_log *log = &v->arch.hvm->io_log;
    uint8_t code[INSN_MAX_BYTES];
    enum emulation_result result;
    struct emulation e;
    unsigned have;

    emulation_begin(&e, v, regs);
    result = decode(&e, code, &have);
    if (result == EMULATION_DONE)
        result = was_checked(&e, port) ? dispatch(&e) : EMULATION_AGAIN;
    if (result == EMULATION_UNKNOWN) {
        log_unknown(&e, code, have);
        hvm_inject_exception(v, TRAP_PROTECTION, 0);
    }
    log->known = result == EMULATION_AGAIN ? log->at : 0;
    if (result != EMULATION_DONE)
        return 0;
    regs->rflags &= ~RFLAGS_RF;
    return e.in.length;
}

unsigned hvm_emulate_memory(struct vcpu *v, struct cpu_user_regs *regs)
{
    return emulate(v, regs, NULL);
}

unsigned hvm_emulate_string_io(struct vcpu *v, struct cpu_user_regs *regs,
                               const struct hvm_io *port)
{
    return emulate(v, regs, port);
}
