/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest does to its own vcpus, limits and tables while the allocations of it fail: -ENOMEM,
 * nothing kept. A context for a vcpu is refused for what stands in it once the copy of it can be
 * made; a watchdog's memory stays.
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

GUEST_TEST("a guest's own vcpus and limits while allocations fail")
{
    NEEDS_FAULTS();
    NEEDS_VCPUS(2);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++)
        fault_each(&cases[i]);
}
