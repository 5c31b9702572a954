/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random requests of Dom0 and two guests, alone and in transactions, against a simple reference.
 *
 * A request outside of transactions is answered as the reference answers it. A transaction that is
 * committed has seen what it would see if all of it were done at its end, in one go: its requests
 * are put to the reference then, and answered the same. One that is refused has had company: since
 * its beginning something else was changed.
 */
#include "fake_domains.h"
#include "ops.h"
#include "proto.h"
#include "quota.h"
#include "reference.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS     4
#define TXN_OPS     12
#define STEPS       3000
#define MAX_ANSWERS 4096

struct done {
    struct ref_op op;
    int result;
    char answer[MAX_ANSWERS];
};

struct client {
    struct connection *conn;
    uint32_t domid, txn;
    unsigned began; /* changes there had been */
    struct done done[TXN_OPS];
    unsigned n_done;
};

static struct client client[CLIENTS];
static struct ref_store reference;
static unsigned changes, committed, refused;
static uint32_t seed;

static unsigned below(unsigned n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 16) % n;
}

/* --- requests -------------------------------------------------------------------------------- */

static void random_path(char *path)
{
    static const char *const homes[] = { "", "", "/local/domain/1", "/local/domain/2", "/tool" };
    unsigned depth = 1 + below(3);

    strcpy(path, homes[below(5)]);
    while (depth-- > 0) {
        size_t len = strlen(path);

        path[len] = '/';
        path[len + 1] = 'a' + below(3);
        path[len + 2] = '\0';
    }
}

static struct ref_op random_op(uint32_t domid)
{
    static const uint32_t types[] = { XS_READ, XS_READ,      XS_WRITE,     XS_WRITE,    XS_MKDIR,
                                      XS_RM,   XS_DIRECTORY, XS_GET_PERMS, XS_SET_PERMS };
    struct ref_op op = { .type = types[below(9)], .domid = domid };
    unsigned perms = 1 + below(REF_PERMS);

    random_path(op.path);
    snprintf(op.value, sizeof(op.value), "%u", below(1000));
    for (unsigned i = 0; op.type == XS_SET_PERMS && i < perms; i++)
        snprintf(op.perms[i], sizeof(op.perms[i]), "%c%u", "nrwb"[below(4)], below(3));
    return op;
}

