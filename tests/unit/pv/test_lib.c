/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the drivers share: rings with honest and hostile frontends, kept grants, events that are
 * acknowledged late.
 */
#include "fake_ctrl.h"

#include "events.h"
#include "grants.h"
#include "ring.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- rings */

#define ENTRY   112
#define ENTRIES 32

static union {
    struct xen_sring ring;
    char bytes[4096];
} page;
static struct back_ring ring;
static char copy[ENTRY];

static char *entry(RING_IDX i) { return page.bytes + sizeof(page.ring) + i % ENTRIES * ENTRY; }

static void fresh_ring(RING_IDX start)
{
    memset(&page, 0, sizeof(page));
    page.ring.req_prod = page.ring.rsp_prod = start;
    page.ring.req_event = page.ring.rsp_event = start + 1;
    back_ring_attach(&ring, &page, sizeof(page), ENTRY, start, start);
    ck_assert_uint_eq(ring.entries, ENTRIES);
}

static void guest_asks(uint32_t n)
{
    memset(entry(page.ring.req_prod), n & 0x7f, ENTRY);
    page.ring.req_prod++;
}

START_TEST(requests_in_order)
{
    uint32_t asked = 0, taken = 0, seen = 0;

    fresh_ring(0xffffff00); /* wraps around on the way */
    while (taken < 1000) {
        int n;

        while (asked - seen < ENTRIES && rand() % 8)
            guest_asks(asked++);
        n = back_ring_waiting(&ring);
        ck_assert_int_eq(n, asked - taken);
        for (int i = rand() % (n + 1); i > 0; i--) {
            back_ring_take(&ring, copy);
            ck_assert_int_eq(copy[0], taken & 0x7f);
            ck_assert_int_eq(copy[ENTRY - 1], taken & 0x7f);
            back_ring_put(&ring, copy, 12);
            taken++;
        }
        back_ring_publish(&ring);
        for (; seen != taken; seen++)
            ck_assert_int_eq(entry(0xffffff00 + seen)[3], seen & 0x7f);
    }
}
END_TEST

START_TEST(events_when_wanted)
{
    fresh_ring(0);
    ck_assert(back_ring_sleep(&ring, 1));
    ck_assert_uint_eq(page.ring.req_event, 1);
    guest_asks(1);
    ck_assert(!back_ring_sleep(&ring, 1));
    guest_asks(2);
    back_ring_take(&ring, copy);
    back_ring_take(&ring, copy);
    back_ring_put(&ring, copy, 12);
    ck_assert_uint_eq(page.ring.rsp_prod, 0);
    page.ring.rsp_event = 2;
    ck_assert(!back_ring_publish(&ring)); /* not for the first */
    ck_assert_uint_eq(page.ring.rsp_prod, 1);
    back_ring_put(&ring, copy, 12);
    ck_assert(back_ring_publish(&ring));
    ck_assert(!back_ring_publish(&ring)); /* nothing new */
}
END_TEST

START_TEST(index_that_jumps)
{
    static const RING_IDX jumps[] = { ENTRIES + 1, 1u << 31, 0xffffffff, 12345678 };

    for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        fresh_ring(100);
        page.ring.req_prod += jumps[i];
        ck_assert_int_eq(back_ring_waiting(&ring), -EPROTO);
        ck_assert(!back_ring_sleep(&ring, 1));
    }
}
END_TEST

START_TEST(unanswered_requests_count)
{
    fresh_ring(5);
    for (int i = 0; i < ENTRIES; i++)
        guest_asks(i);
    ck_assert_int_eq(back_ring_waiting(&ring), ENTRIES);
    for (int i = 0; i < 10; i++)
        back_ring_take(&ring, copy);
    ck_assert_int_eq(back_ring_waiting(&ring), ENTRIES - 10);
    guest_asks(0); /* into a slot whose request has no answer yet */
    ck_assert_int_eq(back_ring_waiting(&ring), -EPROTO);
}
END_TEST

START_TEST(our_indices_are_ours)
{
    fresh_ring(0);
    guest_asks(9);
    page.ring.rsp_prod = page.ring.req_event = 0x4711; /* the frontend writes what is ours */
    ck_assert_int_eq(back_ring_waiting(&ring), 1);
    back_ring_take(&ring, copy);
    back_ring_put(&ring, copy, 12);
    back_ring_publish(&ring);
    ck_assert_uint_eq(page.ring.rsp_prod, 1);
}
END_TEST

/* ---- grants */

#define KEPT 100

static struct kept_grants *kept;

static void start_grants(void)
{
    fake_reset();
    kept = kept_grants_new(NULL, FAKE_DOMID, KEPT);
    ck_assert_ptr_nonnull(kept);
}

static void end_grants(void)
{
    kept_grants_free(kept);
    ck_assert_uint_eq(fake.mapped, 0);
}

START_TEST(kept_pages_stay)
{
    uint32_t refs[] = { 5, 900, 5, 17 }, more[] = { 17, 18 };
    void *pages[4], *again[4], *two[2];

    ck_assert_int_eq(kept_grants_get(kept, refs, 4, pages), 0);
    ck_assert_uint_eq(fake.mapped, 3);
    ck_assert_ptr_eq(pages[0], pages[2]);
    for (int i = 0; i < 4; i++) {
        fake.memory[refs[i]][77] = i + 1;
        ck_assert_int_eq(((uint8_t *)pages[i])[77], i + 1);
    }
    ck_assert_int_eq(kept_grants_get(kept, refs, 4, again), 0);
    ck_assert_int_eq(memcmp(pages, again, sizeof(pages)), 0);
    ck_assert_uint_eq(fake.maps, 1);
    ck_assert_int_eq(kept_grants_get(kept, more, 2, two), 0);
    ck_assert_ptr_eq(two[0], pages[3]);
    ck_assert_uint_eq(kept_grants_count(kept), 4);
    ck_assert_int_eq(kept_grants_get(kept, refs, 0, pages), 0);
}
END_TEST

