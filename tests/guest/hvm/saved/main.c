/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hardware guest's state as records (public/hvm/save.h), taken from it while it runs and given to
 * another domain with the same memory, where it goes on: general and vector registers, MSRs, memory
 * types, a time-stamp counter that does not go back, an interrupt that waits, a timer that runs. What
 * is no stream, no record, or no state that a processor could be in is refused, and none of it does
 * any harm: damaged by chance, it is loaded or refused, and the guest ends.
 */
#include <hvm_code.h>

#define SEND(icr, value) "mov $" icr ", %ecx; mov $" value ", %eax; xor %edx, %edx; wrmsr; "
#define EOI              SEND("0x80b", "0")
#define EQUAL            "je 3f; ud2; 3: "
#define SAVED_HERE 0x3100 /* the guest is ready; the next byte: it is to go on */
#define DAMAGED    60     /* rounds */

/* clang-format off */
#define PROBES(X, name, A, S, F)                                                             \
    X(name, SEND("0x80f", "0x1ff") "mov $0x123456789abcdef0, %r8; movq %r8, %xmm7; "         \
      "mov %r8, %cr2; mov $0x7654321, %r15", NONE)                                           \
    X(name, "mov $0xc0000102, %ecx; mov $0x9abc0, %eax; mov $0x1234, %edx; wrmsr", NONE)     \
    X(name, "mov $0xc0000082, %ecx; mov $0x9abd0, %eax; mov $0x5678, %edx; wrmsr", NONE)     \
    X(name, "mov $0x277, %ecx; mov $0x00070106, %eax; mov $0x00070406, %edx; wrmsr", NONE)   \
    X(name, SEND("0x83f", "0x31"), NONE) /* to itself: interrupts are off */                 \
    X(name, SEND("0x832", "0x22") SEND("0x83e", "0xb") SEND("0x838", "2000000"), NONE)       \
    X(name, "rdtsc; shl $32, %rdx; lea (%rax, %rdx), %r9", NONE)                             \
    X(name, "movb $1, 0x3100; 3: pause; cmpb $0, 0x3101; je 3b", NONE)                       \
    X(name, "movq %xmm7, %rax; cmp %r8, %rax; " EQUAL "mov %cr2, %rax; cmp %r8, %rax; "    \
      EQUAL "cmp $0x7654321, %r15; " EQUAL, NONE)                                        \
    X(name, "mov $0xc0000102, %ecx; rdmsr; cmp $0x9abc0, %eax; " EQUAL                     \
      "cmp $0x1234, %edx; " EQUAL, NONE)                                                   \
    X(name, "mov $0xc0000082, %ecx; rdmsr; cmp $0x9abd0, %eax; " EQUAL                     \
      "cmp $0x5678, %edx; " EQUAL, NONE)                                                   \
    X(name, "mov $0x277, %ecx; rdmsr; cmp $0x00070106, %eax; " EQUAL                       \
      "cmp $0x00070406, %edx; " EQUAL, NONE)                                               \
    X(name, "rdtsc; shl $32, %rdx; or %rdx, %rax; cmp %r9, %rax; jae 3f; ud2; 3:", NONE)     \
    X(name, "sti; nop; nop", 0x31)                                                           \
    X(name, EOI "sti; hlt; nop", 0x22)                                                       \
    X(name, EOI "sti; nop; nop", NONE) /* once each */

HVM_GUEST("saved", "64", PROBES, "%rax", "%rsp", "", "rax", "rbx");

#define EXPECT(name, text, end) {text, {[HVM_LONG] = end}},
static const struct hvm_probe probes[] = { PROBES(EXPECT, "", "", "", "") };
/* clang-format on */
extern const uint8_t code_saved[], code_saved_end[];

static uint8_t saved[4 * PAGE_SIZE], stream[4 * PAGE_SIZE];
static uint32_t size; /* of what is in saved[] */
static domid_t other;

/* --- calls ------------------------------------------------------------------------------------ */
static long get(domid_t domid, void *buffer, uint32_t bytes)
{
    struct xen_domctl op = {.u.hvmcontext = {bytes, HANDLE(buffer)}};

    return domctl(&op, XEN_DOMCTL_gethvmcontext, domid) ?: (long)op.u.hvmcontext.size;
}

