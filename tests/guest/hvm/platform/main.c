/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PC's devices as an HVM guest finds them: the local APIC's page, PICs and IO-APIC with
 * interrupts of PIT, RTC and HPET, edge and level, PIT's counters, the clock, the PM timer, and the
 * power-off by ACPI, behind which nothing of the guest is executed. tests/unit/hvm goes through
 * each device by itself.
 */
#include <hvm_code.h>
#include <hvm_pc_code.h>

#define PC (XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI)
#define GONE 0 /* it has written nothing any more */

#define RTC_OUT(reg, value) OUT("0x70", reg) OUT("0x71", value)
#define RTC_IN(reg) OUT("0x70", reg) "in $0x71, %al; "
#define IF(condition) "j" condition " 3f; ud2; 3: "

#define PIC_EOI      OUT("0x20", "0x20")
#define PIC_EOI_BOTH OUT("0xa0", "0x20") PIC_EOI
#define PIT_ONCE     OUT("0x43", "0x30") OUT("0x40", "0") OUT("0x40", "4") /* 858 us */
#define PIT_AGAIN    OUT("0x43", "0x34") OUT("0x40", "2") OUT("0x40", "0") /* as fast as can be */
#define WAIT         "sti; hlt; nop; nop"
#define NOW          "sti; nop; nop; nop; cli"

/* clang-format off */
#define PROBES(X, name, A, S, F)                                                                   \
    X(name, "cmpl $0, 0xfee00020; " IF("e") "cmpl $0x50014, 0xfee00030; " IF("e"), NONE)           \
    X(name, LAPIC("0f0", "0x1ff") "cmpl $0x1ff, 0xfee000f0; " IF("e"), NONE)                       \
    X(name, LAPIC("080", "0x20") "cmpb $0x20, 0xfee00080; " IF("e") LAPIC("080", "0"), NONE)       \
    X(name, PIC_BEGIN PIC_MASKS("0xfa", "0xff") "in $0x21, %al; cmp $0xfa, %al; " IF("e"), NONE)   \
    X(name, PIT_ONCE OUT("0x43", "0") "in $0x40, %al; in $0x40, %al; cmp $4, %al; " IF("be"), NONE)\
    X(name, "3: " OUT("0x20", "0x0a") "in $0x20, %al; test $1, %al; jz 3b", NONE) /* requested */  \
    X(name, NOW, NONE) /* but no way leads to the processor */                                     \
    X(name, LAPIC("350", "0x700") NOW, 0x20) /* LINT0, ExtINT */                                   \
    X(name, OUT("0x20", "0x0b") "in $0x20, %al; cmp $1, %al; " IF("e") NOW, NONE) /* is served */  \
    X(name, PIC_EOI NOW, NONE)                                                                     \
    X(name, PIT_ONCE WAIT, 0x20)                                                                   \
    X(name, PIC_EOI PIT_AGAIN WAIT, 0x20)                                                          \
    X(name, PIC_EOI WAIT, 0x20)                                                                    \
    X(name, PIC_EOI OUT("0x43", "0x30") PIC_MASKS("0xfb", "0xfe") NOW, NONE)                       \
    X(name, RTC_IN("0x32") "cmp $0x20, %al; " IF("e"), NONE) /* this century */                    \
    X(name, RTC_IN("0x0d") "cmp $0x80, %al; " IF("e"), NONE)                                       \
    X(name, RTC_OUT("0x40", "0x5a") RTC_OUT("0x41", "0xa5") RTC_IN("0x40")                         \
      "cmp $0x5a, %al; " IF("e"), NONE)                                                            \
    X(name, RTC_OUT("0x0b", "0x42") WAIT, 0x28) /* 1024 Hz */                                      \
    X(name, RTC_IN("0x0c") "cmp $0xc0, %al; " IF("e") PIC_EOI_BOTH WAIT, 0x28)                     \
    X(name, RTC_OUT("0x0b", "0x02") RTC_IN("0x0c") PIC_EOI_BOTH NOW, NONE)                         \
    X(name, PIC_MASKS("0xff", "0xff") IOAPIC("0x15", "0") IOAPIC("0x14", "0x30") PIT_ONCE WAIT,    \
      0x30) /* the timer is at pin 2 */                                                            \
    X(name, LAPIC_EOI NOW, NONE)                                                                   \
    X(name, IOAPIC("0x21", "0") IOAPIC("0x20", "0x8031") RTC_OUT("0x0b", "0x42") WAIT, 0x31)       \
    X(name, "movl $0x20, 0xfec00000; testl $0x4000, 0xfec00010; " IF("nz"), NONE) /* remote IRR */ \
    X(name, LAPIC_EOI NOW, 0x31) /* the clock asks still */                                        \
    X(name, RTC_OUT("0x0b", "0x02") RTC_IN("0x0c") LAPIC_EOI NOW, NONE)                            \
    X(name, IOAPIC("0x39", "0") IOAPIC("0x38", "0x2e") "movl $1, 0xfed00010; "                     \
      "movl $0x2804, 0xfed00140; movl $0, 0xfed0014c; mov 0xfed000f0, %eax; add $62500, %eax; "    \
      "mov %eax, 0xfed00148; " WAIT, 0x2e) /* HPET: a millisecond */                               \
    X(name, LAPIC_EOI NOW, NONE)                                                                   \
    X(name, "mov $0xb008, %edx; in %dx, %eax; mov %eax, %esi; 3: in %dx, %eax; cmp %esi, %eax; "   \
      "je 3b", NONE) /* the PM timer */                                                            \
    X(name, OUT("0x61", "1") OUT("0x43", "0xb0") OUT("0x42", "0xff") OUT("0x42", "0")              \
      "3: in $0x61, %al; test $0x20, %al; jz 3b", NONE) /* the third counter's output */           \
    X(name, "mov $0xb004, %edx; in %dx, %ax; cmp $1, %ax; " IF("e"), NONE) /* ACPI is on */        \
    X(name, "mov $0x2400, %ax; out %ax, %dx; nop", NONE) /* no such sleep */                       \
    X(name, "mov $0x2000, %ax; out %ax, %dx; ud2", GONE)

HVM_GUEST("platform", "32", PROBES, "%eax", "%esp", "", "eax", "ebx");

#define EXPECT(name, text, end) {text, {[HVM_PROTECTED] = end}},
static const struct hvm_probe probes[] = { PROBES(EXPECT, "", "", "", "") };
/* clang-format on */
extern const uint8_t code_platform[], code_platform_end[];

GUEST_TEST("a PC's devices and their interrupts")
{
    struct hvm_run run = {.mode = HVM_PROTECTED, .code = code_platform, .end = code_platform_end,
                          .emulation = PC};

    NEEDS_HVM();
    hvm_run_probes(&run, probes, ARRAY_SIZE(probes));
}
