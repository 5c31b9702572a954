/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests that nothing is left alone of: Dom0 moves their vcpus among the CPUs at random, its own
 * too, changes their weights and memory limits, pauses them, and maps and unmaps a page that each
 * grants; meanwhile each guest balloons its pages down and up at random on both of its vcpus, makes
 * some of them tables, and waits for timers and for the other vcpu's events. One goes on until it
 * is destroyed in the middle of it.
 *
 * Expected: no page that a guest kept has changed, every event comes, all that was given back can
 * be had again; when they have ended, the machine's memory and Dom0's vcpus are what they were, to
 * the byte, and no lock is held. `seed=` chooses another order, `runs=` how many.
 */
#include <guest.h>

#define CPUS   4
#define GUESTS 3   /* the last one does not end */
#define RUNS   2   /* the first is for what the hypervisor keeps for later use */
#define STEPS  100 /* of each vcpu of a guest; Dom0 goes on until they are done */
#define PAGES  24
#define REF    8

/* ---- a guest */

static struct worker {
    struct {
        uint64_t *page;
        uint64_t value; /* in all its words; 0: the frame is given back */
    } pages[PAGES];
    uint64_t *table;
    evtchn_port_t timer, bell;
} workers[CHILD_VCPUS];

static uint64_t random_value(void) { return (uint64_t)random_below(~0U) << 32 | 1; }

static bool is_granted(const struct worker *w, unsigned i) { return w == &workers[0] && i == 0; }

/* A frame that Dom0 has mapped goes when Dom0 lets go of it, and its grant stays as long. */
static void give_back(struct worker *w, unsigned i)
{
    uint64_t *page = w->pages[i].page;
    xen_pfn_t frame = virt_to_mfn(page);
    xen_memory_reservation_t r = {.extent_start = HANDLE(&frame), .nr_extents = 1,
                                  .domid = DOMID_SELF};

    if (!w->pages[i].value)
        return;
    if (is_granted(w, i))
        grant_end(REF);
    CHECK_EQ(unmap(page), 0);
    CHECK_EQ(hyp_memory_op(XENMEM_decrease_reservation, &r), 1);
    w->pages[i].value = 0;
}

/* Not while the limit is below what it has. */
static bool take_again(struct worker *w, unsigned i)
{
    uint64_t *page = w->pages[i].page;
    xen_pfn_t frame = virt_to_pfn(page);
    xen_memory_reservation_t r = {.extent_start = HANDLE(&frame), .nr_extents = 1,
                                  .domid = DOMID_SELF};

    if (w->pages[i].value)
        return true;
    if (hyp_memory_op(XENMEM_populate_physmap, &r) != 1)
        return false;
    p2m()[virt_to_pfn(page)] = frame;
    CHECK_EQ(map_mfn(page, frame, PTE_RW), 0);
    w->pages[i].value = random_value();
    for (unsigned word = 0; word < PAGE_SIZE / 8; word++)
        page[word] = w->pages[i].value;
    if (is_granted(w, i) && grant_end(REF))
        grant(REF, page, 0, 0);
    return true;
}

static void balloon_down(struct worker *w) { give_back(w, random_below(PAGES)); }
static void balloon_up(struct worker *w) { take_again(w, random_below(PAGES)); }

static void look(struct worker *w)
{
    for (unsigned i = 0; i < PAGES; i++)
        if (w->pages[i].value)
            CHECK_EQ(w->pages[i].page[random_below(PAGE_SIZE / 8)], w->pages[i].value);
}

static void make_table(struct worker *w)
{
    uint64_t mfn = virt_to_mfn(w->table);

    CHECK_EQ(page_protect(w->table, PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0), 0);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0);
    CHECK_EQ(page_protect(w->table, PTE_RW), 0);
}

static void wait_for(evtchn_port_t port)
{
    sched_poll_t poll = {.ports = HANDLE(&port), .nr_ports = 1};

    while (!event_pending(port))
        CHECK_EQ(hyp_sched_op(SCHEDOP_poll, &poll), 0);
    event_clear(port);
}

static void wait_for_timer(struct worker *w)
{
    CHECK_EQ(hyp_set_timer_op(now() + 1 + random_below(MS)), 0);
    wait_for(w->timer);
}

/* Its own bell, by way of the other vcpu's CPU or not. */
static void ring(struct worker *w)
{
    CHECK_EQ(event_send(w->bell), 0);
    wait_for(w->bell);
}

