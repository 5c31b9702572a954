/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What exits of a hardware guest cost, in ticks of the processor's counter; in Bochs that is
 * instructions, and repeats exactly. A kernel in Dom0's place, which is also the device model, makes
 * a guest for each operation. The guest does it in a loop and leaves the ticks of each round.
 *
 * Prints a line for each, `BENCH name value operations`, as pvbench does: the least of all rounds
 * but the first, in tenths of a tick for one operation. An operation that does not come to its end
 * fails the run.
 */
#include <device_model.h>

#define PC     (XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI)
#define ROUNDS 11 /* the first one warms up */
/* Idle CPUs scrub free memory, which wakes up late: all of it, and what a guest has had. */
#define SCRUB_ALL (4000 * MS)
#define SCRUB     (10 * MS)
#define PORT   0xc0   /* the device model's; */
#define MMIO   0xd000 /* and so is this, behind the guest's memory */
#define ROM    0xa000

/* clang-format off */
#define WRMSR(msr, low, high) "mov $" msr ", %ecx; mov $" low ", %eax; mov $" high ", %edx; wrmsr; "
#define EOI   WRMSR("0x80b", "0", "0")
#define RDTSC "lfence; rdtsc; shl $32, %rdx; or %rdx, %rax; "
#define X2APIC "mov $0x1b, %ecx; rdmsr; or $0xc00, %eax; wrmsr; " WRMSR("0x80f", "0x1ff", "0")
#define DEADLINE_TIMER X2APIC WRMSR("0x832", "0x40030", "0")
/* To a number of ticks from now, which stays in r11. */
#define ARM(ticks) RDTSC "add $" ticks ", %rax; mov %rax, %r11; mov %rax, %rdx; shr $32, %rdx; " \
    "mov $0x6e0, %ecx; wrmsr; "

/* A second vcpu begins HVM_VCPU_ENTRY behind the first. Vectors 0x30 and 0x31 have handlers: the latter
 * ends a vcpu. */
#define CODE(name, first, handler, second)       \
    asm(".pushsection .rodata\n"                 \
        ".code64\n"                              \
        "code_" #name ": jmp 8f\n"               \
        "   jmp 2f\n"                            \
        "8: jmp 1f\n"                            \
        ".org code_" #name " + 16 + 0x30 * 16\n" \
        "   jmp 3f\n"                            \
        ".org code_" #name " + 16 + 0x31 * 16\n" \
        "   cli; hlt\n"                          \
        ".org code_" #name " + 16 + 0x32 * 16\n" \
        "1:\n" first "cli; hlt\n"                \
        "2:\n" second                            \
        "3:\n" handler "iretq\n"                 \
        "code_" #name "_end:\n"                  \
        ".popsection\n");                        \
    extern const uint8_t code_##name[], code_##name##_end[]

/* Rounds of an operation; r8, r9 and r10 are the loop's, rdi is where the next result comes. */
#define LOOP(count, body)                       \
    "mov $11, %r8d; 4: mov $" #count ", %r9d\n" \
    RDTSC "mov %rax, %r10\n"                    \
    "5:" body "\n"                              \
    "dec %r9d; jnz 5b\n"                        \
    RDTSC "sub %r10, %rax; stosq\n"             \
    "dec %r8d; jnz 4b\n"

/* Rounds of a time that the operation itself has found, in rax. */
#define LOOP_OF(body)                           \
    "mov $11, %r8d; 4:" body "\n"               \
    "stosq; dec %r8d; jnz 4b\n"

/* The page of the IO-APIC, one to one; the guest has tables for its own memory only. */
#define MAP_IOAPIC "movq $0x9003, 0x7018; mov $0xfec00083, %eax; mov %rax, 0x9fb0; "

