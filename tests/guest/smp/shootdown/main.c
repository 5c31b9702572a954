/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often other CPUs are made to flush their TLBs, by the hypervisor's own counters, while vcpu 1
 * computes in an endless loop (so that its CPU has something to flush) or is down.
 *
 * Expected: with nobody else running there is no shootdown at all; updates that ask for no flush
 * and change no type cause none; 32 tables that are pinned or unpinned, or named by 32 entries of
 * one mmu_update, cause one for all of them; a flush that is asked for interrupts just the CPUs
 * that it has to. Frames of a guest that Dom0 had mapped writable cause one when they become
 * tables, and none when they are unmapped. Free memory that is given out again makes no idle CPU
 * flush.
 */
#include <guest.h>

#define TABLES 32
#define COUNTERS 16
#define CPUS 8

static uint64_t *tables[TABLES], *l2;
static volatile bool stop, runs;
static mmu_update_t updates[TABLES];
static struct mmuext_op ops[TABLES];

/* The first counter is that of shootdowns, the second that of interrupts for them. */
enum { SHOOTDOWNS, INTERRUPTS };

static bool counters_read(uint32_t sums[2])
{
    static xen_sysctl_perfc_desc_t names[COUNTERS];
    static xen_sysctl_perfc_val_t values[COUNTERS * CPUS];
    static struct xen_sysctl op;

    memset(&op, 0, sizeof(op));
    op.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_query;
    if (sysctl(&op, XEN_SYSCTL_perfc_op) || op.u.perfc_op.nr_counters > COUNTERS ||
        op.u.perfc_op.nr_vals > COUNTERS * CPUS)
        return false;
    op.u.perfc_op.desc = HANDLE(names);
    op.u.perfc_op.val = HANDLE(values);
    if (sysctl(&op, XEN_SYSCTL_perfc_op) ||
        strcmp(names[SHOOTDOWNS].name, "TLB shootdowns") ||
        strcmp(names[INTERRUPTS].name, "TLB shootdown IPIs"))
        return false;
    for (unsigned c = 0, at = 0; c < 2; at += names[c++].nr_vals) {
        sums[c] = 0;
        for (unsigned i = 0; i < names[c].nr_vals; i++)
            sums[c] += values[at + i];
    }
    return true;
}

/* Shootdowns that `...` causes; *interrupts: CPUs that were interrupted for them. */
#define SHOOTDOWNS_OF(interrupts, ...)                \
    ({                                                \
        uint32_t before_[2], after_[2];               \
        CHECK(counters_read(before_));                \
        __VA_ARGS__;                                  \
        CHECK(counters_read(after_));                 \
        *(interrupts) = after_[1] - before_[1];       \
        after_[0] - before_[0];                       \
    })

static void spin(void *unused)
{
    (void)unused;
    while (!stop)
        runs = true;
}

static bool start_spinning(void)
{
    stop = runs = false;
    return vcpu_start(1, spin, NULL) && WAIT_FOR(runs);
}

/* Without asking for a flush anywhere else: the entry's own writer takes care of itself. */
static long protect(uint64_t *page, uint64_t flags)
{
    return hyp_update_va_mapping((uint64_t)page, virt_to_mfn(page) << 12 | flags, UVMF_INVLPG);
}

static void protect_all(uint64_t flags)
{
    for (unsigned i = 0; i < TABLES; i++)
        CHECK_EQ(protect(tables[i], flags), 0);
}

static void pin_all(unsigned cmd)
{
    unsigned done = 0;

    for (unsigned i = 0; i < TABLES; i++)
        ops[i] = (struct mmuext_op){.cmd = cmd, .arg1.mfn = virt_to_mfn(tables[i])};
    CHECK_EQ(hyp_mmuext_op(ops, TABLES, &done, DOMID_SELF), 0);
    CHECK_EQ(done, TABLES);
}

static void name_all(uint64_t flags)
{
    unsigned done = 0;

    for (unsigned i = 0; i < TABLES; i++) {
        updates[i].ptr = virt_to_mfn(l2) << 12 | i * 8;
        updates[i].val = flags ? virt_to_mfn(tables[i]) << 12 | flags : 0;
    }
    CHECK_EQ(hyp_mmu_update(updates, TABLES, &done, DOMID_SELF), 0);
    CHECK_EQ(done, TABLES);
}

static void flush(unsigned cmd, uint64_t vcpus)
{
    static uint64_t bitmap;
    struct mmuext_op op = {.cmd = cmd, .arg1.linear_addr = (uint64_t)tables[0]};

    bitmap = vcpus;
    op.arg2.vcpumask = HANDLE(&bitmap);
    CHECK_EQ(hyp_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
}

/* One page through all that can happen to it. */
static void use_as_table(void)
{
    CHECK_EQ(protect(tables[0], PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(tables[0]), 0), 0);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(tables[0]), 0), 0);
    CHECK_EQ(protect(tables[0], PTE_RW), 0);
}

