/* SPDX-License-Identifier: GPL-2.0-only */
/* The own grant table: mapped once, entries set and taken back. */
#include "guest.h"

static grant_entry_v1_t *table;

grant_entry_v1_t *grant_table(void)
{
    xen_pfn_t frame;
    gnttab_setup_table_t setup = {.dom = DOMID_SELF, .nr_frames = 1, .frame_list = HANDLE(&frame)};

    if (table)
        return table;
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    CHECK_EQ(setup.status, GNTST_okay);
    table = window_alloc();
    CHECK_EQ(map_mfn(table, frame, PTE_RW), 0);
    return table;
}

void grant(grant_ref_t ref, const void *page, domid_t to, uint16_t flags)
{
    volatile grant_entry_v1_t *entry = &grant_table()[ref];

    entry->domid = to;
    entry->frame = (uint32_t)virt_to_mfn(page);
    barrier();
    entry->flags = GTF_permit_access | flags;
}

bool grant_end(grant_ref_t ref)
{
    volatile grant_entry_v1_t *entry = &grant_table()[ref];

    if (entry->flags & (GTF_reading | GTF_writing))
        return false;
    entry->flags = 0;
    return true;
}
