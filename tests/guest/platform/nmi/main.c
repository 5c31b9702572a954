/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An NMI of the board reaches Dom0's NMI handler, with its origin in shared_info's nmi_reason
 * (nmi.h). With inject=1 this waits for one from outside (tests/system/crash.py); else there is
 * none.
 */
#include <guest.h>

static volatile unsigned count;

static bool on_nmi(struct trap_frame *frame)
{
    (void)frame;
    count++;
    return true;
}

static void wait_for_one(void)
{
    uint64_t end = now() + 100000 * MS;

    printk("waiting for an NMI\n");
    while (!count && now() < end) /* in the guest, where the other side looks for it */
        ;
    CHECK_EQ(count, 1);
    CHECK_EQ(shared_info->arch.nmi_reason, XEN_NMIREASON_unknown);
    shared_info->arch.nmi_reason = 0;
}

GUEST_TEST("an NMI of the board, told to Dom0")
{
    xennmi_callback_t callback = {.handler_address = (uint64_t)entry_nmi};

    NEEDS_DOM0();
    CHECK_EQ(shared_info->arch.nmi_reason, 0);
    CHECK_EQ(hyp_nmi_op(XENNMI_register_callback, &callback), 0);
    trap_hook(VEC_NMI_CALLBACK, on_nmi);
    count = 0;
    if (number(option("inject")))
        wait_for_one();
    else
        CHECK_EQ(count, 0);
    CHECK_EQ(hyp_nmi_op(XENNMI_unregister_callback, NULL), 0);
    trap_hook(VEC_NMI_CALLBACK, NULL);
}
