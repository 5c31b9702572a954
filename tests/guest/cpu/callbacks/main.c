/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * callback_op registers the kernel's entry points (callback.h): events, failsafe, syscall, NMI,
 * sysenter, 32-bit syscall. An entry at a non-canonical address and an unknown type are
 * refused. The three that every kernel has cannot be taken back.
 */
#include <guest.h>

static long reg(unsigned type, uint64_t address, unsigned flags)
{
    callback_register_t r = {.type = type, .flags = flags, .address = address};

    return hyp_callback_op(CALLBACKOP_register, &r);
}

static long unreg(unsigned type)
{
    callback_unregister_t u = {.type = type};

    return hyp_callback_op(CALLBACKOP_unregister, &u);
}

GUEST_TEST("callback_op and set_callbacks")
{
    static const unsigned others[] = {CALLBACKTYPE_syscall32, CALLBACKTYPE_sysenter};

    CHECK_EQ(reg(CALLBACKTYPE_event, (uint64_t)entry_event, 0), 0);
    CHECK_EQ(reg(CALLBACKTYPE_failsafe, (uint64_t)entry_failsafe, CALLBACKF_mask_events), 0);
    CHECK_EQ(reg(CALLBACKTYPE_syscall, (uint64_t)entry_syscall, CALLBACKF_mask_events), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
        CHECK_EQ(reg(others[i], (uint64_t)entry_syscall32, CALLBACKF_mask_events), 0);
    }
    CHECK_EQ(unreg(CALLBACKTYPE_event), -XEN_EINVAL);
    CHECK_EQ(unreg(CALLBACKTYPE_failsafe), -XEN_EINVAL);
    CHECK_EQ(unreg(CALLBACKTYPE_syscall), -XEN_EINVAL);
    CHECK_EQ(unreg(99), -XEN_ENOSYS);
    CHECK_EQ(reg(99, (uint64_t)entry_event, 0), -XEN_ENOSYS);
    CHECK_EQ(reg(CALLBACKTYPE_event, 0x8000000000000000UL, 0), -XEN_EINVAL);
    CHECK_EQ(reg(CALLBACKTYPE_syscall, 0x0000800000000000UL, 0), -XEN_EINVAL);
    CHECK_EQ(hyp_callback_op(CALLBACKOP_register, NULL), -XEN_EFAULT);
    CHECK_EQ(hyp_callback_op(CALLBACKOP_unregister, NULL), -XEN_EFAULT);
    CHECK_EQ(hyp_callback_op(99, NULL), -XEN_ENOSYS);
    CHECK_EQ(hyp_set_callbacks((uint64_t)entry_event, (uint64_t)entry_failsafe,
                               (uint64_t)entry_syscall), 0);
    callbacks_register();
}