static void (*const acts[])(struct worker *w) = {balloon_down, balloon_up, look, make_table,
                                                 wait_for_timer, ring};

static void work(void *arg)
{
    struct worker *w = arg;
    bool endless = option("endless");

    for (unsigned n = 0; n < STEPS || endless; n++)
        acts[random_below(ARRAY_SIZE(acts))](w);
    look(w);
}

static void prepare(struct worker *w, unsigned vcpu)
{
    for (unsigned i = 0; i < PAGES; i++) {
        w->pages[i].page = page_alloc();
        w->pages[i].value = 1; /* nobody has looked yet: as if it were so */
        give_back(w, i);
        CHECK(take_again(w, i));
    }
    w->table = page_alloc();
    w->timer = bind_virq(VIRQ_TIMER, vcpu);
    w->bell = bind_ipi(vcpu);
}

static void finish(struct worker *w)
{
    for (unsigned i = 0; i < PAGES; i++) {
        CHECK(WAIT_FOR(take_again(w, i)));
        page_free(w->pages[i].page);
    }
    page_free(w->table);
    CHECK_EQ(event_close(w->timer), 0);
    CHECK_EQ(event_close(w->bell), 0);
}

static void be_a_guest(void)
{
    for (unsigned v = 0; v < CHILD_VCPUS; v++)
        prepare(&workers[v], v);
    printk("begins\n");
    CHECK(vcpu_start(1, work, &workers[1]));
    work(&workers[0]);
    CHECK(vcpu_wait(1));
    for (unsigned v = 0; v < CHILD_VCPUS; v++)
        finish(&workers[v]);
}

/* ---- Dom0 */

static struct neighbour {
    struct child c;
    uint8_t *window;
    grant_handle_t handle;
    bool mapped, paused;
} guests[GUESTS];

static unsigned moves, maps;

static long affinity(domid_t domid, unsigned cmd, struct xen_domctl_vcpuaffinity how,
                     uint64_t *hard, uint64_t *soft)
{
    struct xen_domctl op = {.u.vcpuaffinity = how};

    op.u.vcpuaffinity.cpumap_hard = (struct xenctl_bitmap){HANDLE(hard), CPUS};
    op.u.vcpuaffinity.cpumap_soft = (struct xenctl_bitmap){HANDLE(soft), CPUS};
    return domctl(&op, cmd, domid);
}

static void set_affinity(domid_t domid, unsigned vcpu, uint64_t hard, uint64_t soft)
{
    struct xen_domctl_vcpuaffinity how = {
        .vcpu = vcpu, .flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT};
    uint64_t usable_hard = hard, usable_soft = soft, is_hard = 0, is_soft = 0;

    CHECK_EQ(affinity(domid, XEN_DOMCTL_setvcpuaffinity, how, &usable_hard, &usable_soft), 0);
    CHECK_EQ(usable_hard, hard);
    CHECK_EQ(usable_soft, soft & hard);
    CHECK_EQ(affinity(domid, XEN_DOMCTL_getvcpuaffinity, how, &is_hard, &is_soft), 0);
    CHECK_EQ(is_hard, hard);
    CHECK_EQ(is_soft, soft);
}

static uint64_t some_cpus(void) { return 1 + random_below((1U << CPUS) - 1); }

static void move(struct neighbour *g)
{
    uint64_t hard = some_cpus();

    set_affinity(g->c.domid, random_below(CHILD_VCPUS), hard, some_cpus());
    moves++;
}

static void move_dom0(struct neighbour *g)
{
    (void)g;
    set_affinity(0, 0, some_cpus(), (1U << CPUS) - 1);
}

static void weigh(struct neighbour *g)
{
    struct xen_sysctl host = {0};
    struct xen_domctl op = {.u.scheduler_op = {
                                .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
                                .u.credit = {.weight = (uint16_t)(64 + random_below(960))}}};

    CHECK_EQ(sysctl(&host, XEN_SYSCTL_sched_id), 0);
    op.u.scheduler_op.sched_id = host.u.sched_id.sched_id;
    CHECK_EQ(domctl(&op, XEN_DOMCTL_scheduler_op, g->c.domid), 0);
}

static void limit(struct neighbour *g, unsigned pages)
{
    struct xen_domctl op = {.u.max_mem.max_memkb = pages * 4};

    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, g->c.domid), 0);
}

