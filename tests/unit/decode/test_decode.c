/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instruction decoder: known encodings by a table, its register helpers, and random bytes,
 * which must neither read past the fetched bytes nor give an instruction longer than the
 * processor's.
 */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#include <arch/decode.h>
#include <public/errno.h>

/* From memory of exactly that size: a read behind it is seen by the sanitizer. */
static int decode(struct insn *in, const char *bytes, unsigned n, unsigned code_bits)
{
    uint8_t *copy = malloc(n);
    int rc;

    memcpy(copy, bytes, n);
    rc = insn_decode(in, copy, n, code_bits);
    free(copy);
    return rc;
}

#define START 0x1000u

static const struct {
    const char *bytes;
    uint8_t length, map, opcode, op_bytes, reg, rm, code_bits;
    bool byte_op, is_mem;
    int64_t disp, imm;
} known[] = {
    { "\x0f\x32", 2, INSN_MAP_0F, 0x32, 4, 0, 0, 64, false, false, 0, 0 },         /* rdmsr */
    { "\x0f\x22\xd8", 3, INSN_MAP_0F, 0x22, 4, 3, 0, 64, false, false, 0, 0 },     /* cr3 */
    { "\x41\x0f\x22\xe1", 4, INSN_MAP_0F, 0x22, 4, 4, 9, 64, false, false, 0, 0 }, /* cr4, r9 */
    { "\x48\x89\x2b", 3, INSN_MAP_1BYTE, 0x89, 8, 5, 3, 64, false, true, 0, 0 },   /* (rbx) */
    { "\x88\x43\x10", 3, INSN_MAP_1BYTE, 0x88, 4, 0, 3, 64, true, true, 0x10, 0 },
    { "\x66\xc7\x05\x04\x00\x00\x00\x34\x12", 9, INSN_MAP_1BYTE, 0xc7, 2, 0, 5, 64, false, true,
      4, 0x1234 },
    { "\xf0\x48\x0f\xb1\x17", 5, INSN_MAP_0F, 0xb1, 8, 2, 7, 64, false, true, 0,
      0 }, /* cmpxchg */
    { "\xe4\x80", 2, INSN_MAP_1BYTE, 0xe4, 4, 0, 0, 64, true, false, 0, -128 },
    { "\x66\xef", 2, INSN_MAP_1BYTE, 0xef, 2, 0, 0, 64, false, false, 0, 0 }, /* out ax */
    { "\xf3\x6c", 2, INSN_MAP_1BYTE, 0x6c, 4, 0, 0, 64, true, false, 0, 0 },  /* rep insb */
    { "\x4a\x89\x84\xc8\x78\x56\x34\x12", 8, INSN_MAP_1BYTE, 0x89, 8, 0, 4, 64, false, true,
      0x12345678, 0 },
    { "\x41\x89\x00", 3, INSN_MAP_1BYTE, 0x89, 4, 0, 8, 64, false, true, 0, 0 }, /* (r8) */
    { "\xee", 1, INSN_MAP_1BYTE, 0xee, 4, 0, 0, 32, true, false, 0, 0 },
    /* 16-bit addresses: mov %al, 0x10(%bx,%si); movl $imm, 0x1234; mov %cx, -2(%bp) */
    { "\x88\x40\x10", 3, INSN_MAP_1BYTE, 0x88, 2, 0, 0, 16, true, true, 0x10, 0 },
    { "\x66\xc7\x06\x34\x12\x78\x56\x34\x12", 9, INSN_MAP_1BYTE, 0xc7, 4, 0, 6, 16, false, true,
      0x1234, 0x12345678 },
    { "\x67\x66\x89\x4e\xfe", 5, INSN_MAP_1BYTE, 0x89, 2, 1, 6, 32, false, true, -2, 0 },
    /* a 32-bit address in 16-bit code: mov (%eax,%ecx,4), %dx; a direct offset of two bytes */
    { "\x67\x8b\x14\x88", 4, INSN_MAP_1BYTE, 0x8b, 2, 2, 4, 16, false, true, 0, 0 },
    { "\xa1\x00\x90", 3, INSN_MAP_1BYTE, 0xa1, 2, 0, 0, 16, false, true, -0x7000, 0 },
};

START_TEST(encodings)
{
    for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct insn in;

        ck_assert_int_eq(decode(&in, known[i].bytes, known[i].length, known[i].code_bits), 0);
        ck_assert_uint_eq(in.length, known[i].length);
        ck_assert_uint_eq(in.map, known[i].map);
        ck_assert_uint_eq(in.opcode, known[i].opcode);
        ck_assert_uint_eq(in.op_bytes, known[i].op_bytes);
        ck_assert_int_eq(in.byte_op, known[i].byte_op);
        ck_assert_int_eq(in.is_mem, known[i].is_mem);
        ck_assert_int_eq(in.disp, known[i].disp);
        ck_assert_int_eq(in.imm, known[i].imm);
        if (in.has_modrm) {
            ck_assert_uint_eq(in.reg, known[i].reg);
            ck_assert_uint_eq(in.rm, known[i].rm);
        }
        /* one byte less cannot be decoded: it goes on behind what there is */
        ck_assert_int_eq(decode(&in, known[i].bytes, known[i].length - 1, known[i].code_bits),
                         -XEN_EFAULT);
    }
}
END_TEST

