/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest does to its own vcpus, limits and tables while the allocations of it fail: -ENOMEM,
 * nothing kept. A context for a vcpu is refused for what stands in it once the copy of it can be
 * made; a watchdog's memory stays. Pins, descriptor tables and interrupts of devices are done in
 * memory that is there already: they cannot fail for want of it.
 */
#include <guest.h>

static vcpu_guest_context_t context;

/* Without a root table a context is refused. */
static long initialise(void)
{
    long result = hyp_vcpu_op(VCPUOP_initialise, 1, &context);

    return result == -XEN_EINVAL ? 0 : result;
}

static long watchdog(void)
{
    sched_watchdog_t op = {.timeout = 3600};
    long id = hyp_sched_op(SCHEDOP_watchdog, &op);

    return id == 1 ? 0 : id;
}

static void watchdog_end(void)
{
    sched_watchdog_t op = {.id = 1};

    CHECK_EQ(hyp_sched_op(SCHEDOP_watchdog, &op), 0);
}

static long memory_map(void)
{
    static uint8_t entries[128 * 20];
    xen_memory_map_t arg = {128, HANDLE(entries)};
    long result = hyp_memory_op(XENMEM_memory_map, &arg);

    return result == -XEN_ENOSYS ? 0 : result; /* Dom0 has none */
}

static const struct fault_case cases[] = {
    {.name = "VCPUOP_initialise", .act = initialise},
    {.name = "SCHEDOP_watchdog", .act = watchdog, .undo = watchdog_end,
     .kept = KEPT_ON_SUCCESS},
    {.name = "XENMEM_memory_map", .act = memory_map},
};

/* ---- without any allocation */

static uint64_t *tree[4], *segments; /* tables of levels 1 to 4; descriptors */

static long protect(uint64_t flags)
{
    long result = page_protect(segments, flags);

    for (unsigned i = 0; i < ARRAY_SIZE(tree); i++)
        result = result ? result : page_protect(tree[i], flags);
    return result;
}

static long pin(void) { return mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(tree[3]), 0); }
static void unpin(void) { CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(tree[3]), 0), 0); }

static long set_gdt(void)
{
    uint64_t frame = virt_to_mfn(segments);

    return hyp_set_gdt(&frame, 512);
}

static void no_gdt(void) { CHECK_EQ(hyp_set_gdt(NULL, 0), 0); }

/* The page becomes part of the table when a descriptor in it is used. */
static long set_ldt(void)
{
    long result = mmuext(MMUEXT_SET_LDT, (uint64_t)segments, 512);

    if (!result)
        CHECK_FAULT(NO_FAULT, asm volatile("mov %0, %%fs" ::"r"(5 << 3 | 7)));
    return result;
}

static void no_ldt(void)
{
    asm volatile("mov %0, %%fs" ::"r"(0));
    CHECK_EQ(mmuext(MMUEXT_SET_LDT, 0, 0), 0);
}

#define GSI 5

static long map_pirq(void)
{
    physdev_map_pirq_t map = {.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = GSI,
                              .pirq = GSI};

    return hyp_physdev_op(PHYSDEVOP_map_pirq, &map);
}

static void unmap_pirq(void)
{
    physdev_unmap_pirq_t arg = {.domid = DOMID_SELF, .pirq = GSI};

    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_unmap_pirq, &arg), 0);
}

static const struct fault_case needing_none[] = {
    {.name = "pin", .act = pin, .undo = unpin},
    {.name = "set_gdt", .act = set_gdt, .undo = no_gdt},
    {.name = "set_ldt", .act = set_ldt, .undo = no_ldt},
    {.name = "map_pirq", .act = map_pirq, .undo = unmap_pirq},
};

static void check_needing_none(void)
{
    physdev_setup_gsi_t setup = {.gsi = GSI, .triggering = 1, .polarity = 1};

    segments = page_alloc();
    segments[5] = 0x00cff3000000ffff; /* data for ring 3 */
    for (unsigned i = 0; i < ARRAY_SIZE(tree); i++) {
        tree[i] = page_alloc();
        if (i)
            tree[i][0] = virt_to_mfn(tree[i - 1]) << 12 | PTE_RW;
    }
    CHECK_EQ(hyp_physdev_op(PHYSDEVOP_setup_gsi, &setup), 0);
    CHECK_EQ(protect(PTE_RO), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(needing_none); i++)
        CHECK_EQ(fault_each(&needing_none[i]), 0);
    CHECK_EQ(protect(PTE_RW), 0);
    page_free(segments);
    for (unsigned i = 0; i < ARRAY_SIZE(tree); i++)
        page_free(tree[i]);
}

GUEST_TEST("a guest's own vcpus and limits while allocations fail")
{
    NEEDS_FAULTS();
    NEEDS_VCPUS(2);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++)
        fault_each(&cases[i]);
    check_needing_none();
}