CODE(loop, LOOP(1000, ""), "", "");
CODE(cpuid, LOOP(200, "xor %eax, %eax; xor %ecx, %ecx; cpuid"), "", "");
CODE(hypercall, LOOP(200, "mov %rdi, %rsi; mov $17, %eax; xor %edi, %edi; vmcall; mov %rsi, %rdi"),
     "", ""); /* xen_version */
CODE(port, LOOP(200, "in $0x21, %al"), "", "");
CODE(ioapic, MAP_IOAPIC LOOP(200, "mov 0xfec00000, %al"), "", "");
CODE(rom, LOOP(200, "mov %eax, 0xa000"), "", "");
CODE(model_port, LOOP(50, "in $0xc0, %al"), "", "");
CODE(model_mmio, LOOP(50, "mov 0xd000, %eax"), "", "");
/* While it computes: what is missing of 60,000 ticks, is the price of an interrupt */
CODE(timer, DEADLINE_TIMER "sti;"
     LOOP(10, ARM("20000") "mov $30000, %r12d; 6: dec %r12d; jnz 6b"), EOI, "");
CODE(timer_wakes, DEADLINE_TIMER
     LOOP_OF(ARM("60000") "sti; hlt; cli; mov 0x3e00, %rax; sub %r11, %rax"),
     RDTSC "mov %rax, 0x3e00;" EOI, "");
CODE(ipi, X2APIC "6: pause; cmpb $0, 0x3e00; je 6b;" /* until the other one can be asked */
     LOOP(50, WRMSR("0x830", "0x30", "2") "sti; hlt; cli")
     WRMSR("0x830", "0x31", "2"),
     EOI,
     X2APIC "movb $1, 0x3e00; 7: sti; hlt; cli;" WRMSR("0x830", "0x30", "0") "jmp 7b\n");
/* clang-format on */

/* --- Dom0 ------------------------------------------------------------------------------------- */
static evtchn_port_t ended;
static struct device_model model;

static void asked(void)
{
    event_clear(model.port);
    if (model.slot->state != STATE_IOREQ_READY)
        return;
    model.slot->data = 0x12;
    barrier();
    model.slot->state = STATE_IORESP_READY;
    event_send(model.port);
}

/* Sleeps but for requests, until the guest has ended: the CPU is the guest's. */
static void serve(void)
{
    evtchn_port_t ports[] = {ended, model.port};
    sched_poll_t poll = {.ports = HANDLE(ports), .nr_ports = model.port ? 2 : 1};

    while (!event_pending(ended)) {
        hyp_sched_op(SCHEDOP_poll, &poll);
        if (model.port && event_pending(model.port))
            asked();
    }
    event_clear(ended);
}

static void prepare_model(domid_t domid)
{
    const uint32_t map = XEN_DMOP_map_io_range_to_ioreq_server;

    model_start(&model, domid);
    CHECK_EQ(server_range(domid, model.id, map, XEN_DMOP_IO_RANGE_PORT, PORT, PORT), 0);
    CHECK_EQ(server_range(domid, model.id, map, XEN_DMOP_IO_RANGE_MEMORY, MMIO, MMIO + 0xff), 0);
}

static void leave_model(void)
{
    model_end(&model);
    model = (struct device_model){0};
}

static void prepare_rom(domid_t domid)
{
    struct xen_dm_op op = {.u.set_mem_type = {1, HVMMEM_ram_ro, 0, ROM >> 12}};

    CHECK_EQ(dm_op(domid, &op, XEN_DMOP_set_mem_type), 0);
}

