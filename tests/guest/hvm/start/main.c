/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hardware guest by hand: created, given memory at guest-physical addresses of its own, its code
 * written through foreign mappings, its registers set as a record, unpaused. It begins in flat
 * 32-bit mode without paging, prints by port 0xe9, asks CPUID for the hypervisor, goes to 64-bit
 * mode, makes a hypercall, and halts with interrupts off, which powers the domain off. Dom0 reads
 * what it has left in memory and destroys it.
 */
#include <guest.h>
#include <public/hvm/save.h>

#define PAGES   8
#define CODE    0x1000
#define RESULTS 0x2000
#define TABLES  0x3000 /* levels 4, 3, 2 */

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
    "   mov %ebx, 0x2000\n"
    "   movl $0x4003, 0x3000\n"     /* one page of 2 MiB, itself */
    "   movl $0x5003, 0x4000\n"
    "   movl $0x83, 0x5000\n"
    "   mov $0x3000, %eax\n"
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
    "   mov %eax, 0x2004\n"
    "   mov $62, %eax\n"            /* no such call */
    "   vmcall\n"
    "   mov %rax, 0x2008\n"
    "   mov %cr0, %rax\n"
    "   mov %rax, 0x2010\n"
    "   mov %cr4, %rax\n"
    "   mov %rax, 0x2018\n"
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

static domid_t domid;

static long create(void)
{
    struct xen_domctl op = {
        .u.createdomain = {
            .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
            .max_vcpus = 1,
            .max_evtchn_port = 1023,
            .max_grant_frames = 4,
            .max_maptrack_frames = 4,
            .grant_opts = XEN_DOMCTL_GRANT_version(1),
        },
    };
    long result = domctl(&op, XEN_DOMCTL_createdomain, 0);

    domid = op.domain;
    return result;
}

static void *map_guest(uint64_t address)
{
    void *window = window_alloc();

    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, (address & PAGE_MASK) | PTE_RW,
                                               UVMF_INVLPG, domid), 0);
    return window;
}

static void build(void)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = PAGES * 4};
    uint64_t frames[PAGES];
    uint8_t *code;

    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    op.u.max_vcpus.max = 1;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_vcpus, domid), 0);
    CHECK_EQ(domain_populate(domid, 0, PAGES, frames), PAGES);
    code = map_guest(CODE);
    memcpy(code, hvm_code, hvm_code_end - hvm_code);
    window_free(code);
}

static struct {
    struct hvm_save_descriptor header_desc;
    struct hvm_save_header header;
    struct hvm_save_descriptor cpu_desc;
    struct hvm_hw_cpu cpu;
    struct hvm_save_descriptor end_desc;
} stream;

#define SEGMENT(name, access)                     \
    do {                                          \
        stream.cpu.name##_limit = 0xffffffff;     \
        stream.cpu.name##_arbytes = access;       \
    } while (0)

static void start(void)
{
    struct xen_domctl op = {.u.hvmcontext = {.size = sizeof(stream), .buffer = HANDLE(&stream)}};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_gethvmcontext, domid), 0);
    CHECK_EQ(op.u.hvmcontext.size, sizeof(stream));
    CHECK_EQ(stream.header.magic, HVM_FILE_MAGIC);
    CHECK_EQ(stream.cpu_desc.typecode, HVM_SAVE_CODE_CPU);
    stream.cpu.rip = CODE;
    stream.cpu.rflags = 2;
    stream.cpu.cr0 = 0x11;
    SEGMENT(cs, 0xc09b);
    SEGMENT(ds, 0xc093);
    SEGMENT(es, 0xc093);
    SEGMENT(fs, 0xc093);
    SEGMENT(gs, 0xc093);
    SEGMENT(ss, 0xc093);
    stream.cpu.tr_limit = 0x67;
    stream.cpu.tr_arbytes = 0x8b;
    op.u.hvmcontext = (struct xen_domctl_hvmcontext){sizeof(stream), HANDLE(&stream)};
    CHECK_EQ(domctl(&op, XEN_DOMCTL_sethvmcontext, domid), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_unpausedomain, domid), 0);
}

static bool has_ended(void)
{
    struct xen_domctl_getdomaininfo info;

    return !domain_info(domid, &info) || (info.flags & XEN_DOMINF_shutdown);
}

static void check_end(void)
{
    struct xen_domctl_getdomaininfo info = {0};
    uint32_t *results;

    CHECK(WAIT_FOR(has_ended()));
    CHECK(domain_info(domid, &info));
    CHECK_EQ(info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask, SHUTDOWN_poweroff);
    results = map_guest(RESULTS);
    CHECK_EQ(results[0], 0x566e6558);
    CHECK_EQ(results[1], 4 << 16 | 17);
    CHECK_EQ(*(long *)&results[2], -XEN_ENOSYS);
    CHECK_EQ(results[4], 0x80000011);
    CHECK_EQ(results[6], 0x20);
    window_free(results);
}

static void whole_life(void)
{
    build();
    start();
    check_end();
    CHECK_EQ(domain_destroy(domid), 0);
}

GUEST_TEST("a hardware guest from 32-bit mode to 64-bit mode and its end")
{
    uint64_t before;
    long result;

    NEEDS_DOM0();
    result = create();
    if (result == -XEN_EOPNOTSUPP) {
        skip("the machine has no VT-x");
        return;
    }
    CHECK_EQ(result, 0);
    whole_life(); /* after the first one the heap has what the next needs */
    before = host_free_pages();
    CHECK_EQ(create(), 0);
    whole_life();
    CHECK(WAIT_FOR(host_free_pages() >= before));
}
