/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hostile hardware guests, in every mode: random instructions, ports, MSRs, devices in memory,
 * hypercalls, control and descriptor-table registers, and nothing but random bytes. Meanwhile their
 * page tables, their code and their device model's answers change. However each ends, or is ended,
 * the machine has all its pages again, and a guest that is not hostile runs as before. `seed=` and
 * `guests=` on the command line try others.
 */
#include <device_model.h>

#define PC         (XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI)
#define GUESTS     8
#define HEAP       4 /* pages that the hypervisor may keep for what comes next */
#define ROUNDS     200 /* of looking after a guest, before it is ended */
#define CODE_BYTES (2 * PAGE_SIZE)
#define TABLES     0x6000
#define RESULT     "\xff\x04\x25\x00\x30\x00\x00" /* incl 0x3000, in 32 and 64 bits */

/* --- random numbers: another series for each guest -------------------------------------------- */
static uint64_t state;

static uint32_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state >> 16;
}

static uint32_t below(uint32_t limit) { return next() % limit; }

#define PICK(table) (table)[below(ARRAY_SIZE(table))]

/* --- its code --------------------------------------------------------------------------------- */
static uint8_t code[CODE_BYTES];
static unsigned used;

static void put(const char *bytes, unsigned n)
{
    memcpy(code + used, bytes, n);
    used += n;
}

#define PUT(bytes) put(bytes, sizeof(bytes) - 1)

static void put_random(unsigned n)
{
    while (n--)
        code[used++] = next();
}

/* mov $value, a 32-bit register */
enum { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI };
static void set(unsigned reg, uint32_t value)
{
    code[used++] = 0xb8 + reg;
    memcpy(code + used, &value, 4);
    used += 4;
}

static uint32_t address(void)
{
    static const uint32_t first[] = {0xfee00000, 0xfec00000, 0xa0000, 0xb8000, 0xc000, 0xd000,
                                     0x6000, 0x9000, 0x1000, 0xfffff000, 0x200000, 0};

    return PICK(first) + below(below(4) ? 0x400 : 0x2000) - (below(8) ? 0 : 8);
}

static void io_port(void)
{
    static const uint16_t ports[] = {0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1, 0x40, 0x42, 0x43, 0x61,
                                     0x70, 0x71, 0xb000, 0xb002, 0xb004, 0xb008, 0xcf8, 0xcfc,
                                     0x500};
    static const char *const accesses[] = {"\xec", "\xed", "\xee", "\xef"};

    set(EDX, below(4) ? PICK(ports) : (next() & 0xff00) | below(0xe0)); /* not the log's */
    set(EAX, next());
    if (!below(3))
        PUT("\x66");
    put(PICK(accesses), 1);
}

static void string(void)
{
    static const char *const strings[] = {"\xa4", "\xa5", "\xa6", "\xa7", "\xaa", "\xab", "\xac",
                                          "\xae", "\x6c", "\x6d", "\x6e", "\x6f"};

    set(EDX, 0x500);
    set(ESI, address());
    set(EDI, address());
    set(ECX, below(4) ? below(64) : next());
    if (!below(3))
        PUT("\xfd"); /* backward */
    if (!below(3))
        PUT("\x66");
    if (below(4))
        PUT("\xf3");
    put(PICK(strings), 1);
    PUT("\xfc");
}

static void msr(void)
{
    static const uint32_t msrs[] = {0x10, 0x1b, 0x3a, 0x8b, 0xfe, 0x174, 0x175, 0x176, 0x1d9, 0x200,
                                    0x277, 0x2ff, 0x6e0, 0xc0000080, 0xc0000081, 0xc0000082,
                                    0xc0000100, 0xc0000102, 0xc0000103, 0x40000000, 0xda0};

    set(ECX, below(3) ? PICK(msrs) : below(2) ? 0x800 + below(0x100) : next());
    set(EAX, below(2) ? next() : 1u << below(32));
    set(EDX, below(2) ? 0 : next());
    put(below(3) ? "\x0f\x30" : "\x0f\x32", 2);
}

