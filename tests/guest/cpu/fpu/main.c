/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fpu_taskswitch(1) makes the next FPU instruction a #NM of the guest's; fpu_taskswitch(0) and the
 * emulated clts end it; the emulated write of CR0.TS does the same as 1. The hypervisor's own lazy
 * loading is invisible: values in registers survive being descheduled and another vcpu's use.
 */
#include <guest.h>

static void use_fpu(void)
{
    asm volatile("movq %%xmm0, %%rax" ::: "rax");
}

static void put(uint64_t value)
{
    asm volatile("movq %0, %%xmm3" ::"r"(value));
}

static uint64_t get(void)
{
    uint64_t value;

    asm volatile("movq %%xmm3, %0" : "=r"(value));
    return value;
}

static void other(void *unused)
{
    (void)unused;
    put(0xbad);
}

GUEST_TEST("FPU: #NM on demand, registers kept")
{
    uint64_t cr0;

    CHECK_EQ(hyp_fpu_taskswitch(0), 0);
    CHECK_FAULT(NO_FAULT, use_fpu());
    CHECK_EQ(hyp_fpu_taskswitch(1), 0);
    CHECK_FAULT(FAULT(VEC_NM, 0), use_fpu());
    CHECK_EQ(hyp_fpu_taskswitch(0), 0);
    CHECK_FAULT(NO_FAULT, use_fpu());
    CHECK_FAULT(NO_FAULT, asm volatile("mov %%cr0, %0" : "=r"(cr0)));
    CHECK_FAULT(NO_FAULT, asm volatile("mov %0, %%cr0" ::"r"(cr0 | CR0_TS)));
    CHECK_FAULT(FAULT(VEC_NM, 0), use_fpu());
    CHECK_FAULT(NO_FAULT, asm volatile("clts"));
    CHECK_FAULT(NO_FAULT, use_fpu());
    put(0x123456789abcdef);
    sleep(3 * MS);
    if (vcpus_present() > 1 && vcpu_start(1, other, NULL))
        vcpu_wait(1);
    sleep(3 * MS);
    CHECK_EQ(get(), 0x123456789abcdef);
}
