/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_copy: between frames of the caller and grants, each way, parts of pages; errors per
 * element: across the end of a page, a read-only grant as destination, a reference that is not
 * granted, a frame that is not the caller's. An array goes on after a bad element.
 */
#include <guest.h>

#define REF 11

static uint8_t *from, *to;

static gnttab_copy_t request(void)
{
    return (gnttab_copy_t){.source = {.u.gmfn = virt_to_mfn(from), .domid = DOMID_SELF},
                           .dest = {.u.gmfn = virt_to_mfn(to), .domid = DOMID_SELF},
                           .len = PAGE_SIZE, .status = 99};
}

static int16_t copy(gnttab_copy_t c)
{
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_copy, &c, 1), 0);
    return c.status;
}

static void check_good(void)
{
    gnttab_copy_t c = request();

    memset(from, 0xa1, PAGE_SIZE);
    CHECK_EQ(copy(c), GNTST_okay);
    CHECK(!memcmp(from, to, PAGE_SIZE));
    from[100] = 0x55;
    c.source.offset = 100;
    c.dest.offset = 4095;
    c.len = 1;
    CHECK_EQ(copy(c), GNTST_okay);
    CHECK_EQ(to[4095], 0x55);
    grant(REF, from, own_domid(), GTF_readonly);
    c = request();
    c.source.u.ref = REF;
    c.source.domid = own_domid();
    c.flags = GNTCOPY_source_gref;
    from[7] = 0x66;
    CHECK_EQ(copy(c), GNTST_okay);
    CHECK_EQ(to[7], 0x66);
    CHECK(grant_end(REF));
    grant(REF, to, own_domid(), 0);
    c = request();
    c.dest.u.ref = REF;
    c.flags = GNTCOPY_dest_gref;
    from[8] = 0x67;
    CHECK_EQ(copy(c), GNTST_okay);
    CHECK_EQ(to[8], 0x67);
    CHECK(grant_end(REF));
}

static void check_bad(void)
{
    gnttab_copy_t c = request();

    c.source.offset = 1;
    CHECK_EQ(copy(c), GNTST_bad_copy_arg);
    c = request();
    c.dest.offset = 4096;
    c.len = 1;
    CHECK_EQ(copy(c), GNTST_bad_copy_arg);
    c = request();
    c.dest.offset = 0xffff;
    c.len = 0xffff;
    CHECK_EQ(copy(c), GNTST_bad_copy_arg);
    grant(REF, to, own_domid(), GTF_readonly);
    c = request();
    c.dest.u.ref = REF;
    c.flags = GNTCOPY_dest_gref;
    CHECK(copy(c) < 0);
    CHECK(grant_end(REF));
    CHECK(copy(c) < 0); /* no longer granted */
    c = request();
    c.source.u.ref = 1000000;
    c.flags = GNTCOPY_source_gref;
    CHECK_EQ(copy(c), GNTST_bad_gntref);
    c = request();
    c.source.u.gmfn = ~0UL;
    CHECK(copy(c) < 0);
    c = request();
    c.source.domid = 0x7000;
    c.source.u.ref = REF;
    c.flags = GNTCOPY_source_gref;
    CHECK_EQ(copy(c), GNTST_bad_domain);
    c = request();
    c.dest.u.gmfn = top_table_mfn(); /* a page table is no destination */
    CHECK(copy(c) < 0);
}

GUEST_TEST("grants: copy")
{
    gnttab_copy_t list[3];

    from = page_alloc();
    to = page_alloc();
    check_good();
    check_bad();
    for (unsigned i = 0; i < 3; i++)
        list[i] = request();
    list[1].source.offset = 4096;
    CHECK_EQ(hyp_grant_table_op(GNTTABOP_copy, list, 3), 0);
    CHECK(list[0].status == 0 && list[1].status < 0 && list[2].status == 0);
    page_free(to);
    page_free(from);
}
