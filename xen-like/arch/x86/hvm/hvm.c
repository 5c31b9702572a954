/* SPDX-License-Identifier: GPL-2.0-only */
/* Hardware guests: which processor extension carries them, their domains and vcpus. */
#include <arch/cpu.h>
#include <arch/hvm.h>
#include <arch/hvm_exit.h>
#include <arch/hvm_memory.h>
#include <arch/insn.h>
#include <arch/mm.h>
#include <arch/msr_index.h>
#include <arch/platform.h>
#include <arch/pv.h>
#include <arch/vmx.h>
#include <arch/vplatform.h>
#include <arch/vmx_vcpu.h>
#include <hv/arch.h>
#include <hv/bug.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <public/sched.h>
#include <public/errno.h>
#include <public/hvm/save.h>

const struct hvm_ops *hvm_ops;
static const char *cpu_failed;

const char *hvm_unusable(void)
{
    return hvm_ops ? NULL : cpu_failed ? cpu_failed : vmx.unusable;
}

bool arch_has_hvm(void) { return hvm_ops != NULL; }

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
    int rc;

    d->hypercalls = hvm_hypercalls;
    d->arch.hvm = hv_zalloc(sizeof(*d->arch.hvm));
    if (!d->arch.hvm)
        return -XEN_ENOMEM;
    d->arch.hvm->params[HVM_PARAM_TRIPLE_FAULT_REASON] = SHUTDOWN_reboot;
    d->arch.hvm->params[HVM_PARAM_ACPI_IOPORTS_LOCATION] = 1;
    d->arch.hvm->tsc_ratio = TSC_SAME;
    ioreq_domain_init(d);
    rc = ept_init(d);
    if (!rc && (d->config.emulation_flags & XEN_X86_EMU_IOAPIC))
        rc = vplatform_init(d);
    return rc;
}

void hvm_domain_free(struct domain *d)
{
    if (!d->arch.hvm)
        return;
    vplatform_free(d);
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
    rc = vlapic_init(v);
    if (rc)
        return rc;
    if (!platform_of(v)) /* as a PC's firmware may leave it; with one, firmware is the guest's */
        vlapic_wrmsr(v, MSR_APIC_BASE, v->arch.hvm->lapic.base | LAPIC_BASE_X2APIC);
    rc = window_init(v);
    return rc ? rc : hvm_ops->vcpu_init(v);
}

void hvm_vcpu_free(struct vcpu *v)
{
    if (!v->arch.hvm)
        return;
    vlapic_destroy(v);
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
bool hvm_has_error_code(unsigned vector)
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
        .has_error = hvm_has_error_code(vector) && (v->arch.ctrlreg[0] & 1),
        .error = error,
    };
}

void hvm_inject_page_fault(struct vcpu *v, uint64_t address, uint32_t error)
{
    v->arch.ctrlreg[2] = address;
    write_cr2(address);
    hvm_inject_exception(v, TRAP_PAGE_FAULT, error);
}

bool hvm_ask_event(struct vcpu *v, const struct hvm_event *event, uint64_t cr2)
{
    struct hvm_vcpu *h = v->arch.hvm;
    bool free;

    spin_lock(&v->domain->lock);
    free = !(__atomic_load_n(&h->asks, __ATOMIC_ACQUIRE) & HVM_ASKS_EVENT);
    if (free) {
        h->asked_event = *event;
        h->asked_cr2 = cr2;
        __atomic_fetch_or(&h->asks, HVM_ASKS_EVENT, __ATOMIC_SEQ_CST);
    }
    spin_unlock(&v->domain->lock);
    vcpu_kick(v);
    return free;
}

/* Not in the middle of another one's delivery, nor before a device has answered. */
void hvm_take_asked_event(struct vcpu *v)
{
    struct hvm_vcpu *h = v->arch.hvm;
    const struct hvm_event *e = &h->asked_event;

    if (h->event.valid || ioreq_waits(v, guest_regs()->rip))
        return;
    if (e->type != HVM_EVENT_EXCEPTION)
        h->event = *e;
    else if (e->vector == TRAP_PAGE_FAULT)
        hvm_inject_page_fault(v, h->asked_cr2, e->error);
    else
        hvm_inject_exception(v, e->vector, e->error);
    __atomic_fetch_and(&h->asks, ~HVM_ASKS_EVENT, __ATOMIC_SEQ_CST);
}

/* Of the interrupt that tells the vcpu of its events, 0 if none are pending. */
static uint8_t upcall_vector(const struct vcpu *v)
{
    uint8_t own = READ_ONCE(v->arch.hvm->upcall_vector);

    if (!READ_ONCE(v->vcpu_info->evtchn_upcall_pending))
        return 0;
    return own ? own : READ_ONCE(v->domain->arch.hvm->callback_vector);
}

bool hvm_interrupt_waits(const struct vcpu *v)
{
    return upcall_vector(v) || vplatform_extint_pending(v) || v->arch.hvm->lapic.waiting;
}

