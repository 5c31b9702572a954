/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes a processor leave its guest, in real, protected, PAE and long mode: each instruction
 * by itself, and what becomes of it: nothing, or the exception of a processor that does not have it.
 * A guest goes through them and writes down the vector of each, NONE where there was none.
 * (Intel SDM volume 3, 25.1.2 and 25.1.3)
 */
#include <hvm_code.h>

/* What a row expects in the four modes. */
#define ALL(v) {v, v, v, v}

#define PCIDE {VEC_GP, VEC_GP, VEC_GP, NONE} /* long mode's */
#define FAR {VEC_GP, NONE, VEC_PF, VEC_PF}

/* clang-format off */
/* One line each: instructions, what comes of them. A, S: names of registers, F: an address that is
 * not mapped. */
#define PROBES(X, mode, A, S, F)                                                                   \
    X(mode, "ud2", ALL(VEC_UD))                                                                    \
    X(mode, "mov $0x40000000, %eax; cpuid", ALL(NONE))                                             \
    X(mode, "rdtsc", ALL(NONE))                                                                    \
    X(mode, "invd", ALL(NONE))                                                                     \
    X(mode, "wbinvd", ALL(NONE))                                                                   \
    X(mode, "invlpg 0x3800", ALL(NONE))                                                            \
    X(mode, "pause", ALL(NONE))                                                                    \
    X(mode, "xor %ecx, %ecx; rdpmc", ALL(VEC_GP))                                                  \
    X(mode, "mov $17, %eax; vmcall", ALL(NONE))                                                    \
    X(mode, "vmlaunch", ALL(VEC_UD))                                                               \
    X(mode, "vmresume", ALL(VEC_UD))                                                               \
    X(mode, "vmxoff", ALL(VEC_UD))                                                                 \
    X(mode, "vmclear 0x3800", ALL(VEC_UD))                                                         \
    X(mode, "vmptrld 0x3800", ALL(VEC_UD))                                                         \
    X(mode, "vmptrst 0x3800", ALL(VEC_UD))                                                         \
    X(mode, "vmxon 0x3800", ALL(VEC_UD))                                                           \
    X(mode, "vmread " A ", " A, ALL(VEC_UD))                                                       \
    X(mode, "vmwrite " A ", " A, ALL(VEC_UD))                                                      \
    X(mode, "invept 0x3800, " A, ALL(VEC_UD))                                                      \
    X(mode, "invvpid 0x3800, " A, ALL(VEC_UD))                                                     \
    X(mode, "xor %eax, %eax; getsec", ALL(VEC_UD))                                                 \
    X(mode, "xor %ecx, %ecx; monitor", ALL(VEC_UD))                                                \
    X(mode, "xor %ecx, %ecx; mwait", ALL(VEC_UD))                                                  \
    X(mode, "rsm", ALL(VEC_UD))                                                                    \
    X(mode, ".byte 0x0f, 0x01, 0xd4", ALL(VEC_UD)) /* VMFUNC */                                    \
    X(mode, "xsaves 0x3800", ALL(VEC_UD))                                                          \
    X(mode, "xrstors 0x3800", ALL(VEC_UD))                                                         \
    X(mode, "mov %cr0, " A "; mov " A ", %cr0", ALL(NONE))                                         \
    X(mode, "mov %cr0, " A "; or $0x20000000, %eax; "                                              \
      "mov " A ", %cr0", ALL(VEC_GP)) /* NW without CD */                                          \
    X(mode, "mov %cr0, " A "; or $0x60000000, %eax; mov " A ", %cr0", ALL(NONE))                   \
    X(mode, "mov %cr0, " A "; and $0x9fffffff, %eax; mov " A ", %cr0", ALL(NONE))                  \
    X(mode, "mov %cr0, " A "; or $8, %eax; mov " A ", %cr0; clts", ALL(NONE))                      \
    X(mode, "smsw %ax; or $8, %ax; lmsw %ax; clts", ALL(NONE))                                     \
    X(mode, "mov %cr2, " A "; mov " A ", %cr2", ALL(NONE))                                         \
    X(mode, "mov %cr3, " A "; mov " A ", %cr3", ALL(NONE))                                         \
    X(mode, "mov %cr4, " A "; mov " A ", %cr4", ALL(NONE))                                         \
    X(mode, "mov %cr4, " A "; or $0x2000, %eax; mov " A ", %cr4", ALL(VEC_GP)) /* VMXE */          \
    X(mode, "mov %cr4, " A "; or $0x1000, %eax; mov " A ", %cr4", ALL(VEC_GP)) /* LA57 */          \
    X(mode, "mov %cr4, " A "; or $0x20000, %eax; mov " A ", %cr4; "                                \
      "and $0xfffdffff, %eax; mov " A ", %cr4", PCIDE)                                             \
    X(mode, "mov %dr7, " A "; mov " A ", %dr7", ALL(NONE))                                         \
    X(mode, "mov %dr6, " A "; mov " A ", %dr6", ALL(NONE))                                         \
    X(mode, "mov %dr3, " A "; mov " A ", %dr3", ALL(NONE))                                         \
    X(mode, "in $0x80, %al; in $0x80, %ax; in $0x80, %eax", ALL(NONE))                             \
    X(mode, "mov $0x3f8, %dx; out %al, %dx; out %ax, %dx; out %eax, %dx", ALL(NONE))               \
    X(mode, "mov $0xc0000080, %ecx; rdmsr", ALL(NONE))                                             \
    X(mode, "mov $0xc0000080, %ecx; rdmsr; or $0x80000000, %eax; wrmsr", ALL(VEC_GP))              \
    X(mode, "mov $0xdeadbeef, %ecx; rdmsr", ALL(VEC_GP))                                           \
    X(mode, "mov $0xdeadbeef, %ecx; wrmsr", ALL(VEC_GP))                                           \
    X(mode, "mov $0x277, %ecx; rdmsr; wrmsr", ALL(NONE))                                           \
    X(mode, "mov $0x277, %ecx; mov $2, %eax; xor %edx, %edx; "                                     \
      "wrmsr", ALL(VEC_GP)) /* no such type */                                                     \
    X(mode, "mov $0x174, %ecx; rdmsr; wrmsr", ALL(NONE))                                           \
    X(mode, "xor %ecx, %ecx; xgetbv", ALL(VEC_UD)) /* without OSXSAVE */                           \
    X(mode, "mov %cr4, " A "; or $0x40000, %eax; mov " A ", %cr4", ALL(NONE))                      \
    X(mode, "xor %ecx, %ecx; xor %edx, %edx; mov $3, %eax; xsetbv", ALL(NONE))                     \
    X(mode, "xor %ecx, %ecx; xor %edx, %edx; mov $2, %eax; "                                       \
      "xsetbv", ALL(VEC_GP)) /* SSE without x87 */                                                 \
    X(mode, "mov $1, %ecx; xor %edx, %edx; mov $3, %eax; xsetbv", ALL(VEC_GP))                     \
    X(mode, "int3", ALL(VEC_BP))                                                                   \
    X(mode, "int $0x21", ALL(0x21))                                                                \
    X(mode, ".byte 0xf1", ALL(VEC_DB))                                                             \
    X(mode, "xor %ecx, %ecx; mov $1, %eax; cltd; div %ecx", ALL(VEC_DE))                           \
    X(mode, "pushf; orw $0x100, (" S "); popf; nop; ud2", ALL(VEC_DB))                             \
    X(mode, "pushf; orw $0x100, (" S "); popf; in $0x80, %al; ud2", ALL(VEC_DB))                   \
    X(mode, "pushf; orw $0x100, (" S "); popf; sti; ud2", ALL(VEC_DB))                             \
    X(mode, "mov $0x3800, %eax; mov " A ", %dr0; mov $0x10401, %eax; mov " A ", %dr7; "            \
      "incb 0x3800; ud2", ALL(VEC_DB))                                                             \
    X(mode, "mov $0x400, %eax; mov " A ", %dr7; incb 0x3800", ALL(NONE))                           \
    X(mode, "mov $0x2400, %eax; mov " A ", %dr7; mov %dr6, " A, ALL(VEC_DB)) /* general detect */  \
    X(mode, "mov %dr6, " A "; test $0x2000, %eax; jz 3f; mov %dr7, " A "; "                        \
      "test $0x2000, %eax; jz 4f; 3: ud2; 4:", ALL(NONE))                                          \
    X(mode, "mov $" F ", %edx; mov (%edx), %eax", FAR)                                             \
    X(mode, "mov $4000000, %ecx; 3: dec %ecx; jnz 3b", ALL(NONE)) /* interrupts of the machine */

HVM_GUEST("real", "16", PROBES, "%eax", "%esp", "0x40000000", "ax", "bx");
HVM_GUEST("protected", "32", PROBES, "%eax", "%esp", "0x3800", "eax", "ebx"); /* no paging */
HVM_GUEST("pae", "32", PROBES, "%eax", "%esp", "0x40000000", "eax", "ebx");
HVM_GUEST("long", "64", PROBES, "%rax", "%rsp", "0x40000000", "rax", "rbx");

#define EXPECT(mode, text, ...) {text, __VA_ARGS__},
static const struct hvm_probe probes[] = { PROBES(EXPECT, "", "%eax", "%esp", "FAR") };
/* clang-format on */

HVM_GUESTS_BY_MODE(code);

GUEST_TEST("every instruction that leaves the guest, in four modes")
{
    NEEDS_HVM();
    for (int mode = 0; mode < HVM_MODES; mode++) {
        struct hvm_run run = {.mode = mode, .code = code[mode][0], .end = code[mode][1]};

        hvm_run_probes(&run, probes, ARRAY_SIZE(probes));
    }
}
