/* SPDX-License-Identifier: GPL-2.0-only */
/* Hardware guests for tests (hvm.h): memory, tables and registers for a mode, a run to the end. */
#include "hvm.h"

#define IDT     0x4000
#define GDT     0x5000
#define TSS     0x5800
#define TABLES  0x6000
#define CODE_SEL 8
#define DATA_SEL 16
#define TSS_SEL  24

const char *const hvm_mode_names[HVM_MODES] = {"real", "protected", "PAE", "long"};

long hvm_create(domid_t *domid, unsigned vcpus, uint32_t emulation)
{
    struct xen_domctl op = {
        .u.createdomain = {
            .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
            .max_vcpus = vcpus,
            .max_evtchn_port = 1023,
            .max_grant_frames = 4,
            .max_maptrack_frames = 4,
            .grant_opts = XEN_DOMCTL_GRANT_version(1),
            .arch.emulation_flags = emulation,
        },
    };
    long result = domctl(&op, XEN_DOMCTL_createdomain, 0);

    *domid = op.domain;
    return result;
}

void *hvm_map(domid_t domid, uint64_t address)
{
    void *window = window_alloc();

    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, (address & PAGE_MASK) | PTE_RW,
                                               UVMF_INVLPG, domid), 0);
    return window;
}

static void write_guest(domid_t domid, uint64_t at, const void *bytes, size_t n)
{
    while (n) {
        size_t here = PAGE_SIZE - (at & ~PAGE_MASK);
        uint8_t *window = hvm_map(domid, at);

        if (here > n)
            here = n;
        memcpy(window + (at & ~PAGE_MASK), bytes, here);
        window_free(window);
        at += here;
        bytes = (const uint8_t *)bytes + here;
        n -= here;
    }
}

/* --- tables ----------------------------------------------------------------------------------- */
static void write_vectors(domid_t domid, enum hvm_mode mode)
{
    static uint8_t table[HVM_STUBS * 16];
    unsigned size = mode == HVM_REAL ? 4 : mode == HVM_LONG ? 16 : 8;

    memset(table, 0, sizeof(table));
    for (unsigned i = 0; i < HVM_STUBS; i++) {
        uint32_t stub = HVM_CODE + HVM_FIRST_STUB + i * 16;
        uint16_t gate[4] = {stub, CODE_SEL, 0x8e00, 0};

        if (mode == HVM_REAL)
            gate[1] = 0;
        memcpy(table + i * size, gate, mode == HVM_REAL ? 4 : 8);
    }
    write_guest(domid, mode == HVM_REAL ? 0 : IDT, table, HVM_STUBS * size);
}

/* The first 2 MiB, one to one. */
static void write_tables(domid_t domid, enum hvm_mode mode)
{
    static const uint64_t pae[] = {TABLES + 0x1001, 0x83},
                          four[] = {TABLES + 0x1003, TABLES + 0x2003, 0x83};
    const uint64_t *entries = mode == HVM_LONG ? four : pae;

    for (unsigned i = 0; i < (mode == HVM_LONG ? 3u : mode == HVM_PAE ? 2u : 0u); i++)
        write_guest(domid, TABLES + i * PAGE_SIZE, &entries[i], sizeof(entries[i]));
}

static void write_segments(domid_t domid, enum hvm_mode mode)
{
    const uint64_t gdt[] = {0, mode == HVM_LONG ? 0x00af9b000000ffff : 0x00cf9b000000ffff,
                            0x00cf93000000ffff, 0x0000890000000067UL | (uint64_t)TSS << 16, 0};

    write_guest(domid, GDT, gdt, sizeof(gdt));
}

/* --- registers -------------------------------------------------------------------------------- */
struct record {
    struct hvm_save_descriptor desc;
    struct hvm_hw_cpu cpu;
};

static struct {
    struct hvm_save_descriptor header_desc;
    struct hvm_save_header header;
    struct record vcpus[HVM_MAX_VCPUS];
    struct hvm_save_descriptor end; /* at the latest */
} stream;

#define SEGMENT(name, selector, limit, access) \
    cpu->name##_sel = selector;          \
    cpu->name##_limit = limit;           \
    cpu->name##_arbytes = access

static unsigned vcpus_of(const struct hvm_run *run) { return run->vcpus ?: 1; }

