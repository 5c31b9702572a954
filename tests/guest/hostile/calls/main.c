/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every hypercall with every kind of argument that a hostile guest has: one row for each call says
 * of what kind its arguments are, and each kind has its values: addresses that are null, unaligned,
 * not canonical, the hypervisor's, read-only, at the end of a page before a hole; frames of its
 * own, of others, of page tables, of nobody; domains, counts, numbers and flags at and beyond all
 * bounds. Structures in memory are made of the same values. Two vcpus do so at once on the same
 * pages; with an odd seed=N the second one instead writes over the structures of the first all the
 * while, so that whoever reads one twice reads two.
 *
 * Nothing is expected of a single call, only that nobody else notices (test hostile/children). What
 * ends or stops the guest by itself is left out, and it powers off after steps=N calls; if it made
 * itself unable to, that is its own affair. As Dom0 the test is skipped: it would be obeyed.
 */
#include <guest.h>

#define PAGES 8
#define STEPS 20000
#define WORDS (PAGE_SIZE / 8)

enum kind { NONE, COMMAND, ADDRESS, COUNT, DOMID, NUMBER, FRAME, ENTRY, FLAGS, WINDOW, OWN_ENTRY };

/* A call, its commands (0 to last), those that are left out, and its arguments. */
static const struct call {
    unsigned number, last;
    uint64_t except;
    enum kind kinds[5];
} calls[] = {
    {__HYPERVISOR_mmu_update, 0, 0, {ADDRESS, COUNT, ADDRESS, DOMID}},
    {__HYPERVISOR_mmuext_op, 0, 0, {ADDRESS, COUNT, ADDRESS, DOMID}},
    {__HYPERVISOR_update_va_mapping, 0, 0, {WINDOW, ENTRY, FLAGS}},
    {__HYPERVISOR_update_va_mapping_otherdomain, 0, 0, {WINDOW, ENTRY, FLAGS, DOMID}},
    {__HYPERVISOR_set_gdt, 0, 0, {ADDRESS, COUNT}},
    {__HYPERVISOR_update_descriptor, 0, 0, {OWN_ENTRY, FLAGS}},
    {__HYPERVISOR_fpu_taskswitch, 0, 0, {NUMBER}},
    {__HYPERVISOR_set_debugreg, 0, 0, {NUMBER, NONE}},
    {__HYPERVISOR_get_debugreg, 0, 0, {NUMBER}},
    {__HYPERVISOR_memory_op, 63, 0, {COMMAND, ADDRESS}},
    {__HYPERVISOR_multicall, 0, 0, {ADDRESS, COUNT}},
    {__HYPERVISOR_set_timer_op, 0, 0, {ADDRESS}},
    {__HYPERVISOR_event_channel_op_compat, 0, 0, {ADDRESS}},
    {__HYPERVISOR_event_channel_op, 16, 0, {COMMAND, ADDRESS}},
    {__HYPERVISOR_xen_version, 12, 0, {COMMAND, ADDRESS}},
    {__HYPERVISOR_console_io, 3, 0, {COMMAND, COUNT, ADDRESS}},
    {__HYPERVISOR_physdev_op_compat, 0, 0, {ADDRESS}},
    {__HYPERVISOR_physdev_op, 34, 0, {COMMAND, ADDRESS}},
    {__HYPERVISOR_grant_table_op, 14, 0, {COMMAND, ADDRESS, COUNT}},
    {__HYPERVISOR_vm_assist, 3, 0, {COMMAND, NUMBER}},
    {__HYPERVISOR_vcpu_op, 16, 1 << VCPUOP_down, {COMMAND, NUMBER, ADDRESS}},
    {__HYPERVISOR_set_segment_base, 4, 0, {COMMAND, ADDRESS}},
    {__HYPERVISOR_nmi_op, 3, 0, {COMMAND, ADDRESS}},
    {__HYPERVISOR_sched_op, 9, 1 << SCHEDOP_block | 1 << SCHEDOP_poll | 1 << SCHEDOP_shutdown,
     {COMMAND, ADDRESS}},
    {__HYPERVISOR_hvm_op, 28, 0, {COMMAND, ADDRESS}},
    {__HYPERVISOR_dm_op, 0, 0, {DOMID, COUNT, ADDRESS}},
    {__HYPERVISOR_xenpmu_op, 8, 0, {COMMAND, ADDRESS}},
    {__HYPERVISOR_xsm_op, 0, 0, {ADDRESS}},
    {__HYPERVISOR_domctl, 0, 0, {ADDRESS}},
    {__HYPERVISOR_sysctl, 0, 0, {ADDRESS}},
    {__HYPERVISOR_platform_op, 0, 0, {ADDRESS}},
    {__HYPERVISOR_arch_0, 0, 0, {ADDRESS}},
};

