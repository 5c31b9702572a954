/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts and NMIs reach a hardware guest when it can take them, in the order of their priority,
 * and once each: with interrupts off and on again, behind STI, above and below the task priority,
 * NMIs within an NMI's handler and after its IRET, the local APIC's timer in the middle of HLT.
 * (Intel SDM volume 3, 6.8, 6.9, 10.8.3 and 26.6)
 */
#include <hvm_code.h>

#define SEND(icr, value) "mov $" icr ", %ecx; mov $" value ", %eax; xor %edx, %edx; wrmsr; "
#define SELF_IPI(vector) SEND("0x83f", vector)
#define NMI              SEND("0x830", "0x400") /* to id 0 */
#define EOI              SEND("0x80b", "0")
#define LONG_IRET                                                                       \
    "mov $5f - code_interrupts + 0x1000, %eax; push $16; push $0xbff0; push $2; push $8; " \
    "push %rax; iretq; 5: nop; nop; "

/* clang-format off */
#define PROBES(X, name, A, S, F)                                                        \
    X(name, SEND("0x80f", "0x1ff"), NONE) /* the local APIC on */                       \
    X(name, SELF_IPI("0x21") "nop", NONE) /* interrupts are off */                      \
    X(name, "sti; nop; nop", 0x21)                                                      \
    X(name, "sti; nop; nop", NONE) /* once */                                           \
    X(name, SELF_IPI("0x2f") "sti; nop; nop", NONE) /* the one in service is as high */ \
    X(name, EOI "nop; nop", 0x2f) /* still on */                                        \
    X(name, EOI "sti; nop", NONE)                                                       \
    X(name, "cli; mov $2, %eax; mov %rax, %cr8; mov %cr8, %rax; cmp $2, %eax; je 3f; ud2; 3:",   \
      NONE)                                                                             \
    X(name, SELF_IPI("0x22") "sti; nop; nop", NONE) /* below the task priority */       \
    X(name, "xor %eax, %eax; mov %rax, %cr8; nop", 0x22)                                \
    X(name, EOI "nop", NONE)                                                            \
    X(name, SELF_IPI("0x23") "sti; hlt", 0x23)                                          \
    X(name, EOI SELF_IPI("0x25") SELF_IPI("0x31") "sti; nop; nop", 0x31) /* the higher one */    \
    X(name, EOI "sti; nop; nop", 0x25)                                                  \
    X(name, EOI "nop", NONE)                                                            \
    X(name, NMI "nop", 2)                                                               \
    X(name, NMI "nop; nop", NONE) /* in the handler of one */                           \
    X(name, LONG_IRET, 2) /* which ends: an NMI window */                               \
    X(name, LONG_IRET, NONE)                                                            \
    X(name, SELF_IPI("0x26") NMI "sti; nop; nop", 2) /* before STI */                   \
    X(name, "sti; nop; nop", 0x26) /* NMIs are held back, interrupts are not */         \
    X(name, EOI LONG_IRET, NONE)                                                        \
    X(name, SEND("0x832", "0x27") SEND("0x83e", "0xb") SEND("0x838", "1000") "sti; hlt; nop",    \
      0x27) /* the timer, once */                                                       \
    X(name, EOI "ud2", 6)

HVM_GUEST("interrupts", "64", PROBES, "%rax", "%rsp", "", "rax", "rbx");

#define EXPECT(name, text, end) {text, {[HVM_LONG] = end}},
static const struct hvm_probe probes[] = { PROBES(EXPECT, "", "", "", "") };
/* clang-format on */
extern const uint8_t code_interrupts[], code_interrupts_end[];

GUEST_TEST("interrupts and NMIs of a hardware guest, each when it can be taken")
{
    struct hvm_run run = {.mode = HVM_LONG, .code = code_interrupts, .end = code_interrupts_end};

    NEEDS_HVM();
    hvm_run_probes(&run, probes, ARRAY_SIZE(probes));
}
