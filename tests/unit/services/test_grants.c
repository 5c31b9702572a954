/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables: the table, mapping, unmapping, copying, what happens at the death of either side;
 * and random operations against a simple model of who holds what.
 */
#include "svc_machine.h"

#include <string.h>

#include <hv/arch.h>
#include <hv/grant_use.h>
#include <hv/page_alloc.h>
#include <public/errno.h>

/* g grants, m maps */
static struct domain *g, *m;
static struct grant_entry_v1 *table;

static long grant_op(unsigned cmd, void *arg, uint64_t count)
{
    return CALL(grant_table_op, cmd, (uint64_t)arg, count);
}

static void setup(void)
{
    xen_pfn_t frame;
    struct gnttab_setup_table s = { .dom = DOMID_SELF,
                                    .nr_frames = 1,
                                    .frame_list = { (uint64_t)&frame } };

    svc_init();
    g = svc_domain(1, 32);
    m = svc_domain(1, 32);
    svc_become(g, 0);
    ck_assert_int_eq(grant_op(GNTTABOP_setup_table, &s, 1), 0);
    ck_assert_int_eq(s.status, GNTST_okay);
    table = svc_memory(frame);
    svc_become(m, 0);
}

static void offer(grant_ref_t ref, unsigned page, unsigned flags)
{
    table[ref] = (struct grant_entry_v1){ .flags = GTF_permit_access | flags, .domid = m->id,
                                          .frame = svc_frame(g, page) };
}

/* The order of pages on the domain's list changes with time; frames are taken from here. */
static uint64_t frames_of_g[32];
static void remember_frames(void)
{
    for (unsigned i = 0; i < 32; i++)
        frames_of_g[i] = svc_frame(g, i);
}

static struct page *page_of(unsigned page)
{
    return mfn_to_page(mfn(svc_frame(g, page)));
}

static int map(grant_ref_t ref, unsigned slot, unsigned flags, grant_handle_t *handle)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = slot * PAGE_SIZE, .flags = flags, .ref = ref, .dom = g->id
    };

    ck_assert_int_eq(grant_op(GNTTABOP_map_grant_ref, &op, 1), 0);
    *handle = op.handle;
    if (!op.status && flags & GNTMAP_device_map)
        ck_assert_uint_eq(op.dev_bus_addr % PAGE_SIZE, 0);
    return op.status;
}

