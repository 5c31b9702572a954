/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86's part of the life of domains and vcpus: creation, the context that tools and guests give a
 * vcpu, and its end.
 */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/cpu_policy.h>
#include <arch/descriptor.h>
#include <arch/fpu.h>
#include <arch/hvm.h>
#include <arch/irq.h>
#include <arch/mm.h>
#include <arch/msr_index.h>
#include <arch/pv.h>
#include <arch/smp.h>
#include <hv/arch.h>
#include <hv/guest_access.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/rangeset.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include <public/errno.h>

#define CR0_GUEST (CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG)

/* --- domains ---------------------------------------------------------------------------------- */
/* A hardware guest has its local APICs alone, or a PC. */
static bool emulation_ok(bool hvm, uint32_t flags)
{
    if (!hvm)
        return !(flags & ~XEN_X86_EMU_PIT);
    return flags == XEN_X86_EMU_LAPIC || flags == (XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI);
}

int arch_sanitise_config(struct xen_domctl_createdomain *cfg)
{
    bool hvm = cfg->flags & XEN_DOMCTL_CDF_hvm;

    if (hvm && hvm_unusable())
        return -XEN_EOPNOTSUPP;
    if (hvm != !!(cfg->flags & XEN_DOMCTL_CDF_hap) || (cfg->flags & XEN_DOMCTL_CDF_nested_virt))
        return -XEN_EINVAL;
    if (cfg->max_vcpus > MAX_VCPUS_PV)
        return -XEN_EINVAL;
    if (!emulation_ok(hvm, cfg->arch.emulation_flags) ||
        (cfg->arch.misc_flags & ~XEN_X86_MISC_FLAGS_MAX))
        return -XEN_EINVAL;
    return 0;
}

int arch_domain_create(struct domain *d, const struct xen_domctl_createdomain *cfg)
{
    static uint64_t predictor_ids;
    int rc = mm_domain_init(d);

    d->arch.predictor_id = __atomic_add_fetch(&predictor_ids, 1, __ATOMIC_RELAXED);
    d->arch.ioport_caps = rangeset_new("I/O ports");
    if (!rc && !d->arch.ioport_caps)
        rc = -XEN_ENOMEM;
    if (!rc)
        rc = policy_domain_init(d);
    if (!rc)
        rc = pirq_domain_init(d);
    if (!rc && (cfg->flags & XEN_DOMCTL_CDF_hvm))
        rc = hvm_domain_init(d);
    if (rc)
        arch_domain_free(d);
    return rc;
}

/* Of one that was half made, too. */

void arch_domain_free(struct domain *d)
{
    hvm_domain_free(d);
    pirq_domain_free(d);
    hv_free(d->arch.cpu_policy);
    rangeset_destroy(d->arch.ioport_caps);
    mm_domain_free(d);
}

/* --- vcpus ------------------------------------------------------------------------------------ */
static void reset_registers(struct vcpu *v)
{
    struct arch_vcpu *a = &v->arch;

    memset(&a->regs, 0, sizeof(a->regs));
    memset(a->debugreg, 0, sizeof(a->debugreg));
    a->debugreg[6] = 0xffff0ff0;
    a->debugreg[7] = 0x400;
    a->ctrlreg[0] = CR0_GUEST;
    a->ctrlreg[4] = 0;
    a->kernel_mode = true;
    a->ts_set = false;
}

int arch_vcpu_create(struct vcpu *v)
{
    int rc;

    v->dirty_cpu = -1;
    if (vcpu_is_idle(v))
        return 0;
    reset_registers(v);
    if (is_hvm_domain(v->domain)) {
        v->arch.kernel_mode = false; /* PV's */
        rc = fpu_vcpu_init(v);
        return rc ? rc : hvm_vcpu_init(v);
    }
    v->arch.trap_table = hv_zalloc(256 * sizeof(struct trap_info));
    if (!v->arch.trap_table)
        return -XEN_ENOMEM;
    rc = fpu_vcpu_init(v);
    if (rc)
        goto free_traps;
    rc = perdomain_map_vcpu(v);
    if (rc)
        goto free_fpu;
    pv_init_windows(v);
    return 0;

free_fpu:
    fpu_vcpu_free(v);
free_traps:
    hv_free(v->arch.trap_table);
    v->arch.trap_table = NULL;
    return rc;
}

void arch_vcpu_free(struct vcpu *v)
{
    hvm_vcpu_free(v);
    fpu_vcpu_free(v);
    hv_free(v->arch.trap_table);
    v->arch.trap_table = NULL;
}

