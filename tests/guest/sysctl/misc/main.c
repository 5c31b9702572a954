/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rest of sysctl: free memory by address width, NUMA node of PCI devices, debug keys, CPUs
 * taken off line (only refusals here), and the operations that are not served.
 */
#include <guest.h>

static struct xen_sysctl op;

static void check_heap(void)
{
    uint64_t all;

    memset(&op, 0, sizeof(op));
    op.u.availheap.node = -1;
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_availheap), 0);
    all = op.u.availheap.avail_bytes;
    CHECK(all > 16UL << 20 && all < 1UL << 40);
    op.u.availheap.node = -1;
    op.u.availheap.max_bitwidth = 20;
    if (sysctl(&op, XEN_SYSCTL_availheap) != -XEN_EOPNOTSUPP) /* not counted by width */
        CHECK(op.u.availheap.avail_bytes < 1UL << 20);
    op.u.availheap.node = 99;
    CHECK(sysctl(&op, XEN_SYSCTL_availheap) < 0 || op.u.availheap.avail_bytes == 0);
}

static void check_refused(void)
{
    static const unsigned commands[] = {XEN_SYSCTL_tbuf_op, XEN_SYSCTL_lockprof_op,
                                        XEN_SYSCTL_coverage_op, 500};

    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        memset(&op, 0, sizeof(op));
        op.u.pad[0] = 77;
        if (sysctl(&op, commands[i]) >= 0)
            failure("sysctl %u is served", commands[i]);
    }
    memset(&op, 0, sizeof(op));
    op.u.cpu_hotplug.cpu = 4000;
    op.u.cpu_hotplug.op = XEN_SYSCTL_CPU_HOTPLUG_OFFLINE;
    CHECK(sysctl(&op, XEN_SYSCTL_cpu_hotplug) < 0);
    op.u.cpu_hotplug.cpu = 0; /* the boot CPU stays */
    CHECK(sysctl(&op, XEN_SYSCTL_cpu_hotplug) < 0);
}

static void check_keys(void)
{
    static char keys[1] = {'h'};

    memset(&op, 0, sizeof(op));
    op.u.debug_keys.keys = HANDLE(keys);
    op.u.debug_keys.nr_keys = 1;
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_debug_keys), 0);
    op.u.debug_keys.keys = HANDLE(0x1000);
    CHECK_EQ(sysctl(&op, XEN_SYSCTL_debug_keys), -XEN_EFAULT);
}

static void check_devices(void)
{
    physdev_pci_device_t device = {.seg = 0x7777};
    uint32_t node = 0;

    memset(&op, 0, sizeof(op));
    op.u.pcitopoinfo.num_devs = 1;
    op.u.pcitopoinfo.devs = HANDLE(&device);
    op.u.pcitopoinfo.nodes = HANDLE(&node);
    if (sysctl(&op, XEN_SYSCTL_pcitopoinfo) == 0)
        CHECK_EQ(node, XEN_INVALID_DEV);
}

GUEST_TEST("sysctl: the rest")
{
    NEEDS_DOM0();
    check_heap();
    check_refused();
    check_keys();
    check_devices();
}
