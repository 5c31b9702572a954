/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How late a guest wakes up while its neighbours compute, and how fairly they share the CPUs.
 *
 * Dom0 is this kernel. It builds small domains by hand: sleepers, which sleep until a time, look at
 * the clock and note how late it is, and spinners, which compute for ever. Prints, in nanoseconds
 * of the machine's time, `LATENCY case wakes mean worst`, and for four spinners with the weights
 * 256, 256, 512 and 512, in thousandths of a CPU, `FAIRNESS case worst deviation of a share in a
 * second`.
 *
 * For machines whose CPUs take turns (QEMU's -icount): a spinner pauses now and then, which ends
 * its turn there. Time then goes on by the instructions of all CPUs, so each runs at a fraction of
 * its speed: the same on every hypervisor.
 */
#include <guest.h>

#define SPINNERS   4
#define GUEST_VA   0x400000UL
#define GUEST_SP   (GUEST_VA + 2 * PAGE_SIZE - 64)
#define WARM_UP    (200 * MS)
#define LATENCY_NS (500 * MS)
#define SECONDS    2

/* A domain's pages, and where it sees the first three: from GUEST_VA on. */
enum { PAGE_CODE, PAGE_DATA, PAGE_L1, PAGE_L2, PAGE_L3, PAGE_L4, PAGES };
#define TIME_VA (GUEST_VA + PAGE_L1 * PAGE_SIZE) /* there its shared info is */

struct notes {
    uint64_t wakes, sum, worst;
};

struct guest {
    domid_t domid;
    uint64_t mfns[PAGES];
    volatile struct notes *notes;
};

/* ---- what runs in the domains: copied there, so it refers to nothing outside */

#define IN_GUEST __attribute__((section("guest_code"), used, noinline))
extern const uint8_t __start_guest_code[], __stop_guest_code[];

static inline __attribute__((always_inline)) uint64_t time_by(const volatile vcpu_time_info_t *t)
{
    uint64_t delta, result;
    uint32_t version;

    do {
        version = t->version;
        barrier();
        delta = rdtsc() - t->tsc_timestamp;
        delta = t->tsc_shift >= 0 ? delta << t->tsc_shift : delta >> -t->tsc_shift;
        result = t->system_time +
                 (uint64_t)((unsigned __int128)delta * t->tsc_to_system_mul >> 32);
        barrier();
    } while ((version & 1) || version != t->version);
    return result;
}

/* Sleeps of 2 to 8 ms, so that they meet every phase of the others' slices. */
static void IN_GUEST sleeper(volatile struct notes *notes)
{
    const volatile vcpu_time_info_t *time = &((shared_info_t *)TIME_VA)->vcpu_info[0].time;
    sched_poll_t poll = {.nr_ports = 0};

    for (;;) {
        uint64_t late;

        poll.timeout = time_by(time) + (2 + notes->wakes % 7) * MS;
        hyp_sched_op(SCHEDOP_poll, &poll);
        late = time_by(time) - poll.timeout;
        notes->wakes++;
        notes->sum += late;
        if (late > notes->worst)
            notes->worst = late;
    }
}

static void IN_GUEST spinner(volatile struct notes *notes)
{
    for (;;) {
        for (int i = 0; i < 1000; i++)
            barrier();
        relax();
        notes->wakes++;
    }
}

/* ---- building them */

static void *map_foreign(domid_t domid, uint64_t mfn)
{
    void *window = window_alloc();

    CHECK_EQ(hyp_update_va_mapping_otherdomain((uint64_t)window, mfn << 12 | PTE_RW, UVMF_INVLPG,
                                               domid), 0);
    return window;
}

static uint64_t shared_info_mfn(domid_t domid)
{
    struct xen_domctl_getdomaininfo info = {0};

    CHECK(domain_info(domid, &info));
    return info.shared_info_frame;
}

static void build_pages(struct guest *g)
{
    const unsigned l2_slot = GUEST_VA >> 21 & 511;
    uint64_t *page[PAGES];

    for (unsigned n = 0; n < PAGES; n++) {
        page[n] = map_foreign(g->domid, g->mfns[n]);
        memset(page[n], 0, PAGE_SIZE);
    }
    memcpy(page[PAGE_CODE], __start_guest_code, __stop_guest_code - __start_guest_code);
    page[PAGE_L1][0] = g->mfns[PAGE_CODE] << 12 | PTE_RO;
    page[PAGE_L1][1] = g->mfns[PAGE_DATA] << 12 | PTE_RW;
    page[PAGE_L1][2] = shared_info_mfn(g->domid) << 12 | PTE_RO;
    page[PAGE_L2][l2_slot] = g->mfns[PAGE_L1] << 12 | PTE_RW;
    page[PAGE_L3][0] = g->mfns[PAGE_L2] << 12 | PTE_RW;
    page[PAGE_L4][0] = g->mfns[PAGE_L3] << 12 | PTE_RW;
    for (unsigned n = 0; n < PAGES; n++)
        if (n == PAGE_DATA)
            g->notes = (volatile struct notes *)page[n];
        else
            window_free(page[n]);
}

static void set_context(const struct guest *g, void (*program)(volatile struct notes *))
{
    static vcpu_guest_context_t context;
    struct xen_domctl op = {.u.vcpucontext = {.vcpu = 0, .ctxt = HANDLE(&context)}};

    vcpu_context(&context, 0, GUEST_VA + ((uint64_t)program - (uint64_t)__start_guest_code),
                 GUEST_SP);
    memset(context.trap_ctxt, 0, sizeof(context.trap_ctxt));
    context.user_regs.rdi = GUEST_VA + PAGE_DATA * PAGE_SIZE;
    context.ctrlreg[3] = xen_pfn_to_cr3(g->mfns[PAGE_L4]);
    context.ctrlreg[1] = 0;
    context.flags |= VGCF_online;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpucontext, g->domid), 0);
}

