/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits of a guest: each holds, whatever the guest asks for; what it has and what was refused is
 * counted, shown by `control quota`, and logged once. Limits are set at run time.
 */
#include "fake_domains.h"
#include "domain.h"
#include "ops.h"
#include "quota.h"
#include "throttle.h"
#include "watch.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct connection *dom0, *guest;
static struct quota first;
static char a[4097];

#define CALL(c, type, txn, body) fake_call(c, type, txn, body, sizeof(body), a)
#define RAW(c, type, txn, body)  fake_call(c, type, txn, body, sizeof(body) - 1, a)

/* --- what is logged --------------------------------------------------------------------------- */

static FILE *log_file;
static int stderr_was;

static void begin_log(void)
{
    log_file = tmpfile();
    stderr_was = dup(STDERR_FILENO);
    dup2(fileno(log_file), STDERR_FILENO);
}

static unsigned lines_with(const char *text)
{
    char line[512];
    unsigned n = 0;

    rewind(log_file);
    while (fgets(line, sizeof(line), log_file))
        n += strstr(line, text) != NULL;
    return n;
}

static void setup(void)
{
    first = quota;
    begin_log();
    ck_assert_int_eq(tree_first_nodes(), 0);
    dom0 = fake_client(0);
    guest = fake_client(5);
    guest->domain->conn = guest;
    guest->domain->introduced = true;
    ck_assert_int_eq(CALL(dom0, XS_MKDIR, 0, "/local/domain/5"), 0);
    ck_assert_int_eq(CALL(dom0, XS_SET_PERMS, 0, "/local/domain/5\0n5"), 0);
}