static size_t body_of(const struct ref_op *op, char *body)
{
    size_t len = strlen(op->path) + 1;

    strcpy(body, op->path);
    if (op->type == XS_WRITE) {
        strcpy(body + len, op->value);
        len += strlen(op->value);
    }
    for (int i = 0; op->type == XS_SET_PERMS && i < REF_PERMS && op->perms[i][0]; i++) {
        strcpy(body + len, op->perms[i]);
        len += strlen(op->perms[i]) + 1;
    }
    return len;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Strings of an answer as the reference gives them. */
static void normalise(const struct ref_op *op, const char *data, size_t len, char *out)
{
    const char *text[256];
    unsigned n = 0;

    out[0] = '\0';
    if (op->type == XS_READ) {
        sprintf(out, "%.*s|", (int)len, data);
        return;
    }
    if (op->type != XS_DIRECTORY && op->type != XS_GET_PERMS)
        return;
    for (const char *p = data; p < data + len; p += strlen(p) + 1)
        text[n++] = p;
    if (op->type == XS_DIRECTORY)
        qsort(text, n, sizeof(*text), by_text);
    for (unsigned i = 0; i < n; i++)
        strcat(strcat(out, text[i]), "|");
}

static int ask(struct client *c, const struct ref_op *op, char *answer)
{
    char body[256];
    const char *data;
    size_t len;
    uint32_t type = fake_request(c->conn, op->type, c->txn, body, body_of(op, body), &data, &len);

    answer[0] = '\0';
    if (type == XS_ERROR) {
        char name[32];

        snprintf(name, sizeof(name), "%.*s", (int)len, data);
        return xs_error_number(name);
    }
    ck_assert_uint_eq(type, op->type);
    normalise(op, data, len, answer);
    return 0;
}

static void expect(const struct done *d, const char *when)
{
    char answer[4096];
    int result = ref_do(&reference, &d->op, answer);

    ck_assert_msg(result == d->result && strcmp(answer, d->answer) == 0,
                  "%s: domain %u, type %u on %s: %d '%s', expected %d '%s'", when, d->op.domid,
                  d->op.type, d->op.path, d->result, d->answer, result, answer);
}

static bool changes_something(const struct done *d)
{
    return d->result == 0 && d->op.type != XS_READ && d->op.type != XS_DIRECTORY &&
           d->op.type != XS_GET_PERMS;
}

/* --- steps ----------------------------------------------------------------------------------- */

static void do_one(struct client *c)
{
    struct done one, *d = c->txn ? &c->done[c->n_done++] : &one;

    d->op = random_op(c->domid);
    d->result = ask(c, &d->op, d->answer);
    if (c->txn)
        return;
    expect(d, "alone");
    changes += changes_something(d);
}

static void begin(struct client *c)
{
    char answer[4097];

    ck_assert_int_eq(fake_call(c->conn, XS_TRANSACTION_START, 0, "", 1, answer), 0);
    c->txn = atoi(answer);
    c->n_done = 0;
    c->began = changes;
}

static void end(struct client *c)
{
    bool commit = below(4) != 0;
    char answer[4097];
    int ret = fake_call(c->conn, XS_TRANSACTION_END, c->txn, commit ? "T" : "F", 2, answer);

    c->txn = 0;
    if (commit && ret == EAGAIN) {
        ck_assert_msg(changes > c->began, "refused without a conflict");
        refused++;
        return;
    }
    ck_assert_int_eq(ret, 0);
    if (!commit)
        return;
    committed++;
    for (unsigned i = 0; i < c->n_done; i++) {
        expect(&c->done[i], "transaction");
        changes += changes_something(&c->done[i]);
    }
}

static void count(struct node *n, void *arg)
{
    *(unsigned *)arg += n->path[0] == '/';
}

static void compare(void)
{
    unsigned nodes = 0;

    for (unsigned i = 0; i < reference.count; i++) {
        const struct node *n = table_find(&tree, reference.node[i].path);

        ck_assert_msg(n, "%s is gone", reference.node[i].path);
        ck_assert_str_eq(n->value, reference.node[i].value);
    }
    table_each(&tree, count, &nodes);
    ck_assert_uint_eq(nodes, reference.count);
}

static const char *const first[] = { "/",      "/tool",         "/tool/xenstored",
                                     "/local", "/local/domain", "/local/domain/1",
                                     "/local/domain/2" };

static void start(void)
{
    static const uint32_t domids[CLIENTS] = { 0, 0, 1, 2 };
    char a[4097];

    quota.nodes = 100000;
    quota.node_size = 100000;
    ck_assert_int_eq(tree_first_nodes(), 0);
    ref_init(&reference, first, sizeof(first) / sizeof(first[0]));
    for (unsigned i = 0; i < CLIENTS; i++)
        client[i] = (struct client){ .conn = fake_client(domids[i]), .domid = domids[i] };
    for (uint32_t id = 1; id <= 2; id++) {
        char body[32];
        int len = sprintf(body, "/local/domain/%u", id) + 1;

        ck_assert_int_eq(fake_call(client[0].conn, XS_MKDIR, 0, body, len, a), 0);
        len += sprintf(body + len, "n%u", id) + 1;
        ck_assert_int_eq(fake_call(client[0].conn, XS_SET_PERMS, 0, body, len, a), 0);
    }
    for (unsigned i = 0; i < reference.count; i++)
        if (strncmp(reference.node[i].path, "/local/domain/", 14) == 0)
            reference.node[i].perms[0][1] = reference.node[i].path[14];
}

START_TEST(random_requests)
{
    seed = _i + 1;
    start();
    for (unsigned i = 0; i < STEPS; i++) {
        struct client *c = &client[below(CLIENTS)];

        if (c->txn && (c->n_done == TXN_OPS || below(8) == 0))
            end(c);
        else if (!c->txn && below(6) == 0)
            begin(c);
        else
            do_one(c);
        if (i % 50 == 0)
            compare();
    }
    compare();
    fake_end();
    ck_assert_uint_gt(committed, 50);
    ck_assert_uint_gt(refused, 20);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("xstore model");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, random_requests, 0, 20);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
