/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of a 32-bit hardware guest, without paging and with PAE, by the page that it has the
 * hypervisor fill: those that a 32-bit kernel with PV drivers makes, whose structures and lists are
 * laid out as for 32-bit code; what the hypervisor writes by itself (wall clock, runstate areas) is,
 * too. What there is not for it is refused. A probe ends in ud2 unless the result is as expected.
 */
#include <hvm_code.h>

#define IF(condition) "j" condition " 3f; ud2; 3: "
/* hypercall page at 0x9000; ebx and edi are the probes' */
#define CALL3(nr, a, b, c)                                                              \
    "push %ebx; mov $" a ", %ebx; mov $" b ", %ecx; mov $" c ", %edx; "                 \
    "mov $0x9000 + 32 * " nr ", %eax; call *%eax; pop %ebx; "
#define CALL(nr, a, b)   CALL3(nr, a, b, "0")
#define GIVES(value)     "cmp $" value ", %eax; " IF("e")
#define ARG              "0x3800"
#define WORD(at, value)  "movl $" value ", 0x38" at "; "
#define IS(at, value)    "cmpl $" value ", " at "; " IF("e")
/* The shared page as 32-bit code has it; the first vcpu_info is at its beginning. */
#define SHARED           "0xd000"
#define SELECT           "0xd004"
#define PENDING          "0xd800"
#define MASK             "0xd880"
#define BIT_IS(map, condition) "mov 0x3804, %eax; bt %eax, " map "; " IF(condition)
#define NOTHING_PENDING  "movb $0, 0xd000; movl $0, 0xd004; movl $0, 0xd800; "
/* A list of 300 frames from 0x100 on, at 0xa000. */
#define LIST             "mov $0x100, %eax; 4: mov %eax, 0xa000 - 0x400(,%eax,4); inc %eax; "      \
                         "cmp $0x100 + 300, %eax; jb 4b; "
#define RESERVATION      WORD("00", "0xa000") WORD("04", "300") WORD("08", "0") WORD("0c", "0")    \
                         WORD("10", "0x7ff0")

