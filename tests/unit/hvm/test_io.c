/* SPDX-License-Identifier: GPL-2.0-only */
/* Ports and addresses find their device, whatever the size and the place of the access. */
#include "fake.h"

#include <arch/hvm_io.h>
#include <string.h>

static struct vcpu vcpu;
static char said[16];

/* as without a device model */
enum hvm_io_result ioreq_access(struct vcpu *v, struct hvm_io *io)
{
    if (!io->write)
        io->data = io->bytes == 8 ? ~0UL : (1UL << 8 * io->bytes) - 1;
    return HVM_IO_DONE;
}

void guest_log(struct domain *d, const char *text, size_t n) { strncat(said, text, n); }

static uint64_t access(bool port, uint64_t address, unsigned bytes, bool write, uint64_t data)
{
    struct hvm_io io = {
        .address = address, .data = data, .bytes = bytes, .write = write, .port = port
    };

    ck_assert_int_eq(hvm_io(&vcpu, &io), HVM_IO_DONE);
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

Suite *unit_suite(void)
{
    Suite *s = suite_create("hvm_io");
    TCase *t = tcase_create("all");

    tcase_add_test(t, nobody_there);
    tcase_add_test(t, wider_than_the_device);
    suite_add_tcase(s, t);
    return s;
}
