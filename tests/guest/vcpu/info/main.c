/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VCPUOP_register_vcpu_info moves a vcpu's vcpu_info into a page of the guest's, once: from then
 * on time and events are there. It must lie in one page, aligned, in a frame of the caller's that
 * can be written. Done with the second vcpu, before it runs for the first time in this test.
 */
#include <guest.h>

static uint8_t page[PAGE_SIZE] __attribute__((aligned(4096)));

static long reg(unsigned vcpu, uint64_t mfn, uint32_t offset)
{
    vcpu_register_vcpu_info_t arg = {.mfn = mfn, .offset = offset};

    return hyp_vcpu_op(VCPUOP_register_vcpu_info, vcpu, &arg);
}

GUEST_TEST("vcpu_info in a page of the guest's")
{
    uint64_t mfn = virt_to_mfn(page);
    vcpu_info_t *info = (vcpu_info_t *)(page + 64);
    evtchn_port_t port;

    NEEDS_VCPUS(2);
    CHECK_EQ(reg(1, mfn, PAGE_SIZE - 32), -XEN_ENXIO);
    CHECK_EQ(reg(1, mfn, ~0U), -XEN_ENXIO);
    CHECK_EQ(reg(1, ~0UL, 0), -XEN_EINVAL);
    CHECK(reg(1, top_table_mfn(), 0) < 0);
    CHECK_EQ(reg(4096, mfn, 0), -XEN_ENOENT);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_register_vcpu_info, 1, NULL), -XEN_EFAULT);
    CHECK_EQ(reg(2, mfn, 64), vcpus_present() > 2 ? 0 : -XEN_ENOENT);
    /* of vcpu 1 in use by other tests nothing is moved: the rest is checked on vcpu 3 if there */
    if (vcpus_present() < 4)
        return;
    CHECK_EQ(reg(3, mfn, 64), 0);
    CHECK_EQ(reg(3, mfn, 64), -XEN_EINVAL);
    port = bind_ipi(3);
    event_mask(port, false);
    CHECK_EQ(event_send(port), 0);
    CHECK_EQ(info->evtchn_upcall_pending, 1);
    event_close(port);
}
