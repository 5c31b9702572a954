/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO event ABI: order, priorities, moving ports, early events, set-up and reset, hostile
 * words.
 */
#include "event_forms.h"

#include <stdlib.h>
#include <string.h>

#include <hv/page_alloc.h>

/* --- FIFO ------------------------------------------------------------------------------------- */

/* The guest's side: page 0 holds the control blocks of both vcpus, pages 1 on the event words. */
static struct evtchn_fifo_control_block *block(struct domain *d, unsigned vcpu)
{
    return (void *)((char *)svc_memory(svc_frame(d, 0)) + vcpu * 512);
}

static event_word_t *word(struct domain *d, unsigned port)
{
    return (event_word_t *)svc_memory(svc_frame(d, 1 + port / 1024)) + port % 1024;
}

static long init_control(struct domain *d, unsigned vcpu)
{
    struct evtchn_init_control op = { .control_gfn = svc_frame(d, 0),
                                      .offset = vcpu * 512,
                                      .vcpu = vcpu };
    long rc = event(EVTCHNOP_init_control, &op);

    if (!rc)
        ck_assert_uint_eq(op.link_bits, EVTCHN_FIFO_LINK_BITS);
    return rc;
}

static long expand(struct domain *d, unsigned page)
{
    struct evtchn_expand_array op = { .array_gfn = svc_frame(d, 1 + page) };

    return event(EVTCHNOP_expand_array, &op);
}

static void use_fifo(struct domain *d)
{
    svc_become(d, 0);
    ck_assert_int_eq(init_control(d, 0), 0);
    ck_assert_int_eq(init_control(d, 1), 0);
    ck_assert_int_eq(expand(d, 0), 0);
}

/* Take the first event of a queue as a guest does; 0 if there is none. */
static unsigned take_fifo(struct domain *d, unsigned vcpu, unsigned queue)
{
    struct evtchn_fifo_control_block *c = block(d, vcpu);
    unsigned port = c->head[queue], next;
    event_word_t *w;

    if (!(c->ready & 1U << queue) || !port)
        return 0;
    w = word(d, port);
    ck_assert(*w & 1U << EVTCHN_FIFO_LINKED);
    next = *w & EVTCHN_FIFO_LINK_MASK;
    *w &= ~(1U << EVTCHN_FIFO_LINKED | EVTCHN_FIFO_LINK_MASK);
    c->head[queue] = next;
    if (!next)
        c->ready &= ~(1U << queue);
    *w &= ~(1U << EVTCHN_FIFO_PENDING);
    return port;
}

START_TEST(fifo_keeps_the_order)
{
    long p[5];

    use_fifo(a);
    for (unsigned i = 0; i < 5; i++)
        p[i] = bind_ipi(0);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_int_eq(with_port(EVTCHNOP_send, p[(i * 2) % 5]), 0);
    ck_assert_int_eq(with_port(EVTCHNOP_send, p[0]), 0); /* pending already */
    ck_assert_uint_eq(svc_kicks[a->id][0], 1);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(take_fifo(a, 0, EVTCHN_FIFO_PRIORITY_DEFAULT), p[(i * 2) % 5]);
    ck_assert_uint_eq(take_fifo(a, 0, EVTCHN_FIFO_PRIORITY_DEFAULT), 0);
    ck_assert_int_eq(with_port(EVTCHNOP_send, p[3]), 0); /* the last tail is stale now */
    ck_assert_uint_eq(take_fifo(a, 0, EVTCHN_FIFO_PRIORITY_DEFAULT), p[3]);
}
END_TEST

/*
 * A port that only FIFO can name, bound while another vcpu resets to two levels (advisory 343): the
 * bitmaps end before it, and what follows them is not touched or read.
 */
START_TEST(fifo_ports_outlive_a_reset_in_silence)
{
    struct shared_info *si = a->shared_info;
    xen_ulong_t *behind;
    long p;

    use_fifo(a);
    a->evtchn->max_port = EVTCHN_FIFO_NR_CHANNELS - 1;
    do {
        p = bind_ipi(0);
        ck_assert_int_gt(p, 0);
    } while (p < EVTCHN_2L_NR_CHANNELS + 70);
    behind = si->evtchn_mask + (p - EVTCHN_2L_NR_CHANNELS) / 64; /* follows the pending bits */
    spin_lock(&a->evtchn->lock);
    fifo_destroy(a);
    spin_unlock(&a->evtchn->lock);

    ck_assert_int_eq(with_port(EVTCHNOP_send, p), 0);
    ck_assert_uint_eq(*behind, 0);
    *behind = ~0UL;
    ck_assert(!port_is_pending(a, p));
    memset(si->evtchn_mask, 0xff, sizeof(si->evtchn_mask));
    ck_assert_int_eq(with_port(EVTCHNOP_unmask, p), 0);
    ck_assert_int_eq(with_port(EVTCHNOP_close, p), 0);
    ck_assert_uint_eq(*behind, ~0UL);
    ck_assert_uint_eq(si->arch.max_pfn, 0); /* stands behind the masks */
}
END_TEST