static int unmap(grant_handle_t handle, unsigned slot, uint64_t dev)
{
    struct gnttab_unmap_grant_ref op = { .host_addr = slot * PAGE_SIZE,
                                         .dev_bus_addr = dev,
                                         .handle = handle };

    ck_assert_int_eq(grant_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
    return op.status;
}

/* --- the table -------------------------------------------------------------------------------- */

START_TEST(table_size_and_version)
{
    struct gnttab_query_size q = { .dom = DOMID_SELF };
    struct gnttab_set_version v = { 2 };
    struct gnttab_get_version gv = { .dom = DOMID_SELF };
    struct gnttab_get_status_frames st = { .dom = DOMID_SELF, .nr_frames = 1 };
    xen_pfn_t frames[8];
    struct gnttab_setup_table s = { .dom = DOMID_SELF,
                                    .nr_frames = 5,
                                    .frame_list = { (uint64_t)frames } };

    svc_become(g, 0);
    ck_assert_int_eq(grant_op(GNTTABOP_query_size, &q, 1), 0);
    ck_assert_uint_eq(q.nr_frames, 1);
    ck_assert_uint_eq(q.max_nr_frames, 4);
    ck_assert_int_eq(grant_op(GNTTABOP_set_version, &v, 1), -XEN_EINVAL);
    ck_assert_uint_eq(v.version, 1);
    ck_assert_int_eq(grant_op(GNTTABOP_set_version, &v, 1), 0);
    ck_assert_int_eq(grant_op(GNTTABOP_get_version, &gv, 1), 0);
    ck_assert_uint_eq(gv.version, 1);
    ck_assert_int_eq(grant_op(GNTTABOP_get_status_frames, &st, 1), 0);
    ck_assert_int_lt(st.status, 0);
    ck_assert_int_eq(grant_op(GNTTABOP_setup_table, &s, 1), 0);
    ck_assert_int_eq(s.status, GNTST_general_error);
    s.nr_frames = 4;
    ck_assert_int_eq(grant_op(GNTTABOP_setup_table, &s, 1), 0);
    ck_assert_int_eq(s.status, GNTST_okay);
    s.dom = m->id;
    ck_assert_int_eq(grant_op(GNTTABOP_setup_table, &s, 1), 0);
    ck_assert_int_eq(s.status, GNTST_permission_denied);
    ck_assert_int_eq(grant_op(GNTTABOP_transfer, &s, 1), -XEN_ENOSYS);
    ck_assert_int_eq(grant_op(13, &s, 1), -XEN_ENOSYS);
    ck_assert_int_eq(grant_op(GNTTABOP_setup_table, &s, 2), -XEN_EINVAL);
    ck_assert_int_eq(CALL(grant_table_op, GNTTABOP_map_grant_ref, 8, 1), -XEN_EFAULT);
    ck_assert_int_eq(CALL(grant_table_op, GNTTABOP_map_grant_ref, 8, 0x80000000), -XEN_EINVAL);
}
END_TEST

START_TEST(entries_swap_while_idle)
{
    struct gnttab_swap_grant_ref op = { 3, 4, 0 };
    grant_handle_t h;

    offer(3, 1, 0);
    offer(4, 2, GTF_readonly);
    svc_become(g, 0);
    ck_assert_int_eq(grant_op(GNTTABOP_swap_grant_ref, &op, 1), 0);
    ck_assert_int_eq(op.status, GNTST_okay);
    ck_assert_uint_eq(table[3].flags, GTF_permit_access | GTF_readonly);
    svc_become(m, 0);
    ck_assert_int_eq(map(4, 1, GNTMAP_host_map, &h), GNTST_okay);
    svc_become(g, 0);
    ck_assert_int_eq(grant_op(GNTTABOP_swap_grant_ref, &op, 1), 0);
    ck_assert_int_eq(op.status, GNTST_eagain);
    op.ref_a = 512;
    ck_assert_int_eq(grant_op(GNTTABOP_swap_grant_ref, &op, 1), 0);
    ck_assert_int_eq(op.status, GNTST_bad_gntref);
}
END_TEST

/* --- mapping ---------------------------------------------------------------------------------- */

START_TEST(map_marks_and_unmap_clears)
{
    struct page *pg = page_of(5);
    grant_handle_t h;

    offer(10, 5, 0);
    ck_assert_int_eq(map(10, 3, GNTMAP_host_map, &h), GNTST_okay);
    ck_assert_uint_eq(svc_slots[3].frame, page_to_mfn(pg).n);
    ck_assert(svc_slots[3].write);
    ck_assert_uint_eq(table[10].flags, GTF_permit_access | GTF_reading | GTF_writing);
    ck_assert_uint_eq(pg->type, PGT_WRITABLE | 1);
    ck_assert_int_eq(unmap(h, 3, 0), GNTST_okay);
    ck_assert_uint_eq(table[10].flags, GTF_permit_access);
    ck_assert_uint_eq(pg->type & PGT_COUNT_MASK, 0);
    ck_assert_uint_eq(pg->count & PGC_COUNT_MASK, 1);
    ck_assert_int_eq(unmap(h, 3, 0), GNTST_bad_handle);
}
END_TEST

START_TEST(read_only_grants_stay_read_only)
{
    struct page *pg = page_of(1);
    grant_handle_t h;

    offer(2, 1, GTF_readonly);
    ck_assert_int_eq(map(2, 1, GNTMAP_host_map, &h), GNTST_general_error);
    ck_assert_uint_eq(table[2].flags, GTF_permit_access | GTF_readonly);
    ck_assert_int_eq(map(2, 1, GNTMAP_host_map | GNTMAP_readonly, &h), GNTST_okay);
    ck_assert_uint_eq(table[2].flags, GTF_permit_access | GTF_readonly | GTF_reading);
    ck_assert_uint_eq(pg->type & PGT_COUNT_MASK, 0);
    ck_assert_int_eq(unmap(h, 1, 0), GNTST_okay);
    ck_assert_uint_eq(pg->count & PGC_COUNT_MASK, 1);
}
END_TEST

START_TEST(both_parts_have_their_own_references)
{
    struct page *pg = page_of(1);
    uint64_t bus = svc_frame(g, 1) << PAGE_SHIFT;
    grant_handle_t h;

    offer(2, 1, 0);
    ck_assert_int_eq(map(2, 1, GNTMAP_host_map | GNTMAP_device_map, &h), GNTST_okay);
    ck_assert_uint_eq(pg->type & PGT_COUNT_MASK, 2);
    ck_assert_int_eq(unmap(h, 0, bus + PAGE_SIZE), GNTST_bad_dev_addr);
    ck_assert_int_eq(unmap(h, 0, bus), GNTST_okay);
    ck_assert_uint_eq(pg->type & PGT_COUNT_MASK, 1);
    ck_assert_int_lt(unmap(h, 0, bus), 0);
    ck_assert_uint_eq(table[2].flags, GTF_permit_access | GTF_reading | GTF_writing);
    ck_assert_int_eq(unmap(h, 1, 0), GNTST_okay);
    ck_assert_uint_eq(table[2].flags, GTF_permit_access);
    ck_assert_uint_eq(pg->count & PGC_COUNT_MASK, 1);
    ck_assert_int_eq(unmap(h, 1, 0), GNTST_bad_handle);
}
END_TEST

START_TEST(refused_mappings_leave_nothing)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = PAGE_SIZE, .flags = GNTMAP_host_map, .ref = 2, .dom = DOMID_SELF
    };
    struct page *pg = page_of(1);
    grant_handle_t h;

    offer(2, 1, 0);
    ck_assert_int_eq(grant_op(GNTTABOP_map_grant_ref, &op, 1), 0);
    ck_assert_int_eq(op.status, GNTST_bad_domain);
    op.dom = 999;
    ck_assert_int_eq(grant_op(GNTTABOP_map_grant_ref, &op, 1), 0);
    ck_assert_int_eq(op.status, GNTST_bad_domain);
    ck_assert_int_eq(map(512, 1, GNTMAP_host_map, &h), GNTST_bad_gntref);
    ck_assert_int_eq(map(~0U, 1, GNTMAP_host_map, &h), GNTST_bad_gntref);
    ck_assert_int_eq(map(3, 1, GNTMAP_host_map, &h), GNTST_general_error); /* never offered */
    ck_assert_int_eq(map(2, 1, 0, &h), GNTST_bad_gntref);               /* no part */
    ck_assert_int_eq(map(2, 0, GNTMAP_host_map, &h), GNTST_general_error); /* no such address */
    ck_assert_int_eq(map(2, 0, GNTMAP_host_map | GNTMAP_device_map, &h), GNTST_general_error);
    table[2].domid = 0;
    ck_assert_int_eq(map(2, 1, GNTMAP_host_map, &h), GNTST_general_error);
    offer(2, 1, GTF_PCD);
    ck_assert_int_lt(map(2, 1, GNTMAP_host_map, &h), 0);
    offer(2, 1, 0);
    table[2].flags = GTF_transitive;
    ck_assert_int_eq(map(2, 1, GNTMAP_host_map, &h), GNTST_general_error);
    offer(2, 1, 0);
    table[2].frame = svc_frame(m, 0); /* not its own */
    ck_assert_int_eq(map(2, 1, GNTMAP_host_map, &h), GNTST_bad_page);
    table[2].frame = ~0U;
    ck_assert_int_eq(map(2, 1, GNTMAP_host_map, &h), GNTST_bad_page);
    ck_assert_uint_eq(table[2].flags, GTF_permit_access);
    offer(2, 1, 0);
    page_get_type(pg, PGT_L1); /* a page table cannot be mapped writable */
    ck_assert_int_eq(map(2, 1, GNTMAP_host_map, &h), GNTST_general_error);
    page_put_type(pg);
    ck_assert_uint_eq(table[2].flags, GTF_permit_access);
    ck_assert_uint_eq(pg->count & PGC_COUNT_MASK, 1);
    ck_assert_uint_eq(pg->type & PGT_COUNT_MASK, 0);
    ck_assert(!svc_slots[1].used);
}
END_TEST