static void memory_back_and_forth(void)
{
    uint64_t mfn = virt_to_mfn(tables[0]);
    xen_pfn_t frame = mfn;
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = DOMID_SELF};

    r.extent_start = HANDLE(&frame);
    CHECK_EQ(unmap(tables[0]), 0);
    CHECK_EQ(hyp_memory_op(XENMEM_decrease_reservation, &r), 1);
    frame = mfn_to_pfn(mfn);
    CHECK_EQ(hyp_memory_op(XENMEM_populate_physmap, &r), 1);
    p2m()[virt_to_pfn(tables[0])] = frame;
    CHECK_EQ(map_mfn(tables[0], frame, PTE_RW), 0);
    memset(tables[0], 0, PAGE_SIZE);
}

static void with_another_running(void)
{
    unsigned interrupts;

    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, protect_all(PTE_RO)), 0);
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, pin_all(MMUEXT_PIN_L1_TABLE)), 1);
    CHECK_EQ(interrupts, 1);
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, name_all(PTE_RW)), 0);
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, name_all(0)), 0);
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, pin_all(MMUEXT_UNPIN_TABLE)), 1);
    CHECK_EQ(interrupts, 1);
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, protect_all(PTE_RW)), 0);
    protect_all(PTE_RO);
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, name_all(PTE_RW)), 1);
    CHECK_EQ(interrupts, 1);
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, name_all(0)), 0);
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, protect_all(PTE_RW)), 1);
    CHECK_EQ(interrupts, 1);
    for (unsigned cmd = MMUEXT_TLB_FLUSH_LOCAL; cmd <= MMUEXT_INVLPG_ALL; cmd++) {
        bool others = cmd != MMUEXT_TLB_FLUSH_LOCAL && cmd != MMUEXT_INVLPG_LOCAL;

        CHECK_EQ(SHOOTDOWNS_OF(&interrupts, flush(cmd, 0xf)), others);
        CHECK_EQ(interrupts, others);
    }
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, flush(MMUEXT_TLB_FLUSH_MULTI, 0xd)), 0);
}

/* Dom0 fills a guest's frames through one window, as a builder does, and makes them tables. */
static void pin_foreign(domid_t domid, unsigned cmd, const uint64_t *mfns)
{
    unsigned done = 0;

    for (unsigned i = 0; i < TABLES; i++)
        ops[i] = (struct mmuext_op){.cmd = cmd, .arg1.mfn = mfns[i]};
    CHECK_EQ(hyp_mmuext_op(ops, TABLES, &done, domid), 0);
    CHECK_EQ(done, TABLES);
}

static void fill_foreign(domid_t domid, const uint64_t *mfns, uint64_t *window)
{
    for (unsigned i = 0; i < TABLES; i++) {
        CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, mfns[i] << 12 | PTE_RW,
                                                   UVMF_INVLPG, domid), 0);
        memset(window, 0, PAGE_SIZE);
    }
    CHECK_EQ(hyp_update_va_mapping((uint64_t)window, 0, UVMF_INVLPG), 0);
}

static void building_a_guest(void)
{
    static uint64_t mfns[TABLES];
    static struct xen_domctl limit = {.u.max_mem.max_memkb = TABLES * 4};
    uint64_t *window = window_alloc();
    unsigned interrupts;
    domid_t domid;

    CHECK_EQ(domain_create(0, &domid), 0);
    CHECK_EQ(domctl(&limit, XEN_DOMCTL_max_mem, domid), 0);
    CHECK_EQ(domain_populate(domid, 0, TABLES, mfns), TABLES);
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, fill_foreign(domid, mfns, window)), 0);
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, pin_foreign(domid, MMUEXT_PIN_L1_TABLE, mfns)), 1);
    CHECK_EQ(interrupts, 1);
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, pin_foreign(domid, MMUEXT_UNPIN_TABLE, mfns)), 0);
    CHECK_EQ(domain_destroy(domid), 0);
    window_free(window);
}

/* Its CPU takes a moment after the last sign of vcpu 1 until it is idle. */
static bool alone(void)
{
    unsigned interrupts;

    return WAIT_FOR(SHOOTDOWNS_OF(&interrupts, flush(MMUEXT_TLB_FLUSH_ALL, 0)) == 0);
}

static void with_nobody_running(void)
{
    unsigned interrupts;

    CHECK(alone());
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, use_as_table()), 0);
    CHECK_EQ(SHOOTDOWNS_OF(&interrupts, memory_back_and_forth()), 0);
}

GUEST_TEST("how often other CPUs must flush their TLBs")
{
    uint32_t unused[2];

    NEEDS_DOM0();
    NEEDS_VCPUS(2);
    if (!counters_read(unused)) {
        skip("no counters here");
        return;
    }
    l2 = page_alloc();
    for (unsigned i = 0; i < TABLES; i++)
        tables[i] = page_alloc();
    with_nobody_running();
    CHECK_EQ(page_protect(l2, PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L2_TABLE, virt_to_mfn(l2), 0), 0);
    if (CHECK(start_spinning())) {
        with_another_running();
        building_a_guest();
        stop = true;
        CHECK(vcpu_wait(1));
    }
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l2), 0), 0);
    CHECK_EQ(page_protect(l2, PTE_RW), 0);
    page_free(l2);
    for (unsigned i = 0; i < TABLES; i++)
        page_free(tables[i]);
}
