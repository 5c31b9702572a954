/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xstored's operations as Dom0 and as guests use and misuse them.
 */
#include "fake_domains.h"
#include "ops.h"
#include "quota.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct connection *dom0, *guest;
static char a[4097];

#define CALL(c, type, txn, body) fake_call(c, type, txn, body, sizeof(body), a)
#define RAW(c, type, txn, body)  fake_call(c, type, txn, body, sizeof(body) - 1, a)

static void setup(void)
{
    ck_assert_int_eq(tree_first_nodes(), 0);
    dom0 = fake_client(0);
    guest = fake_client(5);
    ck_assert_int_eq(CALL(dom0, XS_MKDIR, 0, "/local/domain/5"), 0);
    ck_assert_int_eq(CALL(dom0, XS_SET_PERMS, 0, "/local/domain/5\0n5"), 0);
}

static void teardown(void)
{
    fake_end();
}

START_TEST(write_read_directory_rm)
{
    ck_assert_int_eq(RAW(dom0, XS_WRITE, 0, "/x/y/z\0value"), 0);
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "/x/y/z"), 0);
    ck_assert_str_eq(a, "value");
    ck_assert_int_eq(CALL(dom0, XS_DIRECTORY, 0, "/x"), 0);
    ck_assert_str_eq(a, "y");
    ck_assert_int_eq(CALL(dom0, XS_RM, 0, "/x"), 0);
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "/x/y/z"), ENOENT);
    ck_assert_int_eq(CALL(dom0, XS_RM, 0, "/x"), 0); /* gone already */
    ck_assert_int_eq(CALL(dom0, XS_RM, 0, "/q/x"), ENOENT);
    ck_assert_int_eq(CALL(dom0, XS_RM, 0, "/"), EINVAL);
}
END_TEST

START_TEST(malformed_requests_get_an_error)
{
    char long_path[3200];

    ck_assert_int_eq(CALL(dom0, XS_READ, 0, ""), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "/a//b"), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "/a/"), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "/a b"), EINVAL);
    ck_assert_int_eq(RAW(dom0, XS_READ, 0, "/a"), EINVAL); /* no terminating 0 */
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "/a\0/b"), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_READ, 99, "/tool"), ENOENT);
    ck_assert_int_eq(CALL(dom0, 77, 0, "/tool"), ENOSYS);
    ck_assert_int_eq(CALL(dom0, XS_WATCH_EVENT, 0, "/tool"), ENOSYS);
    memset(long_path, 'p', sizeof(long_path));
    long_path[0] = '/';
    long_path[sizeof(long_path) - 1] = '\0';
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, long_path), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_SET_PERMS, 0, "/tool\0q5"), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_SET_PERMS, 0, "/tool\0n99999999999"), EINVAL);
}
END_TEST

START_TEST(guests_stay_in_their_place)
{
    RAW(dom0, XS_WRITE, 0, "/secret\0s");
    ck_assert_int_eq(CALL(guest, XS_READ, 0, "/secret"), EACCES);
    ck_assert_int_eq(RAW(guest, XS_WRITE, 0, "/secret\0t"), EACCES);
    ck_assert_int_eq(CALL(guest, XS_READ, 0, "/nothing-here"), EACCES);
    ck_assert_int_eq(RAW(guest, XS_WRITE, 0, "data/k\0mine"), 0); /* relative: its own home */
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "/local/domain/5/data/k"), 0);
    ck_assert_str_eq(a, "mine");
    ck_assert_int_eq(CALL(dom0, XS_GET_PERMS, 0, "/local/domain/5/data/k"), 0);
    ck_assert_str_eq(a, "n5");
    ck_assert_int_eq(CALL(guest, XS_SET_PERMS, 0, "data/k\0n0"), EPERM);
    ck_assert_int_eq(CALL(guest, XS_INTRODUCE, 0, "9\0001\0001"), EACCES);
    ck_assert_int_eq(CALL(guest, XS_CONTROL, 0, "quota"), EACCES);
    ck_assert_int_eq(CALL(dom0, XS_SET_PERMS, 0, "/secret\0n0\0r5"), 0);
    ck_assert_int_eq(CALL(guest, XS_READ, 0, "/secret"), 0);
    ck_assert_int_eq(RAW(guest, XS_WRITE, 0, "/secret\0t"), EACCES);
}
END_TEST

