/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VCPUOP_get_physid tells a pinned vcpu of Dom0 which CPU it is on; not pinned it is -EINVAL. The
 * APIC id is that of a CPU that platform_op knows.
 */
#include <guest.h>

GUEST_TEST("identity of the CPU under a pinned vcpu")
{
    vcpu_get_physid_t id = {~0UL};
    uint64_t one = 1, all = ~0UL, soft = ~0UL;
    struct xen_domctl op = {.u.vcpuaffinity = {
                                .flags = XEN_VCPUAFFINITY_HARD,
                                .cpumap_hard = {HANDLE(&one), 64},
                                .cpumap_soft = {HANDLE(&soft), 64}}};

    if (!is_dom0()) {
        CHECK_EQ(hyp_vcpu_op(VCPUOP_get_physid, 0, &id), -XEN_EINVAL);
        return;
    }
    CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpuaffinity, 0), 0);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_get_physid, 0, &id), 0);
    CHECK_EQ(xen_vcpu_physid_to_x86_apicid(id.phys_id), 0);
    CHECK_EQ(hyp_vcpu_op(VCPUOP_get_physid, 0, NULL), -XEN_EFAULT);
    op.u.vcpuaffinity.cpumap_hard = (struct xenctl_bitmap){HANDLE(&all), 64};
    op.u.vcpuaffinity.cpumap_soft = (struct xenctl_bitmap){HANDLE(&soft), 64};
    CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpuaffinity, 0), 0);
}