static void teardown(void)
{
    dup2(stderr_was, STDERR_FILENO);
    close(stderr_was);
    fclose(log_file);
    fake_end();
    quota = first;
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* Write big nodes until that is refused: their number. */
static int fill(uint32_t txn, const char *name)
{
    char body[2000];
    int n = 0, ret = 0;

    memset(body, 'v', sizeof(body));
    for (; ret == 0; n++) {
        snprintf(body, 64, "%s/%d", name, n);
        ret = fake_call(guest, XS_WRITE, txn, body, sizeof(body), a);
        ck_assert_uint_le(connection_bytes(guest), quota.bytes);
    }
    ck_assert_int_eq(ret, ENOSPC);
    return n - 1;
}

START_TEST(bytes_of_nodes)
{
    size_t before = connection_bytes(guest);

    quota.bytes = 100000;
    ck_assert_int_gt(fill(0, "n"), 40);
    ck_assert_int_eq(CALL(guest, XS_WATCH, 0, "n\0token"), 0); /* there is room for less */
    ck_assert_int_eq(CALL(guest, XS_READ, 0, "n/1"), 0);
    ck_assert_int_eq(CALL(guest, XS_RM, 0, "n"), 0);
    ck_assert_int_eq(CALL(guest, XS_UNWATCH, 0, "n\0token"), 0);
    ck_assert_uint_eq(connection_bytes(guest), before);
    ck_assert_int_gt(fill(0, "m"), 40);
    ck_assert_uint_eq(lines_with("domain 5: limit of bytes reached"), 1);
}
END_TEST

/* What a transaction holds counts while it is open. */
START_TEST(bytes_of_transactions)
{
    size_t before = connection_bytes(guest);
    uint32_t t;

    quota.bytes = 100000;
    ck_assert_int_eq(CALL(guest, XS_TRANSACTION_START, 0, ""), 0);
    t = atoi(a);
    ck_assert_int_gt(fill(t, "n"), 40);
    ck_assert_int_eq(CALL(guest, XS_TRANSACTION_END, t, "F"), 0);
    ck_assert_uint_eq(connection_bytes(guest), before);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(CALL(guest, XS_TRANSACTION_START, 0, ""), 0);
    for (int i = 0; i < 2000; i++) { /* reading makes it grow as well */
        char body[32];
        int ret = fake_call(guest, XS_READ, t + 1 + i % 3, body, sprintf(body, "r/%d", i) + 1, a);

        ck_assert_uint_le(connection_bytes(guest), quota.bytes + 1000);
        if (ret == ENOSPC)
            return;
    }
    ck_abort_msg("transactions grow without a bound");
}
END_TEST

/* A path of many parts: every node on its way has a path of its own. */
START_TEST(bytes_of_a_deep_path)
{
    char path[2001];

    for (unsigned i = 0; i < 1000; i++)
        memcpy(path + 2 * i, "d/", 2);
    path[1999] = '\0';
    quota.bytes = 100000;
    quota.nodes = 10000;
    ck_assert_int_eq(fake_call(guest, XS_MKDIR, 0, path, 2000, a), ENOSPC);
    ck_assert_uint_le(connection_bytes(guest), quota.bytes);
    ck_assert_int_eq(CALL(guest, XS_READ, 0, "d"), ENOENT);
}
END_TEST

START_TEST(bytes_of_watches)
{
    int ret = 0, n = 0;

    quota.bytes = 50000;
    quota.watches = 100000;
    for (; ret == 0; n++) {
        char body[1100];
        size_t len = snprintf(body, 32, "w/%d", n) + 1;

        memset(body + len, 't', 1000);
        body[len + 1000] = '\0';
        ret = fake_call(guest, XS_WATCH, 0, body, len + 1001, a);
        ck_assert_uint_le(connection_bytes(guest), quota.bytes);
    }
    ck_assert_int_eq(ret, ENOSPC);
    ck_assert_int_gt(n, 30);
    ck_assert_int_eq(CALL(guest, XS_RESET_WATCHES, 0, ""), 0);
    ck_assert_int_eq(CALL(guest, XS_WATCH, 0, "w\0token"), 0);
}
END_TEST

/* --- a guest that does not take its answers --------------------------------------------------- */

static unsigned asked;
static bool takes;

static long ask_again(struct connection *c, void *buf, size_t len)
{
    struct xsd_sockmsg hdr = { .type = XS_READ, .req_id = ++asked, .len = 2 };

    (void)c;
    if (len < sizeof(hdr) + 2)
        return 0;
    memcpy(buf, &hdr, sizeof(hdr));
    memcpy((char *)buf + sizeof(hdr), "x", 2);
    return sizeof(hdr) + 2;
}

static long take_or_not(struct connection *c, const void *buf, size_t len)
{
    (void)c;
    (void)buf;
    return takes ? (long)len : 0;
}

START_TEST(answers_that_are_not_taken)
{
    static const struct transport t = { .read = ask_again, .write = take_or_not };

    guest->transport = &t;
    for (int i = 0; i < 100; i++) {
        connection_serve(guest);
        ck_assert_uint_le(guest->n_out, quota.outstanding);
    }
    ck_assert_uint_eq(guest->n_out, quota.outstanding);
    ck_assert(!connection_has_input(guest));
    ck_assert_uint_eq(lines_with("domain 5: limit of outstanding reached"), 1);
    takes = true;
    connection_serve(guest);
    ck_assert_uint_eq(guest->n_out, 0);
    ck_assert(connection_has_input(guest));
}
END_TEST

/* --- one whose events find no room ------------------------------------------------------------ */

static unsigned events;
static char last_path[4097];

static long never(struct connection *c, void *buf, size_t len)
{
    (void)c;
    (void)buf;
    (void)len;
    return 0;
}

static long take_event(struct connection *c, const void *buf, size_t len)
{
    struct xsd_sockmsg hdr;

    (void)c;
    if (!takes)
        return 0;
    memcpy(&hdr, buf, sizeof(hdr));
    ck_assert_uint_eq(hdr.type, XS_WATCH_EVENT);
    events++;
    strcpy(last_path, (const char *)buf + sizeof(hdr));
    return len;
}

/* So many nodes below `path` change. */
static void change(const char *path, int times)
{
    struct view v = { &tree, NULL };
    char changed[64];

    for (int i = 0; i < times; i++) {
        snprintf(changed, sizeof(changed), "%s/%d", path, i);
        watch_fire(&v, changed, false);
        ck_assert_uint_le(guest->out_bytes, quota.output_bytes);
    }
}

/* It has those that there was room for, and then one at each watch that has missed any. */
START_TEST(events_that_find_no_room_are_made_up_for)
{
    static const struct transport t = { .read = never, .write = take_event };
    unsigned refused;

    ck_assert_int_eq(CALL(guest, XS_MKDIR, 0, "data"), 0);
    ck_assert_int_eq(CALL(guest, XS_WATCH, 0, "data\0data"), 0);
    ck_assert_int_eq(CALL(guest, XS_WATCH, 0, "/local/domain/5/data\0absolute"), 0);
    ck_assert_int_eq(CALL(guest, XS_WATCH, 0, "other\0other"), 0);
    guest->transport = &t;
    takes = false;
    events = 0;
    quota.output_bytes = 2000;
    change("/local/domain/5/data", 100);
    ck_assert_uint_eq(guest->n_missed, 2);
    ck_assert_uint_eq(lines_with("domain 5: limit of output-bytes reached"), 1);
    takes = true;
    connection_flush(guest);
    ck_assert_uint_lt(events, 200);
    refused = 200 - (events - 2);
    ck_assert_uint_eq(guest->n_missed, 0);
    ck_assert_msg(strcmp(last_path, "data") == 0 || strcmp(last_path, "/local/domain/5/data") == 0,
                  "the last event is at %s", last_path);
    events = 0;
    change("/local/domain/5/other", 2);
    connection_flush(guest);
    ck_assert_uint_eq(events, 2);
    ck_assert_str_eq(last_path, "other/1");
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "quota\0005"), 0);
    snprintf(last_path, sizeof(last_path), "\noutput-bytes 0 2000 %u\n", refused);
    ck_assert_msg(strstr(a, last_path) != NULL, "%s instead of %s", a, last_path);
}
END_TEST