static uint64_t *pages[PAGES], *read_only;
static uint8_t *before_hole, *windows[4];
static uint64_t *structures[2]; /* one page for each vcpu */
static uint64_t random_state[2];
static unsigned steps;

static uint32_t random_number(unsigned who, uint32_t limit)
{
    uint64_t *state = &random_state[who];

    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 16) % limit;
}

#define PICK(who, list) ((list)[random_number(who, ARRAY_SIZE(list))])

static uint64_t frame(unsigned who)
{
    const uint64_t others[] = {
        0, 1, 0x100, own_domid() * 0x1000UL, virt_to_mfn(pages[0]) + 1, virt_to_mfn(pages[0]) - 1,
        start_info->shared_info >> 12, top_table_mfn(), entry_maddr(windows[0], 1) >> 12,
        entry_maddr(windows[0], 2) >> 12, 0xfee00, 1UL << 28, 1UL << 40, 1UL << 52, ~0UL >> 12,
        ~0UL,
    };

    return random_number(who, 3) ? virt_to_mfn(pages[random_number(who, PAGES)])
                                 : PICK(who, others);
}

static uint64_t address(unsigned who)
{
    uint64_t mine = (uint64_t)structures[who];
    const uint64_t others[] = {
        0, 1, 0xfff, 0x00007ffffffffff8UL, 0x0000800000000000UL, 0x8000000000000000UL,
        HYPERVISOR_VIRT_START, HYPERVISOR_VIRT_START - 4, HYPERVISOR_VIRT_END - 8,
        HYPERVISOR_VIRT_END, MACH2PHYS_VIRT_START, ~0UL, ~7UL, (uint64_t)read_only,
        (uint64_t)before_hole + PAGE_SIZE - 8, (uint64_t)before_hole + PAGE_SIZE - 1,
        (uint64_t)before_hole + PAGE_SIZE, (uint64_t)windows[0], mine + 1, mine + PAGE_SIZE - 4,
    };

    return random_number(who, 4) ? mine + random_number(who, 16) * 8 : PICK(who, others);
}

static uint64_t any_number(unsigned who)
{
    static const uint64_t others[] = {
        7, 8, 15, 16, 31, 32, 33, 63, 64, 255, 256, 511, 512, 1023, 1024, 4095, 4096, 8191, 8192,
        0x10000, 0x1ffff, 0x20000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 1UL << 63, ~0UL,
    };

    return random_number(who, 2) ? random_number(who, 6) : PICK(who, others);
}

static uint64_t domid(unsigned who)
{
    const domid_t list[] = {DOMID_SELF, DOMID_SELF, own_domid(), own_domid(), 0, 1, 99, DOMID_IO,
                            DOMID_XEN, DOMID_COW, DOMID_INVALID, DOMID_IDLE, 0xffff};

    return PICK(who, list) | (random_number(who, 8) ? 0 : (uint64_t)own_domid() << 16);
}

static uint64_t flags(unsigned who)
{
    return random_number(who, 2) ? 1UL << random_number(who, 64)
                                 : (uint64_t)random_number(who, ~0U) << random_number(who, 33);
}

static uint64_t entry(unsigned who)
{
    static const uint64_t bits[] = {PTE_RW, PTE_RW, PTE_RO, PTE_P, PTE_RW | PTE_PSE, PTE_RW | PTE_G,
                                    PTE_RW | PTE_PCD, PTE_RW | PTE_NX, PTE_RW | PTE_AVL, 0};

    return frame(who) << 12 | PICK(who, bits) | (random_number(who, 8) ? 0 : flags(who));
}

static uint64_t window(unsigned who)
{
    static const uint64_t others[] = {0, 0x00007ffffffffff8UL, 0x0000800000000000UL, ~0UL,
                                      HYPERVISOR_VIRT_START, HYPERVISOR_VIRT_END - 8};

    return (random_number(who, 4) ? (uint64_t)PICK(who, windows) : PICK(who, others)) |
           (random_number(who, 8) ? 0 : random_number(who, 4096));
}

/* The machine address of an entry in one of the pages, or of the windows' own. */
static uint64_t own_entry(unsigned who)
{
    uint64_t maddr = random_number(who, 2)
                         ? entry_maddr(PICK(who, windows), 1)
                         : virt_to_mfn(PICK(who, pages)) << 12 | random_number(who, 512) * 8;

    return maddr | (random_number(who, 4) ? 0 : random_number(who, 8));
}