START_TEST(a_reused_number_inherits_nothing)
{
    struct connection *second;

    RAW(guest, XS_WRITE, 0, "private\0p");
    fake_domain_gone(5);
    second = fake_client(5);
    ck_assert_int_eq(CALL(second, XS_READ, 0, "/local/domain/5/private"), EACCES);
    ck_assert_int_eq(CALL(dom0, XS_GET_PERMS, 0, "/local/domain/5/private"), 0);
    ck_assert_str_eq(a, "n0");
}
END_TEST

START_TEST(watches_tell_those_who_may_know)
{
    uint32_t t;

    ck_assert_int_eq(CALL(dom0, XS_WATCH, 0, "/w\0tok"), 0);
    fake_events(dom0, a);
    ck_assert_int_eq(CALL(dom0, XS_WATCH, 0, "/w\0tok"), EEXIST);
    RAW(guest, XS_WRITE, 0, "data\0x");
    ck_assert_int_eq(fake_events(dom0, a), 0);
    RAW(dom0, XS_WRITE, 0, "/w/below\0x"); /* goes out with the answer */
    ck_assert_int_eq(CALL(guest, XS_WATCH, 0, "/w\0tok"), 0);
    fake_events(guest, a);
    RAW(dom0, XS_WRITE, 0, "/w/below\0y");
    ck_assert_int_eq(fake_events(guest, a), 0); /* may not read it */
    ck_assert_int_eq(CALL(guest, XS_WATCH, 0, "data\0rel"), 0);
    fake_events(guest, a);
    RAW(dom0, XS_WRITE, 0, "/local/domain/5/data/deep\0y");
    ck_assert_int_eq(CALL(dom0, XS_SET_PERMS, 0, "/local/domain/5/data/deep\0n0"), 0);
    ck_assert_int_eq(fake_events(guest, a), 1);
    ck_assert_str_eq(a, "data/deep");
    ck_assert_int_eq(CALL(guest, XS_UNWATCH, 0, "data\0rel"), 0);
    ck_assert_int_eq(CALL(guest, XS_UNWATCH, 0, "data\0rel"), ENOENT);
    ck_assert_int_eq(CALL(guest, XS_TRANSACTION_START, 0, ""), 0);
    t = atoi(a);
    ck_assert_int_eq(CALL(guest, XS_READ, t, "data"), 0);
    ck_assert_int_eq(CALL(guest, XS_WATCH, 0, "data\0rel"), 0);
    ck_assert_int_eq(CALL(guest, XS_RESET_WATCHES, 0, ""), 0);
    ck_assert_int_eq(CALL(guest, XS_READ, t, "data"), ENOENT); /* its transactions too */
    fake_events(guest, a);
    RAW(dom0, XS_WRITE, 0, "/local/domain/5/data\0z");
    ck_assert_int_eq(fake_events(guest, a), 0);
}
END_TEST

START_TEST(removal_tells_watches_below)
{
    RAW(dom0, XS_WRITE, 0, "/t/u/v\0x");
    CALL(guest, XS_RESET_WATCHES, 0, "");
    CALL(dom0, XS_SET_PERMS, 0, "/t/u/v\0n0\0r5");
    CALL(guest, XS_WATCH, 0, "/t/u/v\0deep");
    fake_events(guest, a);
    ck_assert_int_eq(CALL(dom0, XS_RM, 0, "/t"), 0);
    ck_assert_int_eq(fake_events(guest, a), 1);
    ck_assert_str_eq(a, "/t/u/v");
}
END_TEST

