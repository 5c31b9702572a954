/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xstored without memory: each request of a row is served with its n-th allocation failing, alone
 * and with all after it, for every n. It is answered by ENOMEM and the store is as before, to the
 * value; or, where the answer itself found no memory, the client is cut off. A transaction that met
 * such a failure is not applied. Afterwards every block is free again.
 */
#include "fake_domains.h"
#include "domain.h"
#include "failing.h"
#include "ops.h"
#include "perm.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct connection *dom0, *guest;
static long live_before;
static char a[4097];

/* --- the store as text: every node, its value and owner, in order ----------------------------- */

static char lines[64][256];
static unsigned n_lines;
static int owned;

static void add_line(struct node *n, void *arg)
{
    unsigned children = 0;

    (void)arg;
    ck_assert_uint_lt(n_lines, 64);
    snprintf(lines[n_lines++], sizeof(lines[0]), "%s=%s n%u perms %u children %u\n", n->path,
             n->value, n->perms[0].domid, n->n_perms, n->n_children);
    owned += perm_owner(n) == guest->domain->domid;
    for (const struct node *c = n->first; c; c = c->next, children++) {
        ck_assert_ptr_eq(c->parent, n);
        ck_assert_ptr_eq(table_find(&tree, c->path), c);
    }
    ck_assert_uint_eq(children, n->n_children);
}

static int by_text(const void *x, const void *y)
{
    return strcmp(x, y);
}

static void describe(char text[sizeof(lines)])
{
    n_lines = 0;
    owned = 0;
    table_each(&tree, add_line, NULL);
    ck_assert_int_eq(guest->domain->nodes, owned);
    qsort(lines, n_lines, sizeof(lines[0]), by_text);
    text[0] = '\0';
    for (unsigned i = 0; i < n_lines; i++)
        strcat(text, lines[i]);
}

/* --- a fresh one ------------------------------------------------------------------------------ */

#define CALL(c, type, txn, body) fake_call(c, type, txn, body, sizeof(body), a)
#define RAW(c, type, txn, body)  fake_call(c, type, txn, body, sizeof(body) - 1, a)

static void begin(void)
{
    live_before = failing_live();
    ck_assert_int_eq(tree_first_nodes(), 0);
    dom0 = fake_client(0);
    guest = fake_client(5);
    ck_assert_int_eq(CALL(dom0, XS_MKDIR, 0, "/local/domain/5"), 0);
    ck_assert_int_eq(CALL(dom0, XS_SET_PERMS, 0, "/local/domain/5\0n5"), 0);
    ck_assert_int_eq(RAW(guest, XS_WRITE, 0, "old/a\0one"), 0);
    ck_assert_int_eq(RAW(guest, XS_WRITE, 0, "old/b/c\0two"), 0);
    ck_assert_int_eq(CALL(dom0, XS_WATCH, 0, "/local\0all"), 0);
}

static void end(void)
{
    fake_end();
    ck_assert_int_eq(failing_live(), live_before);
}

/* --- the rows --------------------------------------------------------------------------------- */

#define BODY(text) (text), sizeof(text)
#define DATA(text) (text), sizeof(text) - 1

static const struct row {
    uint32_t type;
    const char *body;
    size_t len;
    unsigned least; /* allocations */
} rows[] = {
    { XS_WRITE, DATA("new/x/y/z\0value"), 10 },
    { XS_WRITE, DATA("old/a\0other"), 2 },
    { XS_MKDIR, BODY("new/dir"), 6 },
    { XS_RM, BODY("old"), 1 },
    { XS_SET_PERMS, BODY("old/a\0n5\0r0"), 2 },
    { XS_READ, BODY("old/b/c"), 1 },
    { XS_DIRECTORY, BODY("old"), 1 },
    { XS_GET_PERMS, BODY("old"), 1 },
    { XS_WATCH, BODY("old\0token"), 4 },
    { XS_TRANSACTION_START, BODY(""), 2 },
};

/* A request with an allocation failing: true if one did. *result: 0, an errno, -1 for no answer. */
static bool failing_call(const struct row *r, uint32_t txn, unsigned n, bool rest, int *result)
{
    failing_arm(n, rest);
    *result = fake_call(guest, r->type, txn, r->body, r->len, a);
    return failing_disarm();
}