static const struct operation {
    const char *name;
    const uint8_t *code, *end;
    unsigned count, vcpus;
    uint64_t own; /* ticks that are the guest's, of each */
    void (*prepare)(domid_t domid);
    void (*leave)(void);
} operations[] = {
#define ROW(name, ...) {"hvm_" #name, code_##name, code_##name##_end, __VA_ARGS__}
    ROW(loop, 1000, 1, 0, NULL, NULL),
    ROW(cpuid, 200, 1, 0, NULL, NULL),
    ROW(hypercall, 200, 1, 0, NULL, NULL),
    ROW(port, 200, 1, 0, NULL, NULL),
    ROW(model_port, 50, 1, 0, prepare_model, leave_model),
    ROW(model_mmio, 50, 1, 0, prepare_model, leave_model),
    ROW(ioapic, 200, 1, 0, NULL, NULL),
    ROW(rom, 200, 1, 0, prepare_rom, NULL),
    ROW(timer, 10, 1, 60000, NULL, NULL),
    ROW(timer_wakes, 1, 1, 0, NULL, NULL),
    ROW(ipi, 50, 2, 0, NULL, NULL),
#undef ROW
};

/* --- following writes -------------------------------------------------------------------------- */
#define LARGE  0x200 /* pages of 2 MiB begin there: */
#define NR_LARGE 32
#define FRAMES (LARGE + NR_LARGE * 512)
static uint64_t bits[FRAMES / 64];

static long shadow_op(domid_t domid, unsigned number)
{
    struct xen_domctl op = {
        .u.shadow_op = {.op = number, .dirty_bitmap = HANDLE(bits), .pages = FRAMES},
    };

    return domctl(&op, XEN_DOMCTL_shadow_op, domid);
}

static void populate(domid_t domid)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = FRAMES * 4};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    for (unsigned at = LARGE; at < FRAMES; at += 512) {
        uint64_t frame = at;
        xen_memory_reservation_t r = {.extent_start = HANDLE(&frame), .nr_extents = 1,
                                      .extent_order = 9, .domid = domid};

        CHECK_EQ(hyp_memory_op(XENMEM_populate_physmap, &r), 1);
    }
    CHECK_EQ(shadow_op(domid, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY), 0);
}

static void touch(domid_t domid, unsigned pages)
{
    for (unsigned i = 0; i < pages; i++)
        window_free(hvm_map(domid, (LARGE + i) * PAGE_SIZE));
}

/* The least of some looks at 66 MiB, of which `pages` were mapped by Dom0 and let go since the last one:
 * the price of one. */
static void measure_clean(const char *name, unsigned pages)
{
    uint64_t least = ~0UL;
    domid_t domid;

    if (!CHECK_EQ(hvm_create(&domid, 1, XEN_X86_EMU_LAPIC), 0))
        return;
    populate(domid);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start;

        touch(domid, pages);
        start = rdtsc();
        CHECK_EQ(shadow_op(domid, XEN_DOMCTL_SHADOW_OP_CLEAN), 0);
        start = rdtsc() - start;
        if (round && start < least)
            least = start;
    }
    printk("BENCH hvm_clean_%s %lu 1\n", name, least * 10);
    CHECK_EQ(domain_destroy(domid), 0);
}

static void measure(const struct operation *o)
{
    struct hvm_run run = {.mode = HVM_LONG, .code = o->code, .end = o->end, .emulation = PC,
                          .vcpus = o->vcpus, .prepare = o->prepare,
                          .serve = serve, .leave = o->leave};
    uint64_t least = ~0UL, *ticks = (uint64_t *)run.results;

    sleep(SCRUB);
    if (!CHECK_EQ(hvm_run(&run), SHUTDOWN_poweroff))
        return;
    for (int round = 1; round < ROUNDS; round++)
        if (ticks[round] < least)
            least = ticks[round];
    printk("BENCH %s %lu %u\n", o->name, (least - o->own * o->count) * 10 / o->count, o->count);
}

GUEST_TEST("cost of exits of a hardware guest")
{
    NEEDS_HVM();
    ended = bind_virq(VIRQ_DOM_EXC, 0);
    sleep(SCRUB_ALL);
    for (unsigned i = 0; i < ARRAY_SIZE(operations); i++)
        measure(&operations[i]);
    measure_clean("none", 0);
    measure_clean("64", 64);
    CHECK_EQ(event_close(ended), 0);
}
