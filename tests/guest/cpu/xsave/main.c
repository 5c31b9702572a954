/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSAVE: OSXSAVE says that CR4 and XCR0 are the guest's to set. What XRSTOR loads stays, also when
 * it is the first thing that a vcpu does after it was descheduled: QEMU's XRSTOR ignores CR0.TS,
 * and a state that is loaded at the next instruction's #NM would undo it.
 */
#include <guest.h>

#define LEAF1C_OSXSAVE (1U << 27)
#define XSTATE_LEGACY  3UL
#define XSAVE_BYTES    576
#define XMM3_AT        (160 + 3 * 16)
#define HEADER_AT      512

static void xrstor_xmm3(uint64_t value)
{
    static uint8_t image[XSAVE_BYTES] __attribute__((aligned(64)));

    *(uint32_t *)(image + 24) = 0x1f80; /* MXCSR */
    *(uint64_t *)(image + XMM3_AT) = value;
    *(uint64_t *)(image + HEADER_AT) = XSTATE_LEGACY;
    asm volatile("xrstor64 (%0)" ::"r"(image), "a"(XSTATE_LEGACY), "d"(0) : "memory");
}

GUEST_TEST("XSAVE: offered, and XRSTOR as the first use after a pause")
{
    uint32_t a = 1, b, c = 0, d;
    uint64_t cr4, got;

    asm volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (!(c & LEAF1C_OSXSAVE)) {
        skip("this machine has no XSAVE");
        return;
    }
    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    CHECK_FAULT(NO_FAULT, asm volatile("mov %0, %%cr4" ::"r"(cr4 | CR4_OSXSAVE)));
    CHECK_FAULT(NO_FAULT, asm volatile("xsetbv" ::"a"(XSTATE_LEGACY), "d"(0), "c"(0)));
    CHECK_EQ(hyp_fpu_taskswitch(0), 0);
    for (uint64_t i = 1; i <= 20; i++) {
        asm volatile("movq %0, %%xmm3" ::"r"(0xbadUL));
        sleep(MS);
        xrstor_xmm3(i);
        asm volatile("movq %%xmm3, %0" : "=r"(got));
        CHECK_EQ(got, i);
    }
}
