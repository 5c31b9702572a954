/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSAVES and XRSTORS in a hardware guest, where its processor has them: CPUID says so and how many bytes
 * their compacted form takes, vector registers come back from it, IA32_XSS can be 0 and nothing else.
 * Elsewhere they are undefined, as IA32_XSS is. A guest's record of its state has the standard form in
 * any case. A PV guest sees neither. (Intel SDM volume 1, 13.7 to 13.12)
 */
#include <hvm_code.h>

#define LEAF1C_XSAVE  (1U << 26)
#define XSAVES        8U
#define IMAGE  0x3800 /* in the guest, aligned to 64 bytes */
#define HEADER 512
#define COMPACTED (1UL << 63)
#define PATTERN 0x0123456789abcdefUL
#define READY  0x3f00
/* Of XCR0 = 3 an area in either form has its fixed parts only. */
#define BYTES  576

/* clang-format off */
#define WRMSR_XSS(low, high) "mov $0xda0, %ecx; mov $" low ", %eax; mov $" high ", %edx; wrmsr"
#define ENABLE "mov %cr4, %rax; or $0x40600, %rax; mov %rax, %cr4; " \
    "xor %ecx, %ecx; xor %edx, %edx; mov $3, %eax; xsetbv"
#define LEAF "mov %rbx, %r12; mov $0xd, %eax; mov $1, %ecx; cpuid; mov %ebx, %r13d; mov %r12, %rbx; "
#define EQUAL "je 3f; ud2; 3: "
#define PROBES(X, name, A, S, F)                                                                    \
    X(name, ENABLE, NONE, NONE)                                                                     \
    X(name, LEAF "test $8, %al; " EQUAL, NONE, VEC_UD) /* is not there */                           \
    X(name, LEAF "cmp $576, %r13d; " EQUAL "or %ecx, %edx; " EQUAL, VEC_UD, NONE)                \
    X(name, "mov $0xda0, %ecx; mov $1, %eax; mov %eax, %edx; rdmsr; or %eax, %edx; " EQUAL,         \
      VEC_GP, NONE)                                                                                 \
    X(name, WRMSR_XSS("0", "0"), VEC_GP, NONE)                                                      \
    X(name, WRMSR_XSS("0x100", "0"), VEC_GP, VEC_GP) /* processor trace */                          \
    X(name, WRMSR_XSS("0", "0x80000000"), VEC_GP, VEC_GP)                                           \
    X(name, "mov $0x0123456789abcdef, %r8; movq %r8, %xmm3; mov $-1, %eax; mov %eax, %edx; "        \
      "xsaves 0x3800", VEC_UD, NONE)                                                                \
    X(name, "movq %xmm3, %rax; cmp %r8, %rax; " EQUAL "pxor %xmm3, %xmm3; movq %xmm3, %rax; "       \
      "test %rax, %rax; " EQUAL, NONE, NONE)                                                        \
    X(name, "mov $-1, %eax; mov %eax, %edx; xrstors 0x3800", VEC_UD, NONE)                          \
    X(name, "movq %xmm3, %rax; cmp %r8, %rax; " EQUAL, VEC_UD, NONE)                                \
    X(name, "movq %r8, %xmm3; movb $1, 0x3f00; 3: pause; cmpb $1, 0x3f00; je 3b", NONE, NONE)       \
    X(name, "movq %xmm3, %rax; cmp %r8, %rax; " EQUAL, NONE, NONE)

HVM_GUEST("xsaves", "64", PROBES, "%rax", "%rsp", "", "rax", "rbx");
#define WITHOUT(name, text, without, with) {text, {[HVM_LONG] = without}},
#define WITH(name, text, without, with) {text, {[HVM_LONG] = with}},
static const struct hvm_probe without[] = { PROBES(WITHOUT, "", "", "", "") },
                              with[] = { PROBES(WITH, "", "", "", "") };
/* clang-format on */
extern const uint8_t code_xsaves[], code_xsaves_end[];

static domid_t domid_of_guest;
static bool has_xsaves;

