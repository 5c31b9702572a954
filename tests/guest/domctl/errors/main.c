/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctl with what it must refuse: another interface version (-EACCES), a structure that cannot be
 * read (-EFAULT), a command that is not there, domains that are not there, operations on the caller
 * itself (pausing or destroying Dom0 from inside), creation with impossible settings. Nothing is
 * left behind.
 */
#include <guest.h>

static void check_calls(void)
{
    struct xen_domctl op = {.cmd = XEN_DOMCTL_getdomaininfo, .interface_version = 0x14};

    CHECK_EQ(hyp_domctl(&op), -XEN_EACCES);
    CHECK_EQ(hyp_domctl(NULL), -XEN_EFAULT);
    CHECK_EQ(hyp_domctl((void *)HYPERVISOR_VIRT_START), -XEN_EFAULT);
    CHECK_EQ(domctl(&op, 999, 0), -XEN_ENOSYS);
    CHECK_EQ(domctl(&op, 0, 0), -XEN_ENOSYS);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_getdomaininfo, 0x7000), -XEN_ESRCH);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_pausedomain, DOMID_XEN), -XEN_ESRCH);
}

static void check_self(void)
{
    struct xen_domctl op = {0};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_pausedomain, 0), -XEN_EINVAL);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_destroydomain, 0), -XEN_EINVAL);
    CHECK(domctl(&op, XEN_DOMCTL_pausedomain, DOMID_SELF) < 0);
}

static struct xen_domctl creation(void)
{
    return (struct xen_domctl){
        .u.createdomain = {.max_vcpus = 1, .max_evtchn_port = 1023, .max_grant_frames = 4,
                           .max_maptrack_frames = 4,
                           .grant_opts = XEN_DOMCTL_GRANT_version(1)}};
}

static void refused(struct xen_domctl op, int line)
{
    long result = domctl(&op, XEN_DOMCTL_createdomain, 0);

    if (result >= 0) {
        report(STATUS_FAILURE, __FILE__, line, "domain %u was created", op.domain);
        domain_destroy(op.domain);
    }
}

static void check_creation(void)
{
    struct xen_domctl op = creation();

    op.u.createdomain.flags = ~0U;
    refused(op, __LINE__);
    op = creation();
    op.u.createdomain.max_vcpus = 0;
    refused(op, __LINE__);
    op = creation();
    op.u.createdomain.max_vcpus = ~0U;
    refused(op, __LINE__);
    op = creation();
    op.u.createdomain.arch.misc_flags = ~0U;
    refused(op, __LINE__);
    op = creation();
    op.u.createdomain.arch.emulation_flags = XEN_X86_EMU_ALL;
    refused(op, __LINE__);
    op = creation();
    op.u.createdomain.grant_opts = 0xff;
    refused(op, __LINE__);
    op = creation();
    op.u.createdomain.iommu_opts = ~0U;
    refused(op, __LINE__);
    op = creation();
    op.u.createdomain.vmtrace_size = 4096;
    refused(op, __LINE__);
}

/* A domain whose number cannot be told is not made. */
static void check_read_only_result(void)
{
    struct xen_domctl *op = page_alloc(), *view = window_alloc();

    *op = creation();
    op->cmd = XEN_DOMCTL_createdomain;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    CHECK_EQ(map_mfn(view, virt_to_mfn(op), PTE_RO), 0);
    CHECK_EQ(hyp_domctl(view), -XEN_EFAULT);
    window_free(view);
    page_free(op);
}

GUEST_TEST("domctl: refusals")
{
    struct xen_domctl op = {0};

    if (!is_dom0()) {
        CHECK_EQ(domctl(&op, XEN_DOMCTL_getdomaininfo, 0), -XEN_EPERM);
        CHECK_EQ(domctl(&op, XEN_DOMCTL_destroydomain, 0), -XEN_EPERM);
        return;
    }
    check_calls();
    check_self();
    check_creation();
    check_read_only_result();
}