START_TEST(fifo_priorities_are_queues)
{
    long p = bind_ipi(0), q = bind_ipi(0);
    struct evtchn_set_priority set = { .port = p, .priority = 3 };

    ck_assert_int_eq(event(EVTCHNOP_set_priority, &set), -XEN_ENOSYS);
    use_fifo(a);
    ck_assert_int_eq(event(EVTCHNOP_set_priority, &set), 0);
    set.priority = 16;
    ck_assert_int_eq(event(EVTCHNOP_set_priority, &set), -XEN_EINVAL);
    with_port(EVTCHNOP_send, p);
    with_port(EVTCHNOP_send, q);
    ck_assert_uint_eq(block(a, 0)->ready, 1U << 3 | 1U << 7);
    ck_assert_uint_eq(take_fifo(a, 0, 3), p);
    ck_assert_uint_eq(take_fifo(a, 0, 7), q);
}
END_TEST

/* A port that moves while it is the tail of its old queue must not tie the two queues together. */
START_TEST(fifo_moving_ports_leave_their_queue)
{
    long p = alloc_unbound(DOMID_SELF, b->id), q = bind_ipi(0), remote;
    struct evtchn_bind_vcpu move = { .port = p, .vcpu = 1 };

    use_fifo(a);
    svc_become(b, 0);
    remote = bind_interdomain(a->id, p);
    with_port(EVTCHNOP_send, remote);
    ck_assert_uint_eq(take_fifo(a, 0, 7), p);
    svc_become(a, 0);
    ck_assert_int_eq(event(EVTCHNOP_bind_vcpu, &move), 0);
    svc_become(b, 0);
    with_port(EVTCHNOP_send, remote);
    svc_become(a, 0);
    with_port(EVTCHNOP_send, q);
    ck_assert_uint_eq(take_fifo(a, 1, 7), p);
    ck_assert_uint_eq(take_fifo(a, 1, 7), 0);
    ck_assert_uint_eq(take_fifo(a, 0, 7), q);
}
END_TEST

START_TEST(fifo_masked_and_unmasked)
{
    long p = bind_ipi(0);

    use_fifo(a);
    *word(a, p) |= 1U << EVTCHN_FIFO_MASKED;
    with_port(EVTCHNOP_send, p);
    ck_assert_uint_eq(block(a, 0)->ready, 0);
    ck_assert_int_eq(with_port(EVTCHNOP_unmask, p), 0);
    ck_assert_uint_eq(take_fifo(a, 0, 7), p);
}
END_TEST

START_TEST(fifo_early_events_are_delivered)
{
    long p[70];

    for (unsigned i = 0; i < 70; i++)
        p[i] = bind_ipi(0);
    with_port(EVTCHNOP_send, p[1]); /* in the bitmap */
    ck_assert_int_eq(init_control(a, 0), 0);
    with_port(EVTCHNOP_send, p[68]); /* no word yet */
    ck_assert_uint_eq(block(a, 0)->ready, 0);
    ck_assert_int_eq(expand(a, 0), 0);
    ck_assert_uint_eq(take_fifo(a, 0, 7), p[1]);
    ck_assert_uint_eq(take_fifo(a, 0, 7), p[68]);
    ck_assert_uint_eq(take_fifo(a, 0, 7), 0);
}
END_TEST

static long meanwhile;

static void send_meanwhile(void)
{
    ck_assert_int_eq(with_port(EVTCHNOP_send, meanwhile), 0);
}

/* Another vcpu sends while a control block or a page of words is being set up: the event waits. */
START_TEST(fifo_is_used_when_it_is_complete)
{
    long first, second;

    svc_become(a, 0);
    first = bind_ipi(0);
    second = bind_ipi(1);
    ck_assert_int_eq(init_control(a, 0), 0);
    meanwhile = first;
    svc_frame_taken = send_meanwhile;
    ck_assert_int_eq(expand(a, 0), 0);
    ck_assert_uint_eq(take_fifo(a, 0, 7), first);
    meanwhile = second;
    ck_assert_int_eq(init_control(a, 1), 0);
    svc_frame_taken = NULL;
    ck_assert_uint_eq(*word(a, second), 1U << EVTCHN_FIFO_PENDING);
    ck_assert_uint_eq(block(a, 1)->ready, 0);
    ck_assert_int_eq(with_port(EVTCHNOP_unmask, second), 0);
    ck_assert_uint_eq(take_fifo(a, 1, 7), second);
}
END_TEST

