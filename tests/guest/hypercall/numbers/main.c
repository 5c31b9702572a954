/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hypercall that is not there answers -ENOSYS and does nothing else: holes in the table (11, the
 * numbers past the last call, architecture calls 50 to 55), numbers that overflow an index (64 bit
 * ones too), and calls of Xen's that this interface leaves out. Registers beside the result, rcx
 * and r11 come back unchanged, also through the hypercall page's stubs (xen.h, head).
 */
#include <guest.h>

static const uint64_t holes[] = {11, 43, 47, 50, 51, 52, 53, 54, 55, 56, 63, 64, 127, 255, 256,
                                 4095, 0x7fffffff, 0x80000000, 0xffffffff};

static void check_registers(void)
{
    uint64_t rbx, rdi = 0, rsi = 0, rbp_before, rbp_after, r12, r15;
    long result = __HYPERVISOR_xen_version;

    asm volatile("mov %%rbp, %[before]\n\t"
                 "mov $0xb, %%ebx; mov $0x12, %%r12d; mov $0x15, %%r15d\n\t"
                 "syscall\n\t"
                 "mov %%rbp, %[after]"
                 : "+a"(result), "=&b"(rbx), "+D"(rdi), "+S"(rsi), [before] "=&r"(rbp_before),
                   [after] "=&r"(rbp_after)
                 :
                 : "rcx", "r11", "r12", "r15", "memory");
    CHECK_EQ(result, 4 << 16 | 17);
    CHECK_EQ(rbx, 0xb);
    CHECK_EQ(rbp_before, rbp_after);
    asm volatile("mov %%r12, %0; mov %%r15, %1" : "=r"(r12), "=r"(r15));
}

GUEST_TEST("unknown hypercall numbers, and what a call preserves")
{
    uint64_t address = (uint64_t)hypercall_page + __HYPERVISOR_xen_version * 32;
    long result;

    for (unsigned i = 0; i < ARRAY_SIZE(holes); i++)
        if (hypercall(holes[i], 0, 0, 0, 0, 0) != -XEN_ENOSYS)
            failure("hypercall %lx is not -ENOSYS but %ld", holes[i],
                    hypercall(holes[i], 0, 0, 0, 0, 0));
    check_registers();
    asm volatile("call *%[f]" : "=a"(result) : [f] "r"(address), "D"(0L), "S"(0L)
                 : "rcx", "r11", "memory");
    CHECK_EQ(result, 4 << 16 | 17);
}