static void in_memory(void)
{
    set(EDI, address());
    set(EAX, next());
    if (!below(3))
        PUT("\x66");
    if (!below(4))
        PUT("\xf0");
    code[used++] = below(0x40) & ~4; /* an operation of registers and memory, */
    code[used++] = 0x07;             /* (edi) */
}

static void move(void)
{
    static const char *const moves[] = {"\x8b\x07", "\x89\x07", "\x88\x07", "\x87\x07", "\xff\x37",
                                        "\x8f\x07"};

    set(EDI, address());
    set(EAX, next());
    put(PICK(moves), 2);
}

static void call(void)
{
    static const unsigned regs[] = {EBX, ECX, EDX, ESI, EDI};

    for (unsigned i = 0; i < ARRAY_SIZE(regs); i++)
        set(regs[i], below(3) ? below(32) : below(2) ? 0x3800 + below(0x800) : next());
    set(EAX, below(64));
    PUT("\x0f\x01\xc1");
}

static void control(void)
{
    static const char *const moves[] = {
        "\x0f\x22\xc0", "\x0f\x22\xd8", "\x0f\x22\xe0", "\x0f\x20\xc0", "\x0f\x23\xc0",
        "\x0f\x23\xf8", "\x0f\x21\xf0", "\x0f\x01\xf0", "\x0f\x01\xd1", "\x0f\x06\x90",
    };
    static const uint32_t values[] = {0x80000011, 0x11, 0x31, 0x80010033, 0x6000, 0x7000,
                                      0x20, 0x30, 0x6a0, 0x406a0};

    set(EAX, below(4) ? PICK(values) ^ (below(2) ? 0 : 1u << below(32)) : next());
    set(ECX, below(2));
    set(EDX, 0);
    put(PICK(moves), 3);
}

static void rare(void)
{
    static const char *const odd[] = {"\x0f\xa2", "\x0f\x08", "\x0f\x09", "\xfb\xf4", "\xfb\x90",
                                      "\xcd\x80", "\xcc\x90", "\xf1\x90", "\xce\x90", "\x0f\x0b",
                                      "\xdd\x07", "\x0f\xae", "\x9d\x90", "\xcf\x90", "\x17\x90"};

    set(EAX, below(2) ? next() : 0x40000000 + below(8));
    if (below(20))
        put(PICK(odd), 2);
    else
        put(below(2) ? "\x0f\x01\x1f" : "\x0f\x01\x17", 3); /* lidt, lgdt (edi) */
}

static void bytes(void) { put_random(1 + below(12)); }

/* Each begins with where its fault goes on: behind it. */
static void operations(void)
{
    static void (*const kinds[])(void) = {io_port, string, msr, in_memory, move, call, control,
                                          rare, bytes};

    while (used < CODE_BYTES - 64) {
        unsigned at = used;

        set(EBX, 0);
        PICK(kinds)();
        PUT(RESULT);
        for (uint32_t i = 0, behind = HVM_CODE + used; i < 4; i++)
            code[at + 1 + i] = behind >> 8 * i;
    }
    PUT("\xfa\xf4"); /* cli; hlt */
}

/* jmp over the stubs, each of which goes on at ebx with the stack as it was. */
static void make_code(enum hvm_mode mode)
{
    memset(code, 0x90, sizeof(code));
    used = 0;
    if (mode == HVM_REAL) {
        put_random(CODE_BYTES);
        return;
    }
    PUT("\xe9");
    code[1] = (HVM_STUBS * 16 + 11) & 0xff;
    code[2] = (HVM_STUBS * 16 + 11) >> 8;
    code[3] = code[4] = 0;
    for (unsigned i = 0; i < HVM_STUBS; i++) {
        used = HVM_FIRST_STUB + i * 16;
        set(ESP, HVM_STACK);
        PUT("\xff\xe3");
    }
    used = HVM_FIRST_STUB + HVM_STUBS * 16;
    operations();
}

/* --- around it -------------------------------------------------------------------------------- */
static struct device_model model;
static unsigned ended, executed;