static void squeeze(struct neighbour *g)
{
    limit(g, CHILD_PAGES - PAGES + random_below(3 * PAGES));
}

static void widen(struct neighbour *g) { limit(g, CHILD_PAGES + CHILD_SPARE_PAGES); }

static void pause_or_not(struct neighbour *g)
{
    struct xen_domctl op = {0};

    CHECK_EQ(domctl(&op, g->paused ? XEN_DOMCTL_unpausedomain : XEN_DOMCTL_pausedomain,
                    g->c.domid), 0);
    g->paused = !g->paused;
}

/* What it grants may have been given back a moment ago: then there is no mapping. */
static void map_or_unmap(struct neighbour *g)
{
    gnttab_map_grant_ref_t map = {.host_addr = (uint64_t)g->window, .flags = GNTMAP_host_map,
                                  .ref = REF, .dom = g->c.domid};
    gnttab_unmap_grant_ref_t end = {.host_addr = (uint64_t)g->window, .handle = g->handle};

    if (g->mapped) {
        CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &end, 1), 0);
        CHECK_EQ(end.status, GNTST_okay);
        g->mapped = false;
        return;
    }
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, &map, 1), 0);
    g->mapped = map.status == GNTST_okay;
    g->handle = map.handle;
    maps += g->mapped;
}

static void (*const upsets[])(struct neighbour *g) = {move, move, move_dom0, weigh, squeeze, widen,
                                                      pause_or_not, map_or_unmap};

/* A paused or narrowed guest could not end. */
static void calm(struct neighbour *g)
{
    widen(g);
    if (g->paused)
        pause_or_not(g);
}

static bool begin(unsigned i, unsigned long seed)
{
    struct neighbour *g = &guests[i];
    char options[64];

    *g = (struct neighbour){.window = window_alloc()};
    snprint(options, sizeof(options), "test=upheaval seed=%lu%s", seed + i,
            i == GUESTS - 1 ? " endless=1" : "");
    return child_start(&g->c, 0, options) && CHECK(child_wait(&g->c, "begins"));
}

/* Some steps at a time, then those that wait for something get it; all but the endless one end. */
static void upset_until_done(void)
{
    unsigned done = 0;

    while (done < GUESTS - 1) {
        for (unsigned n = random_below(100); n; n--)
            upsets[random_below(ARRAY_SIZE(upsets))](&guests[random_below(GUESTS)]);
        for (unsigned i = 0; i < GUESTS; i++)
            calm(&guests[i]);
        done = 0;
        for (unsigned i = 0; i < GUESTS - 1; i++) {
            child_look(&guests[i].c, "TEST-PASS");
            done += child_ended(&guests[i].c);
        }
        sleep(MS);
    }
}

static void end(struct neighbour *g, bool endless)
{
    if (!endless) {
        child_look(&g->c, "TEST-PASS");
        CHECK(g->c.seen);
    } else {
        CHECK(!child_ended(&g->c));
    }
    if (g->mapped && random_below(2))
        map_or_unmap(g);
    if (g->mapped) { /* keeps the husk */
        struct xen_domctl op = {0};

        CHECK_EQ(domctl(&op, XEN_DOMCTL_destroydomain, g->c.domid), 0);
        map_or_unmap(g);
    }
    child_destroy(&g->c);
    window_free(g->window);
}

static void one_run(unsigned long seed)
{
    unsigned begun = 0;

    moves = maps = 0;
    while (begun < GUESTS && begin(begun, seed))
        begun++;
    if (begun == GUESTS)
        upset_until_done();
    for (unsigned i = 0; i < begun; i++)
        end(&guests[i], i == GUESTS - 1);
    set_affinity(0, 0, (1U << CPUS) - 1, (1U << CPUS) - 1);
    printk("seed %lu: vcpus moved %u times, grants mapped %u times\n", seed, moves, maps);
}

static void be_dom0(void)
{
    unsigned long seed = option("seed") ? number(option("seed")) : 1;
    unsigned long runs = option("runs") ? number(option("runs")) : RUNS;
    static bool warm;

    NEEDS_FAULTS();
    for (runs = warm ? 1 : runs; runs; runs--) {
        struct usage before = usage_now();

        one_run(seed++);
        if (warm)
            usage_same(&before, "a run");
        warm = true;
    }
}

GUEST_TEST("guests that balloon, on vcpus that move")
{
    if (is_dom0())
        be_dom0();
    else
        be_a_guest();
}
