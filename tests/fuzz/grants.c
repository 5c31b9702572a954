/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grants between Dom0 and two guests, each of which has a table and changes its entries at any
 * time: mapping, unmapping, replacing, copying, swapping; now and then a domain's memory shrinks or
 * a domain ends.
 */
#include "calls.h"

#include <public/grant_table.h>

static void set_up_table(domid_t id)
{
    struct gnttab_setup_table *op = (void *)services_args;

    svc_become(domain_lookup(id), 0);
    *op = (struct gnttab_setup_table){ .dom = DOMID_SELF,
                                       .nr_frames = 1,
                                       .frame_list = { (uint64_t)(op + 1) } };
    FUZZ_CHECK(!CALL(grant_table_op, GNTTABOP_setup_table, (uint64_t)op, 1) && !op->status,
               "no table");
}

static void steps(void)
{
    static const struct call_table *const tables[] = { &grant_calls, &grant_calls, &grant_calls,
                                                       &grant_calls, &grant_calls, &memory_calls,
                                                       &grant_calls, &control_calls };

    for (domid_t id = 0; id < 3; id++)
        set_up_table(id);
    calls_run(tables, ARRAY_SIZE(tables));
}

void fuzz_one(const uint8_t *data, size_t size)
{
    services_fuzz(steps);
}
