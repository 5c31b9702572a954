/* SPDX-License-Identifier: GPL-2.0-only */
/* Hardware guests: which processor extension carries them, their domains and vcpus. */
#include <arch/cpu.h>
#include <arch/hvm.h>
#include <arch/hvm_exit.h>
#include <arch/hvm_memory.h>
#include <arch/mm.h>
#include <arch/pv.h>
#include <arch/vmx.h>
#include <arch/vmx_vcpu.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <public/sched.h>
#include <public/errno.h>

const struct hvm_ops *hvm_ops;
static const char *cpu_failed;

const char *hvm_unusable(void)
{
    return hvm_ops ? NULL : cpu_failed ? cpu_failed : vmx.unusable;
}

void hvm_init(void)
{
    vmx_probe();
    if (vmx.unusable)
        return;
    hvm_ops = &vmx_ops;
    hvm_init_cpu(0);
}

/* A guest may come to any CPU: where one cannot, none does. */
void hvm_init_cpu(unsigned cpu)
{
    int rc = hvm_ops ? hvm_ops->cpu_up(cpu) : 0;

    if (!rc)
        return;
    printk(LOG_ERR, "%s: CPU %u cannot switch it on (%d): no hardware guests\n", hvm_ops->name, cpu,
           rc);
    cpu_failed = "a CPU cannot switch it on";
    hvm_ops = NULL;
}

/* --- domains and vcpus ------------------------------------------------------------------------ */
int hvm_domain_init(struct domain *d)
{
    d->arch.hvm = hv_zalloc(sizeof(*d->arch.hvm));
    return d->arch.hvm ? ept_init(d) : -XEN_ENOMEM;
}

void hvm_domain_free(struct domain *d)
{
    if (!d->arch.hvm)
        return;
    ept_free(d);
    hv_free(d->arch.hvm);
    d->arch.hvm = NULL;
}

int hvm_vcpu_init(struct vcpu *v)
{
    int rc;

    v->arch.hvm = hv_zalloc(sizeof(*v->arch.hvm));
    if (!v->arch.hvm)
        return -XEN_ENOMEM;
    rc = window_init(v);
    return rc ? rc : hvm_ops->vcpu_init(v);
}

void hvm_vcpu_free(struct vcpu *v)
{
    if (!v->arch.hvm)
        return;
    hvm_ops->vcpu_free(v);
    window_free(v);
    hv_free(v->arch.hvm);
    v->arch.hvm = NULL;
}

void hvm_vcpu_down(struct vcpu *v)
{
    struct domain *d = v->domain;
    struct vcpu *other;
    bool all = true;

    __atomic_fetch_or(&v->pause_flags, VPF_DOWN, __ATOMIC_SEQ_CST);
    for_each_vcpu(d, other)
        all &= READ_ONCE(other->pause_flags) & VPF_DOWN;
    if (all)
        domain_shutdown(d, SHUTDOWN_poweroff);
    vcpu_sleep_nosync(v);
}

/* --- events ----------------------------------------------------------------------------------- */
static bool has_error_code(unsigned vector)
{
    return vector == TRAP_DOUBLE_FAULT || vector == TRAP_ALIGNMENT ||
           (vector >= TRAP_INVALID_TSS && vector <= TRAP_PAGE_FAULT);
}

void hvm_inject_exception(struct vcpu *v, unsigned vector, uint32_t error)
{
    v->arch.hvm->event = (struct hvm_event){
        .valid = true,
        .vector = vector,
        .type = HVM_EVENT_EXCEPTION,
        .has_error = has_error_code(vector) && (v->arch.ctrlreg[0] & 1),
        .error = error,
    };
}

uint8_t hvm_pending_vector(const struct vcpu *v)
{
    uint8_t own = READ_ONCE(v->arch.hvm->upcall_vector);

    if (!READ_ONCE(v->vcpu_info->evtchn_upcall_pending))
        return 0;
    return own ? own : READ_ONCE(v->domain->arch.hvm->callback_vector);
}

/* --- physical memory -------------------------------------------------------------------------- */
int hvm_physmap_add(struct domain *d, gfn_t g, mfn_t m, unsigned order)
{
    int rc;

    spin_lock(&d->arch.mm_lock);
    rc = ept_map(d, g, m, order, EPT_RWX);
    spin_unlock(&d->arch.mm_lock);
    return rc;
}

int hvm_physmap_remove(struct domain *d, gfn_t g, unsigned order)
{
    int rc;

    spin_lock(&d->arch.mm_lock);
    rc = ept_unmap(d, g, order);
    spin_unlock(&d->arch.mm_lock);
    return rc;
}

struct page *hvm_page_get(struct domain *d, gfn_t g)
{
    uint64_t access;
    mfn_t m;

    if (!ept_lookup(d, g, &m, &access) || !mfn_valid(m) || !page_get(mfn_to_page(m), d))
        return NULL;
    return mfn_to_page(m);
}
