/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory operations with each of their allocations failing. Populate and increase answer how many
 * extents they did; exchange, with a chunk half done, leaves the pages with their owner as they
 * were; a resource is not there. Nothing is lost and all of them succeed afterwards.
 */
#include <guest.h>

#define EXTENTS 70 /* more than are taken from the allocator at once */
#define TRADED  4

static domid_t domid;
static uint64_t mfns[EXTENTS];

static xen_memory_reservation_t reservation(unsigned count, unsigned order)
{
    for (unsigned i = 0; i < count; i++)
        mfns[i] = i << order;
    return (xen_memory_reservation_t){.extent_start = HANDLE(mfns), .nr_extents = count,
                                      .extent_order = order, .domid = domid};
}

static void take_back(unsigned count, unsigned order)
{
    xen_memory_reservation_t r = {.extent_start = HANDLE(mfns), .nr_extents = count,
                                  .extent_order = order, .domid = domid};

    CHECK_EQ(hyp_memory_op(XENMEM_decrease_reservation, &r), count);
}

/* All of it, or -ENOMEM with nothing kept. */
static long all_or_none(unsigned cmd, unsigned count, unsigned order)
{
    xen_memory_reservation_t r = reservation(count, order);
    struct xen_domctl_getdomaininfo info;
    long done = hyp_memory_op(cmd, &r);

    CHECK(domain_info(domid, &info));
    CHECK_EQ(info.tot_pages, done << order);
    if (done == count)
        return 0;
    take_back(done, order);
    return -XEN_ENOMEM;
}

static long populate_singles(void) { return all_or_none(XENMEM_populate_physmap, EXTENTS, 0); }
static long populate_blocks(void) { return all_or_none(XENMEM_populate_physmap, 3, 4); }
static long increase_singles(void) { return all_or_none(XENMEM_increase_reservation, 5, 0); }
static long increase_blocks(void) { return all_or_none(XENMEM_increase_reservation, 2, 9); }
static void all_singles_back(void) { take_back(EXTENTS, 0); }
static void blocks_back(void) { take_back(3, 4); }
static void singles_back(void) { take_back(5, 0); }
static void large_back(void) { take_back(2, 9); }

static uint64_t given[TRADED], got[TRADED];

static long exchange(unsigned in_order, unsigned out_order)
{
    xen_memory_exchange_t x = {
        .in = {.extent_start = HANDLE(given), .nr_extents = TRADED >> in_order,
               .extent_order = in_order, .domid = domid},
        .out = {.extent_start = HANDLE(got), .nr_extents = TRADED >> out_order,
                .extent_order = out_order, .domid = domid}};
    long result = hyp_memory_op(XENMEM_exchange, &x);

    CHECK_EQ(x.nr_exchanged, result ? 0 : TRADED >> in_order);
    return result;
}

static long exchange_to_block(void) { return exchange(0, 2); }
static long exchange_to_singles(void) { return exchange(2, 0); }

static xen_mem_acquire_resource_t table_frames(uint64_t *list, unsigned count)
{
    return (xen_mem_acquire_resource_t){.domid = domid, .type = XENMEM_resource_grant_table,
                                        .nr_frames = count, .frame_list = HANDLE(list)};
}

static long acquire(void)
{
    uint64_t frames[3];
    xen_mem_acquire_resource_t r = table_frames(frames, 3);

    return hyp_memory_op(XENMEM_acquire_resource, &r);
}

static const struct fault_case cases[] = {
    {.name = "populate: singles", .act = populate_singles, .undo = all_singles_back},
    {.name = "populate: blocks", .act = populate_blocks, .undo = blocks_back},
    {.name = "increase: singles", .act = increase_singles, .undo = singles_back},
    {.name = "increase: blocks", .act = increase_blocks, .undo = large_back},
    {.name = "acquire_resource", .act = acquire, .kept = KEPT_ON_FAILURE | KEPT_ON_SUCCESS},
};
static const struct fault_case to_block = {.name = "exchange: to a block",
                                           .act = exchange_to_block};
static const struct fault_case to_singles = {.name = "exchange: to singles",
                                             .act = exchange_to_singles};

static void check_exchange(void)
{
    CHECK_EQ(domain_populate(domid, 0, TRADED, given), TRADED);
    CHECK_EQ(fault_each(&to_block), 4); /* three lists and the block */
    given[0] = got[0];
    for (unsigned i = 0; i < TRADED; i++)
        got[i] = i;
    CHECK_EQ(fault_each(&to_singles), 3 + TRADED);
    memcpy(mfns, got, sizeof(got));
    take_back(TRADED, 0);
}

GUEST_TEST("memory operations while allocations fail")
{
    struct xen_domctl op = {.u.max_mem.max_memkb = 16 << 10};
    struct usage before;

    NEEDS_FAULTS();
    before = usage_now();
    CHECK_EQ(domain_create(0, &domid), 0);
    CHECK_EQ(domctl(&op, XEN_DOMCTL_max_mem, domid), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++)
        CHECK(fault_each(&cases[i]) > 0);
    check_exchange();
    CHECK_EQ(domain_destroy(domid), 0);
    usage_same(&before, "all of them");
}