static long set(domid_t domid, const void *buffer, uint32_t bytes)
{
    struct xen_domctl op = {.u.hvmcontext = {bytes, HANDLE(buffer)}};

    return domctl(&op, XEN_DOMCTL_sethvmcontext, domid);
}

static long get_one(domid_t domid, unsigned type, unsigned instance, void *buffer, uint64_t bytes)
{
    struct xen_domctl op = {.u.hvmcontext_partial = {type, instance, bytes, HANDLE(buffer)}};

    return domctl(&op, XEN_DOMCTL_gethvmcontext_partial, domid)
               ?: (long)op.u.hvmcontext_partial.bufsz;
}

static void simple(domid_t domid, unsigned cmd)
{
    struct xen_domctl op = {0};

    CHECK_EQ(domctl(&op, cmd, domid), 0);
}

/* --- records of the stream -------------------------------------------------------------------- */
static struct hvm_save_descriptor *find(unsigned type)
{
    struct hvm_save_descriptor *d = (void *)stream;

    while (d->typecode != type && d->typecode != HVM_SAVE_CODE_END)
        d = (void *)((uint8_t *)(d + 1) + d->length);
    CHECK_EQ(d->typecode, type);
    return d;
}

static void *record(unsigned type) { return find(type) + 1; }

/* --- another domain --------------------------------------------------------------------------- */
static void make_other(void)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = HVM_PAGES * 4};
    uint64_t frames[HVM_PAGES];

    CHECK_EQ(hvm_create(&other, 1, XEN_X86_EMU_LAPIC), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, other), 0);
    op.u.max_vcpus.max = 1;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_vcpus, other), 0);
    CHECK_EQ(domain_populate(other, 0, HVM_PAGES, frames), HVM_PAGES);
}

static void copy_memory(domid_t from)
{
    for (unsigned i = 0; i < HVM_PAGES; i++) {
        uint8_t *source = hvm_map(from, i * PAGE_SIZE), *copy = hvm_map(other, i * PAGE_SIZE);

        memcpy(copy, source, PAGE_SIZE);
        if (i == SAVED_HERE / PAGE_SIZE)
            copy[SAVED_HERE % PAGE_SIZE + 1] = 1;
        window_free(source);
        window_free(copy);
    }
}

static bool has_ended(void)
{
    struct xen_domctl_getdomaininfo info;

    return !domain_info(other, &info) || (info.flags & XEN_DOMINF_shutdown);
}

static void check_results(void)
{
    uint8_t *results = hvm_map(other, HVM_RESULTS);

    for (unsigned i = 0; i < ARRAY_SIZE(probes); i++)
        if (results[i] != probes[i].vector[HVM_LONG]) {
            failure("%s: vector %u", probes[i].text, results[i]);
            break;
        }
    window_free(results);
}

/* --- what is asked ---------------------------------------------------------------------------- */
static void check_asking(domid_t domid)
{
    static uint8_t one[PAGE_SIZE];

    CHECK_EQ(get(domid, NULL, 0), size);
    CHECK_EQ(get(domid, stream, size - 1), -XEN_ENOSPC);
    CHECK_EQ(get(domid, (void *)0x1000, size), -XEN_EFAULT);
    memcpy(stream, saved, size);
    CHECK_EQ(get_one(domid, HVM_SAVE_CODE_MTRR, 0, one, sizeof(one)), sizeof(struct hvm_hw_mtrr));
    CHECK(!memcmp(one, record(HVM_SAVE_CODE_MTRR), sizeof(struct hvm_hw_mtrr)));
    CHECK_EQ(get_one(domid, HVM_SAVE_CODE_CPU, 0, NULL, 0), sizeof(struct hvm_hw_cpu));
    CHECK_EQ(get_one(domid, HVM_SAVE_CODE_CPU, 0, one, 64), -XEN_ENOSPC);
    CHECK_EQ(get_one(domid, HVM_SAVE_CODE_CPU, 0, (void *)0x1000, PAGE_SIZE), -XEN_EFAULT);
    CHECK_EQ(get_one(domid, HVM_SAVE_CODE_CPU, 1, one, sizeof(one)), -XEN_ENOENT);
    CHECK_EQ(get_one(domid, 99, 0, one, sizeof(one)), -XEN_EINVAL);
}