START_TEST(transactions)
{
    uint32_t t1, t2;

    ck_assert_int_eq(CALL(dom0, XS_TRANSACTION_START, 0, ""), 0);
    t1 = atoi(a);
    ck_assert_int_eq(CALL(dom0, XS_TRANSACTION_START, 0, ""), 0);
    t2 = atoi(a);
    ck_assert_int_eq(RAW(dom0, XS_WRITE, t1, "/n/a\0one"), 0);
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "/n/a"), ENOENT);
    ck_assert_int_eq(CALL(dom0, XS_READ, t1, "/n/a"), 0);
    ck_assert_int_eq(RAW(dom0, XS_WRITE, t2, "/n/b\0two"), 0);
    ck_assert_int_eq(CALL(dom0, XS_TRANSACTION_END, t1, "T"), 0);
    ck_assert_int_eq(CALL(dom0, XS_TRANSACTION_END, t2, "T"), EAGAIN); /* both made /n */
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "/n/a"), 0);
    ck_assert_str_eq(a, "one");
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "/n/b"), ENOENT);
    ck_assert_int_eq(CALL(dom0, XS_TRANSACTION_END, t2, "T"), ENOENT);
    ck_assert_int_eq(CALL(dom0, XS_TRANSACTION_START, 0, ""), 0);
    t1 = atoi(a);
    ck_assert_int_eq(CALL(dom0, XS_RESET_WATCHES, t1, ""), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_RM, t1, "/n"), 0);
    ck_assert_int_eq(CALL(dom0, XS_READ, t1, "/n/a"), ENOENT);
    ck_assert_int_eq(CALL(dom0, XS_TRANSACTION_END, t1, "F"), 0);
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "/n/a"), 0);
    for (int i = 0; i < (int)quota.txns; i++)
        ck_assert_int_eq(CALL(guest, XS_TRANSACTION_START, 0, ""), 0);
    ck_assert_int_eq(CALL(guest, XS_TRANSACTION_START, 0, ""), ENOSPC);
}
END_TEST

static uint32_t begin(void)
{
    ck_assert_int_eq(CALL(dom0, XS_TRANSACTION_START, 0, ""), 0);
    return atoi(a);
}

/* Whoever reads twice in a transaction reads the same twice, also of what is removed or changed
 * meanwhile; and it cannot be committed. */
START_TEST(what_a_transaction_has_read_stays)
{
    static const char *const meanwhile[] = { "changed", "removed", "removed with all" };

    for (int i = 0; i < 3; i++) {
        uint32_t t;

        RAW(dom0, XS_WRITE, 0, "/r/a/b\0one");
        t = begin();
        ck_assert_int_eq(CALL(dom0, XS_READ, t, "/r/a/b"), 0);
        ck_assert_int_eq(CALL(dom0, XS_READ, t, "/r/a"), 0);
        if (i == 0)
            RAW(dom0, XS_WRITE, 0, "/r/a/b\0two");
        else if (i == 1)
            CALL(dom0, XS_RM, 0, "/r/a/b");
        else
            CALL(dom0, XS_RM, 0, "/r");
        ck_assert_int_eq(CALL(dom0, XS_READ, t, "/r/a/b"), 0);
        ck_assert_msg(strcmp(a, "one") == 0, "%s: it reads %s", meanwhile[i], a);
        ck_assert_int_eq(RAW(dom0, XS_WRITE, t, "/r/a/b\0three"), 0);
        ck_assert_int_eq(RAW(dom0, XS_WRITE, t, "/r/a/c\0x"), 0);
        ck_assert_int_eq(CALL(dom0, XS_READ, t, "/r/a/b"), 0);
        ck_assert_str_eq(a, "three");
        ck_assert_int_eq(CALL(dom0, XS_RM, t, "/r/a"), 0);
        ck_assert_int_eq(CALL(dom0, XS_READ, t, "/r/a"), ENOENT);
        ck_assert_int_eq(CALL(dom0, XS_READ, t, "/r/a/c"), ENOENT);
        ck_assert_int_eq(CALL(dom0, XS_TRANSACTION_END, t, "T"), EAGAIN);
    }
}
END_TEST

/* What is only read is not written when a transaction is committed: others that have read it, too,
 * have no conflict. Nor is what was written and removed again. */
