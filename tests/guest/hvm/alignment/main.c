/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Alignment checks of a guest's user mode, which are exits (XSA-156) and go on to the guest: each of
 * them once, and none where the processor makes none. (Intel SDM volume 3, 6.15)
 */
#include <hvm_code.h>

#define AM     "mov %cr0, %eax; or $0x40000, %eax; mov %eax, %cr0; "
#define USER   "mov $0x2b, %eax; mov %eax, %ds; "
#define OFFSET(label) label " - code_alignment + 0x1000"

/* Into user mode with RFLAGS.AC, whose stack is aligned. */
#define TO_USER                                                                      \
    "movl $0xbff0, 0x5804; movl $16, 0x5808; " /* the stack of whoever is interrupted */ \
    "lgdt " OFFSET("6f") "; "                                                        \
    "push $0x2b; push $0xaff0; push $0x40002; push $0x23; push $" OFFSET("5f") "; iret; " \
    ".balign 8; 6: .word 47; .long " OFFSET("7f") "; .balign 8; 7: .quad 0, 0x00cf9b000000ffff, " \
    "0x00cf93000000ffff, 0x0000890058000067, 0x00cffb000000ffff, 0x00cff3000000ffff; 5: " USER

/* clang-format off */
#define PROBES(X, name, A, S, F)                                                     \
    X(name, TO_USER "mov 0x3804, %eax; mov 0x3801, %eax; ud2", VEC_UD) /* CR0.AM is clear */ \
    X(name, AM TO_USER "mov 0x3804, %eax; mov 0x3801, %al; mov 0x3801, %eax", VEC_AC) \
    X(name, TO_USER "movl $0, 0x3802", VEC_AC)                                       \
    X(name, TO_USER "mov 0x3802, %ax; ud2", VEC_UD)                                 \
    X(name, "mov 0x3801, %eax", NONE) /* not its kernel's */                         \
    X(name, "ud2", VEC_UD)

HVM_GUEST("alignment", "32", PROBES, "%eax", "%esp", "", "eax", "ebx");

#define EXPECT(name, text, end) {text, {[HVM_PROTECTED] = end}},
static const struct hvm_probe probes[] = { PROBES(EXPECT, "", "", "", "") };
/* clang-format on */
extern const uint8_t code_alignment[], code_alignment_end[];

GUEST_TEST("alignment checks of a hardware guest's user mode")
{
    struct hvm_run run = {.mode = HVM_PROTECTED, .code = code_alignment,
                          .end = code_alignment_end};

    NEEDS_HVM();
    hvm_run_probes(&run, probes, ARRAY_SIZE(probes));
}