int arch_vcpu_reset(struct vcpu *v)
{
    int rc;

    if (is_hvm_vcpu(v)) {
        v->initialised = false;
        return 0;
    }
    rc = vcpu_drop_roots(v);
    if (rc)
        return rc;
    pv_drop_gdt(v);
    pv_drop_ldt(v);
    v->arch.ldt_ents = 0;
    v->initialised = false;
    return 0;
}

/* --- contexts --------------------------------------------------------------------------------- */
static bool context_ok(const struct vcpu_guest_context *c)
{
    if (c->gdt_ents > FIRST_RESERVED_GDT_ENTRY || c->ldt_ents > 8192 ||
        (c->ldt_base & (PAGE_SIZE - 1)))
        return false;
    if (c->ldt_ents && (!canonical(c->ldt_base) || touches_hv_range(c->ldt_base, c->ldt_ents * 8)))
        return false;
    if (!canonical(c->event_callback_eip) || !canonical(c->failsafe_callback_eip) ||
        !canonical(c->syscall_callback_eip))
        return false;
    if (!canonical(c->fs_base) || !canonical(c->gs_base_kernel) || !canonical(c->gs_base_user))
        return false;
    for (unsigned i = 0; i < 256; i++)
        if (c->trap_ctxt[i].address && !pv_trap_ok(&c->trap_ctxt[i]))
            return false;
    return c->ctrlreg[3] >> PAGE_SHIFT != 0;
}

static void take_registers(struct arch_vcpu *a, const struct vcpu_guest_context *c)
{
    a->regs = c->user_regs;
    a->regs.cs |= 3;
    a->regs.ss |= 3;
    a->regs.entry_vector = 0;
    a->regs.error_code = 0;
    a->regs.rflags = (c->user_regs.rflags & 0x3fffff & ~(RFLAGS_IOPL | RFLAGS_VM | RFLAGS_NT)) |
                     RFLAGS_IF | RFLAGS_FIXED;
    a->iopl = (c->user_regs.rflags & RFLAGS_IOPL) >> RFLAGS_IOPL_SHIFT;
    a->fs_base = c->fs_base;
    a->gs_base_kernel = c->gs_base_kernel;
    a->gs_base_user = c->gs_base_user;
    a->kernel_ss = c->kernel_ss | 3;
    a->kernel_sp = c->kernel_sp;
    a->ctrlreg[0] = (c->ctrlreg[0] & CR0_TS) | CR0_GUEST;
    a->ctrlreg[4] = c->ctrlreg[4] & (CR4_TSD | CR4_FSGSBASE | CR4_DE | CR4_OSXSAVE);
    a->ts_set = c->ctrlreg[0] & CR0_TS;
}

static void take_callbacks(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct arch_vcpu *a = &v->arch;

    a->event_callback = c->event_callback_eip;
    a->failsafe_callback = c->failsafe_callback_eip;
    a->syscall_callback = c->syscall_callback_eip;
    a->failsafe_disables_events = c->flags & VGCF_failsafe_disables_events;
    a->syscall_disables_events = c->flags & VGCF_syscall_disables_events;
    for (unsigned i = 0; i < 256; i++) {
        a->trap_table[i] = c->trap_ctxt[i];
        a->trap_table[i].vector = i;
        a->trap_table[i].cs |= 3;
    }
    for (unsigned i = 0; i < 8; i++) {
        uint64_t value = c->debugreg[i];

        if (i != 4 && i != 5 && pv_debugreg_ok(i, &value))
            a->debugreg[i] = value;
    }
    pv_update_fast_syscall(v);
}

/* The references come first: they can fail or be preempted, nothing after them can */
int arch_set_vcpu_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct arch_vcpu *a = &v->arch;
    int rc;

    if (is_hvm_vcpu(v))
        return hvm_set_vcpu_context(v, c);
    if (!context_ok(c))
        return -XEN_EINVAL;
    if (v->initialised) {
        rc = vcpu_drop_roots(v);
        if (rc)
            return rc;
    }
    a->kernel_mode = c->flags & VGCF_in_kernel || !c->ctrlreg[1];
    rc = vcpu_init_roots(v, mfn(xen_cr3_to_pfn(c->ctrlreg[3])), mfn(xen_cr3_to_pfn(c->ctrlreg[1])));
    if (rc)
        return rc;
    rc = pv_set_gdt(v, c->gdt_frames, c->gdt_ents);
    if (rc)
        return rc; /* the roots stay: the next attempt or teardown drops them */
    pv_drop_ldt(v);
    a->ldt_base = c->ldt_base;
    a->ldt_ents = c->ldt_ents;
    take_registers(a, c);
    take_callbacks(v, c);
    a->cr3 = mfn_to_maddr(a->kernel_mode ? a->guest_table : a->guest_table_user);
    if (c->flags & VGCF_i387_valid)
        fpu_set_fxsave(v, &c->fpu_ctxt);
    else
        fpu_reset(v);
    if (v->domain->vm_assist != c->vm_assist && v->id == 0)
        v->domain->vm_assist =
            c->vm_assist &
            (1UL << VMASST_TYPE_writable_pagetables | 1UL << VMASST_TYPE_pae_extended_cr3 |
             1UL << VMASST_TYPE_architectural_iopl | 1UL << VMASST_TYPE_runstate_update_flag);
    return 0;
}

