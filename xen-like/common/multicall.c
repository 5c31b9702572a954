/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * multicall: several hypercalls in one entry.
 *
 * Each entry is copied once and runs with the checks of a call of its own. Calls that replace the
 * register frame, which the rest of the batch would then run on, are refused inside. An entry that
 * has to give way is rewritten to go on where it stopped, and the whole call is issued again from
 * that entry.
 */
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>

/* What a CPU's current entry becomes if it gives way; no lock, hypercalls stay on their CPU */
static struct multicall_cpu {
    bool active, restarted;
    unsigned nr_args;
    uint64_t op, args[6];
} __attribute__((aligned(64))) cpus[MAX_CPUS];

bool multicall_note_restart(unsigned number, unsigned nr_args, const uint64_t *args)
{
    struct multicall_cpu *mc = &cpus[this_cpu()];

    if (!mc->active)
        return false;
    mc->op = number;
    mc->nr_args = nr_args;
    for (unsigned i = 0; i < nr_args; i++)
        mc->args[i] = args[i];
    mc->restarted = true;
    return true;
}

#define REFUSED (1UL << __HYPERVISOR_iret | 1UL << __HYPERVISOR_multicall)

static inline bool allowed_inside(uint64_t calls, uint64_t op)
{
    return op < 64 && (calls >> op & 1);
}

static __attribute__((noinline)) long why_not(uint64_t op)
{
    return op < 64 && !(REFUSED >> op & 1) ? -XEN_ENOSYS : -XEN_EINVAL;
}

/* The entry at `at`, one of the calls in the mask: each word is read once. */
static inline int run(uint64_t calls, uint64_t at, long *result)
{
    hypercall_fn *handler;
    struct guest_args a;
    uint64_t op;

    if (copy_from_guest_va(&op, at + offsetof(struct multicall_entry, op), sizeof(op)))
        return -XEN_EFAULT;
    if (unlikely(!allowed_inside(calls, op))) {
        *result = why_not(op);
        return 0;
    }
    handler = hypercall_handler(op);
    if (guest_read_args(&a, at + offsetof(struct multicall_entry, args)))
        return -XEN_EFAULT;
    *result = handler(a.a1, a.a2, a.a3, a.a4, a.a5, a.a6);
    return 0;
}

static long go_on_from(uint64_t list, uint64_t done, uint64_t total)
{
    return hypercall_restart(__HYPERVISOR_multicall, list + done * sizeof(struct multicall_entry),
                             total - done);
}

/* The entry at `at` is changed to what is left of it. */
static int rewrite(struct multicall_cpu *mc, uint64_t at)
{
    mc->restarted = false;
    if (copy_to_guest_va(at + offsetof(struct multicall_entry, op), &mc->op, sizeof(mc->op)))
        return -XEN_EFAULT;
    return copy_to_guest_va(at + offsetof(struct multicall_entry, args), mc->args,
                            mc->nr_args * sizeof(mc->args[0]));
}

/* Entries between two questions whether to give way; a long entry asks for itself. */
#define UNIT 4

long do_multicall(uint64_t list, uint64_t nr, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    uint64_t calls = current->domain->hypercalls & ~REFUSED, i, at;
    struct multicall_cpu *mc = &cpus[this_cpu()];
    long result, rc = 0;

    nr = (uint32_t)nr;
    mc->active = true;
    for (i = 0, at = list; i < nr; i++, at += sizeof(struct multicall_entry)) {
        if (i && i % UNIT == 0 && hypercall_preempt_check())
            break;
        rc = run(calls, at, &result);
        if (rc)
            break;
        if (unlikely(mc->restarted)) {
            rc = rewrite(mc, at);
            break;
        }
        rc = copy_to_guest_va(at + offsetof(struct multicall_entry, result), &result,
                              sizeof(result));
        if (rc)
            break;
    }
    mc->active = false;
    return rc ? -XEN_EFAULT : i < nr ? go_on_from(list, i, nr) : 0;
}
