/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tools set on a domain: vcpus, affinity, scheduling weight and cap, handle, permissions on
 * devices, time offset, address size. Each is read back where it can
 * be. Wrong vcpu numbers, sizes and values are refused.
 */
#include <guest.h>

static domid_t domid;
static struct xen_domctl op;

static long call(unsigned cmd)
{
    return domctl(&op, cmd, domid);
}

static void check_vcpus(void)
{
    op.u.max_vcpus.max = 1;
    CHECK_EQ(call(XEN_DOMCTL_max_vcpus), 0);
    op.u.max_vcpus.max = 9999;
    CHECK_EQ(call(XEN_DOMCTL_max_vcpus), -XEN_EINVAL);
    op.u.getvcpuinfo.vcpu = 0;
    CHECK_EQ(call(XEN_DOMCTL_getvcpuinfo), 0);
    CHECK_EQ(op.u.getvcpuinfo.online, 0);
    CHECK_EQ(op.u.getvcpuinfo.running, 0);
    op.u.getvcpuinfo.vcpu = 1;
    CHECK_EQ(call(XEN_DOMCTL_getvcpuinfo), -XEN_EINVAL);
    op.u.getvcpuinfo.vcpu = 99999;
    CHECK_EQ(call(XEN_DOMCTL_getvcpuinfo), -XEN_EINVAL);
}

static void check_affinity(void)
{
    uint64_t hard = 1, soft = 0;

    memset(&op, 0, sizeof(op));
    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    op.u.vcpuaffinity.cpumap_hard = (struct xenctl_bitmap){HANDLE(&hard), 64};
    op.u.vcpuaffinity.cpumap_soft = (struct xenctl_bitmap){HANDLE(&soft), 64};
    CHECK_EQ(call(XEN_DOMCTL_setvcpuaffinity), 0);
    hard = 0;
    CHECK_EQ(call(XEN_DOMCTL_getvcpuaffinity), 0);
    CHECK_EQ(hard, 1);
    op.u.vcpuaffinity.vcpu = 7;
    CHECK_EQ(call(XEN_DOMCTL_getvcpuaffinity), -XEN_EINVAL);
    op.u.vcpuaffinity.vcpu = 0;
    op.u.vcpuaffinity.flags = 0;
    CHECK_EQ(call(XEN_DOMCTL_setvcpuaffinity), -XEN_EINVAL);
    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    hard = 0; /* no CPU at all */
    CHECK_EQ(call(XEN_DOMCTL_setvcpuaffinity), -XEN_EINVAL);
}

static void check_small_settings(void)
{
    memset(&op, 0, sizeof(op));
    op.u.setdomainhandle.handle[3] = 0x99;
    CHECK_EQ(call(XEN_DOMCTL_setdomainhandle), 0);
    CHECK_EQ(call(XEN_DOMCTL_getdomaininfo), 0);
    CHECK_EQ(op.u.getdomaininfo.handle[3], 0x99);
    op.u.settimeoffset.time_offset_seconds = 3600;
    CHECK_EQ(call(XEN_DOMCTL_settimeoffset), 0);
    CHECK_EQ(call(XEN_DOMCTL_get_address_size), 0);
    CHECK_EQ(op.u.address_size.size, 64);
    memset(&op, 0, sizeof(op));
    CHECK_EQ(call(XEN_DOMCTL_gettscinfo), 0);
}

static void check_permissions(void)
{
    memset(&op, 0, sizeof(op));
    op.u.ioport_permission.first_port = 0x70;
    op.u.ioport_permission.nr_ports = 2;
    op.u.ioport_permission.allow_access = 1;
    CHECK_EQ(call(XEN_DOMCTL_ioport_permission), 0);
    op.u.ioport_permission.first_port = 0xfff0;
    op.u.ioport_permission.nr_ports = 0x100;
    CHECK_EQ(call(XEN_DOMCTL_ioport_permission), -XEN_EINVAL);
    memset(&op, 0, sizeof(op));
    op.u.iomem_permission.first_mfn = 0xfebf0;
    op.u.iomem_permission.nr_mfns = 1;
    op.u.iomem_permission.allow_access = 1;
    CHECK_EQ(call(XEN_DOMCTL_iomem_permission), 0);
    op.u.iomem_permission.first_mfn = ~0UL;
    op.u.iomem_permission.nr_mfns = 2;
    CHECK_EQ(call(XEN_DOMCTL_iomem_permission), -XEN_EINVAL);
    memset(&op, 0, sizeof(op));
    op.u.irq_permission.pirq = 100000;
    op.u.irq_permission.allow_access = 1;
    CHECK(call(XEN_DOMCTL_irq_permission) < 0);
}

static void check_contexts(void)
{
    static vcpu_guest_context_t context;

    memset(&op, 0, sizeof(op));
    op.u.vcpucontext.ctxt = HANDLE(&context);
    CHECK_EQ(call(XEN_DOMCTL_getvcpucontext), -XEN_ENODATA); /* not initialised */
    op.u.vcpucontext.vcpu = 5;
    CHECK_EQ(call(XEN_DOMCTL_getvcpucontext), -XEN_EINVAL);
    CHECK_EQ(call(XEN_DOMCTL_setvcpucontext), -XEN_EINVAL);
    op.u.vcpucontext.vcpu = 0;
    op.u.vcpucontext.ctxt = HANDLE(0x1000);
    CHECK_EQ(call(XEN_DOMCTL_setvcpucontext), -XEN_EFAULT);
    op.u.vcpucontext.ctxt = HANDLE(&context);
    context.ctrlreg[3] = 0; /* frame 0 is not this domain's */
    CHECK(call(XEN_DOMCTL_setvcpucontext) < 0);
}

GUEST_TEST("settings of a domain")
{
    NEEDS_DOM0();
    CHECK_EQ(domain_create(0, &domid), 0);
    check_vcpus();
    check_affinity();
    check_small_settings();
    check_permissions();
    check_contexts();
    CHECK_EQ(domain_destroy(domid), 0);
}