/* What a watcher may miss cuts it off; so the asker's answer tells how it went. */
static void check_result(const struct row *r, bool failed, int result)
{
    if (!failed)
        ck_assert_int_eq(result, 0);
    else if (result == -1)
        ck_assert_int_ne(guest->closing, 0);
    else if (result == 0)
        ck_assert_int_ne(dom0->closing, 0);
    else
        ck_assert_msg(result == ENOMEM, "type %u: errno %d", r->type, result);
}

static bool attempt(const struct row *r, unsigned n, bool rest)
{
    static char before[sizeof(lines)], after[sizeof(lines)];
    unsigned watches, txns;
    bool failed;
    int result;

    begin();
    describe(before);
    watches = guest->n_watches;
    txns = guest->n_txns;
    failed = failing_call(r, 0, n, rest, &result);
    check_result(r, failed, result);
    describe(after);
    if (result == ENOMEM) {
        ck_assert_str_eq(after, before);
        ck_assert_uint_eq(guest->n_watches, watches);
        ck_assert_uint_eq(guest->n_txns, txns);
        ck_assert_int_eq(fake_call(guest, r->type, 0, r->body, r->len, a), 0); /* now it can */
    }
    end();
    return failed;
}

START_TEST(each_request)
{
    const struct row *r = &rows[_i];
    unsigned n = 1;

    while (attempt(r, n, true) | attempt(r, n, false))
        n++;
    ck_assert_uint_gt(n, r->least);
}
END_TEST

static uint32_t start_transaction(void)
{
    ck_assert_int_eq(CALL(guest, XS_TRANSACTION_START, 0, ""), 0);
    return atoi(a);
}

/* The request fails in a transaction, or at last does not: then the changes come with the end. */
static bool attempt_within(const struct row *r, unsigned n)
{
    static char before[sizeof(lines)], after[sizeof(lines)];
    uint32_t t;
    bool failed;
    int result;

    begin();
    describe(before);
    t = start_transaction();
    ck_assert_int_eq(RAW(guest, XS_WRITE, t, "first\0x"), 0);
    failed = failing_call(r, t, n, false, &result);
    check_result(r, failed, result);
    if (!guest->closing) {
        ck_assert_int_eq(CALL(guest, XS_TRANSACTION_END, t, "T"), failed ? ENOMEM : 0);
        describe(after);
        ck_assert_int_eq(strcmp(after, before) == 0, failed);
        ck_assert_uint_eq(guest->n_txns, 0);
    }
    end();
    return failed;
}

START_TEST(each_request_within_a_transaction)
{
    unsigned n = 1;

    if (rows[_i].type == XS_WATCH || rows[_i].type == XS_TRANSACTION_START)
        return; /* not allowed there */
    while (attempt_within(&rows[_i], n))
        n++;
    ck_assert_uint_gt(n, rows[_i].least);
}
END_TEST

static bool attempt_end(unsigned n, bool rest)
{
    static const struct row row = { XS_TRANSACTION_END, BODY("T"), 1 };
    static char before[sizeof(lines)], after[sizeof(lines)];
    char path[16];
    uint32_t t;
    bool failed;
    int result;

    begin();
    t = start_transaction();
    for (int i = 0; i < 30; i++) {
        int len = snprintf(path, sizeof(path), "many/%d", i);

        ck_assert_int_eq(fake_call(guest, XS_WRITE, t, path, len + 1, a), 0);
    }
    ck_assert_int_eq(CALL(guest, XS_RM, t, "old"), 0);
    describe(before);
    failed = failing_call(&row, t, n, rest, &result);
    check_result(&row, failed, result);
    ck_assert_uint_eq(guest->n_txns, 0);
    describe(after);
    if (result == ENOMEM)
        ck_assert_str_eq(after, before);
    else
        ck_assert_str_ne(after, before); /* whole, though nobody may have been told */
    end();
    return failed;
}

START_TEST(the_end_of_a_transaction)
{
    unsigned n = 1;

    while (attempt_end(n, true) | attempt_end(n, false))
        n++;
    ck_assert_uint_gt(n, 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("xstore without memory");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, each_request, 0, sizeof(rows) / sizeof(rows[0]));
    tcase_add_loop_test(t, each_request_within_a_transaction, 0, sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(t, the_end_of_a_transaction);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
