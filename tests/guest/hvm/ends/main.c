/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a hardware guest cannot go on after stops it, in every mode, and nothing else: a triple
 * fault, a stack or page tables in physical memory that it does not have, a task switch, registers
 * that no processor is in. The hypervisor says which, and Dom0 takes the rest away; a triple fault is
 * a restart, or what Dom0 wants. One that never
 * gives way, with interrupts off, loses the CPU, and is destroyed. One that ends itself leaves
 * nothing.
 */
#include <hvm.h>
#include <public/hvm/params.h>

#define CODE(name, bits, text)                                      \
    asm(".pushsection .rodata\n"                                    \
        ".code" bits "\n"                                           \
        "code_" #name ": " text "\n"                                \
        "code_" #name "_end:\n"                                     \
        ".code64\n"                                                 \
        ".popsection\n");                                           \
    extern const uint8_t code_##name[], code_##name##_end[]

CODE(fault16, "16", "lidt 0x3800; ud2");
CODE(fault32, "32", "lidt 0x3800; ud2");
CODE(fault64, "64", "lidt 0x3800; ud2");
CODE(stack16, "16", "mov $0xdff0, %sp; int3");
CODE(stack32, "32", "mov $0xdff0, %esp; int3");
CODE(stack64, "64", "mov $0xdff0, %esp; int3");
CODE(tables32, "32", "mov $0x80000000, %eax; mov %eax, %cr3");
CODE(tables64, "64", "mov $0x80000000, %eax; mov %rax, %cr3");
CODE(task32, "32", "ljmp $24, $0; cli; hlt");
CODE(call32, "32", "lcall $24, $0; cli; hlt");
CODE(gate32, "32", "movl $0x00180000, 0x4000 + 8 * 0x21; movl $0x8500, 0x4004 + 8 * 0x21; int $0x21; "
     "cli; hlt");
CODE(halt64, "64", "cli; hlt");

CODE(spin16, "16", "cli; 1: incl 0x3000; jmp 1b");
CODE(spin64, "64", "cli; 1: incl 0x3000; jmp 1b");
/* sched_op, shutdown: its argument is in memory, and it is never entered again */
CODE(call64, "64", "mov $29, %eax; mov $2, %edi; mov $0x3800, %esi; vmcall");

static void idle_task(struct hvm_hw_cpu *cpu) { cpu->tr_arbytes = 0x89; }
static void strange_address(struct hvm_hw_cpu *cpu) { cpu->rip = 1UL << 50; }
static void strange_flags(struct hvm_hw_cpu *cpu) { cpu->rflags = 1 << 17 | 2; } /* virtual 8086 */

#define ROW(name, mode, change, end) {#name, mode, code_##name, code_##name##_end, change, end}
#define STOP(name, mode, change) ROW(name, mode, change, SHUTDOWN_crash)
#define RESTART(name, mode)      ROW(name, mode, NULL, SHUTDOWN_reboot)
static const struct {
    const char *name;
    enum hvm_mode mode;
    const uint8_t *code, *end;
    void (*change)(struct hvm_hw_cpu *cpu);
    int end_is;
} rows[] = {
    RESTART(fault16, HVM_REAL),        RESTART(fault32, HVM_PROTECTED),
    RESTART(fault32, HVM_PAE),         RESTART(fault64, HVM_LONG),
    STOP(stack16, HVM_REAL, NULL),     STOP(stack32, HVM_PROTECTED, NULL),
    STOP(stack32, HVM_PAE, NULL),      STOP(stack64, HVM_LONG, NULL),
    STOP(tables32, HVM_PAE, NULL),     STOP(tables64, HVM_LONG, NULL),
    STOP(task32, HVM_PROTECTED, NULL), STOP(task32, HVM_PAE, NULL),
    STOP(call32, HVM_PROTECTED, NULL), STOP(call32, HVM_PAE, NULL),
    STOP(gate32, HVM_PROTECTED, NULL), STOP(gate32, HVM_PAE, NULL),
    STOP(halt64, HVM_LONG, idle_task), STOP(halt64, HVM_LONG, strange_flags),
    /* Bochs enters it, where it cannot fetch anything */
    ROW(halt64, HVM_LONG, strange_address, SHUTDOWN_reboot),
};

static void stopped(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        struct hvm_run run = {.mode = rows[i].mode, .code = rows[i].code, .end = rows[i].end,
                              .change = rows[i].change};
        int end = hvm_run(&run);

        if (end != rows[i].end_is)
            failure("%s, %s mode: ended with %d", rows[i].name, hvm_mode_names[rows[i].mode], end);
    }
}

static long set_reason(domid_t domid, uint64_t reason)
{
    struct xen_hvm_param p = {domid, 0, HVM_PARAM_TRIPLE_FAULT_REASON, reason};

    return hyp_hvm_op(HVMOP_set_param, &p);
}

static void want_crash(domid_t domid)
{
    struct xen_hvm_param p = {domid, 0, HVM_PARAM_TRIPLE_FAULT_REASON, 0};

    CHECK_EQ(hyp_hvm_op(HVMOP_get_param, &p), 0);
    CHECK_EQ(p.value, SHUTDOWN_reboot);
    CHECK_EQ(set_reason(domid, SHUTDOWN_MAX + 1), -XEN_EINVAL);
    CHECK_EQ(set_reason(domid, SHUTDOWN_crash), 0);
}

static void a_second(domid_t domid)
{
    (void)domid;
    for (uint64_t end = now() + 1000000000; now() < end;)
        hyp_sched_op(SCHEDOP_yield, NULL);
}

static void endless(void)
{
    struct hvm_run real = {.mode = HVM_REAL, .code = code_spin16, .end = code_spin16_end,
                           .beside = a_second};
    struct hvm_run wide = {.mode = HVM_LONG, .code = code_spin64, .end = code_spin64_end,
                           .beside = a_second};

    hvm_run(&real);
    hvm_run(&wide);
}

GUEST_TEST("what stops a hardware guest, and it alone")
{
    struct hvm_run call = {.mode = HVM_LONG, .code = code_call64, .end = code_call64_end};

    struct hvm_run fault = {.mode = HVM_LONG, .code = code_fault64, .end = code_fault64_end,
                            .prepare = want_crash};

    NEEDS_HVM();
    stopped();
    CHECK_EQ(hvm_run(&fault), SHUTDOWN_crash);
    endless();
    CHECK_EQ(hvm_run(&call), SHUTDOWN_poweroff);
}