/* Nothing is owed for a watch that is taken back. */
START_TEST(a_watch_that_has_missed_something_may_go)
{
    static const struct transport t = { .read = never, .write = take_event };

    ck_assert_int_eq(CALL(guest, XS_MKDIR, 0, "data"), 0);
    ck_assert_int_eq(CALL(guest, XS_WATCH, 0, "data\0data"), 0);
    guest->transport = &t;
    takes = false;
    quota.output_bytes = 100;
    change("/local/domain/5/data", 10);
    ck_assert_uint_eq(guest->n_missed, 1);
    ck_assert_int_eq(watch_remove(guest, "/local/domain/5/data", "data"), 0);
    ck_assert_uint_eq(guest->n_missed, 0);
}
END_TEST

/* --- one that has used up its time ------------------------------------------------------------ */

START_TEST(one_that_has_to_wait_is_counted)
{
    static const struct transport t = { .read = ask_again, .write = take_or_not };
    uint64_t second = 1000000000, now = 10 * second;

    takes = true;
    guest->transport = &t;
    quota.rate = 10;
    throttle_tick(now);
    for (int i = 0; i < 3; i++) { /* each time until there is nothing left to spend */
        while (throttle_allows(guest))
            connection_serve(guest);
        connection_serve(guest);
        ck_assert(throttle_waits());
        throttle_tick(now += second);
        throttle_release();
        ck_assert(!throttle_waits());
        while (connection_take_busy())
            ;
    }
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "quota\0005"), 0);
    ck_assert_msg(strstr(a, "\nrate - 10 3\n") != NULL, "%s", a);
    ck_assert_uint_eq(lines_with("domain 5: limit of rate reached ("), 1);
    ck_assert_uint_eq(lines_with(" wanted, 10 allowed)"), 1);
}
END_TEST

/* --- shown, set, logged ----------------------------------------------------------------------- */

static bool answer_has(const char *line) { return strstr(a, line) != NULL; }

START_TEST(it_is_shown_by_domain)
{
    ck_assert_int_eq(RAW(guest, XS_WRITE, 0, "a/b\0value"), 0);
    ck_assert_int_eq(CALL(guest, XS_WATCH, 0, "a\0token"), 0);
    ck_assert_int_eq(CALL(guest, XS_TRANSACTION_START, 0, ""), 0);
    ck_assert_int_eq(CALL(guest, XS_READ, 0, "/tool"), EACCES);
    ck_assert_int_eq(CALL(guest, XS_CONTROL, 0, "quota"), EACCES);
    ck_assert_int_eq(CALL(guest, XS_SET_PERMS, 0, "a\0n5\0r1\0r2\0r3\0r4\0r6"), ENOSPC);
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "quota\0000"), 0);
    ck_assert_msg(strncmp(a, "5\n", 2) == 0, "%s", a);
    ck_assert_msg(answer_has("\nnodes 3 1000 0\n") && answer_has("\nwatches 1 128 0\n") &&
                      answer_has("\ntransactions 1 10 0\n") && answer_has("\nperms - 5 1\n") &&
                      answer_has("\npermission - - 2\n"),
                  "%s", a);
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "quota\0006"), 0);
    ck_assert_str_eq(a, "");
    ck_assert_uint_eq(lines_with("permission denied"), 1);
    ck_assert_uint_eq(lines_with("domain 5: read /tool: permission denied"), 1);
    ck_assert_uint_eq(lines_with("domain 5: limit of perms reached (6 wanted, 5 allowed)"), 1);
}
END_TEST

START_TEST(it_is_set_at_run_time)
{
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "quota\0nodes=3"), 0);
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "quota"), 0);
    ck_assert(answer_has("nodes=3\n"));
    ck_assert_int_eq(RAW(guest, XS_WRITE, 0, "a/b\0value"), 0);
    ck_assert_int_eq(RAW(guest, XS_WRITE, 0, "c\0value"), ENOSPC);
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "quota\0nodes=4"), 0);
    ck_assert_int_eq(RAW(guest, XS_WRITE, 0, "c\0value"), 0);
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "quota\0nodes"), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "quota\0nodes="), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "quota\0nodes=4294967295"), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "quota\0node=1"), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "quota\0nodes=1\0x"), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "quota\0007\0"), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0,
                          "quota\0"
                          "99999999"),
                     EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "what"), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_CONTROL, 0, "help\0what"), EINVAL);
    ck_assert_uint_eq(quota.nodes, 4);
    ck_assert_uint_eq(lines_with("limit of nodes reached"), 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("xstore quota");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, bytes_of_nodes);
    tcase_add_test(t, bytes_of_transactions);
    tcase_add_test(t, bytes_of_a_deep_path);
    tcase_add_test(t, bytes_of_watches);
    tcase_add_test(t, answers_that_are_not_taken);
    tcase_add_test(t, events_that_find_no_room_are_made_up_for);
    tcase_add_test(t, a_watch_that_has_missed_something_may_go);
    tcase_add_test(t, one_that_has_to_wait_is_counted);
    tcase_add_test(t, it_is_shown_by_domain);
    tcase_add_test(t, it_is_set_at_run_time);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