START_TEST(kept_pages_are_bounded)
{
    uint32_t refs[KEPT + 1];
    void *pages[KEPT + 1];

    for (int i = 0; i <= KEPT; i++)
        refs[i] = i * 16;
    ck_assert_int_eq(kept_grants_get(kept, refs, KEPT + 1, pages), -ENOSPC);
    ck_assert_uint_eq(fake.mapped, 0);
    ck_assert_int_eq(kept_grants_get(kept, refs, KEPT, pages), 0);
    ck_assert_int_eq(kept_grants_get(kept, refs + KEPT, 1, pages), -ENOSPC);
    ck_assert_int_eq(kept_grants_get(kept, refs, 1, pages), 0);
    ck_assert_uint_eq(fake.mapped, KEPT);
}
END_TEST

START_TEST(grants_that_are_none)
{
    uint32_t refs[] = { 1, 2, 0xffffffff };
    void *pages[3];

    ck_assert_int_eq(kept_grants_get(kept, refs, 3, pages), -EINVAL);
    fake.revoked[2] = true;
    ck_assert_int_eq(kept_grants_get(kept, refs, 2, pages), -EINVAL);
    ck_assert_uint_eq(kept_grants_count(kept), 0);
    ck_assert_int_eq(kept_grants_get(kept, refs, 1, pages), 0);
}
END_TEST

/* ---- events */

struct listener {
    struct event_port port;
    unsigned int fired;
    bool works, leaves, stops;
    struct listener *other;
};

static struct loop loop;
static struct events *events;

static void start_events(void)
{
    fake_reset();
    ck_assert_int_eq(loop_init(&loop), 0);
    ck_assert_int_eq(events_open(&events), 0);
    ck_assert_int_eq(events_start(events, &loop), 0);
}

static void end_events(void)
{
    events_close(events);
    close(loop.epoll);
    ck_assert_uint_eq(fake.bound, 0);
}

static bool fired(struct event_port *p)
{
    struct listener *l = (struct listener *)p;

    l->fired++;
    ck_assert(fake_masked(p->port));
    if (l->other) {
        event_unbind(&l->other->port);
        l->other = NULL;
    }
    if (l->leaves)
        event_unbind(p);
    if (l->stops)
        loop_stop(&loop);
    return l->works;
}

static void bind(struct listener *l, uint32_t port)
{
    ck_assert_int_eq(event_bind(events, &l->port, FAKE_DOMID, port, fired), 0);
}

/* The loop ends with the next event of a listener that stops it. */
static void event(uint32_t port)
{
    fake_event(port);
    loop.stopped = false;
    ck_assert_int_eq(loop_run(&loop), 0);
}

START_TEST(batches_and_vanishing_ports)
{
    struct listener a = { .works = true }, b = { .works = true, .leaves = true, .stops = true },
                    c = { 0 };

    bind(&a, 3);
    bind(&b, 9);
    bind(&c, 40);
    b.other = &c; /* b's event ends b and c, whose event is in the same batch */
    fake_event(3);
    fake_event(9);
    event(40);
    ck_assert_uint_eq(a.fired, 1);
    ck_assert_uint_eq(b.fired, 1);
    ck_assert_uint_eq(c.fired, 0);
    ck_assert(!fake_masked(3));
    event_notify(&a.port);
    ck_assert_uint_eq(fake.notified[3], 1);
    event_unbind(&a.port);
    ck_assert_int_eq(event_bind(events, &a.port, FAKE_DOMID, FAKE_PORTS, fired), -EINVAL);
}
END_TEST

/* One that floods without reason is masked before long, and heard again in the next period; one
 * whose events mean work is never masked. */
START_TEST(floods_wait)
{
    struct listener idle = { .stops = true }, busy = { .works = true, .stops = true };
    unsigned int n = 0, before;

    bind(&idle, 1);
    bind(&busy, 2);
    while (!fake_masked(1)) { /* a slow host may see a period end under way */
        ck_assert_uint_lt(n++, 1000 * EVENTS_IDLE_MAX);
        event(1);
    }
    ck_assert_uint_ge(n, EVENTS_IDLE_MAX);
    before = idle.fired;
    event(1); /* returns when the period is over: the event was kept, not lost */
    ck_assert_uint_eq(idle.fired, before + 1);
    for (n = 0; n < 10 * EVENTS_IDLE_MAX; n++) {
        event(2);
        ck_assert(!fake_masked(2));
    }
    event_unbind(&idle.port);
    event_unbind(&busy.port);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pv-drivers/lib");
    TCase *rings = tcase_create("ring"), *grants = tcase_create("grants"),
          *ports = tcase_create("events");
    SRunner *r;
    int failed;

    tcase_add_test(rings, requests_in_order);
    tcase_add_test(rings, events_when_wanted);
    tcase_add_test(rings, index_that_jumps);
    tcase_add_test(rings, unanswered_requests_count);
    tcase_add_test(rings, our_indices_are_ours);
    tcase_add_checked_fixture(grants, start_grants, end_grants);
    tcase_add_test(grants, kept_pages_stay);
    tcase_add_test(grants, kept_pages_are_bounded);
    tcase_add_test(grants, grants_that_are_none);
    tcase_add_checked_fixture(ports, start_events, end_events);
    tcase_add_test(ports, batches_and_vanishing_ports);
    tcase_add_test(ports, floods_wait);
    tcase_set_timeout(ports, 60);
    suite_add_tcase(s, rings);
    suite_add_tcase(s, grants);
    suite_add_tcase(s, ports);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
