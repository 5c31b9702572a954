/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XSA-224 and XSA-230 (rows 15 and 19): mappings for the processor and for devices under one
 * handle, and the ways to end them, disagreed about who holds what; the marks in the granter's
 * entry were taken away while mappings of the other kind were left.
 *
 * Here: every mix of parts and access is mapped, in pairs, and taken away part by part in every
 * order, each part twice. After each step the marks in the entry say exactly what is left: reading
 * while anything is, writing while anything writable is. In the end the page can be a table.
 */
#include <guest.h>

#define REF 31

static uint8_t *page, *windows[2];

struct part {
    grant_handle_t handle;
    uint64_t host, device; /* one of them */
    bool write, there;
};

static struct part parts[4];

static void map(unsigned n, unsigned flags)
{
    gnttab_map_grant_ref_t arg = {.host_addr = (uint64_t)windows[n], .flags = flags, .ref = REF,
                                  .dom = own_domid(), .status = 99};
    bool write = !(flags & GNTMAP_readonly);

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_map_grant_ref, &arg, 1), 0);
    CHECK_EQ(arg.status, GNTST_okay);
    parts[n * 2] = (struct part){arg.handle, arg.host_addr, 0, write, flags & GNTMAP_host_map};
    parts[n * 2 + 1] = (struct part){arg.handle, 0, arg.dev_bus_addr, write,
                                     flags & GNTMAP_device_map};
}

static void check_marks(void)
{
    unsigned want = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(parts); i++)
        if (parts[i].there)
            want |= GTF_reading | (parts[i].write ? GTF_writing : 0);
    if ((grant_table()[REF].flags & (GTF_reading | GTF_writing)) != want)
        failure("marks are %x, not %x", grant_table()[REF].flags, want);
}

static void take_away(struct part *p)
{
    gnttab_unmap_grant_ref_t arg = {.host_addr = p->host, .dev_bus_addr = p->device,
                                    .handle = p->handle, .status = 99};
    bool was = p->there;

    CHECK_EQ(hyp_grant_table_op(GNTTABOP_unmap_grant_ref, &arg, 1), 0);
    if ((arg.status == GNTST_okay) != was)
        failure("unmap of a part that is %sthere gives %d", was ? "" : "not ", arg.status);
    p->there = false;
    check_marks();
}

/* The parts of two mappings, in one of 24 orders. */
static void one_order(unsigned a, unsigned b, unsigned order)
{
    unsigned left[] = {0, 1, 2, 3};

    grant(REF, page, own_domid(), 0);
    map(0, a);
    map(1, b);
    check_marks();
    for (unsigned n = 4; n; n--) {
        unsigned i = order % n;

        take_away(&parts[left[i]]);
        take_away(&parts[left[i]]);
        order /= n;
        left[i] = left[n - 1];
    }
    CHECK(grant_end(REF));
}

GUEST_TEST("XSA-224, 230: the parts of mappings, one by one")
{
    static const unsigned kinds[] = {GNTMAP_host_map, GNTMAP_device_map,
                                     GNTMAP_host_map | GNTMAP_device_map,
                                     GNTMAP_host_map | GNTMAP_readonly,
                                     GNTMAP_host_map | GNTMAP_device_map | GNTMAP_readonly};

    page = page_alloc();
    windows[0] = window_alloc();
    windows[1] = window_alloc();
    for (unsigned a = 0; a < ARRAY_SIZE(kinds); a++)
        for (unsigned b = 0; b < ARRAY_SIZE(kinds); b++)
            for (unsigned order = 0; order < 24; order++)
                one_order(kinds[a], kinds[b], order);
    CHECK_EQ(page_protect(page, PTE_RO), 0);
    CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page), 0), 0);
    CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page), 0), 0);
    CHECK_EQ(page_protect(page, PTE_RW), 0);
    window_free(windows[1]);
    window_free(windows[0]);
    page_free(page);
}
