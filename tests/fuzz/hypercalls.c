/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of all kinds, by Dom0 and two guests with two vcpus each: alone and in multicalls,
 * giving way anywhere, with allocations that fail, while other vcpus of the guests change arguments
 * and shared pages. Domains come and go among them. After each few steps every list, count and
 * connection is looked at; in the end all domains are destroyed, and neither a page nor an object
 * may be left.
 */
#include "calls.h"

static void steps(void)
{
    static const struct call_table *const tables[] = { &event_calls,  &grant_calls,
                                                       &memory_calls, &vcpu_calls,
                                                       &control_calls, &other_calls };

    calls_run(tables, ARRAY_SIZE(tables));
}

void fuzz_one(const uint8_t *data, size_t size)
{
    services_fuzz(steps);
}
