/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operands of emulated instructions: from a segment and an offset to a linear address, by the
 * guest's page tables to its physical memory, and from there to a page or a device. (Intel SDM
 * volume 3, chapters 3 to 5)
 */
#include <arch/hvm.h>
#include <arch/hvm_emulate.h>
#include <arch/insn.h>
#include <arch/msr_index.h>
#include <arch/page.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/string.h>

#define TYPE_CODE        8u
#define TYPE_EXPAND_DOWN 4u /* of data */
#define TYPE_ALLOWED     2u /* data can be written, code read */

/* --- modes ------------------------------------------------------------------------------------ */
static unsigned segment_bits(const struct hvm_segment *s) { return s->access & SEGMENT_BIG ? 32 : 16; }

void emulation_begin(struct emulation *e, struct vcpu *v, struct cpu_user_regs *regs)
{
    struct hvm_segment cs, ss;

    *e = (struct emulation){ .v = v, .regs = regs };
    hvm_ops->get_paging(v, &e->paging);
    hvm_ops->get_segment(v, INSN_SEG_CS, &cs);
    hvm_ops->get_segment(v, INSN_SEG_SS, &ss);
    e->is_protected = (e->paging.cr0 & CR0_PE) && !(regs->rflags & RFLAGS_VM);
    e->user = SEGMENT_DPL(ss.access) == 3 ? WALK_USER : 0;
    e->code_bits = segment_bits(&cs);
    e->stack_bits = segment_bits(&ss);
    if ((e->paging.efer & EFER_LMA) && (cs.access & SEGMENT_LONG))
        e->code_bits = e->stack_bits = 64;
    v->arch.hvm->io_log.at = 0;
}

/* --- pages ------------------------------------------------------------------------------------ */
/* Of a page of the guest's own that may be used so: false where there is none. */
static bool copy_memory(struct domain *d, uint64_t gpa, void *data, unsigned bytes, bool write)
{
    struct page *pg;
    uint64_t access;
    mfn_t m;
    void *at;

    if (!ept_lookup(d, gfn(gpa >> PAGE_SHIFT), &m, &access) || (write && !(access & EPT_WRITE)))
        return false;
    pg = hvm_page_get(d, gfn(gpa >> PAGE_SHIFT));
    if (!pg)
        return false;
    at = (char *)mfn_to_virt(page_to_mfn(pg)) + (gpa & (PAGE_SIZE - 1));
    if (write)
        memcpy(at, data, bytes);
    else
        memcpy(data, at, bytes);
    page_put(pg);
    if (write)
        ept_mark_dirty(d, gfn(gpa >> PAGE_SHIFT));
    return true;
}

/* Where what is written becomes somebody's, or nobody's: anything but plain memory. */
static bool is_device(struct domain *d, uint64_t gpa)
{
    return hvm_mem_type(d, gfn(gpa >> PAGE_SHIFT)) != HVMMEM_ram_rw;
}

static unsigned left_on_page(uint64_t address) { return PAGE_SIZE - (address & (PAGE_SIZE - 1)); }

/* --- code ------------------------------------------------------------------------------------- */
static uint64_t code_address(const struct emulation *e)
{
    struct hvm_segment cs;

    if (e->code_bits == 64)
        return e->regs->rip;
    hvm_ops->get_segment(e->v, INSN_SEG_CS, &cs);
    return (uint32_t)(cs.base + e->regs->rip);
}

unsigned emulation_fetch(struct emulation *e, uint8_t bytes[INSN_MAX_BYTES])
{
    unsigned have = 0;
    uint64_t gpa;

    e->code_end = code_address(e);
    while (have < INSN_MAX_BYTES) {
        unsigned n = MIN(left_on_page(e->code_end), INSN_MAX_BYTES - have);

        e->code_fault = guest_walk(e->v->domain, &e->paging, e->code_end, WALK_FETCH | e->user,
                                   &gpa);
        if (e->code_fault || !copy_memory(e->v->domain, gpa, bytes + have, n, false))
            break;
        have += n;
        e->code_end += n;
    }
    return have;
}

/* --- segments --------------------------------------------------------------------------------- */
/* Expand-down segments hold what is above their limit. */
static bool within_limit(const struct hvm_segment *s, uint64_t offset, unsigned bytes)
{
    uint64_t last = offset + bytes - 1, top = s->access & SEGMENT_BIG ? 0xffffffffUL : 0xffffUL;

    if ((s->access & (TYPE_CODE | TYPE_EXPAND_DOWN)) == TYPE_EXPAND_DOWN)
        return offset > s->limit && last <= top;
    return last <= s->limit;
}

static bool type_allows(const struct hvm_segment *s, bool write)
{
    if (s->access & TYPE_CODE)
        return !write && (s->access & TYPE_ALLOWED);
    return !write || (s->access & TYPE_ALLOWED);
}

/* The linear address; false when the processor would refuse it. */
static bool linear_address(const struct emulation *e, unsigned segment, uint64_t offset,
                           unsigned bytes, bool write, uint64_t *linear)
{
    struct hvm_segment s;

    hvm_ops->get_segment(e->v, segment, &s);
    if (e->code_bits == 64) {
        bool has_base = segment == INSN_SEG_FS || segment == INSN_SEG_GS;

        *linear = offset + (has_base ? s.base : 0);
        return canonical(*linear) && canonical(*linear + bytes - 1);
    }
    *linear = (uint32_t)(s.base + offset);
    return !(s.access & SEGMENT_UNUSABLE) && within_limit(&s, offset, bytes) &&
           (!e->is_protected || type_allows(&s, write));
}

/* --- operands --------------------------------------------------------------------------------- */
static enum emulation_result page_fault(struct emulation *e, uint64_t address, uint32_t error)
{
    hvm_inject_page_fault(e->v, address, error & ~WALK_FAULT);
    return EMULATION_FAULT;
}

