/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writable page tables, emulated: a guest kernel's write to one of its L1 tables, which is mapped
 * read-only, faults; the instruction is carried out here as a checked update of the entry. A write
 * that the rules refuse is left to the guest as the fault that it was.
 */
#include <arch/decode.h>
#include <arch/mm.h>
#include <arch/operation.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <public/errno.h>

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
static int update_entry(struct domain *d, const struct insn_operation *op, pte_t *p, pte_t seen,
                        unsigned shift)
{
    pte_t mask = operand_ones(op->bytes) << shift;

    if (!op->write)
        return 0;
    return l1_update_exact(d, p, seen, (seen & ~mask) | (op->new << shift & mask));
}

static bool carry_out(struct vcpu *v, const struct insn *in, const struct cpu_user_regs *regs,
                      uint64_t addr,
                      struct insn_operation *op)
{
    struct domain *d = v->domain;
    unsigned shift = (addr & 7) * 8;
    int rc;

    spin_lock(&d->arch.mm_lock);
    do {
        pte_t *p = written_entry(v, addr), seen = p ? READ_ONCE(*p) : 0;

        rc = -XEN_EINVAL;
        if (p && insn_operate(op, in, regs, seen >> shift) &&
            (addr & 7) + op->bytes <= sizeof(pte_t))
            rc = update_entry(d, op, p, seen, shift);
    } while (rc == -XEN_EAGAIN);
    spin_unlock(&d->arch.mm_lock);
    return rc == 0;
}

bool ptwr_fault(struct cpu_user_regs *regs, uint64_t addr)
{
    struct vcpu *v = current;
    uint8_t code[PV_CODE_BYTES];
    struct insn_operation op;
    struct insn in;

    if (!v->arch.kernel_mode || !v->arch.guest_table.n || !guest_address_ok(addr) ||
        !(READ_ONCE(v->domain->vm_assist) >> VMASST_TYPE_writable_pagetables & 1))
        return false;
    if (insn_decode(&in, code, pv_fetch_code(regs->rip, code), 64) ||
        !carry_out(v, &in, regs, addr, &op))
        return false;
    insn_retire(&op, &in, regs);
    regs->rflags &= ~RFLAGS_RF;
    regs->rip += in.length;
    return true;
}
