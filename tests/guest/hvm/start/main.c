/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hardware guest by hand: created, given memory at guest-physical addresses of its own, its code
 * written through foreign mappings, its registers set as a record, unpaused. It begins in flat
 * 32-bit mode without paging, prints by port 0xe9, asks CPUID for the hypervisor and the hypervisor
 * for its version, as firmware does, goes to 64-bit mode, makes a hypercall, and halts with interrupts
 * off, which powers the domain off. Dom0 reads what it has left in memory and destroys it.
 */
#include <hvm.h>

/* clang-format off */
asm(".pushsection .rodata\n"
    ".set base, 0x1000\n"
    "hvm_code:\n"
    ".code32\n"
    "   mov $(text - hvm_code + base), %esi\n"
    "1: lodsb\n"
    "   test %al, %al\n"
    "   jz 2f\n"
    "   out %al, $0xe9\n"
    "   jmp 1b\n"
    "2: mov $0x40000000, %eax\n"
    "   cpuid\n"
    "   mov %ebx, 0x3000\n"
    "   mov $17, %eax\n"           /* xen_version, extraversion: for 32-bit code, too */
    "   mov $1, %ebx\n"
    "   mov $0x3020, %ecx\n"
    "   vmcall\n"
    "   mov %eax, 0x3030\n"
    "   mov $13, %eax\n"           /* multicall: not for it */
    "   vmcall\n"
    "   mov %eax, 0x3034\n"
    "   movl $0x7003, 0x6000\n"     /* one page of 2 MiB, itself */
    "   movl $0x8003, 0x7000\n"
    "   movl $0x83, 0x8000\n"
    "   mov $0x6000, %eax\n"
    "   mov %eax, %cr3\n"
    "   mov $0x20, %eax\n"          /* PAE */
    "   mov %eax, %cr4\n"
    "   mov $0xc0000080, %ecx\n"
    "   rdmsr\n"
    "   or $0x100, %eax\n"          /* LME */
    "   wrmsr\n"
    "   mov %cr0, %eax\n"
    "   or $0x80000000, %eax\n"
    "   mov %eax, %cr0\n"
    "   lgdt gdtr - hvm_code + base\n"
    "   ljmp $8, $(long_mode - hvm_code + base)\n"
    ".code64\n"
    "long_mode:\n"
    "   mov $17, %eax\n"            /* xen_version */
    "   xor %edi, %edi\n"
    "   vmcall\n"
    "   mov %eax, 0x3004\n"
    "   mov $62, %eax\n"            /* no such call */
    "   vmcall\n"
    "   mov %rax, 0x3008\n"
    "   mov %cr0, %rax\n"
    "   mov %rax, 0x3010\n"
    "   mov %cr4, %rax\n"
    "   mov %rax, 0x3018\n"
    "   cli\n"
    "3: hlt\n"
    "   jmp 3b\n"
    "gdtr: .word 15\n"
    "   .long gdt - hvm_code + base\n"
    "   .balign 8\n"
    "gdt: .quad 0, 0x00af9b000000ffff\n"
    "text: .asciz \"hello from a hardware guest\\n\"\n"
    "hvm_code_end:\n"
    ".popsection\n");
/* clang-format on */
extern const uint8_t hvm_code[], hvm_code_end[];

static void whole_life(void)
{
    struct hvm_run run = {.mode = HVM_PROTECTED, .code = hvm_code, .end = hvm_code_end};
    const uint32_t *results = (const uint32_t *)run.results;
    xen_extraversion_t extra = {0};

    CHECK_EQ(hvm_run(&run), SHUTDOWN_poweroff);
    CHECK_EQ(results[0], 0x566e6558);
    CHECK_EQ(results[1], 4 << 16 | 17);
    CHECK_EQ(*(const long *)&results[2], -XEN_ENOSYS);
    CHECK_EQ(results[4], 0x80000011);
    CHECK_EQ(results[6], 0x20);
    CHECK_EQ(hyp_xen_version(XENVER_extraversion, extra), 0);
    CHECK_EQ(strcmp((const char *)&results[8], extra), 0);
    CHECK_EQ(results[12], 0);
    CHECK_EQ(results[13], (uint32_t)-XEN_ENOSYS);
}

GUEST_TEST("a hardware guest from 32-bit mode to 64-bit mode and its end")
{
    uint64_t before;

    NEEDS_HVM();
    whole_life(); /* after the first one the heap has what the next needs */
    before = host_free_pages();
    whole_life(); /* one may leave a page of the heap half used, which the next one fills */
    whole_life();
    CHECK(WAIT_FOR(host_free_pages() >= before));
}
