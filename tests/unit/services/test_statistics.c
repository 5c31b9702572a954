/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of statistics: who has an entry, what calls count in it, how it grows and shrinks, who
 * may have it, and that its pages can never be written by a guest.
 */
#include "svc_machine.h"

#include <hv/page_alloc.h>
#include <hv/statistics.h>
#include <public/errno.h>
#include <public/event_channel.h>
#include <public/memory.h>
#include <public/sysctl.h>

#include <string.h>

static struct xen_sysctl_statistics table(void)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_statistics,
                             .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
    struct xen_sysctl_statistics s;

    ck_assert_int_eq(CALL(sysctl, (uint64_t)&op, 0, 0), 0);
    memcpy(&s, &op.u, sizeof(s));
    ck_assert_uint_eq(s.entry_size, sizeof(struct xen_vcpu_statistics));
    return s;
}

static long acquire(uint32_t id, uint64_t first, uint32_t count, xen_pfn_t *frames)
{
    struct xen_mem_acquire_resource a = { .domid = DOMID_XEN, .type = XENMEM_resource_statistics,
                                          .id = id, .frame = first, .nr_frames = count };

    a.frame_list.addr = (uint64_t)frames;
    return CALL(memory_op, XENMEM_acquire_resource, (uint64_t)&a, 0);
}

/* Entries that the table has of a domain, as a tool finds them. */
static unsigned entries_of(domid_t domid)
{
    uint32_t nr = table().nr_frames;
    xen_pfn_t frames[8];
    unsigned found = 0;

    ck_assert_uint_le(nr, ARRAY_SIZE(frames));
    ck_assert_int_eq(acquire(0, 0, nr, frames), 0);
    for (uint32_t i = 0; i < nr; i++) {
        const struct xen_vcpu_statistics *s = svc_memory(frames[i]);

        for (unsigned e = 0; e < PAGE_SIZE / sizeof(*s); e++) {
            ck_assert_uint_eq(s[e].sequence % 2, 0);
            found += s[e].domid == domid;
        }
    }
    return found;
}

START_TEST(each_vcpu_has_an_entry_while_it_lives)
{
    struct domain *d = svc_domain(3, 4);
    domid_t id = d->id;

    ck_assert_uint_eq(entries_of(0), 2);
    ck_assert_uint_eq(entries_of(id), 3);
    for (unsigned i = 0; i < 3; i++) {
        const struct xen_vcpu_statistics *s = d->vcpu[i]->statistics;

        ck_assert_uint_eq(s->domid, id);
        ck_assert_uint_eq(s->vcpu, i);
        ck_assert_uint_eq(s->state, RUNSTATE_offline);
        ck_assert_uint_eq(s->hypercalls | s->events | s->switches, 0);
    }
    svc_destroy(d);
    svc_quiesce();
    ck_assert_uint_eq(entries_of(id), 0);
}
END_TEST

/* An entry that was another's begins at nought, and who copied half of it can tell. */
START_TEST(an_entry_that_is_given_again_is_new)
{
    struct domain *d = svc_domain(1, 4);
    struct xen_vcpu_statistics *s = d->vcpu[0]->statistics;
    uint32_t sequence = s->sequence;

    s->hypercalls = s->events = s->switches = 77;
    svc_destroy(d);
    svc_quiesce();
    ck_assert_uint_eq(s->domid, DOMID_INVALID);
    ck_assert_uint_ne(s->sequence, sequence);
    d = svc_domain(1, 4);
    ck_assert_ptr_eq(d->vcpu[0]->statistics, s);
    ck_assert_uint_eq(s->hypercalls | s->events | s->switches, 0);
    ck_assert_uint_eq(s->domid, d->id);
    svc_destroy(d);
}
END_TEST

START_TEST(events_that_are_sent_count)
{
    struct evtchn_bind_ipi ipi = { 0 };
    struct evtchn_send send;
    uint64_t before = current->statistics->events;

    ck_assert_int_eq(CALL(event_channel_op, EVTCHNOP_bind_ipi, (uint64_t)&ipi, 0), 0);
    ck_assert_uint_eq(current->statistics->events, before);
    send.port = ipi.port;
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(CALL(event_channel_op, EVTCHNOP_send, (uint64_t)&send, 0), 0);
    ck_assert_uint_eq(current->statistics->events, before + 3);
    ck_assert_uint_eq(hardware_domain->vcpu[1]->statistics->events, 0);
}
END_TEST