static uint64_t argument(unsigned who, const struct call *call, enum kind kind)
{
    uint64_t n;

    switch (kind) {
    case NONE: return flags(who);
    case COMMAND:
        do
            n = random_number(who, call->last + 1);
        while (call->except >> n & 1);
        return n | (random_number(who, 16) ? 0 : flags(who) & ~63UL);
    case ADDRESS: return address(who);
    case COUNT: return random_number(who, 4) ? random_number(who, 5) : any_number(who);
    case DOMID: return domid(who);
    case NUMBER: return any_number(who);
    case FRAME: return frame(who);
    case ENTRY: return entry(who);
    case WINDOW: return window(who);
    case OWN_ENTRY: return own_entry(who);
    default: return flags(who);
    }
}

/* A word of a structure: 64 bits of some kind, or two halves. */
static uint64_t word(unsigned who)
{
    static const enum kind kinds[] = {ADDRESS, COUNT, DOMID, NUMBER, FRAME, ENTRY, FLAGS,
                                      OWN_ENTRY, WINDOW, COUNT, NUMBER};
    uint64_t one = argument(who, NULL, PICK(who, kinds));

    if (random_number(who, 2))
        return one;
    return (uint32_t)one | argument(who, NULL, PICK(who, kinds)) << 32;
}

/* Interface versions are right, so that the call is refused for what it is. */
static void make_structure(unsigned who, const struct call *call)
{
    static const uint32_t versions[][2] = {
        {__HYPERVISOR_domctl, XEN_DOMCTL_INTERFACE_VERSION},
        {__HYPERVISOR_sysctl, XEN_SYSCTL_INTERFACE_VERSION},
        {__HYPERVISOR_platform_op, XENPF_INTERFACE_VERSION},
    };
    uint64_t *s = structures[who];

    for (unsigned i = 0; i < 24; i++)
        s[i] = word(who);
    for (unsigned i = 0; i < ARRAY_SIZE(versions); i++)
        if (call->number == versions[i][0])
            s[0] = random_number(who, 100) | (uint64_t)versions[i][1] << 32;
    for (unsigned i = 0; call->number == __HYPERVISOR_mmuext_op && i < 24; i += 3) {
        s[i] = random_number(who, 24);
        if (s[i] == MMUEXT_NEW_BASEPTR) /* an empty one would be accepted */
            s[i + 1] = top_table_mfn();
    }
    for (unsigned i = 0; call->number == __HYPERVISOR_multicall && i < 24; i += 8)
        s[i] = calls[random_number(who, 8)].number;
}

static void step(unsigned who)
{
    const struct call *call = &PICK(who, calls);
    uint64_t args[5];

    make_structure(who, call);
    for (unsigned i = 0; i < ARRAY_SIZE(args); i++)
        args[i] = argument(who, call, call->kinds[i]);
    hypercall(call->number, args[0], args[1], args[2], args[3], args[4]);
}

static void write_over(unsigned who)
{
    structures[0][random_number(who, 24)] = word(who);
}

/* A call may have taken the caller's own structures or handlers away. */
static void survive(void (*work)(unsigned), unsigned who)
{
    if (FAULT_OF(work(who)) == NO_FAULT)
        return;
    page_protect(structures[0], PTE_RW);
    page_protect(structures[1], PTE_RW);
    traps_init();
}

static void other(void *work)
{
    for (;;)
        survive(work, 1);
}

static void make_pages(void)
{
    for (unsigned i = 0; i < PAGES; i++)
        pages[i] = page_alloc();
    for (unsigned i = 0; i < ARRAY_SIZE(windows); i++)
        windows[i] = window_alloc();
    structures[0] = page_alloc();
    structures[1] = page_alloc();
    read_only = page_alloc();
    page_protect(read_only, PTE_RO);
    before_hole = page_alloc();
    unmap(page_alloc()); /* the next one: pages are given out in order */
    for (unsigned i = 0; i < PAGES; i += 2)
        page_protect(pages[i], PTE_RO);
}

GUEST_TEST("every call with every kind of hostile argument")
{
    unsigned long seed = option("seed") ? number(option("seed")) : 0;

    if (is_dom0() || !option("seed")) {
        skip("for an unprivileged guest, with seed=N");
        return;
    }
    steps = option("steps") ? (unsigned)number(option("steps")) : STEPS;
    random_state[0] = 0x123456789abcdefUL * (2 * seed + 1);
    random_state[1] = 0xfedcba987654321UL * (2 * seed + 1);
    make_pages();
    printk("calls: %u with seed %lu\n", steps, seed);
    if (vcpus_present() > 1)
        vcpu_start(1, other, seed & 1 ? write_over : step);
    for (unsigned i = 0; i < steps; i++) {
        survive(step, 0);
        if (i % 500 == 0)
            printk("calls: %u done\n", i);
    }
    power_off();
}
