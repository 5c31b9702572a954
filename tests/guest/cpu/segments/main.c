/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * set_segment_base (arch-x86.h, SEGBASE_*): FS and both GS bases, the user GS selector; the bases
 * are seen through the segments and by the emulated MSRs. Kernel and user GS are two: swapgs of the
 * guest kernel's is the hypervisor's work. A non-canonical base and an unknown segment are -EINVAL.
 * stack_switch takes any stack pointer; its selector is made a ring-3 one.
 */
#include <guest.h>

static uint64_t cells[4] = {0x1111, 0x2222, 0x3333, 0x4444};

static uint64_t read_fs(void)
{
    uint64_t value;

    asm volatile("mov %%fs:0, %0" : "=r"(value));
    return value;
}

static uint64_t read_gs(void)
{
    uint64_t value;

    asm volatile("mov %%gs:0, %0" : "=r"(value));
    return value;
}

static long user_gs(void)
{
    return (long)read_gs();
}

static void check_bases(void)
{
    CHECK_EQ(hyp_set_segment_base(SEGBASE_FS, (uint64_t)&cells[0]), 0);
    CHECK_EQ(read_fs(), 0x1111);
    CHECK_EQ(rdmsr(0xc0000100), (uint64_t)&cells[0]);
    CHECK_EQ(hyp_set_segment_base(SEGBASE_GS_KERNEL, (uint64_t)&cells[1]), 0);
    CHECK_EQ(read_gs(), 0x2222);
    CHECK_EQ(rdmsr(0xc0000101), (uint64_t)&cells[1]);
    CHECK_EQ(hyp_set_segment_base(SEGBASE_GS_USER, (uint64_t)&cells[2]), 0);
    CHECK_EQ(read_gs(), 0x2222);
    CHECK_EQ(rdmsr(0xc0000102), (uint64_t)&cells[2]);
    CHECK_EQ(user_run(user_gs), FAULT(VEC_SYSCALL, 0));
    CHECK_EQ(self()->last.rdi, 0x3333);
    CHECK_EQ(read_gs(), 0x2222);
    wrmsr(0xc0000100, (uint64_t)&cells[3]);
    CHECK_EQ(read_fs(), 0x4444);
    CHECK_FAULT(FAULT(VEC_GP, 0), wrmsr(0xc0000100, 0x8000000000000000UL));
}

static void check_errors(void)
{
    CHECK_EQ(hyp_set_segment_base(SEGBASE_FS, 0x8000000000000000UL), -XEN_EINVAL);
    CHECK_EQ(hyp_set_segment_base(SEGBASE_GS_KERNEL, 0x0000800000000000UL), -XEN_EINVAL);
    CHECK_EQ(hyp_set_segment_base(SEGBASE_GS_USER, 0x1000000000000UL), -XEN_EINVAL);
    CHECK_EQ(hyp_set_segment_base(4, 0), -XEN_EINVAL);
    CHECK_EQ(hyp_set_segment_base(~0U, 0), -XEN_EINVAL);
    CHECK_EQ(hyp_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0);
    CHECK_EQ(hyp_set_segment_base(SEGBASE_GS_USER_SEL, 0xfff8), 0); /* not loadable: becomes 0 */
    CHECK_EQ(hyp_stack_switch(0, (uint64_t)self() + STACK_BYTES / 2), 0);
    CHECK_EQ(hyp_stack_switch(FLAT_KERNEL_SS64, (uint64_t)self() + STACK_BYTES / 2), 0);
}

GUEST_TEST("segment bases, stack switch")
{
    check_bases();
    check_errors();
    hyp_set_segment_base(SEGBASE_FS, 0);
    hyp_set_segment_base(SEGBASE_GS_KERNEL, 0);
    hyp_set_segment_base(SEGBASE_GS_USER, 0);
}