/* The structure of PV guests' vcpus, as tools use it to answer a guest that has suspended. */
static void check_vcpu_context(domid_t domid)
{
    static vcpu_guest_context_t context;
    struct xen_domctl op = {.u.vcpucontext = {.vcpu = 0, .ctxt = HANDLE(&context)}};
    struct hvm_hw_cpu cpu;

    CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpucontext, domid), 0);
    CHECK_EQ(context.user_regs.r15, 0x7654321);
    CHECK_EQ(context.ctrlreg[3], ((struct hvm_hw_cpu *)record(HVM_SAVE_CODE_CPU))->cr3);
    context.user_regs.r15 = 1;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpucontext, domid), 0);
    CHECK_EQ(get_one(domid, HVM_SAVE_CODE_CPU, 0, &cpu, sizeof(cpu)), sizeof(cpu));
    CHECK_EQ(cpu.r15, 1);
    context.user_regs.r15 = 0x7654321;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpucontext, domid), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpucontext, other), -XEN_EOPNOTSUPP);
}

static void check_frames(domid_t domid)
{
    uint64_t frames[] = {0, HVM_PAGES - 1, HVM_PAGES};
    struct xen_domctl op = {.u.getpageframeinfo3 = {3, HANDLE(frames)}};
    struct xen_memory_domain ask = {domid};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_getpageframeinfo3, domid), 0);
    CHECK_EQ(frames[0], 0);
    CHECK_EQ(frames[1], 0);
    CHECK_EQ(frames[2], XEN_DOMCTL_PFINFO_XTAB);
    CHECK_EQ(hyp_memory_op(XENMEM_maximum_gpfn, &ask), HVM_PAGES - 1);
}

/* --- what is refused -------------------------------------------------------------------------- */
static void refused(long want, int line)
{
    long result = set(other, stream, size);

    if (result != want)
        report(STATUS_FAILURE, __FILE__, line, "sethvmcontext: %s", errno_name(result));
    memcpy(stream, saved, size);
}

#define REFUSED_IF(want, place, value)                          \
    do {                                                       \
        place = value;                                         \
        refused(want, __LINE__);                               \
    } while (0)
#define REFUSED(want, record, field, value) REFUSED_IF(want, (record)->field, value)