void arch_get_vcpu_context(struct vcpu *v, struct vcpu_guest_context *c)
{
    const struct arch_vcpu *a = &v->arch;

    if (is_hvm_vcpu(v)) {
        hvm_get_vcpu_context(v, c);
        return;
    }
    fpu_get_fxsave(v, &c->fpu_ctxt);
    c->flags = VGCF_i387_valid | (a->kernel_mode ? VGCF_in_kernel : 0) |
               (a->failsafe_disables_events ? VGCF_failsafe_disables_events : 0) |
               (a->syscall_disables_events ? VGCF_syscall_disables_events : 0);
    c->user_regs = a->regs;
    c->user_regs.entry_vector = 0;
    c->user_regs.error_code = 0;
    c->user_regs.rflags |= (uint64_t)a->iopl << RFLAGS_IOPL_SHIFT;
    memcpy(c->trap_ctxt, a->trap_table, sizeof(c->trap_ctxt));
    c->ldt_base = a->ldt_base;
    c->ldt_ents = a->ldt_ents;
    for (unsigned i = 0; i < 16; i++)
        c->gdt_frames[i] = a->gdt_frames[i].n;
    c->gdt_ents = a->gdt_ents;
    c->kernel_ss = a->kernel_ss;
    c->kernel_sp = a->kernel_sp;
    c->ctrlreg[0] = a->ctrlreg[0];
    c->ctrlreg[1] = xen_pfn_to_cr3(a->guest_table_user.n);
    c->ctrlreg[3] = xen_pfn_to_cr3(a->guest_table.n);
    c->ctrlreg[4] = a->ctrlreg[4];
    memcpy(c->debugreg, a->debugreg, sizeof(c->debugreg));
    c->event_callback_eip = a->event_callback;
    c->failsafe_callback_eip = a->failsafe_callback;
    c->syscall_callback_eip = a->syscall_callback;
    c->vm_assist = v->domain->vm_assist;
    c->fs_base = a->fs_base;
    c->gs_base_kernel = a->gs_base_kernel;
    c->gs_base_user = a->gs_base_user;
}

/* Which CPU it is means something to a vcpu only if it stays there. */
static long get_physid(struct vcpu *v, uint64_t arg)
{
    unsigned cpu = cpumask_next(&v->hard_affinity, 0);
    struct vcpu_get_physid id;

    if (!v->domain->is_hardware || cpumask_weight(&v->hard_affinity) != 1)
        return -XEN_EINVAL;
    id.phys_id = cpu_apic_id(cpu) | (uint64_t)cpu_acpi_id(cpu) << 32;
    return copy_to_guest_va(arg, &id, sizeof(id)) ? -XEN_EFAULT : 0;
}

long arch_vcpu_op(unsigned cmd, struct vcpu *v, uint64_t arg)
{
    switch (cmd) {
    case VCPUOP_get_physid:
        return get_physid(v, arg);
    case VCPUOP_send_nmi:
        if (!v->arch.nmi_callback)
            return -XEN_EINVAL;
        pv_raise_nmi(v);
        return 0;
    default: return -XEN_ENOSYS;
    }
}

/* --- events ----------------------------------------------------------------------------------- */
/* An empty interrupt is enough: its return path looks at the events. Ourselves: our own return path
 * does. */
void vcpu_kick(struct vcpu *v)
{
    bool running = READ_ONCE(v->running);

    vcpu_unblock(v);
    if (running && v != current)
        arch_send_event_check(READ_ONCE(v->processor));
}

bool arch_interrupted(void)
{
    struct vcpu *v = current;

    if (is_hvm_vcpu(v))
        return hvm_interrupted(v, guest_regs());
    return (READ_ONCE(v->vcpu_info->evtchn_upcall_pending) &&
            !READ_ONCE(v->vcpu_info->evtchn_upcall_mask)) ||
           (READ_ONCE(v->arch.nmi_pending) && !v->arch.nmi_masked);
}

bool arch_vcpu_stops_later(struct vcpu *v) { return is_hvm_vcpu(v) && hvm_stops_later(v); }

void vcpu_mark_events_pending(struct vcpu *v)
{
    if (!__atomic_exchange_n(&v->vcpu_info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
        vcpu_kick(v);
}
