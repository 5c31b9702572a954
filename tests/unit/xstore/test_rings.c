/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests at their rings: what comes in pieces, what is longer than a ring, indices that cannot be,
 * a new beginning, and one that notifies without end.
 */
#include "connection.h"
#include "domain.h"
#include "ops.h"
#include "quota.h"
#include "ring.h"
#include "store_ctrl.h"
#include "watch.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct xenstore_domain_interface *page;

void fuzz_fail(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    abort();
}

static void setup(void)
{
    store_ctrl_begin();
    ck_assert_int_eq(tree_first_nodes(), 0);
    ck_assert_int_eq(domains_open(), 0);
    quota.rate = 0; /* there is no clock */
    page = store_guests[0].page;
    ck_assert_int_eq(domain_introduce(1, 77, 5), 0);
}

static void teardown(void)
{
    for (unsigned i = 0; i < STORE_GUESTS; i++)
        store_guests[i].gone = true;
    store_event_of_death = true;
    domains_events();
    ck_assert_ptr_null(connections);
    table_free(&tree);
    store_ctrl_end();
}

static void put(const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        page->req[MASK_XENSTORE_IDX(page->req_prod++)] = ((const char *)bytes)[i];
}

static void request(uint32_t type, uint32_t id, const char *body, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = id, .len = len };

    put(&hdr, sizeof(hdr));
    put(body, len);
}

/* The next answer in the ring; its header, and its body in `body`. Type UINT32_MAX: none. */
static struct xsd_sockmsg answer(char body[4097])
{
    struct xsd_sockmsg hdr = { .type = UINT32_MAX };
    char *to = (char *)&hdr;

    if (page->rsp_prod == page->rsp_cons)
        return hdr;
    for (size_t i = 0; i < sizeof(hdr); i++)
        to[i] = page->rsp[MASK_XENSTORE_IDX(page->rsp_cons++)];
    for (size_t i = 0; i < hdr.len; i++)
        body[i] = page->rsp[MASK_XENSTORE_IDX(page->rsp_cons++)];
    body[hdr.len] = '\0';
    return hdr;
}

static void turn(void)
{
    struct connection *c;

    domains_events();
    for (unsigned n = connections_busy(); n && (c = connection_take_busy()); n--) {
        if (connection_has_input(c))
            connection_serve(c);
        else
            connection_flush(c);
        if (c->closing)
            domain_cut_off(c->domain);
    }
}

#define PATH_1 "/local/domain/1"

/* Linux notifies only if req_cons has reached where its last write began: without that there must
 * be nothing to wait for. */
START_TEST(a_beginning_is_taken_at_once)
{
    struct xsd_sockmsg hdr = { .type = XS_GET_DOMAIN_PATH, .req_id = 3, .len = 2 };
    char body[4097];

    put(&hdr, sizeof(hdr));
    turn();
    ck_assert_uint_eq(page->req_cons, page->req_prod);
    put("1", 1);
    turn();
    ck_assert_uint_eq(page->req_cons, page->req_prod);
    ck_assert_uint_eq(answer(body).type, UINT32_MAX);
    put("\0", 1);
    turn();
    ck_assert_uint_eq(page->req_cons, page->req_prod);
    hdr = answer(body);
    ck_assert_uint_eq(hdr.type, XS_GET_DOMAIN_PATH);
    ck_assert_uint_eq(hdr.req_id, 3);
    ck_assert_str_eq(body, PATH_1);
}
END_TEST

static unsigned written_meanwhile;

static void served_beside_a_write(struct connection *c, size_t len)
{
    if (written_meanwhile++ == 0)
        request(XS_GET_DOMAIN_PATH, 8, "2", 2);
    ring_transport.served(c, len);
}

START_TEST(what_comes_while_another_is_served_needs_no_event)
{
    struct transport beside = ring_transport;
    struct connection *c = domain_get(1)->conn;
    char body[4097];

    beside.served = served_beside_a_write;
    c->transport = &beside;
    written_meanwhile = 0;
    request(XS_GET_DOMAIN_PATH, 7, "1", 2);
    connection_serve(c); /* one event */
    while (connections_busy())
        connection_serve(connection_take_busy());
    ck_assert_uint_eq(answer(body).req_id, 7);
    ck_assert_uint_eq(answer(body).req_id, 8);
    ck_assert_str_eq(body, "/local/domain/2");
    c->transport = &ring_transport;
}
END_TEST

START_TEST(what_is_longer_than_a_ring_comes_and_goes_in_pieces)
{
    struct xsd_sockmsg hdr = { .type = XS_READ, .req_id = 9, .len = 3000 };
    char text[3000], body[4097];

    memset(text, 'p', sizeof(text));
    text[0] = '/';
    text[2999] = '\0';
    put(&hdr, sizeof(hdr));
    for (size_t at = 0; at < sizeof(text); at += 500) {
        ck_assert_uint_le(page->req_prod + 500 - page->req_cons, XENSTORE_RING_SIZE);
        put(text + at, 500);
        turn();
    }
    ck_assert_uint_eq(page->req_cons, page->req_prod);
    hdr = answer(body);
    ck_assert_uint_eq(hdr.type, XS_ERROR);
    ck_assert_str_eq(body, "EACCES");
}
END_TEST

