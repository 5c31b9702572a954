/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * INIT and STARTUP without a pause between them, for a vcpu in whatever state: spinning on another
 * CPU or waiting for this one, halted, down, or not yet begun. The last STARTUP always counts. And a
 * storm: two vcpus that send both to each other harm nobody but themselves.
 */
#include <hvm.h>

#define ROUNDS "1000"
#define COUNT  "0x3100"

#define SEND(icr) "mov $0x830, %ecx; mov $" icr ", %eax; mov $2, %edx; wrmsr\n" /* id 2: vcpu 1 */
#define INIT    SEND("0x4500")
#define STARTUP SEND("0x602") /* page 2 */
#define YIELD   "mov $29, %eax; xor %edi, %edi; vmcall\n"

/* Results: rounds. */
asm(".pushsection .rodata\n"
    ".balign 16\n"
    ".code64\n"
    "code_starts:\n"
    "   xor %ebx, %ebx\n"
    "1: mov %ebx, %eax\n"
    "   and $3, %eax\n"
    "   mov %eax, 0x3180\n"
    "   mov " COUNT ", %ebp\n"
    INIT
    "   test $4, %ebx\n"
    "   jz 2f\n"
    STARTUP
    INIT
    "2: test $8, %ebx\n"
    "   jz 3f\n"
    YIELD
    "3:\n"
    STARTUP
    "4:\n"
    YIELD
    "   cmp %ebp, " COUNT "\n"
    "   je 4b\n"
    "   test $16, %ebx\n"
    "   jz 5f\n"
    YIELD
    "5: inc %ebx\n"
    "   mov %ebx, 0x3000\n"
    "   cmp $" ROUNDS ", %ebx\n"
    "   jb 1b\n"
    INIT
    "   cli\n"
    "   hlt\n"
    ".org code_starts + 0x1000, 0xcc\n"
    ".code16\n"
    "   lock incl " COUNT "\n"
    "   mov 0x3180, %al\n"
    "   cmp $1, %al\n"
    "   je 2f\n"
    "   cmp $2, %al\n"
    "   je 3f\n"
    "   cmp $3, %al\n"
    "   je 4f\n"
    "1: jmp 1b\n"
    "2: sti; hlt; jmp 2b\n"
    "3: cli; hlt\n"
    "4: in $0x80, %al; jmp 4b\n"
    ".code64\n"
    "code_starts_end:\n"
    ".popsection\n");

/* Both begin here, the first in long mode; from then on in real mode, each with its own id. */
asm(".pushsection .rodata\n"
    ".balign 16\n"
    ".code64\n"
    "code_storm:\n"
    "1:\n"
    INIT STARTUP
    "   in $0x80, %al\n"
    "   jmp 1b\n"
    ".org code_storm + 0x1000, 0xcc\n"
    ".code16\n"
    "   lock incl " COUNT "\n"
    "1: in $0x80, %al\n" /* Bochs (2.7) lets interrupts of the machine in there */
    "   mov $0x802, %ecx; rdmsr\n" /* its id: 0 or 2 */
    "   mov %eax, %edx; xor $2, %edx\n"
    "   mov $0x830, %ecx; mov $0x4500, %eax; wrmsr\n"
    "   mov $0x602, %eax; wrmsr\n"
    "   mov $0x602, %eax; wrmsr\n"
    "   jmp 1b\n"
    ".code64\n"
    "code_storm_end:\n"
    ".popsection\n");
extern const uint8_t code_starts[], code_starts_end[], code_storm[], code_storm_end[];

static void a_while(domid_t domid)
{
    (void)domid;
    for (uint64_t end = now() + 300000000; now() < end;)
        hyp_sched_op(SCHEDOP_yield, NULL);
}

GUEST_TEST("INIT and STARTUP close behind each other")
{
    struct hvm_run run = {.mode = HVM_LONG, .vcpus = 2, .absent = 1, .code = code_starts,
                          .end = code_starts_end};
    struct hvm_run storm = {.mode = HVM_LONG, .vcpus = 2, .absent = 1, .code = code_storm,
                            .end = code_storm_end, .beside = a_while};
    const uint32_t *results = (const uint32_t *)run.results;

    NEEDS_HVM();
    CHECK_EQ(hvm_run(&run), SHUTDOWN_poweroff);
    CHECK_EQ(results[0], number(ROUNDS));
    CHECK(results[0x100 / 4] >= number(ROUNDS));
    hvm_run(&storm);
}
