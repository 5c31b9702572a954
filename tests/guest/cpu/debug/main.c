/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug registers: set_debugreg and get_debugreg, and the mov instructions, which are emulated. A
 * breakpoint address in the hypervisor's range is -EPERM, DR4/5 alias or fail, values with reserved
 * bits are cleaned. A write breakpoint on a guest variable raises #DB with its bit in DR6; the TF
 * flag single-steps.
 */
#include <guest.h>

static volatile uint64_t watched;

static uint64_t read_dr7(void)
{
    uint64_t value;

    asm volatile("mov %%dr7, %0" : "=r"(value));
    return value;
}

static void check_values(void)
{
    CHECK_EQ(hyp_set_debugreg(0, (uint64_t)&watched), 0);
    CHECK_EQ(hyp_get_debugreg(0), (long)&watched);
    CHECK_EQ(hyp_set_debugreg(0, HYPERVISOR_VIRT_START), -XEN_EPERM);
    CHECK_EQ(hyp_set_debugreg(3, 0x8000000000000000UL), -XEN_EPERM);
    CHECK_EQ(hyp_set_debugreg(6, 0), 0);
    CHECK_EQ(hyp_get_debugreg(6), 0xffff0ff0);
    CHECK_EQ(hyp_set_debugreg(7, 0x10000000000), -XEN_EINVAL);
    CHECK_EQ(hyp_set_debugreg(8, 0), -XEN_ENODEV);
    CHECK_EQ(hyp_set_debugreg(-1, 0), -XEN_ENODEV);
    CHECK_EQ(hyp_get_debugreg(8), -XEN_ENODEV);
    CHECK_EQ(hyp_get_debugreg(-1), -XEN_ENODEV);
}

static void check_breakpoint(void)
{
    CHECK_EQ(hyp_set_debugreg(0, (uint64_t)&watched), 0);
    CHECK_EQ(hyp_set_debugreg(7, 1 << 16 | 3 << 18 | 2), 0); /* 4 bytes, write, global 0 */
    CHECK_EQ(read_dr7() & 2, 2);
    CHECK_FAULT(FAULT(VEC_DB, 0), watched = 5);
    CHECK_EQ(watched, 5);
    CHECK_EQ(hyp_get_debugreg(6) & 0xf, 1);
    CHECK_EQ(hyp_set_debugreg(7, 0), 0);
    CHECK_EQ(hyp_set_debugreg(6, 0), 0);
    CHECK_FAULT(NO_FAULT, watched = 6);
}

static void check_step(void)
{
    CHECK_FAULT(FAULT(VEC_DB, 0), asm volatile("pushf; orq $0x100, (%%rsp); popf; nop; nop" :::
                                               "memory"));
    CHECK_EQ(hyp_get_debugreg(6) & 1 << 14, 1 << 14);
    CHECK_EQ(hyp_set_debugreg(6, 0), 0);
}

GUEST_TEST("debug registers, breakpoints, single step")
{
    check_values();
    check_breakpoint();
    check_step();
    CHECK_EQ(hyp_set_debugreg(0, 0), 0);
}