static void check_refused(void)
{
    struct hvm_save_header *header = record(HVM_SAVE_CODE_HEADER);
    struct hvm_hw_cpu *cpu = record(HVM_SAVE_CODE_CPU);
    struct hvm_hw_lapic *lapic = record(HVM_SAVE_CODE_LAPIC);
    uint32_t *regs = record(HVM_SAVE_CODE_LAPIC_REGS);
    struct hvm_hw_mtrr *mtrr = record(HVM_SAVE_CODE_MTRR);

    for (uint32_t n = 0; n < size; n += 8)
        CHECK_EQ(set(other, stream, n), -XEN_ENODATA);
    CHECK_EQ(set(other, stream, 1U << 30), -XEN_EINVAL);
    CHECK_EQ(set(other, (void *)0x1000, size), -XEN_EFAULT);
    REFUSED(-XEN_EINVAL, header, magic, 0);
    REFUSED(-XEN_EINVAL, header, version, 2);
    REFUSED(-XEN_EINVAL, find(HVM_SAVE_CODE_HEADER), typecode, HVM_SAVE_CODE_END);
    REFUSED(-XEN_EINVAL, find(HVM_SAVE_CODE_CPU), typecode, HVM_SAVE_CODE_HEADER);
    REFUSED(-XEN_EOPNOTSUPP, find(HVM_SAVE_CODE_MTRR), typecode, HVM_SAVE_CODE_VIRIDIAN_DOMAIN);
    REFUSED(-XEN_EOPNOTSUPP, find(HVM_SAVE_CODE_MTRR), typecode, 0xffff);
    REFUSED(-XEN_EINVAL, find(HVM_SAVE_CODE_MTRR), instance, 1);
    REFUSED(-XEN_EINVAL, find(HVM_SAVE_CODE_CPU), length, sizeof(*cpu) - 8);
    REFUSED(-XEN_ENODATA, find(HVM_SAVE_CODE_CPU), length, 0xfffffff0);
    REFUSED(-XEN_EINVAL, cpu, cr0, 0x80000000);
    REFUSED(-XEN_EINVAL, cpu, msr_lstar, 1UL << 63);
    REFUSED(-XEN_EINVAL, cpu, shadow_gs, 1UL << 47);
    REFUSED(-XEN_EINVAL, cpu, msr_syscall_mask, 1UL << 32);
    REFUSED(-XEN_EINVAL, cpu, flags, 2);
    REFUSED(-XEN_EINVAL, cpu, pad0, 1);
    REFUSED(-XEN_EINVAL, cpu, pending_event, 0x80000e0e);     /* #PF in place of an NMI */
    REFUSED(-XEN_EINVAL, cpu, pending_event, 0x80000b03);     /* #BP has no error code */
    REFUSED(-XEN_EINVAL, cpu, pending_event, 0x80000480);     /* INT goes again by itself */
    REFUSED(-XEN_EINVAL, cpu, pending_event, 0x45);           /* not valid */
    REFUSED(-XEN_EINVAL, lapic, apic_base_msr, 0xfee00500);   /* x2APIC, but off */
    REFUSED(-XEN_EINVAL, lapic, apic_base_msr, 0xfec00900);
    REFUSED_IF(-XEN_EINVAL, regs[0x20 / 4], 2);                /* another's id */
    REFUSED_IF(-XEN_EINVAL, regs[0x200 / 4], 1);               /* vector 0 waits */
    REFUSED_IF(-XEN_EINVAL, regs[0x320 / 4], 0x80000000);
    REFUSED_IF(-XEN_EINVAL, regs[0x3c0 / 4], 1);               /* no such register */
    REFUSED(-XEN_EINVAL, mtrr, msr_pat_cr, 2);
    REFUSED(-XEN_EOPNOTSUPP, mtrr, msr_mtrr_cap, 8);
}

/* --- by chance -------------------------------------------------------------------------------- */
static uint32_t chance(void)
{
    static uint32_t state = 12345;

    return state = state * 1664525 + 1013904223;
}

static void damaged(domid_t from)
{
    make_other();
    copy_memory(from);
    for (unsigned i = 0; i < 1 + chance() % 8; i++)
        stream[chance() / 16 % size] = chance() >> 24;
    if (!set(other, stream, size)) {
        simple(other, XEN_DOMCTL_unpausedomain);
        for (unsigned i = 0; i < 20 && !has_ended(); i++)
            hyp_sched_op(SCHEDOP_yield, NULL);
    }
    memcpy(stream, saved, size);
    CHECK_EQ(domain_destroy(other), 0);
}

/* --- the story -------------------------------------------------------------------------------- */
static void move(domid_t domid)
{
    volatile uint8_t *ready = hvm_map(domid, SAVED_HERE);
    struct xen_domctl_getdomaininfo info;
    long result;

    CHECK(WAIT_FOR(ready[SAVED_HERE % PAGE_SIZE]));
    window_free((void *)ready);
    simple(domid, XEN_DOMCTL_pausedomain);
    result = get(domid, saved, sizeof(saved));
    if (!CHECK(result > 0))
        return;
    size = (uint32_t)result;
    make_other();
    check_asking(domid);
    check_frames(domid);
    check_vcpu_context(domid);
    check_refused();
    copy_memory(domid);
    CHECK_EQ(set(other, saved, size), 0);
    simple(other, XEN_DOMCTL_unpausedomain);
    CHECK(WAIT_FOR(has_ended()));
    CHECK(domain_info(other, &info) &&
          (info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask) == SHUTDOWN_poweroff);
    check_results();
    CHECK_EQ(domain_destroy(other), 0);
    for (unsigned i = 0; i < DAMAGED; i++)
        damaged(domid);
}

static void with_vector_registers(struct hvm_hw_cpu *cpu) { cpu->cr4 |= 0x200; }

GUEST_TEST("a hardware guest's state goes to another domain, and is not believed")
{
    struct hvm_run run = {.mode = HVM_LONG, .code = code_saved, .end = code_saved_end,
                          .change = with_vector_registers, .beside = move};

    NEEDS_HVM();
    hvm_run(&run);
}