static void prepare(domid_t domid)
{
    const uint32_t map = XEN_DMOP_map_io_range_to_ioreq_server;

    model_start(&model, domid);
    CHECK_EQ(server_range(domid, model.id, map, XEN_DMOP_IO_RANGE_PORT, 0x500, 0x5ff), 0);
    CHECK_EQ(server_range(domid, model.id, map, XEN_DMOP_IO_RANGE_PCI, 0, 0xffff), 0);
    CHECK_EQ(server_range(domid, model.id, map, XEN_DMOP_IO_RANGE_MEMORY, 0xa0000, 0xcffff), 0);
    CHECK_EQ(server_range(domid, model.id, map, XEN_DMOP_IO_RANGE_MEMORY, 0xc000, 0xdfff), 0);
}

/* The guest's tables and code become something else, and lines go up and down. */
static void change(domid_t domid, uint64_t *tables, uint8_t *page)
{
    struct xen_dm_op line = {.u.set_isa_irq_level = {below(16), below(2)}};

    if (!below(4))
        tables[below(below(2) ? 4 : 512)] =
            below(3) ? next() & 0xfffff : (uint64_t)next() << 20 | 7;
    if (!below(8))
        page[below(PAGE_SIZE)] = next();
    if (!below(4))
        CHECK_EQ(dm_op(domid, &line, XEN_DMOP_set_isa_irq_level), 0);
    model.ring->read_pointer = below(8) ? model.ring->write_pointer : next();
}

static bool is_over(domid_t domid)
{
    struct xen_domctl_getdomaininfo info;

    return !domain_info(domid, &info) || (info.flags & XEN_DOMINF_shutdown);
}

static void beside(domid_t domid)
{
    uint64_t *tables = hvm_map(domid, TABLES + below(3) * PAGE_SIZE);
    uint8_t *page = hvm_map(domid, HVM_CODE + PAGE_SIZE);
    uint32_t *results;

    for (unsigned i = 0; i < ROUNDS && !is_over(domid); i++) {
        hyp_sched_op(SCHEDOP_yield, NULL);
        if (model_asked(&model))
            model_answer(&model, STATE_IORESP_READY, next());
        else
            busy_wait(100000);
        if (i > ROUNDS / 3)
            change(domid, tables, page);
    }
    ended += is_over(domid);
    results = hvm_map(domid, HVM_RESULTS);
    executed += *results != 0;
    window_free(results);
    window_free(page);
    window_free(tables);
}

static void leave(void) { model_end(&model); }

static void hostile(unsigned seed)
{
    struct hvm_run run = {.mode = seed % HVM_MODES, .code = code, .end = code + CODE_BYTES,
                          .emulation = PC, .prepare = prepare, .beside = beside, .leave = leave};

    state = (seed + 1) * 0x9e3779b97f4a7c15UL;
    make_code(run.mode);
    hvm_run(&run);
}

/* --- one that is not -------------------------------------------------------------------------- */
/* After its IRET nothing holds NMIs back: Bochs (2.7) keeps that from one guest to the next. */
asm(".pushsection .rodata\n"
    "code_good: mov %rsp, %rax; push $16; push %rax; pushf; push $8;"
    "push $1f - code_good + 0x1000; iretq;"
    "1: movl $0x1234, 0x3000; cli; hlt\n"
    "code_good_end:\n"
    ".popsection\n");
extern const uint8_t code_good[], code_good_end[];

static void good(void)
{
    struct hvm_run run = {.mode = HVM_LONG, .code = code_good, .end = code_good_end};

    CHECK_EQ(hvm_run(&run), SHUTDOWN_poweroff);
    CHECK_EQ(*(uint32_t *)run.results, 0x1234);
}

GUEST_TEST("hostile hardware guests")
{
    unsigned first = option("seed") ? number(option("seed")) : 1;
    unsigned guests = option("guests") ? number(option("guests")) : GUESTS;
    uint64_t before;

    NEEDS_HVM();
    ended = executed = 0;
    hostile(first); /* after it the heap has what the next need */
    before = host_free_pages();
    for (unsigned i = 1; i < guests; i++)
        hostile(first + i);
    good();
    printk("of %u guests %u did something, %u ended by themselves\n", guests, executed, ended);
    CHECK(executed >= guests / 2);
    CHECK(WAIT_FOR(host_free_pages() + HEAP >= before));
}