/* 64 entries are a page: a large domain makes the table grow, its end makes it shrink. */
START_TEST(the_table_grows_and_shrinks)
{
    struct svc_account before = svc_account();
    struct xen_sysctl_statistics small = table(), large, again;
    struct domain *d = svc_domain(100, 4);
    domid_t id = d->id;

    large = table();
    ck_assert_uint_eq(small.nr_frames, 1);
    ck_assert_uint_eq(large.nr_frames, 2);
    ck_assert_uint_ne(large.generation, small.generation);
    ck_assert_uint_eq(entries_of(id), 100);
    svc_destroy(d);
    svc_quiesce();
    again = table();
    ck_assert_uint_eq(again.nr_frames, 1);
    ck_assert_uint_ne(again.generation, large.generation);
    svc_check_account(before);
}
END_TEST

/* A page that Dom0 maps stays until it is let go, and then goes with the next one that could. */
START_TEST(a_page_that_is_mapped_stays)
{
    struct svc_account before = svc_account();
    struct domain *d = svc_domain(100, 4);
    xen_pfn_t frames[2];
    struct page *pg;

    ck_assert_int_eq(acquire(0, 0, 2, frames), 0);
    pg = mfn_to_page(mfn(frames[1]));
    ck_assert(page_get(pg, dom_hv));
    svc_destroy(d);
    svc_quiesce();
    ck_assert_uint_eq(table().nr_frames, 2);
    page_put(pg);
    svc_destroy(svc_domain(1, 4));
    svc_quiesce();
    ck_assert_uint_eq(table().nr_frames, 1);
    svc_check_account(before);
}
END_TEST

START_TEST(only_the_control_domain_has_it_and_nobody_writes)
{
    struct domain *d = svc_domain(1, 4);
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_statistics,
                             .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
    struct xen_mem_acquire_resource grants = { .domid = DOMID_XEN,
                                               .type = XENMEM_resource_grant_table };
    xen_pfn_t frame;

    ck_assert_int_eq(acquire(0, 0, 1, &frame), 0);
    ck_assert_uint_eq(page_owner_id(mfn_to_page(mfn(frame))), DOMID_XEN);
    /* a use that is no writing, and is never dropped */
    ck_assert_uint_eq(mfn_to_page(mfn(frame))->type, PGT_NONE | 1);
    ck_assert_int_eq(acquire(0, 1, 1, &frame), -XEN_EINVAL);
    ck_assert_int_eq(acquire(0, ~0UL, 1, &frame), -XEN_EINVAL);
    ck_assert_int_eq(acquire(1, 0, 1, &frame), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(CALL(memory_op, XENMEM_acquire_resource, (uint64_t)&grants, 0),
                     -XEN_EOPNOTSUPP);
    svc_become(d, 0);
    ck_assert_int_eq(acquire(0, 0, 1, &frame), -XEN_EPERM);
    ck_assert_int_eq(acquire(0, 0, 0, NULL), -XEN_EPERM);
    ck_assert_int_eq(CALL(sysctl, (uint64_t)&op, 0, 0), -XEN_EPERM);
    svc_become(hardware_domain, 0);
    svc_destroy(d);
}
END_TEST

/* Whichever allocation fails, a vcpu that is not made has no entry. */
START_TEST(no_memory_for_a_page)
{
    struct svc_account before = svc_account();
    struct domain *d = svc_domain(100, 4);
    struct xen_sysctl_statistics s = table();

    svc_destroy(d);
    svc_quiesce();
    ck_assert_uint_eq(s.nr_frames, 2);
    for (unsigned long after = 0; after < 400; after += 7) {
        struct domain *half;
        struct xen_domctl_createdomain cfg = { .max_vcpus = 100, .max_evtchn_port = ~0U,
                                               .max_grant_frames = 4, .max_maptrack_frames = 4,
                                               .grant_opts = XEN_DOMCTL_GRANT_version(1) };

        fake_alloc_fail_after = ~0UL;
        ck_assert_int_eq(domain_create(9, &cfg, false, &half), 0);
        fake_alloc_fail_after = after;
        for (unsigned i = 0; i < 100 && vcpu_create(half, i); i++)
            ;
        fake_alloc_fail_after = ~0UL;
        svc_destroy(half);
        svc_quiesce();
        ck_assert_uint_eq(entries_of(9), 0);
        svc_check_account(before);
    }
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = {
        each_vcpu_has_an_entry_while_it_lives, an_entry_that_is_given_again_is_new,
        events_that_are_sent_count, the_table_grows_and_shrinks, a_page_that_is_mapped_stays,
        only_the_control_domain_has_it_and_nobody_writes, no_memory_for_a_page,
    };
    Suite *s = suite_create("statistics");
    TCase *tc = tcase_create("statistics");

    tcase_add_checked_fixture(tc, svc_init, svc_end);
    tcase_set_timeout(tc, 20);
    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    return s;
}