START_TEST(a_used_grant_keeps_its_frame)
{
    uint64_t first = svc_frame(g, 1);
    grant_handle_t h1, h2;

    offer(2, 1, 0);
    ck_assert_int_eq(map(2, 1, GNTMAP_host_map, &h1), GNTST_okay);
    table[2].frame = svc_frame(g, 2);
    ck_assert_int_eq(map(2, 2, GNTMAP_host_map, &h2), GNTST_okay);
    ck_assert_uint_eq(svc_slots[2].frame, first);
    ck_assert_int_eq(unmap(h1, 2, 0), GNTST_okay); /* both slots map the same frame */
    ck_assert_int_eq(unmap(h2, 2, 0), GNTST_general_error);
    ck_assert_int_eq(unmap(h2, 1, 0), GNTST_okay);
}
END_TEST

START_TEST(overwritten_mapping_keeps_the_grant_pinned)
{
    struct page *pg = page_of(1);
    grant_handle_t h;

    offer(2, 1, 0);
    ck_assert_int_eq(map(2, 1, GNTMAP_host_map, &h), GNTST_okay);
    svc_slot_clear(1); /* the guest rewrites its own entry */
    ck_assert_uint_eq(pg->type & PGT_COUNT_MASK, 0);
    ck_assert_uint_eq(pg->count & PGC_COUNT_MASK, 2); /* owner and pin */
    ck_assert_int_eq(unmap(h, 1, 0), GNTST_general_error);
    ck_assert_int_eq(unmap(h, 1, 0), GNTST_general_error); /* the handle stands */
    svc_become(hardware_domain, 0);
    svc_destroy(m);
    ck_assert_uint_eq(pg->count & PGC_COUNT_MASK, 1);
    ck_assert_uint_eq(table[2].flags, GTF_permit_access);
}
END_TEST

