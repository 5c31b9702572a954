/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of the interface that are not served answer an error that callers take for "not there",
 * never success and never a crash: xenoprof, tmem, argo, hypfs, dm_op on a PV domain, hvm_op
 * parameters of a PV domain, performance counters without the boot option. Which of the errors it
 * is depends on the hypervisor's build, so the check is for an error of a small set.
 */
#include <guest.h>

static void refused(const char *name, long result)
{
    if (result != -XEN_ENOSYS && result != -XEN_EOPNOTSUPP && result != -XEN_EINVAL &&
        result != -XEN_EPERM && result != -XEN_EFAULT && result != -XEN_ESRCH)
        failure("%s gives %ld%s", name, result, errno_name(result));
}

GUEST_TEST("calls that are left out")
{
    struct xen_hvm_param param = {.domid = DOMID_SELF, .index = 0};

    refused("xenoprof_op", hypercall(__HYPERVISOR_xenoprof_op, 0, 0, 0, 0, 0));
    refused("tmem_op", hypercall(__HYPERVISOR_tmem_op, 0, 0, 0, 0, 0));
    refused("argo_op", hypercall(__HYPERVISOR_argo_op, 0, 0, 0, 0, 0));
    refused("hypfs_op", hypercall(__HYPERVISOR_hypfs_op, 99, 0, 0, 0, 0));
    refused("xenpmu_op", hypercall(__HYPERVISOR_xenpmu_op, 99, 0, 0, 0, 0));
    refused("xsm_op", hypercall(__HYPERVISOR_xsm_op, 0, 0, 0, 0, 0));
    CHECK(hypercall(__HYPERVISOR_dm_op, DOMID_SELF, 0, 0, 0, 0) < 0);
    refused("hvm_op get_param", hyp_hvm_op(HVMOP_get_param, &param));
    refused("hvm_op set_param", hyp_hvm_op(HVMOP_set_param, &param));
    CHECK_EQ(hyp_hvm_op(99, NULL), -XEN_ENOSYS);
    CHECK_EQ(hypercall(__HYPERVISOR_sched_op_compat, 99, 0, 0, 0, 0), -XEN_ENOSYS);
}
