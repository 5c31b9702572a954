/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hardware guest's registers as tools read them (XEN_DOMCTL_getvcpucontext), where its shared info
 * is, and vcpus that it starts itself, in 32-bit and in 64-bit mode, with registers of its choice
 * (VCPUOP_initialise). Those that no processor is in are refused, and a vcpu that runs is left alone.
 */
#include <hvm_code.h>
#include <public/hvm/hvm_vcpu.h>
#include <public/vcpu.h>

/* --- read by tools ---------------------------------------------------------------------------- */
asm(".pushsection .rodata\n"
    ".code64\n"
    "code_known: movl $1, (%rdi)\n"
    "1: pause\n"
    "   jmp 1b\n"
    "code_known_end:\n"
    ".popsection\n");
extern const uint8_t code_known[], code_known_end[];

#define SHARED_INFO_GFN 0x40

static void set_known(struct hvm_hw_cpu *cpu)
{
    cpu->rbx = 0x1122334455667788;
    cpu->r15 = 0x99aabbccddeeff00;
    cpu->fs_base = 0x123000;
    cpu->gs_base = 0x456000;
    cpu->shadow_gs = 0x789000;
    cpu->dr3 = 0x3800;
}

static uint64_t shared_info_frame(domid_t domid)
{
    struct xen_domctl_getdomaininfo info;

    CHECK(domain_info(domid, &info));
    CHECK((info.flags & XEN_DOMINF_hvm_guest) && (info.flags & XEN_DOMINF_hap));
    return info.shared_info_frame;
}

static void read_known(domid_t domid)
{
    static struct vcpu_guest_context c;
    struct xen_domctl op = {.u.vcpucontext = {.vcpu = 0, .ctxt = HANDLE(&c)}};
    struct xen_add_to_physmap add = {.domid = domid, .space = XENMAPSPACE_shared_info,
                                     .gpfn = SHARED_INFO_GFN};
    volatile uint32_t *results = hvm_map(domid, HVM_RESULTS);

    CHECK(WAIT_FOR(*results));
    window_free((void *)results);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpucontext, domid), 0);
    CHECK_EQ(c.user_regs.rbx, 0x1122334455667788);
    CHECK_EQ(c.user_regs.r15, 0x99aabbccddeeff00);
    CHECK(c.user_regs.rip >= HVM_CODE && c.user_regs.rip < HVM_CODE + PAGE_SIZE);
    CHECK_EQ(c.user_regs.rsp, HVM_STACK);
    CHECK_EQ(c.user_regs.cs, 8);
    CHECK_EQ(c.user_regs.ss, 16);
    CHECK_EQ(c.user_regs.gs, 16);
    CHECK_EQ(c.ctrlreg[0], 0x80000011);
    CHECK_EQ(c.ctrlreg[4], 0x20);
    CHECK(c.ctrlreg[3] != 0);
    CHECK_EQ(c.debugreg[3], 0x3800);
    CHECK_EQ(c.fs_base, 0x123000);
    CHECK_EQ(c.gs_base_kernel, 0x456000);
    CHECK_EQ(c.gs_base_user, 0x789000);
    CHECK(c.flags & VGCF_in_kernel);
    CHECK(c.flags & VGCF_online);

    CHECK_EQ(shared_info_frame(domid), ~0UL);
    CHECK_EQ(hyp_memory_op(XENMEM_add_to_physmap, &add), 0);
    CHECK_EQ(shared_info_frame(domid), SHARED_INFO_GFN);
}

/* --- started by the guest --------------------------------------------------------------------- */

/* The first vcpu: what it is told, to the results, then it waits for the other's word. The contexts
 * are behind the code. */
