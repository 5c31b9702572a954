/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform_op as Dom0's kernel uses it (platform.h): which CPUs there are, their idle time, what
 * the firmware left, symbols. Unknown and unserved commands are -ENOSYS, another interface version
 * -EACCES, and it is not for others.
 */
#include <guest.h>

static struct xen_platform_op op;

static void check_cpus(void)
{
    memset(&op, 0, sizeof(op));
    CHECK_EQ(platform(&op, XENPF_get_cpuinfo), 0);
    CHECK(op.u.pcpu_info.flags & XEN_PCPU_FLAGS_ONLINE);
    op.u.pcpu_info.xen_cpuid = 4000;
    CHECK_EQ(platform(&op, XENPF_get_cpuinfo), 0);
    CHECK(op.u.pcpu_info.flags & XEN_PCPU_FLAGS_INVALID);
    memset(&op, 0, sizeof(op));
    CHECK_EQ(platform(&op, XENPF_get_cpu_version), 0);
    CHECK(op.u.pcpu_version.family >= 6);
    CHECK(op.u.pcpu_version.vendor_id[0] >= 'A');
}

static void check_idle(void)
{
    uint64_t map = 1, idle = 0;

    memset(&op, 0, sizeof(op));
    op.u.getidletime.cpumap_bitmap = HANDLE(&map);
    op.u.getidletime.cpumap_nr_cpus = 1;
    op.u.getidletime.idletime = HANDLE(&idle);
    if (platform(&op, XENPF_getidletime) == -XEN_ENOSYS)
        return; /* only where Dom0 drives the frequency of CPUs */
    CHECK(op.u.getidletime.now > 0 && op.u.getidletime.now <= now() + MS);
    op.u.getidletime.idletime = HANDLE(0x1000);
    CHECK_EQ(platform(&op, XENPF_getidletime), -XEN_EFAULT);
}

static void check_firmware(void)
{
    memset(&op, 0, sizeof(op));
    op.u.firmware_info.type = XEN_FW_KBD_SHIFT_FLAGS;
    CHECK_EQ(platform(&op, XENPF_firmware_info), 0);
    op.u.firmware_info.type = XEN_FW_DISK_INFO;
    op.u.firmware_info.index = 200;
    CHECK_EQ(platform(&op, XENPF_firmware_info), -XEN_ESRCH);
    op.u.firmware_info.type = 99;
    CHECK_EQ(platform(&op, XENPF_firmware_info), -XEN_EINVAL);
}

GUEST_TEST("platform_op")
{
    memset(&op, 0, sizeof(op));
    if (!is_dom0()) {
        CHECK_EQ(platform(&op, XENPF_get_cpuinfo), -XEN_EPERM);
        return;
    }
    check_cpus();
    check_idle();
    check_firmware();
    CHECK_EQ(platform(&op, 999), -XEN_ENOSYS);
    CHECK(platform(&op, XENPF_platform_quirk) < 0);
    op.cmd = XENPF_get_cpuinfo;
    op.interface_version = 7;
    CHECK_EQ(hyp_platform_op(&op), -XEN_EACCES);
    CHECK_EQ(hyp_platform_op(NULL), -XEN_EFAULT);
}
