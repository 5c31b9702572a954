/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hardware guest is moved from CPU to CPU while it runs. It finds all as it left it: vector
 * registers, CR2, MSRs that only a switch loads, and a time-stamp counter that never goes back.
 */
#include <hvm.h>

#define MOVES 40

/* Results: rounds, and what was wrong. */
asm(".pushsection .rodata\n"
    ".code64\n"
    "code_rounds:\n"
    "   mov $0x123456789abcdef0, %r8\n"
    "   movq %r8, %xmm7\n"
    "   mov %r8, %cr2\n"
    "   mov $0xc0000102, %ecx\n" /* KERNEL_GS_BASE */
    "   mov $0x9abc0, %eax\n"
    "   mov $0x1234, %edx\n"
    "   wrmsr\n"
    "   xor %r9, %r9\n"
    "1: movq %xmm7, %rax\n"
    "   mov $1, %r10\n"
    "   cmp %r8, %rax\n"
    "   jne 2f\n"
    "   mov %cr2, %rax\n"
    "   mov $2, %r10\n"
    "   cmp %r8, %rax\n"
    "   jne 2f\n"
    "   rdmsr\n"
    "   mov $3, %r10\n"
    "   cmp $0x9abc0, %eax\n"
    "   jne 2f\n"
    "   cmp $0x1234, %edx\n"
    "   jne 2f\n"
    "   rdtsc\n"
    "   mov $4, %r10\n"
    "   shl $32, %rdx\n"
    "   or %rdx, %rax\n"
    "   cmp %r9, %rax\n"
    "   jb 2f\n"
    "   mov %rax, %r9\n"
    "   incq (%rdi)\n"
    "   jmp 1b\n"
    "2: mov %r10, 8(%rdi)\n"
    "   cli\n"
    "   hlt\n"
    "code_rounds_end:\n"
    ".popsection\n");
extern const uint8_t code_rounds[], code_rounds_end[];

static void with_vector_registers(struct hvm_hw_cpu *cpu) { cpu->cr4 |= 0x200; }

static unsigned nr_cpus(void)
{
    struct xen_sysctl op = {0};

    CHECK_EQ(sysctl(&op, XEN_SYSCTL_physinfo), 0);
    return op.u.physinfo.nr_cpus;
}

static void pin(domid_t domid, unsigned cpu)
{
    uint64_t hard = 1UL << cpu, soft = ~0UL;
    struct xen_domctl op = {
        .u.vcpuaffinity = {
            .flags = XEN_VCPUAFFINITY_HARD,
            .cpumap_hard = {HANDLE(&hard), 64},
            .cpumap_soft = {HANDLE(&soft), 64},
        },
    };

    CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpuaffinity, domid), 0);
}

static unsigned cpu_of(domid_t domid)
{
    struct xen_domctl op = {.u.getvcpuinfo.vcpu = 0};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpuinfo, domid), 0);
    return op.u.getvcpuinfo.cpu;
}

static void move_about(domid_t domid)
{
    volatile uint64_t *results = hvm_map(domid, HVM_RESULTS);
    unsigned cpus = nr_cpus();

    for (unsigned i = 0; i < MOVES && !results[1]; i++) {
        uint64_t before = results[0];

        pin(domid, i % cpus);
        if (!CHECK(WAIT_FOR(results[1] || (cpu_of(domid) == i % cpus && results[0] > before + 2))))
            break;
    }
    CHECK_EQ(results[1], 0);
    window_free((void *)results);
}

GUEST_TEST("a hardware guest moves between CPUs while it runs")
{
    struct hvm_run run = {.mode = HVM_LONG, .code = code_rounds, .end = code_rounds_end,
                          .change = with_vector_registers, .beside = move_about};

    NEEDS_HVM();
    hvm_run(&run);
}
