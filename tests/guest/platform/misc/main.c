/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * More of platform_op: the hypervisor's symbols one after the other, MSR access by resource_op
 * (refused for all but a few registers), core parking, quirks, what has no hardware here. Sleep
 * states other than off are refused. No call takes the machine down.
 */
#include <guest.h>

static struct xen_platform_op op;

static void check_symbols(void)
{
    char name[128];

    memset(&op, 0, sizeof(op));
    op.u.symdata.namelen = sizeof(name);
    op.u.symdata.name = HANDLE(name);
    if (platform(&op, XENPF_get_symbol) == -XEN_ENOSYS)
        return; /* not served */
    CHECK(op.u.symdata.symnum > 0);
    CHECK(op.u.symdata.address >= HYPERVISOR_VIRT_START);
    CHECK(op.u.symdata.type != 0);
}

static void check_resource(void)
{
    xenpf_resource_entry_t entry = {.u.cmd = XEN_RESOURCE_OP_MSR_READ, .idx = 0xdeadbeef};

    memset(&op, 0, sizeof(op));
    op.u.resource_op.nr_entries = 1;
    op.u.resource_op.entries = HANDLE(&entry);
    if (platform(&op, XENPF_resource_op) > 0)
        CHECK(entry.u.ret < 0);
    op.u.resource_op.entries = HANDLE(0x1000);
    CHECK(platform(&op, XENPF_resource_op) <= 0);
    op.u.resource_op.nr_entries = ~0U;
    CHECK(platform(&op, XENPF_resource_op) < 0);
}

static void check_refused(void)
{
    memset(&op, 0, sizeof(op));
    op.u.enter_acpi_sleep.sleep_state = 9;
    CHECK(platform(&op, XENPF_enter_acpi_sleep) < 0);
    memset(&op, 0, sizeof(op));
    op.u.cpu_ol.cpuid = 4000;
    CHECK(platform(&op, XENPF_cpu_online) < 0);
    CHECK(platform(&op, XENPF_cpu_offline) < 0);
    memset(&op, 0, sizeof(op));
    op.u.efi_runtime_call.function = XEN_EFI_get_time;
    CHECK(platform(&op, XENPF_efi_runtime_call) < 0);
    memset(&op, 0, sizeof(op));
    op.u.microcode.data = HANDLE(0x1000);
    op.u.microcode.length = 64;
    CHECK(platform(&op, XENPF_microcode_update) < 0);
}

GUEST_TEST("platform_op: the rest")
{
    NEEDS_DOM0();
    check_symbols();
    check_resource();
    check_refused();
}