static void set_registers(struct hvm_hw_cpu *cpu, enum hvm_mode mode, unsigned vcpu)
{
    static const uint64_t cr0[] = {0x10, 0x11, 0x80000011, 0x80000011}, cr4[] = {0, 0, 0x20, 0x20};
    bool real = mode == HVM_REAL;
    uint32_t limit = real ? 0xffff : 0xffffffff;
    unsigned data = real ? 0 : DATA_SEL, access = real ? 0x93 : 0xc93;

    memset(cpu, 0, sizeof(*cpu));
    cpu->rip = HVM_CODE + vcpu * HVM_VCPU_ENTRY;
    cpu->rsp = HVM_STACK - vcpu * HVM_VCPU_STACK;
    cpu->rflags = 2;
    cpu->rdi = HVM_RESULTS;
    cpu->cr0 = cr0[mode];
    cpu->dr6 = 0xffff0ff0;
    cpu->dr7 = 0x400;
    cpu->cr3 = TABLES;
    cpu->cr4 = cr4[mode];
    cpu->msr_efer = mode == HVM_LONG ? 0x500 : 0;
    cpu->gdtr_base = GDT;
    cpu->gdtr_limit = 39;
    cpu->idtr_base = real ? 0 : IDT;
    cpu->idtr_limit = HVM_STUBS * (real ? 4 : mode == HVM_LONG ? 16 : 8) - 1;
    SEGMENT(cs, real ? 0 : CODE_SEL, limit, real ? 0x9b : mode == HVM_LONG ? 0xa9b : 0xc9b);
    SEGMENT(ds, data, limit, access);
    SEGMENT(es, data, limit, access);
    SEGMENT(fs, data, limit, access);
    SEGMENT(gs, data, limit, access);
    SEGMENT(ss, data, limit, access);
    SEGMENT(tr, TSS_SEL, 0x67, 0x8b);
    cpu->tr_base = TSS;
}

/* The header is the machine's; what stands behind it is more than a test wants to know. */
static long get_header(domid_t domid)
{
    static uint8_t all[4 * PAGE_SIZE];
    struct xen_domctl op = {.u.hvmcontext = {sizeof(all), HANDLE(all)}};
    long result = domctl(&op, XEN_DOMCTL_gethvmcontext, domid);

    memcpy(&stream, all, sizeof(stream.header_desc) + sizeof(stream.header));
    return result;
}

static long start(domid_t domid, struct hvm_run *run)
{
    struct record *r = stream.vcpus, *end = r + vcpus_of(run) - run->absent;
    struct xen_domctl op = {0};
    long result = get_header(domid);

    for (; r < end; r++) {
        r->desc = (struct hvm_save_descriptor){HVM_SAVE_CODE_CPU, r - stream.vcpus, sizeof(r->cpu)};
        set_registers(&r->cpu, run->mode, r - stream.vcpus);
        if (run->change)
            run->change(&r->cpu);
    }
    end->desc = (struct hvm_save_descriptor){HVM_SAVE_CODE_END, 0, 0};
    op.u.hvmcontext = (struct xen_domctl_hvmcontext){
        (uint8_t *)(&end->desc + 1) - (uint8_t *)&stream, HANDLE(&stream)};
    result = result ?: domctl(&op, XEN_DOMCTL_sethvmcontext, domid);
    return result ?: domctl(&op, XEN_DOMCTL_unpausedomain, domid);
}

/* --- a life ----------------------------------------------------------------------------------- */
static bool build(domid_t domid, struct hvm_run *run)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = HVM_PAGES * 4};
    uint64_t frames[HVM_PAGES];

    if (!CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0))
        return false;
    op.u.max_vcpus.max = vcpus_of(run);
    if (!CHECK_EQ(domctl(&op, XEN_DOMCTL_max_vcpus, domid), 0) ||
        !CHECK_EQ(domain_populate(domid, 0, HVM_PAGES, frames), HVM_PAGES))
        return false;
    write_guest(domid, HVM_CODE, run->code, run->end - run->code);
    write_vectors(domid, run->mode);
    write_tables(domid, run->mode);
    write_segments(domid, run->mode);
    if (run->prepare)
        run->prepare(domid);
    return true;
}

static bool has_ended(domid_t domid, const struct hvm_run *run)
{
    struct xen_domctl_getdomaininfo info;

    if (run->serve)
        run->serve();
    return !domain_info(domid, &info) || (info.flags & XEN_DOMINF_shutdown);
}

static int wait_for_end(domid_t domid, const struct hvm_run *run)
{
    struct xen_domctl_getdomaininfo info;

    if (!CHECK(WAIT_FOR(has_ended(domid, run))) || !CHECK(domain_info(domid, &info)))
        return -1;
    return info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
}

int hvm_run(struct hvm_run *run)
{
    uint8_t *results;
    domid_t domid;
    int end = -1;

    if (!CHECK_EQ(hvm_create(&domid, vcpus_of(run), run->emulation ?: XEN_X86_EMU_LAPIC), 0))
        return -1;
    if (build(domid, run) && CHECK_EQ(start(domid, run), 0)) {
        if (run->beside)
            run->beside(domid);
        else
            end = wait_for_end(domid, run);
    }
    if (end >= 0) {
        results = hvm_map(domid, HVM_RESULTS);
        memcpy(run->results, results, sizeof(run->results));
        window_free(results);
    }
    if (run->leave)
        run->leave();
    CHECK_EQ(domain_destroy(domid), 0);
    return end;
}

void hvm_run_probes(struct hvm_run *run, const struct hvm_probe *probes, unsigned n)
{
    CHECK_EQ(hvm_run(run), SHUTDOWN_poweroff);
    for (unsigned i = 0; i < n; i++) {
        unsigned vector = probes[i].vector[run->mode];

        if (run->results[i] == vector)
            continue;
        failure("%s mode, %s: vector %u, not %u", hvm_mode_names[run->mode], probes[i].text,
                run->results[i], vector);
        return; /* those behind it mean nothing */
    }
}
