/* SPDX-License-Identifier: GPL-2.0-only */
/* Ports and addresses find their device, whatever the size and the place of the access. */
#include "pc.h"

#include <arch/hvm_io.h>
#include <string.h>

static char said[16];

void guest_log(struct domain *d, const char *text, size_t n) { strncat(said, text, n); }

static uint64_t access(bool port, uint64_t address, unsigned bytes, bool write, uint64_t data)
{
    struct hvm_io io = {
        .address = address, .data = data, .bytes = bytes, .write = write, .port = port
    };

    ck_assert_int_eq(hvm_io(pc->vcpu[0], &io), HVM_IO_DONE);
    return io.data;
}

START_TEST(nobody_there)
{
    static const uint64_t ones[] = { [1] = 0xff, [2] = 0xffff, [4] = 0xffffffff, [8] = ~0UL };

    for (unsigned bytes = 1; bytes <= 4; bytes *= 2)
        ck_assert_uint_eq(access(true, 0x10000 - bytes, bytes, false, 0x1234), ones[bytes]);
    for (unsigned bytes = 1; bytes <= 8; bytes *= 2)
        ck_assert_uint_eq(access(false, ~0UL - 3, bytes, false, 0x1234), ones[bytes]);
    access(true, 0xffff, 4, true, ~0UL);
    access(false, 0xe9, 1, true, 'm'); /* memory is not ports */
    ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(wider_than_the_device)
{
    access(true, 0xe9, 1, true, 'a');
    access(true, 0xe9, 2, true, 'x' << 8 | 'b');
    access(true, 0xe8, 2, true, 'c' << 8 | 'x'); /* whose first byte is nobody's */
    access(true, 0xe9, 4, true, 'd');
    ck_assert_str_eq(said, "abd");
    ck_assert_uint_eq(access(true, 0xe9, 1, false, 0), 0xe9);
    ck_assert_uint_eq(access(true, 0xe9, 4, false, 0), 0xffffffe9);
    ck_assert_uint_eq(access(true, 0xe8, 2, false, 0), 0xffff);
}
END_TEST

/* A guest without a PC's devices has none of them. */
START_TEST(no_platform)
{
    out8(0x21, 0x12);
    ck_assert_uint_eq(in8(0x21), 0x12);
    pc->arch.hvm->platform = NULL;
    out8(0x21, 0x34);
    ck_assert_uint_eq(in8(0x21), 0xff);
    ck_assert_uint_eq(read32(0xfec00000), ~0U);
    ck_assert_uint_ne(read32(0xfee00000 + LAPIC_VERSION), ~0U);
    pc->arch.hvm->platform = platform;
    ck_assert_uint_eq(in8(0x21), 0x12);
}
END_TEST

/* Each byte of a wide access comes to its device, in order. */
START_TEST(several_registers)
{
    out8(0x21, 0x55);
    ck_assert_uint_eq(access(true, 0x20, 4, false, 0) >> 8, 0xffff55);
    access(true, 0x70, 2, true, 0xa5 << 8 | 0x40); /* index, then data */
    ck_assert_uint_eq(access(true, 0x71, 1, false, 0), 0xa5);
}
END_TEST

/* The clock's registers are the hypervisor's; the memory behind them a device model's, if there is
 * one, which is told the index that it is asked for. */
START_TEST(clocks_memory)
{
    out8(0x70, 0x40);
    out8(0x71, 0x12);
    models_port = true;
    out8(0x70, 0x40);
    ck_assert_uint_eq(model_has, 0x7040);
    out8(0x71, 0x34);
    ck_assert_uint_eq(model_has, 0x7134);
    ck_assert_uint_eq(in8(0x71), 0xff);
    out8(0x70, 0x8d);
    ck_assert_uint_eq(in8(0x71), 0x80);
    out8(0x70, 0x32);
    ck_assert_uint_ne(in8(0x71), 0xff);
    ck_assert_uint_eq(model_has, 0x7134); /* those are not its */
    models_port = false;
    out8(0x70, 0x40);
    ck_assert_uint_eq(in8(0x71), 0x34);
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = { nobody_there, wider_than_the_device, no_platform,
                                   several_registers, clocks_memory };

    return pc_suite("hvm_io", tests, ARRAY_SIZE(tests));
}