START_TEST(handles_run_out_and_come_back)
{
    static grant_handle_t handles[2100];
    unsigned n = 0;

    offer(2, 1, 0);
    while (map(2, 1, GNTMAP_device_map, &handles[n]) == GNTST_okay)
        n++;
    ck_assert_uint_eq(n, 4 * 512);
    for (unsigned i = 0; i < n; i++)
        ck_assert_int_eq(unmap(handles[i], 0, svc_frame(g, 1) << PAGE_SHIFT), GNTST_okay);
    ck_assert_uint_eq(page_of(1)->count & PGC_COUNT_MASK, 1);
    ck_assert_int_eq(map(2, 1, GNTMAP_host_map, &handles[0]), GNTST_okay);
}
END_TEST

START_TEST(batches_are_preemptible)
{
    static struct gnttab_map_grant_ref ops[100];
    static struct gnttab_unmap_grant_ref undo[100];

    for (unsigned i = 0; i < 100; i++) {
        offer(i, i % 32, 0);
        ops[i] = (struct gnttab_map_grant_ref){ .host_addr = (i + 1) * PAGE_SIZE,
                                                .flags = GNTMAP_host_map,
                                                .ref = i,
                                                .dom = g->id,
                                                .status = 77 };
    }
    svc_preempt_every = 3;
    ck_assert_int_eq(grant_op(GNTTABOP_map_grant_ref, ops, 100), 0);
    ck_assert_uint_gt(svc_restarts, 10);
    for (unsigned i = 0; i < 100; i++) {
        ck_assert_int_eq(ops[i].status, GNTST_okay);
        undo[i] = (struct gnttab_unmap_grant_ref){ .host_addr = (i + 1) * PAGE_SIZE,
                                                   .handle = ops[i].handle };
    }
    svc_preempt_every = 1;
    ck_assert_int_eq(grant_op(GNTTABOP_unmap_grant_ref, undo, 100), 0);
    svc_preempt_every = 0;
    ck_assert_uint_gt(svc_restarts, 2);
    for (unsigned i = 0; i < 100; i++) {
        ck_assert_int_eq(undo[i].status, GNTST_okay);
        ck_assert_uint_eq(table[i].flags, GTF_permit_access);
    }
}
END_TEST

