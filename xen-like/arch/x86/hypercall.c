/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercall table, and how calls are restarted. entry.S goes through the table by number;
 * multicall by hypercall_handler.
 */
#include <arch/cpu.h>
#include <arch/hvm.h>
#include <arch/hvm_exit.h>
#include <arch/hypercall.h>
#include <arch/msr_index.h>
#include <arch/pv.h>
#include <hv/arch.h>
#include <hv/policy.h>
#include <hv/softirq.h>
#include <hv/string.h>

/* Numbers without a call, and calls that this hypervisor does not have: the ABI's "not there" */
static long do_hole(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    return -XEN_ENOSYS;
}

static hypercall_fn restricted;

#define ROW(number, name, fn) [number] = { fn, fn, NULL, name }
#define CALL(name) ROW(__HYPERVISOR_##name, #name, do_##name)
#define CALL_IF(who, name) [__HYPERVISOR_##name] = { restricted, do_##name, who, #name }
#define HOLES(first, last) ROW(first ... last, NULL, do_hole)
#define NOT_HERE(name) ROW(__HYPERVISOR_##name, #name, do_hole)

const struct hypercall_row hypercall_table[NR_HYPERCALLS] = {
    CALL(set_trap_table),
    CALL(mmu_update),
    CALL(set_gdt),
    CALL(stack_switch),
    CALL(set_callbacks),
    CALL(fpu_taskswitch),
    CALL(sched_op_compat),
    CALL_IF(policy_host, platform_op),
    CALL(set_debugreg),
    CALL(get_debugreg),
    CALL(update_descriptor),
    HOLES(11, 11),
    CALL(memory_op),
    CALL(multicall),
    CALL(update_va_mapping),
    CALL(set_timer_op),
    CALL(event_channel_op_compat),
    CALL(xen_version),
    CALL(console_io),
    CALL(physdev_op_compat),
    CALL(grant_table_op),
    CALL(vm_assist),
    CALL(update_va_mapping_otherdomain),
    CALL(iret),
    CALL(vcpu_op),
    CALL(set_segment_base),
    CALL(mmuext_op),
    CALL(xsm_op),
    CALL(nmi_op),
    CALL(sched_op),
    CALL(callback_op),
    NOT_HERE(xenoprof_op),
    CALL(event_channel_op),
    CALL(physdev_op),
    CALL(hvm_op),
    CALL_IF(policy_host, sysctl),
    CALL(domctl), /* common/domctl.c asks policy_control for each target */
    NOT_HERE(kexec_op),
    NOT_HERE(tmem_op),
    NOT_HERE(argo_op),
    CALL(xenpmu_op),
    CALL(dm_op),
    NOT_HERE(hypfs_op),
    HOLES(43, 47),
    [__HYPERVISOR_arch_0] = { restricted, do_mca, policy_host, "mca" },
    HOLES(49, 63),
};
_Static_assert(sizeof(struct hypercall_row) == 32, "entry.S computes with this");

/* A row that not everybody may call, from entry.S: the number is still in the guest's frame */
static long restricted(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    const struct hypercall_row *row = &hypercall_table[guest_regs()->rax % NR_HYPERCALLS];
    int rc = row->may_call(current->domain);

    return rc ? rc : row->handler(a1, a2, a3, a4, a5, a6);
}

static long do_refused(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6)
{
    return -XEN_EPERM;
}

/* Apart, so that the usual case needs no frame */
static __attribute__((noinline)) hypercall_fn *handler_if_allowed(const struct hypercall_row *row)
{
    return row->may_call(current->domain) ? do_refused : row->handler;
}

hypercall_fn *hypercall_handler(uint64_t number)
{
    const struct hypercall_row *row;

    if (number >= NR_HYPERCALLS)
        return do_hole;
    row = &hypercall_table[number];
    return unlikely(row->may_call) ? handler_if_allowed(row) : row->handler;
}

bool hypercall_preempt_check(void)
{
    if (vcpu_is_idle(current)) /* Dom0 is being built */
        return false;
    return softirq_pending(this_cpu()) || arch_interrupted();
}

long hypercall_restart_args(unsigned number, unsigned nr_args, const uint64_t *args)
{
    struct cpu_user_regs *regs = guest_regs();
    uint64_t *const where[HYPERCALL_ARGS] = { &regs->rdi, &regs->rsi, &regs->rdx,
                                              &regs->r10, &regs->r8,  &regs->r9 };

    if (multicall_note_restart(number, nr_args, args))
        return number;
    if (is_hvm_vcpu(current) && !(current->arch.hvm->efer & EFER_LMA))
        hvm_restart_32(regs, nr_args, args);
    else
        for (unsigned i = 0; i < nr_args; i++)
            *where[i] = args[i];
    /* back to SYSCALL or VMCALL; rax is the number again */
    regs->rip -= is_hvm_vcpu(current) ? 3 : 2;
    return number;
}

/*
 * Slot n: mov $n, %eax; syscall; ret, with rcx and r11 kept. The iret slot pushes what the iret
 * hypercall takes from the stack beyond the frame and does not return.
 */
void hypercall_page_fill(void *page)
{
    static const uint8_t plain[] = { 0x51, 0x41, 0x53, 0xb8, 0,    0,    0,
                                     0,    0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3 };
    static const uint8_t iret[] = { 0x51, 0x41, 0x53, 0x50, 0xb8, __HYPERVISOR_iret,
                                    0,    0,    0,    0x0f, 0x05 };
    uint8_t *p = page;

    memset(page, 0xcc, PAGE_SIZE);
    for (unsigned n = 0; n < PAGE_SIZE / 32; n++, p += 32) {
        memcpy(p, plain, sizeof(plain));
        p[4] = n;
    }
    p = (uint8_t *)page + __HYPERVISOR_iret * 32;
    memset(p, 0xcc, 32);
    memcpy(p, iret, sizeof(iret));
}

bool hypercall_page_write(struct domain *d, gfn_t g)
{
    struct page *pg = page_get_writable(d, g);

    if (!pg)
        return false;
    hypercall_page_fill(mfn_to_virt(page_to_mfn(pg)));
    page_put_and_type(pg);
    return true;
}
