/* SPDX-License-Identifier: GPL-2.0-only */
/* Further vcpus: each is brought up once, runs what it is given, and takes itself down again. */
#include "guest.h"

extern uint8_t stacks[NR_VCPUS][STACK_BYTES];

static struct {
    bool initialised;
    void (*volatile function)(void *);
    void *arg;
} work[NR_VCPUS];

unsigned vcpus_present(void)
{
    unsigned n = 0;

    while (n < NR_VCPUS && hyp_vcpu_op(VCPUOP_is_up, n, NULL) >= 0)
        n++;
    return n;
}

/** A context that starts at rip in kernel mode, with this kernel's traps, callbacks and tables. */
void vcpu_context(vcpu_guest_context_t *c, unsigned vcpu, uint64_t rip, uint64_t rsp)
{
    memset(c, 0, sizeof(*c));
    c->flags = VGCF_in_kernel | VGCF_failsafe_disables_events | VGCF_syscall_disables_events;
    c->user_regs.rip = rip;
    c->user_regs.rsp = rsp;
    c->user_regs.rdi = vcpu;
    c->user_regs.cs = FLAT_KERNEL_CS64;
    c->user_regs.ss = FLAT_KERNEL_SS64;
    c->user_regs.rflags = 2;
    for (unsigned v = 0; v < NR_EXCEPTIONS; v++)
        c->trap_ctxt[v] = (trap_info_t){v, 4, FLAT_KERNEL_CS64, exception_entries[v]};
    c->kernel_ss = FLAT_KERNEL_SS64;
    c->kernel_sp = (uint64_t)stacks[vcpu] + STACK_BYTES / 2;
    c->ctrlreg[3] = xen_pfn_to_cr3(top_table_mfn());
    c->ctrlreg[1] = xen_pfn_to_cr3(top_table_mfn());
    c->event_callback_eip = (uint64_t)entry_event;
    c->failsafe_callback_eip = (uint64_t)entry_failsafe;
    c->syscall_callback_eip = (uint64_t)entry_syscall;
}

void vcpu_main(unsigned vcpu)
{
    self()->id = vcpu;
    for (;;) {
        if (work[vcpu].function) {
            work[vcpu].function(work[vcpu].arg);
            barrier();
            work[vcpu].function = NULL;
        }
        hyp_vcpu_op(VCPUOP_down, vcpu, NULL);
    }
}

static bool initialise(unsigned vcpu)
{
    static vcpu_guest_context_t context;

    vcpu_context(&context, vcpu, (uint64_t)vcpu_entry, (uint64_t)stacks[vcpu] + STACK_BYTES);
    work[vcpu].initialised =
        CHECK_EQ(hyp_vcpu_op(VCPUOP_initialise, vcpu, &context), 0);
    return work[vcpu].initialised;
}

bool vcpu_start(unsigned vcpu, void (*function)(void *), void *arg)
{
    if (!work[vcpu].initialised && !initialise(vcpu))
        return false;
    work[vcpu].arg = arg;
    barrier();
    work[vcpu].function = function;
    return CHECK_EQ(hyp_vcpu_op(VCPUOP_up, vcpu, NULL), 0);
}

bool vcpu_wait(unsigned vcpu)
{
    return WAIT_FOR(!work[vcpu].function && hyp_vcpu_op(VCPUOP_is_up, vcpu, NULL) == 0);
}