/* clang-format off */
#define PROBES(X, name, A, S, F)                                                                   \
    X(name, "mov $0x40000000, %ecx; mov $0x9000, %eax; xor %edx, %edx; wrmsr", NONE)               \
    X(name, CALL("17", "0", "0") GIVES("0x40011"), NONE)                                           \
    X(name, WORD("04", "0x5555") CALL("17", "5", ARG) GIVES("0") IS("0x3804", "0x5555"), NONE)     \
    X(name, LIST RESERVATION CALL("12", "6", ARG) GIVES("300") /* populate_physmap */              \
      "movl $0x1234, 0x12bff8; " IS("0x12bff8", "0x1234"), NONE) /* the last's end */               \
    X(name, CALL("12", "1", ARG) GIVES("300"), NONE) /* decrease_reservation */                    \
    X(name, CALL("12", "6", ARG) GIVES("300"), NONE)                                               \
    X(name, WORD("00", "0x7ff0") WORD("04", "0") WORD("08", "0") WORD("0c", "0xd")                 \
      CALL("12", "7", ARG) GIVES("0"), NONE) /* add_to_physmap: shared info, wall clock */         \
    X(name, "cmpl $0, 0xd000 + 2304; " IF("ne") "cmpl $0, 0xd000 + 2308; " IF("ne"), NONE)         \
    X(name, WORD("00", "0x7ff0") CALL("12", "4", ARG) "cmp $300, %eax; " IF("g"), NONE)            \
    X(name, WORD("10", "0x7ff0") WORD("14", "0") WORD("18", "0x2c") WORD("1c", "0x2000000")        \
      CALL("34", "0", "0x3810") GIVES("0"), NONE) /* callback by vector */                         \
    X(name, WORD("00", "0") WORD("04", "0") CALL("32", "7", ARG) GIVES("0"), NONE) /* 2-level */   \
    X(name, CALL("32", "4", "0x3804") GIVES("0") "sti; nop; nop", 0x2c)                            \
    X(name, "cli; " BIT_IS(PENDING, "c") IS(SELECT, "1") BIT_IS(MASK, "nc"), NONE)                 \
    X(name, NOTHING_PENDING "mov 0x3804, %eax; bts %eax, " MASK "; "                               \
      CALL("32", "4", "0x3804") GIVES("0") BIT_IS(PENDING, "c") IS(SELECT, "0")                    \
      "cmpb $0, " SHARED "; " IF("e"), NONE) /* masked */                                          \
    X(name, CALL("32", "9", "0x3804") GIVES("0") "sti; nop; nop", 0x2c) /* unmask */               \
    X(name, "cli; " BIT_IS(PENDING, "c") IS(SELECT, "1") BIT_IS(MASK, "nc"), NONE)                 \
    X(name, NOTHING_PENDING CALL("32", "3", "0x3804") GIVES("0"), NONE) /* close */                \
    X(name, WORD("00", "0x110") WORD("04", "0") WORD("08", "0") WORD("0c", "0") WORD("10", "0")    \
      WORD("14", "0") CALL("32", "11", ARG) GIVES("0"), NONE) /* FIFO */                           \
    X(name, WORD("00", "0x111") WORD("04", "0") CALL("32", "12", ARG) GIVES("0"), NONE)            \
    X(name, WORD("00", "0") WORD("04", "0") CALL("32", "7", ARG) GIVES("0"), NONE) /* bind_ipi */  \
    X(name, WORD("10", "0x7ff0") WORD("14", "0") WORD("18", "0x2c") WORD("1c", "0x2000000")        \
      CALL("34", "0", "0x3810") GIVES("0"), NONE) /* callback by vector */                         \
    X(name, CALL("32", "4", "0x3804") GIVES("0") "sti; nop; nop", 0x2c) /* send */                 \
    X(name, "movb $0, 0xd000; cli", NONE)                                                          \
    X(name, WORD("00", "0x3820") WORD("04", "1") WORD("08", "1") WORD("0c", "0")                   \
      WORD("20", "1") CALL("29", "3", ARG) GIVES("0"), NONE) /* poll */                            \
    X(name, CALL("29", "0", "0") GIVES("0"), NONE)                                                 \
    X(name, WORD("00", "0x3900") WORD("04", "0x12345678") "movl $0x5a5a5a5a, 0x392c; "             \
      CALL3("24", "5", "0", ARG) GIVES("0") IS("0x3900", "0") IS("0x392c", "0x5a5a5a5a"), NONE)    \
    X(name, WORD("00", "0x3820") WORD("04", "0") "mov 0x3904, %eax; mov %eax, %esi; "              \
      "add $1000000000, %eax; mov %eax, 0x3808; mov 0x3908, %eax; adc $0, %eax; "                  \
      "mov %eax, 0x380c; " CALL("29", "3", ARG) GIVES("0") "cmp %esi, 0x3904; " IF("ne")           \
      IS("0x392c", "0x5a5a5a5a"), NONE) /* after a second off its CPU */                           \
    X(name, WORD("00", "0") WORD("04", "0") CALL3("24", "5", "0", ARG) GIVES("0"), NONE)           \
    X(name, WORD("00", "1") WORD("04", "0") WORD("08", "0") CALL3("24", "8", "0", ARG) GIVES("0"), \
      NONE) /* singleshot timer */                                                                 \
    X(name, CALL("15", "0", "0x1000") GIVES("0") CALL("15", "0", "0") GIVES("0"), NONE)            \
    X(name, WORD("00", "0x7ff0") CALL3("20", "6", ARG, "1") GIVES("0") IS("0x3808", "4"), NONE)    \
    X(name, CALL("13", ARG, "1") GIVES("-38"), NONE)                                               \
    X(name, CALL3("20", "2", ARG, "1") GIVES("-38"), NONE)                                         \
    X(name, CALL("12", "11", ARG) GIVES("-38") CALL("33", "0", ARG) GIVES("-38"), NONE)            \
    X(name, CALL("41", "1", ARG) GIVES("-38") CALL("120", "1", ARG) GIVES("-38"), NONE)            \
    X(name, CALL("12", "7", "0xfffffff0") GIVES("-14") CALL("12", "7", "0x40000000") GIVES("-14"), \
      NONE)                                                                                        \
    X(name, CALL("12", "6", "0x40000000") GIVES("-14") CALL("17", "5", "0x40000000") GIVES("-14"), \
      NONE)                                                                                        \
    X(name, RESERVATION WORD("00", "0x40000000") CALL("12", "6", ARG) GIVES("-14"), NONE)          \
    X(name, RESERVATION WORD("04", "0xffffffff") CALL("12", "6", ARG) GIVES("-22"), NONE)          \
    X(name, WORD("00", "0x7ff0") WORD("04", "0xd") CALL("12", "15", ARG) GIVES("0"), NONE)         \
    X(name, CALL("12", "15", ARG) "test %eax, %eax; " IF("s"), NONE) /* it has gone */             \
    X(name, "ud2", VEC_UD)

HVM_GUEST("calls_32", "32", PROBES, "%eax", "%esp", "", "eax", "ebx");

#define EXPECT(name, text, end) {text, {[HVM_PROTECTED] = end, [HVM_PAE] = end}},
static const struct hvm_probe probes[] = { PROBES(EXPECT, "", "", "", "") };
/* clang-format on */
extern const uint8_t code_calls_32[], code_calls_32_end[];

static void more_memory(domid_t domid)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = (HVM_PAGES + 320) * 4};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
}

GUEST_TEST("hypercalls of 32-bit hardware guests")
{
    struct hvm_run run = {.mode = HVM_PROTECTED, .code = code_calls_32, .end = code_calls_32_end,
                          .prepare = more_memory};

    NEEDS_HVM();
    hvm_run_probes(&run, probes, ARRAY_SIZE(probes));
    run.mode = HVM_PAE;
    hvm_run_probes(&run, probes, ARRAY_SIZE(probes));
}