START_TEST(refused)
{
    struct insn in;

    ck_assert_int_eq(decode(&in, "\x0f\x05", 2, 64), -XEN_EINVAL);   /* syscall */
    ck_assert_int_eq(decode(&in, "\xcc", 1, 64), -XEN_EINVAL);       /* int3 */
    ck_assert_int_eq(decode(&in, "ffffffffffffffff", 16, 64), -XEN_EINVAL); /* only prefixes */
}
END_TEST

START_TEST(effective_addresses)
{
    struct cpu_user_regs regs = {
        .rip = START, .rax = 0x10000, .rcx = 3, .rbx = 0xffffffff00000010
    };
    struct insn in;

    ck_assert_int_eq(decode(&in, "\x48\x89\x44\xc8\xf8", 5, 64), 0); /* -8(rax,rcx,8) */
    ck_assert_uint_eq(insn_effective_address(&in, &regs), 0x10000 + 24 - 8);
    ck_assert_int_eq(decode(&in, "\x48\x89\x05\x10\x00\x00\x00", 7, 64), 0); /* 16(rip) */
    ck_assert_uint_eq(insn_effective_address(&in, &regs), START + 7 + 16);
    ck_assert_int_eq(decode(&in, "\x67\x88\x03", 3, 64), 0); /* (ebx) */
    ck_assert_uint_eq(insn_effective_address(&in, &regs), 0x10);
    ck_assert_int_eq(decode(&in, "\x65\x88\x04\x25\x08\x00\x00\x00", 8, 64), 0); /* gs:8 */
    ck_assert_uint_eq(in.seg, INSN_SEG_GS);
    ck_assert_uint_eq(insn_effective_address(&in, &regs), 8);
    regs.rbp = 0xfff0;
    regs.rsi = 0x20;
    ck_assert_int_eq(decode(&in, "\x88\x42\x01", 3, 16), 0); /* 1(bp,si), round the segment's end */
    ck_assert_uint_eq(in.seg, INSN_SEG_SS);
    ck_assert_uint_eq(insn_effective_address(&in, &regs), 0x11);
    regs.rcx = (uint64_t)-33;
    ck_assert_int_eq(decode(&in, "\x0f\xab\x08", 3, 64), 0); /* bts %ecx, (rax): two words below */
    ck_assert_uint_eq(insn_effective_address(&in, &regs), 0x10000 - 8);
}
END_TEST

START_TEST(registers)
{
    struct cpu_user_regs regs = { .rax = 0x1122334455667788 };
    struct insn plain = { 0 }, rex = { .rex = 0x40 };

    ck_assert_uint_eq(insn_reg_read(&plain, &regs, 0, 1), 0x88);
    ck_assert_uint_eq(insn_reg_read(&plain, &regs, 4, 1), 0x77); /* ah */
    ck_assert_uint_eq(insn_reg_read(&rex, &regs, 4, 1), 0);      /* spl */
    insn_reg_write(&plain, &regs, 4, 1, 0xab);
    ck_assert_uint_eq(regs.rax, 0x112233445566ab88);
    insn_reg_write(&plain, &regs, 0, 2, 0x1234);
    ck_assert_uint_eq(regs.rax, 0x1122334455661234);
    insn_reg_write(&plain, &regs, 0, 4, 0xdeadbeef);
    ck_assert_uint_eq(regs.rax, 0xdeadbeef);
    insn_reg_write(&plain, &regs, 15, 8, ~0UL);
    ck_assert_uint_eq(regs.r15, ~0UL);
}
END_TEST

START_TEST(random_bytes)
{
    struct cpu_user_regs regs;
    uint8_t bytes[32];

    srandom(1);
    memset(&regs, 0x5a, sizeof(regs));
    for (unsigned round = 0; round < 300000; round++) {
        unsigned have = random() % sizeof(bytes);
        struct insn in;
        int rc;

        for (unsigned i = 0; i < sizeof(bytes); i++)
            bytes[i] = random() & 7 ? random() : 0x66;
        rc = decode(&in, (const char *)bytes, have, 16u << round % 3);
        if (rc)
            continue;
        ck_assert(in.length >= 1 && in.length <= INSN_MAX_BYTES && in.length <= have);
        (void)insn_effective_address(&in, &regs);
        insn_reg_write(&in, &regs, in.reg, insn_operand_bytes(&in),
                       insn_reg_read(&in, &regs, in.rm, insn_operand_bytes(&in)));
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("decode");
    TCase *t = tcase_create("decode");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, encodings);
    tcase_add_test(t, refused);
    tcase_add_test(t, effective_addresses);
    tcase_add_test(t, registers);
    tcase_add_test(t, random_bytes);
    suite_add_tcase(s, t);
    return s;
}