enum emulation_result operand_find(struct emulation *e, unsigned segment, uint64_t offset,
                                   unsigned bytes, bool write, struct operand *o)
{
    uint32_t access = e->user | (write ? WALK_WRITE : 0), fault;
    struct domain *d = e->v->domain;
    uint64_t at, second;

    if (!linear_address(e, segment, offset, bytes, write, &at)) {
        hvm_inject_exception(e->v, segment == INSN_SEG_SS ? TRAP_STACK : TRAP_PROTECTION, 0);
        return EMULATION_FAULT;
    }
    *o = (struct operand){ .bytes = bytes, .on_first = MIN(bytes, left_on_page(at)) };
    fault = guest_walk(d, &e->paging, at, access, &o->gpa[0]);
    if (fault)
        return page_fault(e, at, fault);
    o->is_device = is_device(d, o->gpa[0]);
    if (o->on_first == bytes)
        return EMULATION_DONE;
    second = e->code_bits == 64 ? at + o->on_first : (uint32_t)(at + o->on_first);
    fault = guest_walk(d, &e->paging, second, access, &o->gpa[1]);
    if (fault)
        return page_fault(e, second, fault);
    o->is_device |= is_device(d, o->gpa[1]);
    return EMULATION_DONE;
}

unsigned operand_run(struct emulation *e, unsigned segment, uint64_t offset, unsigned bytes,
                     uint64_t count, bool write, struct operand *o)
{
    uint64_t at, end = e->in.addr_bytes == 8 ? ~0UL : 1UL << 8 * e->in.addr_bytes;

    if (!linear_address(e, segment, offset, bytes, write, &at))
        return 0;
    count = MIN(count, (uint64_t)left_on_page(at) / bytes);
    if (count < 2 || offset > end - count * bytes ||
        !linear_address(e, segment, offset, count * bytes, write, &at))
        return 0;
    *o = (struct operand){ .bytes = bytes, .on_first = bytes };
    if (guest_walk(e->v->domain, &e->paging, at, e->user | (write ? WALK_WRITE : 0), &o->gpa[0]))
        return 0;
    o->is_device = is_device(e->v->domain, o->gpa[0]);
    return count;
}

static bool same_access(const struct hvm_io *a, const struct hvm_io *b)
{
    return a->address == b->address && a->bytes == b->bytes && a->write == b->write &&
           a->port == b->port && (!a->write || a->data == b->data);
}

enum emulation_result device_access(struct emulation *e, struct hvm_io *io)
{
    struct hvm_io_log *log = &e->v->arch.hvm->io_log;

    if (log->at < log->known && same_access(&log->done[log->at], io)) {
        io->data = log->done[log->at++].data;
        return EMULATION_DONE;
    }
    log->known = log->at; /* what follows was another instruction's */
    if (hvm_io(e->v, io) == HVM_IO_WAIT)
        return EMULATION_AGAIN;
    if (log->at < HVM_IO_LOG) {
        log->done[log->at] = *io;
        log->known = ++log->at;
    }
    return EMULATION_DONE;
}

/* A part of an operand, on one page. What is neither memory that can be used nor a device (another
 * domain's page, one that is read-only) is not touched. */
static enum emulation_result access_part(struct emulation *e, uint64_t gpa, uint8_t *data,
                                         unsigned bytes, bool write)
{
    struct hvm_io io = { .address = gpa, .bytes = bytes, .write = write };
    unsigned type = hvm_mem_type(e->v->domain, gfn(gpa >> PAGE_SHIFT));
    enum emulation_result result;

    if (type == HVMMEM_ram_ro && write)
        return EMULATION_DONE; /* it vanishes */
    if (type != HVMMEM_mmio_dm)
        return copy_memory(e->v->domain, gpa, data, bytes, write) ? EMULATION_DONE :
                                                                    EMULATION_UNKNOWN;
    if (write)
        memcpy(&io.data, data, bytes);
    result = device_access(e, &io);
    if (result == EMULATION_DONE && !write)
        memcpy(data, &io.data, bytes);
    return result;
}

/* The bytes of one page, one by one. */
static enum emulation_result access_bytes(struct emulation *e, uint64_t gpa, uint8_t *data,
                                          unsigned bytes, bool write)
{
    enum emulation_result result = EMULATION_DONE;

    for (unsigned i = 0; i < bytes && result == EMULATION_DONE; i++)
        result = access_part(e, gpa + i, data + i, 1, write);
    return result;
}

/* Across pages a device is given single bytes. It comes before memory: it may make the vcpu wait,
 * and what is read again then has to be what it was. */
static enum emulation_result access_operand(struct emulation *e, const struct operand *o,
                                            uint8_t *data, bool write)
{
    unsigned bytes[2] = { o->on_first, o->bytes - o->on_first };
    unsigned first = is_device(e->v->domain, o->gpa[0]) ? 0 : 1;
    enum emulation_result result;

    if (!bytes[1])
        return access_part(e, o->gpa[0], data, o->bytes, write);
    result = access_bytes(e, o->gpa[first], data + (first ? bytes[0] : 0), bytes[first], write);
    if (result != EMULATION_DONE)
        return result;
    return access_bytes(e, o->gpa[!first], data + (first ? 0 : bytes[0]), bytes[!first], write);
}

enum emulation_result operand_read(struct emulation *e, const struct operand *o, uint64_t *value)
{
    *value = 0;
    return access_operand(e, o, (uint8_t *)value, false);
}

enum emulation_result operand_write(struct emulation *e, const struct operand *o, uint64_t value)
{
    return access_operand(e, o, (uint8_t *)&value, true);
}