START_TEST(granter_dies_first)
{
    struct svc_account before;
    domid_t id = g->id;
    grant_handle_t h;

    svc_become(hardware_domain, 0);
    svc_destroy(g);
    svc_destroy(m);
    before = svc_account();
    g = svc_domain(1, 32);
    m = svc_domain(1, 32);
    id = g->id;
    svc_become(g, 0);
    {
        xen_pfn_t frame;
        struct gnttab_setup_table s = { .dom = DOMID_SELF,
                                        .nr_frames = 1,
                                        .frame_list = { (uint64_t)&frame } };

        grant_op(GNTTABOP_setup_table, &s, 1);
        table = svc_memory(frame);
    }
    svc_become(m, 0);
    offer(2, 1, 0);
    ck_assert_int_eq(map(2, 1, GNTMAP_host_map, &h), GNTST_okay);
    svc_become(hardware_domain, 0);
    svc_destroy(g);
    ck_assert_ptr_eq(domain_lookup(id), g); /* a husk, kept by the mapping */
    svc_become(m, 0);
    ck_assert_int_eq(unmap(h, 1, 0), GNTST_okay);
    svc_quiesce();
    ck_assert_ptr_null(domain_lookup(id));
    svc_become(hardware_domain, 0);
    svc_destroy(m);
    svc_check_account(before);
}
END_TEST

START_TEST(mapper_dies_with_everything_mapped)
{
    grant_handle_t h;

    for (unsigned i = 0; i < 40; i++) {
        offer(i, i % 32, i % 2 ? GTF_readonly : 0);
        ck_assert_int_eq(
            map(i, i + 1,
                GNTMAP_host_map | (i % 3 ? 0 : GNTMAP_device_map) | (i % 2 ? GNTMAP_readonly : 0),
                &h),
            GNTST_okay);
    }
    svc_become(hardware_domain, 0);
    svc_preempt_every = 2;
    svc_destroy(m);
    svc_preempt_every = 0;
    for (unsigned i = 0; i < 40; i++) {
        ck_assert_uint_eq(table[i].flags & (GTF_reading | GTF_writing), 0);
        svc_slot_clear(i + 1); /* in the machine, the tables' end does this */
    }
    for (unsigned i = 0; i < 32; i++)
        ck_assert_uint_eq(page_of(i)->count & PGC_COUNT_MASK, 1);
}
END_TEST

/* --- copying ---------------------------------------------------------------------------------- */

START_TEST(copy_between_grant_and_own_page)
{
    uint64_t from = svc_frame(g, 1), to = svc_frame(m, 3);
    struct gnttab_copy op = { .source = { .u.ref = 2, .domid = g->id, .offset = 100 },
                              .dest = { .u.gmfn = to, .domid = DOMID_SELF, .offset = 4000 },
                              .len = 96, .flags = GNTCOPY_source_gref };

    offer(2, 1, GTF_readonly);
    memset(svc_memory(from), 0x5a, PAGE_SIZE);
    ck_assert_int_eq(grant_op(GNTTABOP_copy, &op, 1), 0);
    ck_assert_int_eq(op.status, GNTST_okay);
    ck_assert_uint_eq(((uint8_t *)svc_memory(to))[4000], 0x5a);
    ck_assert_uint_eq(((uint8_t *)svc_memory(to))[3999], 0);
    ck_assert_uint_eq(table[2].flags, GTF_permit_access | GTF_readonly);
    ck_assert_uint_eq(mfn_to_page(mfn(to))->type & PGT_COUNT_MASK, 0);
    ck_assert_uint_eq(page_of(1)->count & PGC_COUNT_MASK, 1);

    op.len = 97;
    ck_assert_int_eq(grant_op(GNTTABOP_copy, &op, 1), 0);
    ck_assert_int_eq(op.status, GNTST_bad_copy_arg);
    op.len = 8;
    op.source.offset = 4090;
    ck_assert_int_eq(grant_op(GNTTABOP_copy, &op, 1), 0);
    ck_assert_int_eq(op.status, GNTST_bad_copy_arg);
    op.source.offset = 0;
    op.dest.domid = g->id; /* not a page of ours */
    ck_assert_int_eq(grant_op(GNTTABOP_copy, &op, 1), 0);
    ck_assert_int_eq(op.status, GNTST_permission_denied);
    op.dest = (struct gnttab_copy_ptr){ .u.ref = 2, .domid = g->id };
    op.flags |= GNTCOPY_dest_gref; /* read-only */
    ck_assert_int_eq(grant_op(GNTTABOP_copy, &op, 1), 0);
    ck_assert_int_eq(op.status, GNTST_general_error);
    op.dest = (struct gnttab_copy_ptr){ .u.gmfn = to, .domid = DOMID_SELF };
    op.flags = GNTCOPY_source_gref;
    page_get_type(mfn_to_page(mfn(to)), PGT_L4);
    ck_assert_int_eq(grant_op(GNTTABOP_copy, &op, 1), 0);
    ck_assert_int_eq(op.status, GNTST_bad_page);
    page_put_type(mfn_to_page(mfn(to)));
    ck_assert_uint_eq(table[2].flags, GTF_permit_access | GTF_readonly);
}
END_TEST