/* Not served any more, told why, and served again when the guest asks for it. */
static void expect_error_and_begin_anew(uint32_t error)
{
    char body[4097];

    turn();
    ck_assert_uint_eq(page->error, error);
    page->req_cons = page->rsp_prod = 12345; /* nobody's concern now */
    turn();
    page->connection = XENSTORE_RECONNECT;
    turn();
    ck_assert_uint_eq(page->connection, XENSTORE_CONNECTED);
    ck_assert_uint_eq(page->error, XENSTORE_ERROR_NONE);
    ck_assert_uint_eq(page->req_cons | page->req_prod | page->rsp_cons | page->rsp_prod, 0);
    request(XS_GET_DOMAIN_PATH, 1, "1", 2);
    turn();
    ck_assert_uint_eq(answer(body).type, XS_GET_DOMAIN_PATH);
}

START_TEST(impossible_indices)
{
    page->req_prod = page->req_cons + XENSTORE_RING_SIZE + 1;
    expect_error_and_begin_anew(XENSTORE_ERROR_RINGIDX);
}
END_TEST

START_TEST(an_impossible_length)
{
    struct xsd_sockmsg hdr = { .type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1 };

    put(&hdr, sizeof(hdr));
    expect_error_and_begin_anew(XENSTORE_ERROR_PROTO);
}
END_TEST

START_TEST(a_new_beginning_forgets_watches_and_transactions)
{
    struct domain *d = domain_get(1);
    char body[4097];

    request(XS_WATCH, 1, "@introduceDomain\0t", 19);
    request(XS_TRANSACTION_START, 2, "", 1);
    turn();
    ck_assert_uint_eq(d->conn->n_watches, 1);
    ck_assert_uint_eq(d->conn->n_txns, 1);
    page->connection = XENSTORE_RECONNECT;
    turn();
    ck_assert_uint_eq(d->conn->n_watches + d->conn->n_txns, 0);
    ck_assert_uint_eq(answer(body).type, UINT32_MAX);
}
END_TEST

START_TEST(introduced_again_with_another_port)
{
    int before = store_guests[0].port;

    ck_assert_int_eq(domain_introduce(1, 77, 6), 0);
    ck_assert_int_ne(store_guests[0].port, before);
    ck_assert_uint_eq(domain_get(1)->remote_port, 6);
    request(XS_GET_DOMAIN_PATH, 1, "1", 2);
    turn();
    ck_assert_uint_ne(page->rsp_prod, 0);
}
END_TEST

START_TEST(its_own_indices_are_not_read_back)
{
    char body[4097];

    request(XS_GET_DOMAIN_PATH, 1, "1", 2);
    page->req_cons += 7;
    page->rsp_prod += 9;
    turn();
    ck_assert_uint_eq(page->req_cons, page->req_prod);
    ck_assert_uint_eq(answer(body).type, XS_GET_DOMAIN_PATH);
}
END_TEST

/* --- Dom0's daemons, which let a guest's pages go when they are told -------------------------- */

static unsigned told;

static long silent_read(struct connection *c, void *buf, size_t len)
{
    (void)c;
    (void)buf;
    (void)len;
    return 0;
}

static long count_write(struct connection *c, const void *buf, size_t len)
{
    struct xsd_sockmsg hdr;

    (void)c;
    memcpy(&hdr, buf, sizeof(hdr));
    told += hdr.type == XS_WATCH_EVENT;
    return len;
}

static unsigned told_after_a_turn(void)
{
    unsigned before = told;

    turn();
    return told - before;
}

START_TEST(the_end_is_told_whatever_became_of_the_ring)
{
    static const struct transport listening = { .read = silent_read, .write = count_write };
    struct connection *daemon = connection_new(&listening, domain_get(0));

    ck_assert_ptr_nonnull(daemon);
    ck_assert_int_eq(watch_add(daemon, "@releaseDomain", "t", false), 0);
    page->req_prod = page->req_cons + XENSTORE_RING_SIZE + 1;
    ck_assert_uint_eq(told_after_a_turn(), 0);
    ck_assert(domain_get(1)->introduced); /* its console goes on */

    store_guests[0].dying = store_event_of_death = true;
    ck_assert_uint_eq(told_after_a_turn(), 1);
    ck_assert(!domain_get(1)->introduced);
    ck_assert(!store_guests[0].mapped);
    store_guests[0].gone = store_event_of_death = true;
    ck_assert_uint_eq(told_after_a_turn(), 1);
    connection_free(daemon);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("xstore rings");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_beginning_is_taken_at_once);
    tcase_add_test(t, what_comes_while_another_is_served_needs_no_event);
    tcase_add_test(t, what_is_longer_than_a_ring_comes_and_goes_in_pieces);
    tcase_add_test(t, impossible_indices);
    tcase_add_test(t, an_impossible_length);
    tcase_add_test(t, a_new_beginning_forgets_watches_and_transactions);
    tcase_add_test(t, introduced_again_with_another_port);
    tcase_add_test(t, its_own_indices_are_not_read_back);
    tcase_add_test(t, the_end_is_told_whatever_became_of_the_ring);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