static void guest_build(struct guest *g, void (*program)(volatile struct notes *))
{
    struct xen_domctl op = {.u.max_mem.max_memkb = PAGES * 4};
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L4_TABLE};

    CHECK_EQ(domain_create(0, &g->domid), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, g->domid), 0);
    op.u.max_vcpus.max = 1;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_vcpus, g->domid), 0);
    CHECK_EQ(domain_populate(g->domid, 0, PAGES, g->mfns), PAGES);
    build_pages(g);
    pin.arg1.mfn = g->mfns[PAGE_L4];
    CHECK_EQ(hyp_mmuext_op(&pin, 1, NULL, g->domid), 0);
    set_context(g, program);
}

static void guest_unpause(const struct guest *g)
{
    struct xen_domctl op = {0};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_unpausedomain, g->domid), 0);
}

static void guest_end(struct guest *g)
{
    window_free((void *)g->notes);
    CHECK_EQ(domain_destroy(g->domid), 0);
}

static void guest_weight(const struct guest *g, unsigned weight)
{
    struct xen_domctl op = {
        .u.scheduler_op = {
            .sched_id = XEN_SCHEDULER_CREDIT2,
            .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
            .u.credit2 = {.weight = (uint16_t)weight},
        },
    };

    CHECK_EQ(domctl(&op, XEN_DOMCTL_scheduler_op, g->domid), 0);
}

static uint64_t cpu_time(const struct guest *g)
{
    struct xen_domctl_getdomaininfo info = {0};

    CHECK(domain_info(g->domid, &info));
    return info.cpu_time;
}

/* ---- measuring */

static void measure_latency(const struct guest *waker, unsigned spinners)
{
    struct notes before, after;

    sleep(WARM_UP);
    waker->notes->worst = 0; /* of the building until now */
    before = *waker->notes;
    sleep(LATENCY_NS);
    after = *waker->notes;
    CHECK(after.wakes > before.wakes);
    if (after.wakes > before.wakes)
        printk("LATENCY spinners_%u %lu %lu %lu\n", spinners, after.wakes - before.wakes,
               (after.sum - before.sum) / (after.wakes - before.wakes), after.worst);
}

/* The worst of all shares in this second, in thousandths of a CPU: two CPUs by weight. */
static uint64_t worst_share(struct guest *guests, const unsigned *weights, unsigned total)
{
    uint64_t start[SPINNERS], began = now(), worst = 0, passed;

    for (unsigned i = 0; i < SPINNERS; i++)
        start[i] = cpu_time(&guests[i]);
    sleep(1000 * MS);
    passed = now() - began;
    for (unsigned i = 0; i < SPINNERS; i++) {
        long got = (long)((cpu_time(&guests[i]) - start[i]) * 1000 / passed);
        long due = 2 * 1000L * weights[i] / total;
        uint64_t off = (uint64_t)(got > due ? got - due : due - got);

        printk("weight %u: %ld of %ld thousandths of a CPU\n", weights[i], got, due);
        worst = off > worst ? off : worst;
    }
    return worst;
}

static void measure_fairness(struct guest *guests)
{
    static const unsigned weights[SPINNERS] = {256, 256, 512, 512};
    uint64_t worst = 0;
    unsigned total = 0;

    for (unsigned i = 0; i < SPINNERS; i++) {
        guest_weight(&guests[i], weights[i]);
        total += weights[i];
    }
    sleep(WARM_UP);
    for (unsigned second = 0; second < SECONDS; second++) {
        uint64_t off = worst_share(guests, weights, total);

        worst = off > worst ? off : worst;
    }
    printk("FAIRNESS weights %lu\n", worst);
}

GUEST_TEST("wake-up latency and fairness")
{
    struct guest waker, others[SPINNERS];

    guest_build(&waker, sleeper);
    guest_unpause(&waker);
    measure_latency(&waker, 0);
    for (unsigned i = 0; i < SPINNERS; i++) {
        guest_build(&others[i], spinner);
        guest_unpause(&others[i]);
        if (i % 2)
            measure_latency(&waker, i + 1);
    }
    measure_fairness(others);
    guest_end(&waker);
    for (unsigned i = 0; i < SPINNERS; i++)
        guest_end(&others[i]);
}
