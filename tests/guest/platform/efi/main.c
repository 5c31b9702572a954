/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What EFI firmware left, and its runtime services, as Dom0's kernel asks for them (platform.h,
 * UEFI specification 2.10, chapter 8): tables where the memory map says that firmware lives, the
 * clock, a variable that is made, found, read and deleted, and the guest's vector registers as they
 * were afterwards. Bad flags, sizes and pointers are errors. On a machine with a BIOS there is
 * nothing. efi=1 demands that there is (tests/system/efi.py).
 */
#include <guest.h>

#define EFI_ERROR(n)         (1UL << 63 | (n))
#define EFI_BUFFER_TOO_SMALL EFI_ERROR(5)
#define EFI_NOT_FOUND        EFI_ERROR(14)
#define EFI_RUNTIME_DATA     6
#define EFI_MEMORY_RUNTIME   (1UL << 63)

#define KEPT                                                               \
    (XEN_EFI_VARIABLE_NON_VOLATILE | XEN_EFI_VARIABLE_BOOTSERVICE_ACCESS | \
     XEN_EFI_VARIABLE_RUNTIME_ACCESS)

static const struct xenpf_efi_guid guid = {
    0x6c696b65, 0x7865, 0x4e2d, { 1, 2, 3, 4, 5, 6, 7, 8 }
};
static const uint16_t variable[] = u"TestVariable";
static uint16_t name[512];
static char data[PAGE_SIZE];

static struct xen_platform_op op;
static struct xenpf_efi_runtime_call *const call = &op.u.efi_runtime_call;
static union xenpf_efi_info *const info = &op.u.firmware_info.u.efi_info;

static long ask(uint32_t index)
{
    op.u.firmware_info.type = XEN_FW_EFI_INFO;
    op.u.firmware_info.index = index;
    return platform(&op, XENPF_firmware_info);
}

static long run(uint32_t function)
{
    call->function = function;
    call->status = ~0UL;
    return platform(&op, XENPF_efi_runtime_call);
}

static void clear(void) { memset(&op, 0, sizeof(op)); }

/* --- tables ----------------------------------------------------------------------------------- */
static void check_memory(uint64_t addr)
{
    clear();
    info->mem.addr = addr;
    info->mem.size = ~0UL - addr;
    CHECK_EQ(ask(XEN_FW_EFI_MEM_INFO), 0);
    CHECK_EQ(info->mem.type, EFI_RUNTIME_DATA);
    CHECK(info->mem.attr & EFI_MEMORY_RUNTIME);
    CHECK(info->mem.size >= 24 && info->mem.size < 1UL << 30);
    info->mem.addr = 1UL << 51;
    CHECK_EQ(ask(XEN_FW_EFI_MEM_INFO), -XEN_ESRCH);
}

static void check_vendor(void)
{
    clear();
    memset(name, 0xff, sizeof(name));
    info->vendor.bufsz = 5; /* two characters */
    info->vendor.name = HANDLE(name);
    CHECK_EQ(ask(XEN_FW_EFI_VENDOR), 0);
    CHECK(name[0] > ' ' && name[0] < 0x7f && name[1] != 0xffff && name[2] == 0xffff);
    info->vendor.bufsz = sizeof(name);
    info->vendor.name = HANDLE(0x1000);
    CHECK_EQ(ask(XEN_FW_EFI_VENDOR), -XEN_EFAULT);
}

static void check_tables(void)
{
    CHECK(info->version >= 2 << 16);
    CHECK_EQ(ask(XEN_FW_EFI_RT_VERSION), 0);
    CHECK(info->version >= 2 << 16);
    CHECK_EQ(ask(XEN_FW_EFI_CONFIG_TABLE), 0);
    CHECK(info->cfg.nent > 0 && info->cfg.nent < 100);
    check_memory(info->cfg.addr);
    check_vendor();
    CHECK_EQ(ask(XEN_FW_EFI_PCI_ROM), -XEN_ESRCH);
    CHECK_EQ(ask(XEN_FW_EFI_APPLE_PROPERTIES), -XEN_ENODATA);
    CHECK_EQ(ask(99), -XEN_EINVAL);
}

/* --- clock ------------------------------------------------------------------------------------ */
static void check_clock(void)
{
    struct xenpf_efi_time time;

    clear();
    CHECK_EQ(run(XEN_EFI_get_time), 0);
    CHECK_EQ(call->status, 0);
    time = call->u.get_time.time;
    CHECK(time.year >= 2020 && time.year < 2100 && time.month >= 1 && time.month <= 12);
    clear();
    time.year = 2031;
    call->u.set_time = time;
    CHECK_EQ(run(XEN_EFI_set_time), 0);
    CHECK_EQ(call->status, 0);
    clear();
    CHECK_EQ(run(XEN_EFI_get_time), 0);
    CHECK_EQ(call->u.get_time.time.year, 2031);
    call->misc = 8;
    CHECK_EQ(run(XEN_EFI_get_time), -XEN_EINVAL);
    CHECK_EQ(run(XEN_EFI_set_wakeup_time), -XEN_EINVAL);
    clear();
    CHECK_EQ(run(XEN_EFI_get_wakeup_time), 0);
    CHECK_EQ(run(XEN_EFI_get_next_high_monotonic_count), 0);
}

/* --- variables -------------------------------------------------------------------------------- */
static long get(uint64_t size, void *to)
{
    clear();
    call->u.get_variable.name = HANDLE(variable);
    call->u.get_variable.vendor_guid = guid;
    call->u.get_variable.size = size;
    call->u.get_variable.data = HANDLE(to);
    return run(XEN_EFI_get_variable);
}

