/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vcpus that are sent from CPU to CPU at random while they work: vcpu 0 changes the hard affinity
 * of all, itself included, and each of the others goes on making a page of its own a table and an
 * ordinary page again.
 *
 * Expected: every change of affinity succeeds, and after each a vcpu runs where it may; no call of
 * a worker ever fails, and each still gets on when all is over.
 */
#include <guest.h>

#define VCPUS 4
#define MOVES 300

static struct worker {
    uint64_t *page;
    volatile unsigned rounds, errors;
} workers[VCPUS];
static volatile bool stop;
static uint64_t seed = 0x9e3779b97f4a7c15;

static void work(void *arg)
{
    struct worker *w = arg;
    uint64_t mfn = virt_to_mfn(w->page);

    while (!stop) {
        w->errors += hyp_update_va_mapping((uint64_t)w->page, mfn << 12 | PTE_RO, UVMF_INVLPG) ||
                     mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0) || mmuext(MMUEXT_UNPIN_TABLE, mfn, 0) ||
                     hyp_update_va_mapping((uint64_t)w->page, mfn << 12 | PTE_RW, UVMF_INVLPG);
        w->page[w->rounds % 512] = 0;
        w->rounds++;
    }
}

static long set_affinity(unsigned vcpu, uint64_t cpus)
{
    static uint64_t hard;
    struct xen_domctl op = {0};

    hard = cpus;
    op.u.vcpuaffinity.vcpu = vcpu;
    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    op.u.vcpuaffinity.cpumap_hard.bitmap = HANDLE(&hard);
    op.u.vcpuaffinity.cpumap_hard.nr_bits = VCPUS;
    return domctl(&op, XEN_DOMCTL_setvcpuaffinity, own_domid());
}

/* The CPU that a vcpu is on. */
static unsigned place_of(unsigned vcpu)
{
    struct xen_domctl op = {0};

    op.u.getvcpuinfo.vcpu = vcpu;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpuinfo, own_domid()), 0);
    return op.u.getvcpuinfo.cpu;
}

static void move_one(void)
{
    unsigned vcpu;
    uint64_t cpus;

    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    vcpu = seed >> 8 & 3;
    cpus = seed >> 16 & 15 ? seed >> 16 & 15 : 15;
    CHECK_EQ(set_affinity(vcpu, cpus), 0);
    CHECK(WAIT_FOR(cpus >> place_of(vcpu) & 1)); /* it may be on its way for a moment */
}

static bool gets_on(const struct worker *w)
{
    unsigned before = w->rounds;

    return WAIT_FOR(w->rounds != before);
}

GUEST_TEST("vcpus are moved at random while they work")
{
    NEEDS_DOM0();
    NEEDS_VCPUS(VCPUS);
    stop = false;
    for (unsigned v = 1; v < VCPUS; v++) {
        workers[v].page = page_alloc();
        workers[v].errors = 0;
        CHECK(vcpu_start(v, work, &workers[v]));
    }
    for (unsigned i = 0; i < MOVES; i++)
        move_one();
    for (unsigned v = 0; v < VCPUS; v++)
        CHECK_EQ(set_affinity(v, 15), 0);
    for (unsigned v = 1; v < VCPUS; v++)
        CHECK(gets_on(&workers[v]));
    stop = true;
    for (unsigned v = 1; v < VCPUS; v++) {
        CHECK(vcpu_wait(v));
        CHECK_EQ(workers[v].errors, 0);
        page_free(workers[v].page);
    }
}