static void remember(domid_t domid) { domid_of_guest = domid; }

static void simple(unsigned cmd)
{
    struct xen_domctl op = {0};

    CHECK_EQ(domctl(&op, cmd, domid_of_guest), 0);
}

/* What the guest's registers are, while it waits: to a record in the standard form, and back. */
static void check_record(void)
{
    static uint64_t record[PAGE_SIZE / 8];
    static struct {
        struct hvm_save_descriptor header_desc;
        struct hvm_save_header header;
        struct hvm_save_descriptor desc;
        uint8_t body[PAGE_SIZE + sizeof(struct hvm_save_descriptor)];
    } stream;
    static uint8_t all[4 * PAGE_SIZE];
    struct xen_domctl op = {.u.hvmcontext_partial = {CPU_XSAVE_CODE, 0, sizeof(record),
                                                     HANDLE(record)}};
    struct hvm_hw_cpu_xsave *x = (void *)record;
    struct hvm_save_descriptor end = {HVM_SAVE_CODE_END, 0, 0};
    uint64_t bytes, *header;

    simple(XEN_DOMCTL_pausedomain);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_gethvmcontext_partial, domid_of_guest), 0);
    bytes = op.u.hvmcontext_partial.bufsz;
    header = (uint64_t *)((uint8_t *)&x->save_area + HEADER);
    CHECK_EQ(bytes, offsetof(struct hvm_hw_cpu_xsave, save_area) + BYTES);
    CHECK_EQ(x->xcr0, 3);
    CHECK_EQ(header[1], 0);
    CHECK_EQ(((uint64_t *)&x->save_area)[(160 + 3 * 16) / 8], PATTERN);

    op.u.hvmcontext = (struct xen_domctl_hvmcontext){sizeof(all), HANDLE(all)};
    CHECK_EQ(domctl(&op, XEN_DOMCTL_gethvmcontext, domid_of_guest), 0);
    memcpy(&stream, all, offsetof(typeof(stream), desc));
    stream.desc = (struct hvm_save_descriptor){CPU_XSAVE_CODE, 0, (uint32_t)bytes};
    memcpy(stream.body, record, bytes);
    memcpy(stream.body + bytes, &end, sizeof(end));
    op.u.hvmcontext = (struct xen_domctl_hvmcontext){
        (uint32_t)(offsetof(typeof(stream), body) + bytes + sizeof(end)), HANDLE(&stream)};
    CHECK_EQ(domctl(&op, XEN_DOMCTL_sethvmcontext, domid_of_guest), 0);
    header = (uint64_t *)(stream.body + ((uint8_t *)header - (uint8_t *)record));
    header[1] = COMPACTED | 3;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_sethvmcontext, domid_of_guest), -XEN_EOPNOTSUPP);
    simple(XEN_DOMCTL_unpausedomain);
}

static void serve(void)
{
    uint64_t *image;
    uint8_t *page = hvm_map(domid_of_guest, READY);

    if (page[READY & ~PAGE_MASK] == 1) {
        image = (uint64_t *)(page + (IMAGE & ~PAGE_MASK));
        CHECK_EQ(image[HEADER / 8 + 1], has_xsaves ? COMPACTED | 3 : 0);
        check_record();
        page[READY & ~PAGE_MASK] = 2;
    }
    window_free(page);
}

GUEST_TEST("XSAVES in a hardware guest")
{
    struct hvm_run run = {.mode = HVM_LONG, .code = code_xsaves, .end = code_xsaves_end,
                          .prepare = remember, .serve = serve};
    uint32_t a, b, c, d;

    NEEDS_HVM();
    asm volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(1), "c"(0));
    if (!(c & LEAF1C_XSAVE)) {
        skip("the processor has no XSAVE");
        return;
    }
    asm volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(0xd), "c"(1));
    has_xsaves = a & XSAVES; /* the processor's own word */
    asm volatile(XEN_CPUID : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(0xd), "c"(1));
    CHECK(!(a & XSAVES));
    hvm_run_probes(&run, has_xsaves ? with : without, ARRAY_SIZE(with));
}