static long set(uint64_t size, const void *from)
{
    clear();
    call->misc = KEPT;
    call->u.set_variable.name = HANDLE(variable);
    call->u.set_variable.vendor_guid = guid;
    call->u.set_variable.size = size;
    call->u.set_variable.data = HANDLE(from);
    return run(XEN_EFI_set_variable);
}

/* How often the variable comes in the list of all. */
static unsigned list(void)
{
    unsigned seen = 0, left = 1000;

    clear();
    memset(name, 0, sizeof(name));
    do {
        call->u.get_next_variable_name.size = sizeof(name);
        call->u.get_next_variable_name.name = HANDLE(name);
        CHECK_EQ(run(XEN_EFI_get_next_variable_name), 0);
        if (call->status == 0 && !memcmp(name, variable, sizeof(variable)))
            seen += !memcmp(&call->u.get_next_variable_name.vendor_guid, &guid, sizeof(guid));
    } while (call->status == 0 && left--);
    CHECK_EQ(call->status, EFI_NOT_FOUND);
    return seen;
}

static void check_variable(void)
{
    CHECK_EQ(set(5, "hello"), 0);
    CHECK_EQ(call->status, 0);
    CHECK_EQ(get(0, NULL), 0);
    CHECK_EQ(call->status, EFI_BUFFER_TOO_SMALL);
    CHECK_EQ(call->u.get_variable.size, 5);
    memset(data, 'x', sizeof(data));
    CHECK_EQ(get(sizeof(data), data), 0);
    CHECK_EQ(call->status, 0);
    CHECK_EQ(call->u.get_variable.size, 5);
    CHECK_EQ(call->misc, KEPT);
    CHECK_EQ(memcmp(data, "hellox", 6), 0);
    CHECK_EQ(list(), 1);
    CHECK_EQ(set(0, NULL), 0);
    CHECK_EQ(call->status, 0);
    CHECK_EQ(get(sizeof(data), data), 0);
    CHECK_EQ(call->status, EFI_NOT_FOUND);
    CHECK_EQ(list(), 0);
    clear();
    call->u.query_variable_info.attr = KEPT;
    CHECK_EQ(run(XEN_EFI_query_variable_info), 0);
    CHECK_EQ(call->status, 0);
    CHECK(call->u.query_variable_info.remain_store_size <=
          call->u.query_variable_info.max_store_size);
}

static void check_refused(void)
{
    CHECK_EQ(set(5, (void *)0x1000), -XEN_EFAULT);
    CHECK_EQ(set(1UL << 40, data), -XEN_E2BIG);
    CHECK_EQ(set(5, "hello"), 0);
    CHECK_EQ(get(sizeof(data), (void *)0x1000), -XEN_EFAULT);
    CHECK_EQ(get(~0UL, data), 0); /* no more than the variable has is written */
    CHECK_EQ(call->u.get_variable.size, 5);
    call->misc = 1;
    CHECK_EQ(run(XEN_EFI_get_variable), -XEN_EINVAL);
    CHECK_EQ(set(0, NULL), 0);
    call->misc = 0;
    call->u.get_variable.name = HANDLE(0x1000);
    CHECK_EQ(run(XEN_EFI_get_variable), -XEN_EFAULT);
    memset(data, 'x', sizeof(data)); /* a name without an end */
    call->u.get_variable.name = HANDLE(data);
    CHECK_EQ(run(XEN_EFI_get_variable), -XEN_ENAMETOOLONG);
    clear();
    call->misc = XEN_EFI_VARINFO_BOOT_SNAPSHOT;
    CHECK_EQ(run(XEN_EFI_query_variable_info), -XEN_EOPNOTSUPP);
    CHECK_EQ(run(XEN_EFI_update_capsule), -XEN_EOPNOTSUPP);
    CHECK_EQ(run(0), -XEN_EOPNOTSUPP);
    CHECK_EQ(run(~0U), -XEN_EOPNOTSUPP);
}

/* --- registers -------------------------------------------------------------------------------- */
static void check_registers(void)
{
    static const uint64_t before[2] = { 0x0123456789abcdef, 0xfedcba9876543210 };
    uint64_t low = 0, high = 0;
    uint32_t mxcsr = 0x3f80, mxcsr_after = 0; /* rounding down */

    clear();
    call->function = XEN_EFI_get_time;
    op.cmd = XENPF_efi_runtime_call;
    op.interface_version = XENPF_INTERFACE_VERSION;
    asm volatile("movq %0, %%xmm0; movq %1, %%xmm15; ldmxcsr %2" ::"m"(before[0]), "m"(before[1]),
                 "m"(mxcsr));
    hyp_platform_op(&op);
    asm volatile("movq %%xmm0, %0; movq %%xmm15, %1; stmxcsr %2"
                 : "=m"(low), "=m"(high), "=m"(mxcsr_after));
    CHECK_EQ(low, before[0]);
    CHECK_EQ(high, before[1]);
    CHECK_EQ(mxcsr_after, mxcsr);
    mxcsr = 0x1f80;
    asm volatile("ldmxcsr %0" ::"m"(mxcsr));
}

GUEST_TEST("efi")
{
    NEEDS_DOM0();
    clear();
    if (ask(XEN_FW_EFI_VERSION)) {
        CHECK(!option("efi"));
        CHECK_EQ(ask(XEN_FW_EFI_VERSION), -XEN_ENODEV);
        CHECK_EQ(ask(XEN_FW_EFI_CONFIG_TABLE), -XEN_ENODEV);
        CHECK_EQ(run(XEN_EFI_get_time), -XEN_EOPNOTSUPP);
        return;
    }
    check_tables();
    check_clock();
    check_variable();
    check_refused();
    check_registers();
}
