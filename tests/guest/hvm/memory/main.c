/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of a hardware guest with arguments in its memory: within a page, across two, where
 * nothing is mapped, and at the hypervisor's own addresses. The hypervisor finds the guest's pages
 * by page faults of its own, of which the guest's CR2 knows nothing. A probe ends in ud2 unless the
 * result is as expected.
 */
#include <hvm_code.h>

/* xen_version's extraversion, ".17..." in 16 bytes (public/version.h). */
#define VERSION_TO(address)                                                              \
    "push %rdi; mov $17, %eax; mov $1, %edi; mov $" address ", %rsi; vmcall; pop %rdi; "
#define EXPECT_VERSION(address)                                                          \
    "test %rax, %rax; jnz 3f; mov $" address ", %rsi; cmpb $'.', (%rsi); je 4f; 3: ud2; 4: "
#define GOOD(address) "movb $0, " address "; " VERSION_TO(address) EXPECT_VERSION(address)
#define REFUSED(address) VERSION_TO(address) "cmp $-14, %rax; je 4f; ud2; 4: " /* EFAULT */
#define CR2_IS(value) "mov %cr2, %rax; cmp $" value ", %rax; je 4f; ud2; 4: "

/* clang-format off */
#define PROBES(X, name, A, S, F)                                                     \
    X(name, GOOD("0x3a00"), NONE)                                                    \
    X(name, GOOD("0x3ff8"), NONE) /* two pages */                                    \
    X(name, GOOD("0x3a00"), NONE) /* again */                                        \
    X(name, REFUSED("0x40000000"), NONE)                                             \
    X(name, GOOD("0x3a00"), NONE)                                                    \
    X(name, REFUSED("0xffff830000000000"), NONE) /* the hypervisor's own memory */   \
    X(name, "mov $0x1230, %eax; mov %rax, %cr2; " GOOD("0x3a00") CR2_IS("0x1230"), NONE) \
    X(name, "mov $0x4560, %eax; mov %rax, %cr2; " REFUSED("0x40000000") CR2_IS("0x4560"), NONE) \
    X(name, GOOD("0x3a00") "ud2", VEC_UD)

HVM_GUEST("memory", "64", PROBES, "%rax", "%rsp", "", "rax", "rbx");

#define EXPECT(name, text, end) {text, {[HVM_LONG] = end}},
static const struct hvm_probe probes[] = { PROBES(EXPECT, "", "", "", "") };
/* clang-format on */
extern const uint8_t code_memory[], code_memory_end[];

GUEST_TEST("hypercalls of a hardware guest find their arguments in its memory")
{
    struct hvm_run run = {.mode = HVM_LONG, .code = code_memory, .end = code_memory_end};

    NEEDS_HVM();
    hvm_run_probes(&run, probes, ARRAY_SIZE(probes));
}