START_TEST(fifo_setup_is_checked)
{
    struct evtchn_init_control op = { .control_gfn = svc_frame(b, 0), .vcpu = 0 };
    struct evtchn_expand_array array = { .array_gfn = svc_frame(b, 1) };
    struct svc_account before;
    struct page *pg = mfn_to_page(mfn(svc_frame(a, 0)));

    ck_assert_int_eq(event(EVTCHNOP_expand_array, &array), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(event(EVTCHNOP_init_control, &op), -XEN_EINVAL); /* another domain's page */
    op.control_gfn = svc_frame(a, 0);
    op.offset = PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) + 8;
    ck_assert_int_eq(event(EVTCHNOP_init_control, &op), -XEN_EINVAL);
    op.offset = 4;
    ck_assert_int_eq(event(EVTCHNOP_init_control, &op), -XEN_EINVAL);
    op.offset = 0;
    op.vcpu = 2;
    ck_assert_int_eq(event(EVTCHNOP_init_control, &op), -XEN_ENOENT);
    op.vcpu = 0;
    page_get_type(pg, PGT_L2);
    ck_assert_int_eq(event(EVTCHNOP_init_control, &op), -XEN_EINVAL);
    page_put_type(pg);
    before = svc_account();
    for (unsigned n = 0; n < 2; n++) {
        fake_alloc_fail_after = n;
        ck_assert_int_eq(event(EVTCHNOP_init_control, &op), -XEN_ENOMEM);
        fake_alloc_fail_after = ~0UL;
        svc_check_account(before);
        ck_assert_uint_eq(pg->type & PGT_COUNT_MASK, 0);
        ck_assert_ptr_null(a->vcpu[0]->evtchn);
    }
    ck_assert_int_eq(event(EVTCHNOP_init_control, &op), 0);
    ck_assert_int_eq(event(EVTCHNOP_init_control, &op), -XEN_EINVAL);
    ck_assert_int_eq(event(EVTCHNOP_expand_array, &array), -XEN_EINVAL);
}
END_TEST

START_TEST(fifo_reset_goes_back_to_two_levels)
{
    struct evtchn_reset op = { .dom = DOMID_SELF };
    struct page *pg = mfn_to_page(mfn(svc_frame(a, 0)));
    long p;

    use_fifo(a);
    ck_assert_uint_eq(pg->type & PGT_COUNT_MASK, 2);
    ck_assert_int_eq(event(EVTCHNOP_reset, &op), 0);
    ck_assert_uint_eq(pg->type & PGT_COUNT_MASK, 2); /* another CPU may be sending */
    svc_quiesce();
    ck_assert_uint_eq(pg->type & PGT_COUNT_MASK, 0);
    p = bind_ipi(0);
    with_port(EVTCHNOP_send, p);
    ck_assert(pending_2l(a, p));
    use_fifo(a); /* and once more */
    svc_become(dom0(), 0);
    svc_destroy(a);
    svc_destroy(b);
}
END_TEST

/* Words, heads and links full of nonsense: nothing outside the guest's own pages may be touched,
 * and nothing may hang. */
START_TEST(fifo_with_hostile_words)
{
    long p[64];

    use_fifo(a);
    for (unsigned i = 0; i < 64; i++)
        p[i] = bind_ipi(i % 2);
    for (unsigned round = 0; round < 20000; round++) {
        unsigned port = p[svc_random(64)];

        *word(a, svc_random(1024)) = svc_random(~0U);
        block(a, svc_random(2))->ready = svc_random(2) ? ~0U : 0;
        block(a, svc_random(2))->head[svc_random(16)] = svc_random(~0U);
        with_port(EVTCHNOP_send, port);
        if (svc_random(4) == 0)
            with_port(EVTCHNOP_unmask, port);
        if (svc_random(8) == 0) {
            struct evtchn_set_priority set = { .port = port, .priority = svc_random(16) };
            event(EVTCHNOP_set_priority, &set);
        }
    }
    svc_become(dom0(), 0);
    svc_destroy(a);
}
END_TEST

/* A closed port that is still in its queue is not handed out again. */
START_TEST(fifo_busy_ports_wait)
{
    long p = bind_ipi(0);

    use_fifo(a);
    with_port(EVTCHNOP_send, p);
    ck_assert_int_eq(with_port(EVTCHNOP_close, p), 0);
    for (unsigned i = 0; i < 200; i++)
        ck_assert_int_ne(bind_ipi(0), p);
    ck_assert_uint_eq(take_fifo(a, 0, 7), p);
}
END_TEST

Suite *unit_suite(void)
{
    const TTest *const tests[] = {
        fifo_keeps_the_order, fifo_ports_outlive_a_reset_in_silence, fifo_priorities_are_queues,
        fifo_moving_ports_leave_their_queue, fifo_masked_and_unmasked,
        fifo_early_events_are_delivered, fifo_is_used_when_it_is_complete, fifo_setup_is_checked,
        fifo_reset_goes_back_to_two_levels, fifo_with_hostile_words, fifo_busy_ports_wait,
    };
    Suite *s = suite_create("fifo");
    TCase *tc = tcase_create("FIFO events");

    tcase_add_checked_fixture(tc, setup, svc_end);
    tcase_set_timeout(tc, 20);
    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    return s;
}