#define STARTER(name)                                                                            \
    asm(".pushsection .rodata\n"                                                                  \
        ".code64\n"                                                                               \
        "code_" name ":\n"                                                                        \
        "   mov $0x3000, %ebp\n"                                                                  \
        "   mov $3f - code_" name " + 0x1000, %ebx\n"                                             \
        "   mov $4, %r12d\n"                                                                      \
        "1: mov %rbx, %rdx\n"                                                                     \
        "   mov $24, %eax\n" /* vcpu_op, initialise, vcpu 1 */                                    \
        "   xor %edi, %edi\n"                                                                     \
        "   mov $1, %esi\n"                                                                       \
        "   vmcall\n"                                                                             \
        "   mov %eax, (%rbp)\n"                                                                   \
        "   add $4, %rbp\n"                                                                       \
        "   add $128, %rbx\n"                                                                     \
        "   dec %r12d\n"                                                                          \
        "   jnz 1b\n"                                                                             \
        "   mov $24, %eax\n" /* up */                                                             \
        "   mov $1, %edi\n"                                                                       \
        "   vmcall\n"                                                                             \
        "   mov %eax, (%rbp)\n"                                                                   \
        "2: pause\n"                                                                              \
        "   cmpl $0, 0x3100\n"                                                                    \
        "   je 2b\n"                                                                              \
        "   cli\n"                                                                                \
        "   hlt\n"                                                                                \
        "   .balign 16\n"                                                                         \
        "3: .fill 512\n"

#define FINISH(name) "code_" name "_end:\n .code64\n .popsection\n")

/* The second one: registers that it was given, to 0x3104 on, then that it is there. */
STARTER("to_32")
    ".code32\n"
    "code_to_32_second:\n"
    "   mov %ebx, 0x3104\n"
    "   mov %esp, 0x3108\n"
    "   mov %cr0, %eax\n"
    "   mov %eax, 0x310c\n"
    "   movl $1, 0x3100\n"
    "   cli\n"
    "   hlt\n"
FINISH("to_32");

STARTER("to_64")
    "code_to_64_second:\n"
    "   mov %ebx, 0x3104\n"
    "   mov %esp, 0x3108\n"
    "   mov %cr0, %rax\n"
    "   mov %eax, 0x310c\n"
    "   movl $1, 0x3100\n"
    "   cli\n"
    "   hlt\n"
FINISH("to_64");
extern const uint8_t code_to_32[], code_to_32_second[], code_to_32_end[], code_to_64[],
    code_to_64_second[], code_to_64_end[];

/* Where these leave room for the contexts, and the second vcpu begins. */
static uint8_t code[1024] __attribute__((aligned(16)));
#define SLOT     128
#define CONTEXTS (4 * SLOT)
static unsigned second_at;

static void take_code(struct hvm_run *run, const uint8_t *from, const uint8_t *second,
                      const uint8_t *end)
{
    memcpy(code, from, (size_t)(end - from));
    second_at = (unsigned)(second - from);
    run->code = code;
    run->end = code + (end - from);
}

static struct vcpu_hvm_context *context(unsigned i)
{
    _Static_assert(sizeof(struct vcpu_hvm_context) <= SLOT, "room for each");
    return (struct vcpu_hvm_context *)(code + second_at - CONTEXTS + i * SLOT);
}

static const struct vcpu_hvm_context flat_32 = {
    .mode = VCPU_HVM_MODE_32B,
    .cpu_regs.x86_32 = {
        .ebx = 0x12345678, .esp = 0xb000, .eflags = 2, .cr0 = 0x11,
        .cs_limit = ~0U, .ds_limit = ~0U, .ss_limit = ~0U, .es_limit = ~0U, .tr_limit = 0x67,
        .cs_ar = 0xc9b, .ds_ar = 0xc92, .ss_ar = 0xc93, .es_ar = 0xc93, .tr_ar = 0x89,
    },
};
static const struct vcpu_hvm_context flat_64 = {
    .mode = VCPU_HVM_MODE_64B,
    .cpu_regs.x86_64 = {
        .rbx = 0x12345678, .rsp = 0xb000, .rflags = 2, .cr0 = 0x80000011, .cr3 = 0x6000,
        .cr4 = 0x20, .efer = 0x100,
    },
};

static void check_started(const struct hvm_run *run, uint32_t cr0)
{
    const int *results = (const int *)run->results;
    const uint32_t *second = (const uint32_t *)(run->results + 0x100);

    CHECK_EQ(results[0], -XEN_EINVAL);
    CHECK_EQ(results[1], -XEN_EINVAL);
    CHECK_EQ(results[2], 0);
    CHECK_EQ(results[3], -XEN_EEXIST);
    CHECK_EQ(results[4], 0);
    CHECK_EQ(second[1], 0x12345678);
    CHECK_EQ(second[2], 0xb000);
    CHECK_EQ(second[3], cr0);
}

static void start_32(void)
{
    struct hvm_run run = {.mode = HVM_LONG, .vcpus = 2, .absent = 1};

    take_code(&run, code_to_32, code_to_32_second, code_to_32_end);
    for (unsigned i = 0; i < 4; i++)
        *context(i) = flat_32;
    context(0)->mode = 2;
    context(1)->cpu_regs.x86_32.cr0 = 0x80000010; /* paging without protection */
    context(2)->cpu_regs.x86_32.eip = HVM_CODE + second_at;
    CHECK_EQ(hvm_run(&run), SHUTDOWN_poweroff);
    check_started(&run, 0x11);
}

static void start_64(void)
{
    struct hvm_run run = {.mode = HVM_LONG, .vcpus = 2, .absent = 1};

    take_code(&run, code_to_64, code_to_64_second, code_to_64_end);
    for (unsigned i = 0; i < 4; i++)
        *context(i) = flat_64;
    context(0)->pad = 1;
    context(1)->cpu_regs.x86_64.efer = 0; /* 32-bit */
    context(2)->cpu_regs.x86_64.rip = HVM_CODE + second_at;
    CHECK_EQ(hvm_run(&run), SHUTDOWN_poweroff);
    check_started(&run, 0x80000011);
}

GUEST_TEST("registers of a hardware guest's vcpus, read by tools and written by itself")
{
    struct hvm_run known = {.mode = HVM_LONG, .code = code_known, .end = code_known_end,
                            .change = set_known, .beside = read_known};

    NEEDS_HVM();
    hvm_run(&known);
    start_32();
    start_64();
}
