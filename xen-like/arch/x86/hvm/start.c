/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * INIT and STARTUP, and what else is to be seen to before a vcpu is entered. (Intel SDM volume 3,
 * 8.4.3 and 9.1.1)
 *
 * INIT waits until its vcpu would be entered, or STARTUP has come, which starts a vcpu that is down
 * and runs nowhere. Where INIT has not been taken yet, or the vcpu is still on its way from its CPU,
 * STARTUP waits for that CPU to have left it: neither gets lost, however close they follow.
 */
#include <arch/hvm.h>
#include <arch/hvm_exit.h>
#include <arch/msr_index.h>
#include <arch/insn.h>
#include <arch/vplatform.h>
#include <hv/arch.h>
#include <hv/sched.h>
#include <public/hvm/save.h>

static void ask(struct vcpu *v, uint8_t what)
{
    __atomic_fetch_or(&v->arch.hvm->asks, what, __ATOMIC_SEQ_CST);
}

/* True if it had asked. */
static bool take_back(struct vcpu *v, unsigned what)
{
    return __atomic_fetch_and(&v->arch.hvm->asks, (uint8_t)~what, __ATOMIC_SEQ_CST) & what;
}

static bool is_down(const struct vcpu *v) { return READ_ONCE(v->pause_flags) & VPF_DOWN; }

/* --- INIT ------------------------------------------------------------------------------------- */
void hvm_init_ipi(struct vcpu *v)
{
    take_back(v, HVM_ASKS_START);
    ask(v, HVM_ASKS_INIT);
    vcpu_kick(v);
}

/* The vcpu's own CPU, or one that has claimed it. */
static void reset(struct vcpu *v)
{
    v->arch.hvm->event.valid = false;
    ioreq_forget(v);
    vlapic_reset(v);
}

/* It is down before it has no INIT any more: STARTUP finds one or the other. */
static void take_init(struct vcpu *v)
{
    reset(v);
    hvm_vcpu_down(v);
    take_back(v, HVM_ASKS_INIT | HVM_ASKS_EVENT);
}

/* --- the end of an access -------------------------------------------------------------------- */
/* Some of its instruction has been done, or a device model does it: what it has done is in no record,
 * and must not be done twice. Own vcpu, or one that does not run. */
static bool is_in_access(const struct vcpu *v)
{
    const struct hvm_vcpu *h = v->arch.hvm;

    return !is_down(v) && (h->ioreq.state == IOREQ_WANTED || h->io_log.known);
}

bool hvm_stops_later(struct vcpu *v)
{
    bool later = is_in_access(v);

    if (later)
        ask(v, HVM_ASKS_STOP);
    return later;
}

static bool stop(struct vcpu *v)
{
    if (is_in_access(v))
        return false;
    take_back(v, HVM_ASKS_STOP);
    vcpu_stopped();
    return true;
}

bool hvm_before_entry(struct vcpu *v)
{
    unsigned asks = READ_ONCE(v->arch.hvm->asks);

    if (asks & HVM_ASKS_INIT)
        take_init(v);
    if ((asks & HVM_ASKS_STOP) && stop(v))
        return false;
    if (asks & HVM_ASKS_INIT)
        return false;
    if ((asks & HVM_ASKS_START) && !is_down(v))
        take_back(v, HVM_ASKS_START); /* somebody else has started it */
    if (asks & HVM_ASKS_EVENT)
        hvm_take_asked_event(v);
    if (asks & HVM_ASKS_FOLLOW)
        vplatform_follow_events(platform_of(v));
    return true;
}

/* --- STARTUP ---------------------------------------------------------------------------------- */
/* As it has it, in real mode at `page`. */
static int set_start(struct vcpu *v, uint8_t page)
{
    struct hvm_hw_cpu r = {
        .rflags = 2, .cr0 = CR0_ET, .dr6 = 0xffff0ff0, .dr7 = 0x400,
        .cs_sel = page << 8, .cs_base = page << PAGE_SHIFT,
        .tsc = hvm_guest_tsc(v->domain->vcpu[0]), /* INIT leaves it running, and in step */
    };
    uint32_t *limits[] = { &r.cs_limit, &r.ds_limit, &r.es_limit, &r.fs_limit, &r.gs_limit,
                           &r.ss_limit, &r.tr_limit, &r.ldtr_limit };
    uint32_t *access[] = { &r.ds_arbytes, &r.es_arbytes, &r.fs_arbytes, &r.gs_arbytes,
                           &r.ss_arbytes };

    for (unsigned i = 0; i < ARRAY_SIZE(limits); i++)
        *limits[i] = 0xffff;
    for (unsigned i = 0; i < ARRAY_SIZE(access); i++)
        *access[i] = 0x93;
    r.cs_arbytes = 0x9b;
    r.tr_arbytes = 0x8b;
    r.ldtr_arbytes = 0x82;
    r.idtr_limit = r.gdtr_limit = 0xffff;
    return hvm_ops->set_registers(v, &r, rdtsc());
}

/*
 * Several vcpus may send STARTUP at once, or others start the vcpu by VCPUOP_initialise and
 * VCPUOP_up: one of them writes its registers, and while it does the vcpu does not run. A CPU that
 * has just chosen it to run next is seen to have done so, behind the scheduler's lock.
 */
bool hvm_claim_start(struct vcpu *v)
{
    unsigned was = __atomic_fetch_or(&v->pause_flags, VPF_STARTING, __ATOMIC_SEQ_CST);

    if (was & VPF_STARTING)
        return false;
    if (was & VPF_DOWN) {
        vcpu_sleep_nosync(v);
        if (!READ_ONCE(v->running))
            return true;
    }
    hvm_release_start(v, false);
    return false;
}

void hvm_release_start(struct vcpu *v, bool started)
{
    __atomic_fetch_and(&v->pause_flags, ~(VPF_STARTING | (started ? VPF_DOWN : 0u)),
                       __ATOMIC_SEQ_CST);
    vcpu_wake(v);
}

void hvm_start_if_asked(struct vcpu *v)
{
    bool good = false;

    if (!hvm_claim_start(v))
        return;
    if (take_back(v, HVM_ASKS_START)) {
        if (take_back(v, HVM_ASKS_INIT | HVM_ASKS_EVENT))
            reset(v);
        good = !set_start(v, READ_ONCE(v->arch.hvm->start_page));
    }
    if (good)
        v->initialised = true;
    hvm_release_start(v, good);
}

/* One that runs, and has no INIT before it, does not wait for STARTUP. */
void hvm_startup_ipi(struct vcpu *v, uint8_t page)
{
    if (!(READ_ONCE(v->arch.hvm->asks) & HVM_ASKS_INIT) && !is_down(v))
        return;
    WRITE_ONCE(v->arch.hvm->start_page, page);
    ask(v, HVM_ASKS_START);
    hvm_start_if_asked(v);
}