uint8_t hvm_take_interrupt(struct vcpu *v, bool *more)
{
    uint8_t upcall = upcall_vector(v), vector = upcall;

    if (!vector && vplatform_extint_pending(v)) {
        vector = vplatform_extint(v);
    } else if (!vector) {
        vector = v->arch.hvm->lapic.waiting;
        if (vector)
            vlapic_accept(v);
    }
    /* events stay pending until the guest looks at them: that is no further interrupt */
    *more = (!upcall && upcall_vector(v)) || vplatform_extint_pending(v) ||
            v->arch.hvm->lapic.waiting;
    return vector;
}

static bool has_to_ask(const struct vcpu *v)
{
    unsigned asks = READ_ONCE(v->arch.hvm->asks);

    return unlikely(asks) && ((asks & ~HVM_ASKS_FOLLOW) || vlines_behind_events(platform_of(v)));
}

void hvm_note_layout(struct vcpu *v)
{
    struct domain *d = v->domain;
    bool narrow = !(v->arch.hvm->efer & EFER_LMA);

    if (d->is_narrow == narrow)
        return;
    WRITE_ONCE(d->is_narrow, narrow);
    update_wallclock(d);
}

bool hvm_interrupted(struct vcpu *v, const struct cpu_user_regs *regs)
{
    return READ_ONCE(v->arch.nmi_pending) || has_to_ask(v) ||
           ((regs->rflags & RFLAGS_IF) && (hvm_interrupt_waits(v) || vlapic_pending(v)));
}

void hvm_raise_nmi(struct vcpu *v)
{
    WRITE_ONCE(v->arch.nmi_pending, true);
    vcpu_kick(v);
}

void hvm_level_interrupt_over(struct domain *d, uint8_t vector) { vplatform_eoi(d, vector); }

/* --- time ------------------------------------------------------------------------------------- */
#define MIN_KHZ     1000U
#define MAX_KHZ     32000000U
#define SAME_SHIFT  11 /* the machine's rate is measured, and a guest corrects some 500 ppm by itself */

uint64_t hvm_scale_tsc(const struct domain *d, uint64_t tsc)
{
    return (unsigned __int128)tsc * d->arch.hvm->tsc_ratio >> 48;
}

uint64_t hvm_guest_tsc(const struct vcpu *v)
{
    return hvm_scale_tsc(v->domain, rdtsc()) + v->arch.hvm->tsc_offset;
}

uint64_t domain_tsc_hz(const struct domain *d)
{
    return is_hvm_domain(d) && d->arch.hvm->tsc_ratio != TSC_SAME ? d->arch.hvm->tsc_khz * 1000UL :
                                                                     tsc_hz();
}

void hvm_time_params(const struct vcpu *v, struct clock_params *p)
{
    p->tsc_timestamp = hvm_scale_tsc(v->domain, p->tsc_timestamp) + v->arch.hvm->tsc_offset;
    if (v->domain->arch.hvm->tsc_ratio != TSC_SAME)
        clock_set_scale(p, domain_tsc_hz(v->domain));
}

static bool is_same_rate(uint32_t khz)
{
    uint64_t here = tsc_hz() / 1000;

    return !khz || (khz > here ? khz - here : here - khz) <= here >> SAME_SHIFT;
}

static void set_ratio(struct domain *d, uint64_t ratio, uint32_t khz)
{
    uint64_t at = rdtsc(), before = hvm_scale_tsc(d, at);
    struct vcpu *v;

    d->arch.hvm->tsc_ratio = ratio;
    d->arch.hvm->tsc_khz = khz;
    for_each_vcpu(d, v) {
        v->arch.hvm->tsc_offset += before - hvm_scale_tsc(d, at);
        v->time_clock = 0; /* its time page follows when it comes to a CPU */
    }
}

bool hvm_set_tsc_khz(struct domain *d, uint32_t khz)
{
    bool same = is_same_rate(khz);

    if (khz && (khz < MIN_KHZ || khz > MAX_KHZ))
        return false;
    if (!same && !vmx_uses(VMX_TSC_SCALING)) {
        printk(LOG_WARNING, "d%d: its TSC ran at %u kHz, and runs at %lu kHz here: the processor cannot "
               "scale it\n", d->id, khz, tsc_hz() / 1000);
        same = true;
    }
    domain_pause(d);
    set_ratio(d, same ? TSC_SAME : mul_div(khz * 1000UL, TSC_SAME, tsc_hz()), khz);
    domain_unpause(d);
    return true;
}

s_time_t hvm_ticks_to_ns(const struct vcpu *v, uint64_t ticks)
{
    uint64_t hz = domain_tsc_hz(v->domain);

    return ticks / hz * 1000000000 + ticks % hz * 1000000000 / hz;
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

int hvm_physmap_remove(struct domain *d, gfn_t g, mfn_t m, unsigned order)
{
    uint64_t access;
    mfn_t there;
    int rc = 0;

    spin_lock(&d->arch.mm_lock);
    for (unsigned long i = 0; !rc && i < 1UL << order; i++)
        if (!ept_lookup(d, gfn(g.n + i), &there, &access) || !mfn_eq(there, mfn_add(m, i)))
            rc = -XEN_ENOENT;
    if (!rc)
        rc = ept_unmap(d, g, order);
    if (!rc)
        WRITE_ONCE(d->arch.hvm->ioreq.memory_changed, true);
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
