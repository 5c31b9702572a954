/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical addresses without memory, and strings of ports, in real, protected, PAE and long mode:
 * the hypervisor carries the instruction out. Where no device is, all bits read as ones and what is
 * written vanishes; what lies beside it in memory is read and written as ever. An instruction that
 * the hypervisor does not know faults. tests/unit/hvm compares the emulator with a processor.
 */
#include <hvm_code.h>

#define ALL(v) {v, v, v, v}
#define IF(condition) "j" condition " 3f; ud2; 3: "
/* Memory ends at 0xc000. The guest's place for results is in edi. */
#define WITH_DI(text) "mov %edi, %ebp; " text "mov %ebp, %edi; "

/* clang-format off */
#define PROBES(X, mode, A, S, F)                                                                   \
    X(mode, "xor %eax, %eax; mov 0xd000, %al; cmp $0xff, %eax; " IF("e"), ALL(NONE))               \
    X(mode, "movl $0x12345678, 0xd000; cmpl $-1, 0xd000; " IF("e"), ALL(NONE))                     \
    X(mode, "movzbl 0xd001, %eax; cmp $0xff, %eax; " IF("e"), ALL(NONE))                           \
    X(mode, "movswl 0xd002, %eax; cmp $-1, %eax; " IF("e"), ALL(NONE))                             \
    X(mode, "lock btrl $3, 0xd000; " IF("c"), ALL(NONE))                                           \
    X(mode, "lock orl $1, 0xd000; " IF("s"), ALL(NONE))                                            \
    X(mode, "xor %eax, %eax; xchg %eax, 0xd000; inc %eax; " IF("z"), ALL(NONE))                    \
    X(mode, "push 0xd000; pop " A "; cmp $-1, %ax; " IF("e"), ALL(NONE))                           \
    X(mode, "movl $0x55aa55aa, 0xbffe; cmpl $0xffff55aa, 0xbffe; " IF("e"), ALL(NONE))             \
    X(mode, WITH_DI("mov $0xd000, %esi; mov $0x3800, %edi; mov $100, %ecx; rep movsl; ")           \
      "test %ecx, %ecx; " IF("z") "cmpl $-1, 0x398c; " IF("e"), ALL(NONE))                         \
    X(mode, WITH_DI("mov $0x3800, %esi; mov $0xbff8, %edi; mov $8, %ecx; rep movsw; ")             \
      "cmpl $-1, 0xbffc; " IF("e"), ALL(NONE))                                                     \
    X(mode, WITH_DI("mov $0xd000, %esi; mov $0xd800, %edi; mov $70, %ecx; repe cmpsb; ")           \
      IF("e") "test %ecx, %ecx; " IF("z"), ALL(NONE))                                              \
    X(mode, WITH_DI("mov $0xd000, %edi; mov $7, %ecx; xor %eax, %eax; rep stosl; ")                \
      "test %ecx, %ecx; " IF("z"), ALL(NONE))                                                      \
    X(mode, WITH_DI("movl $0, 0x38c0; mov $0x3a00, %edi; mov $0x80, %edx; mov $100, %ecx; "        \
                    "rep insb; ") "test %ecx, %ecx; " IF("z") "cmpl $-1, 0x3a60; " IF("e"),        \
      ALL(NONE))                                                                                   \
    X(mode, "mov $0x3800, %esi; mov $0x80, %edx; mov $70, %ecx; rep outsw; "                       \
      "cmp $0x388c, %esi; " IF("e"), ALL(NONE))                                                    \
    X(mode, "std; mov $0x3800, %esi; mov $0x80, %edx; outsl; cld; "                                \
      "cmp $0x37fc, %esi; " IF("e"), ALL(NONE))                                                    \
    X(mode, "fldl 0xd000", ALL(VEC_GP)) /* nobody's device has such operands */                    \
    X(mode, "mov 0xd000, %al; ud2", ALL(VEC_UD))

HVM_GUEST("real", "16", PROBES, "%eax", "%esp", "", "ax", "bx");
HVM_GUEST("protected", "32", PROBES, "%eax", "%esp", "", "eax", "ebx");
HVM_GUEST("pae", "32", PROBES, "%eax", "%esp", "", "eax", "ebx");
HVM_GUEST("long", "64", PROBES, "%rax", "%rsp", "", "rax", "rbx");

#define EXPECT(mode, text, ...) {text, __VA_ARGS__},
static const struct hvm_probe probes[] = { PROBES(EXPECT, "", "%eax", "%esp", "") };
/* clang-format on */

HVM_GUESTS_BY_MODE(code);

GUEST_TEST("instructions with a device as an operand, in four modes")
{
    NEEDS_HVM();
    for (int mode = 0; mode < HVM_MODES; mode++) {
        struct hvm_run run = {.mode = mode, .code = code[mode][0], .end = code[mode][1]};

        hvm_run_probes(&run, probes, ARRAY_SIZE(probes));
    }
}
