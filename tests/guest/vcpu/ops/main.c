/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu_op with vcpus that are not there and states that do not fit (vcpu.h): -ENOENT, -EINVAL for
 * starting one that was not initialised, -EEXIST for initialising twice, refused contexts.
 */
#include <guest.h>

static vcpu_guest_context_t context;

static void check_unknown(void)
{
    static const unsigned bad[] = {4096, 0x7fffffff, 0xffffffff};

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        CHECK_EQ(hyp_vcpu_op(VCPUOP_is_up, bad[i], NULL), -XEN_ENOENT);
        CHECK_EQ(hyp_vcpu_op(VCPUOP_up, bad[i], NULL), -XEN_ENOENT);
        CHECK_EQ(hyp_vcpu_op(VCPUOP_down, bad[i], NULL), -XEN_ENOENT);
        CHECK_EQ(hyp_vcpu_op(VCPUOP_initialise, bad[i], &context), -XEN_ENOENT);
    }
    CHECK_EQ(hyp_vcpu_op(99, 0, NULL), -XEN_ENOSYS);
    CHECK_EQ(hyp_vcpu_op(~0U, 0, NULL), -XEN_ENOSYS);
}

static void check_contexts(void)
{
    CHECK_EQ(hyp_vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_initialise, 1, NULL), -XEN_EFAULT);
    vcpu_context(&context, 1, (uint64_t)vcpu_entry, 0);
    context.ctrlreg[3] = ~0UL << 12;
    CHECK_EQ(hyp_vcpu_op(VCPUOP_initialise, 1, &context), -XEN_EINVAL);
    vcpu_context(&context, 1, (uint64_t)vcpu_entry, 0);
    context.event_callback_eip = 0x8000000000000000UL;
    CHECK_EQ(hyp_vcpu_op(VCPUOP_initialise, 1, &context), -XEN_EINVAL);
    vcpu_context(&context, 1, (uint64_t)vcpu_entry, 0);
    context.gdt_ents = 9000;
    CHECK_EQ(hyp_vcpu_op(VCPUOP_initialise, 1, &context), -XEN_EINVAL);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL);
}

GUEST_TEST("vcpu_op: unknown vcpus, refused contexts")
{
    CHECK_EQ(hyp_vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_up, 0, NULL), 0); /* it is */
    CHECK_EQ(hyp_vcpu_op(VCPUOP_initialise, 0, &context), -XEN_EEXIST);
    check_unknown();
    NEEDS_VCPUS(2);
    check_contexts();
}