START_TEST(only_what_a_transaction_changes_is_written)
{
    uint32_t t, other;

    RAW(dom0, XS_WRITE, 0, "/r/a\0one");
    RAW(dom0, XS_WRITE, 0, "/r/b\0one");
    t = begin();
    other = begin();
    ck_assert_int_eq(CALL(dom0, XS_READ, other, "/r/a"), 0);
    ck_assert_int_eq(CALL(dom0, XS_READ, t, "/r/a"), 0);
    ck_assert_int_eq(RAW(dom0, XS_WRITE, t, "/r/b\0two"), 0);
    ck_assert_int_eq(CALL(dom0, XS_RM, t, "/r/b"), 0);
    ck_assert_int_eq(CALL(dom0, XS_TRANSACTION_END, t, "T"), 0);
    ck_assert_int_eq(CALL(dom0, XS_TRANSACTION_END, other, "T"), 0);
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "/r/b"), ENOENT);
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "/r/a"), 0);
    ck_assert_str_eq(a, "one");
}
END_TEST

START_TEST(quotas_hold)
{
    char body[4000];
    int n = 0;

    while (true) {
        int len = snprintf(body, sizeof(body), "q/%d", n);

        if (fake_call(guest, XS_WRITE, 0, body, len + 1, a) != 0)
            break;
        n++;
    }
    ck_assert_str_eq(a, "ENOSPC");
    ck_assert_int_ge(n, 900);
    ck_assert_int_le(n, (int)quota.nodes);
    ck_assert_int_eq(CALL(guest, XS_RM, 0, "q"), 0);
    ck_assert_int_eq(RAW(guest, XS_WRITE, 0, "q/again\0x"), 0);
    memset(body, 'v', sizeof(body));
    memcpy(body, "big", 4);
    ck_assert_int_eq(fake_call(guest, XS_WRITE, 0, body, 3000, a), ENOSPC);
    ck_assert_int_eq(CALL(guest, XS_READ, 0, "big"), ENOENT);
}
END_TEST

START_TEST(long_directories_come_in_parts)
{
    char body[64];

    for (int i = 0; i < 700; i++) {
        int len = snprintf(body, sizeof(body), "/d/child-%04d", i);

        ck_assert_int_eq(fake_call(dom0, XS_WRITE, 0, body, len + 1, a), 0);
    }
    ck_assert_int_eq(CALL(dom0, XS_DIRECTORY, 0, "/d"), E2BIG);
    ck_assert_int_eq(CALL(dom0, XS_DIRECTORY_PART, 0, "/d\0000"), 0);
    ck_assert_str_eq(a + strlen(a) + 1, "child-0000");
}
END_TEST

START_TEST(special_nodes)
{
    ck_assert_int_eq(CALL(dom0, XS_WATCH, 0, "@introduceDomain\0i"), 0);
    fake_events(dom0, a);
    ck_assert_int_eq(CALL(dom0, XS_INTRODUCE, 0, "6\0001234\0003"), 0);
    ck_assert_int_eq(CALL(dom0, XS_IS_DOMAIN_INTRODUCED, 0, "6"), 0);
    ck_assert_str_eq(a, "T");
    ck_assert_int_eq(CALL(dom0, XS_GET_DOMAIN_PATH, 0, "6"), 0);
    ck_assert_str_eq(a, "/local/domain/6");
    ck_assert_int_eq(CALL(dom0, XS_INTRODUCE, 0, "zz\0001234\0003"), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_RM, 0, "@releaseDomain"), EINVAL);
    ck_assert_int_eq(CALL(dom0, XS_READ, 0, "@other"), EINVAL);
    ck_assert_int_eq(CALL(guest, XS_WATCH, 0, "@releaseDomain\0i"), 0);
    fake_events(guest, a);
    CALL(dom0, XS_RELEASE, 0, "6");
    ck_assert_int_eq(fake_events(guest, a), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("xstore operations");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, write_read_directory_rm);
    tcase_add_test(t, malformed_requests_get_an_error);
    tcase_add_test(t, guests_stay_in_their_place);
    tcase_add_test(t, a_reused_number_inherits_nothing);
    tcase_add_test(t, watches_tell_those_who_may_know);
    tcase_add_test(t, removal_tells_watches_below);
    tcase_add_test(t, transactions);
    tcase_add_test(t, what_a_transaction_has_read_stays);
    tcase_add_test(t, only_what_a_transaction_changes_is_written);
    tcase_add_test(t, quotas_hold);
    tcase_add_test(t, long_directories_come_in_parts);
    tcase_add_test(t, special_nodes);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