/* --- random operations against a model -------------------------------------------------------- */

#define MODEL_GRANTS 16
#define MODEL_MAPS   60

static struct {
    bool used, write;
    unsigned ref;
    grant_handle_t handle;
} maps[MODEL_MAPS];

static void random_map(unsigned i)
{
    unsigned ref = svc_random(MODEL_GRANTS);
    bool write = svc_random(2);
    int status = map(ref, i + 1, GNTMAP_host_map | (write ? 0 : GNTMAP_readonly), &maps[i].handle);

    if (write && (table[ref].flags & GTF_readonly)) {
        ck_assert_int_eq(status, GNTST_general_error);
        return;
    }
    ck_assert_int_eq(status, GNTST_okay);
    maps[i].used = true;
    maps[i].write = write;
    maps[i].ref = ref;
}

static void random_unmap(unsigned i)
{
    unsigned slot = svc_random(10) ? i + 1 : svc_random(MODEL_MAPS) + 1;
    struct svc_slot s = svc_slots[slot];
    bool fits = s.used && s.frame == frames_of_g[maps[i].ref] && s.write == maps[i].write;

    if (slot != i + 1 && fits) /* that would be another mapping's slot: right for the hypervisor, a
                                  mess for the model */
        return;
    if (unmap(maps[i].handle, slot, 0) == GNTST_okay) {
        ck_assert(fits);
        maps[i].used = false;
    } else {
        ck_assert(!fits);
    }
}

static void compare(void)
{
    for (unsigned ref = 0; ref < MODEL_GRANTS; ref++) {
        struct page *pg = mfn_to_page(mfn(frames_of_g[ref]));
        unsigned readers = 0, writers = 0, flags;

        for (unsigned i = 0; i < MODEL_MAPS; i++)
            if (maps[i].used && maps[i].ref == ref)
                *(maps[i].write ? &writers : &readers) += 1;
        flags = (readers || writers ? GTF_reading : 0) | (writers ? GTF_writing : 0);
        ck_assert_uint_eq(table[ref].flags & (GTF_reading | GTF_writing), flags);
        ck_assert_uint_eq(pg->type & PGT_COUNT_MASK, writers);
        ck_assert_uint_eq(pg->count & PGC_COUNT_MASK, 1 + readers + writers + (readers || writers));
    }
}

START_TEST(random_operations_match_the_model)
{
    remember_frames();
    for (unsigned i = 0; i < MODEL_GRANTS; i++)
        offer(i, i, i % 4 == 3 ? GTF_readonly : 0);
    for (unsigned n = 0; n < 20000; n++) {
        unsigned i = svc_random(MODEL_MAPS);

        if (maps[i].used)
            random_unmap(i);
        else
            random_map(i);
        if (n % 50 == 0)
            compare();
    }
    svc_become(hardware_domain, 0);
    svc_destroy(m);
    for (unsigned i = 0; i < MODEL_MAPS; i++) {
        maps[i].used = false;
        svc_slot_clear(i + 1);
    }
    compare();
    svc_destroy(g);
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = {
        table_size_and_version,
        entries_swap_while_idle,
        map_marks_and_unmap_clears,
        read_only_grants_stay_read_only,
        both_parts_have_their_own_references,
        refused_mappings_leave_nothing,
        a_used_grant_keeps_its_frame,
        overwritten_mapping_keeps_the_grant_pinned,
        handles_run_out_and_come_back,
        batches_are_preemptible,
        granter_dies_first,
        mapper_dies_with_everything_mapped,
        copy_between_grant_and_own_page,
        random_operations_match_the_model,
    };
    Suite *s = suite_create("grants");
    TCase *tc = tcase_create("grant tables");

    tcase_add_checked_fixture(tc, setup, svc_end);
    tcase_set_timeout(tc, 20);
    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    return s;
}
