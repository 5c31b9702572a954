/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NMIs of a guest: nmi_op registers the handler (CALLBACKTYPE_nmi as well), VCPUOP_send_nmi raises
 * one on a vcpu of the own domain, delivered whatever the event mask is.
 */
#include <guest.h>

static volatile unsigned count;

static bool on_nmi(struct trap_frame *frame)
{
    (void)frame;
    count++;
    return true;
}

GUEST_TEST("NMI: registered, sent to the own vcpu, delivered")
{
    xennmi_callback_t callback = {.handler_address = (uint64_t)entry_nmi};

    CHECK_EQ(hyp_nmi_op(XENNMI_register_callback, &callback), 0);
    trap_hook(VEC_NMI_CALLBACK, on_nmi);
    count = 0;
    CHECK_EQ(hyp_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
    hyp_xen_version(XENVER_version, NULL);
    CHECK_EQ(count, 1);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_send_nmi, 4096, NULL), -XEN_ENOENT);
    CHECK_EQ(hyp_nmi_op(XENNMI_unregister_callback, NULL), 0);
    CHECK_EQ(hyp_nmi_op(XENNMI_register_callback, NULL), -XEN_EFAULT);
    callback.handler_address = 0x8000000000000000UL;
    CHECK_EQ(hyp_nmi_op(XENNMI_register_callback, &callback), -XEN_EINVAL);
    CHECK_EQ(hyp_nmi_op(99, NULL), -XEN_ENOSYS);
    trap_hook(VEC_NMI_CALLBACK, NULL);
}
