/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What requests cost in a small store and in one of 100,000 nodes, beside the node and elsewhere:
 * the same. Cost is counted in basic blocks of the daemon's own code (the core is compiled with
 * -fsanitize-coverage=trace-pc), so that it is the same on every machine.
 */
#include "fake_domains.h"
#include "ops.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 100000

static unsigned long blocks;

void __sanitizer_cov_trace_pc(void);
__attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_pc(void)
{
    blocks++;
}

static struct connection *dom0;
static char a[4097];

#define CALL(type, txn, body) ck_assert_int_eq(fake_call(dom0, type, txn, body, sizeof(body), a), 0)

static void write_node(const char *path, unsigned i)
{
    char body[64];
    int len = snprintf(body, sizeof(body), "%s/%u%cv", path, i, 0);

    ck_assert_int_eq(fake_call(dom0, XS_WRITE, 0, body, len, a), 0);
}

static void setup(void)
{
    ck_assert_int_eq(tree_first_nodes(), 0);
    dom0 = fake_client(0);
    for (unsigned i = 0; i < 10; i++)
        write_node("/n", i);
}

static void work(void)
{
    uint32_t t;

    CALL(XS_TRANSACTION_START, 0, "");
    t = atoi(a);
    CALL(XS_READ, t, "/n/5");
    CALL(XS_WRITE, t, "/n/5\0w");
    CALL(XS_MKDIR, t, "/n/new");
    CALL(XS_TRANSACTION_END, t, "T");
    CALL(XS_READ, 0, "/n/new");
    CALL(XS_RM, 0, "/n/new");
}

static unsigned long cost(void (*fn)(void))
{
    fn();
    blocks = 0;
    fn();
    return blocks;
}

static void fill(const char *path)
{
    for (unsigned i = 10; i < MANY; i++)
        write_node(path, i);
}

/* Chains of the hash table are of different lengths: a tenth is allowed for them. */
static void expect_same(unsigned long few, unsigned long many)
{
    printf("%lu basic blocks with 10 nodes, %lu with %u\n", few, many, MANY);
    ck_assert_uint_gt(few, 100);
    ck_assert_uint_le(many, few + few / 10);
}

START_TEST(a_transaction_costs_the_same_beside_many)
{
    unsigned long few = cost(work);

    fill("/n");
    expect_same(few, cost(work));
}
END_TEST

START_TEST(a_transaction_costs_the_same_far_from_many)
{
    unsigned long few = cost(work);

    fill("/other/place");
    expect_same(few, cost(work));
}
END_TEST

static unsigned names_seen;

/* Every name once, a part after the other. */
static void read_parts(void)
{
    size_t offset = 0;
    bool last = false;

    for (names_seen = 0; !last;) {
        char body[32];
        int len = snprintf(body, sizeof(body), "/n%c%zu", 0, offset) + 1;
        const char *answer, *at;
        size_t alen;

        ck_assert_uint_eq(fake_request(dom0, XS_DIRECTORY_PART, 0, body, len, &answer, &alen),
                          XS_DIRECTORY_PART);
        for (at = answer + strlen(answer) + 1; at < answer + alen && *at; at += strlen(at) + 1) {
            offset += strlen(at) + 1;
            names_seen++;
        }
        last = at < answer + alen;
    }
}

START_TEST(a_long_directory_is_read_in_one_pass)
{
    unsigned long one;

    for (unsigned i = 10; i < 1000; i++)
        write_node("/n", i);
    one = cost(read_parts);
    ck_assert_uint_eq(names_seen, 1000);
    fill("/n");
    blocks = 0;
    read_parts();
    printf("%lu basic blocks for 1000 names, %lu for %u\n", one, blocks, MANY);
    ck_assert_uint_eq(names_seen, MANY);
    ck_assert_uint_le(blocks, one * (MANY / 1000) * 3 / 2);
}
END_TEST

START_TEST(many_nodes_go_as_cheaply_as_they_came)
{
    unsigned long before;

    blocks = 0;
    fill("/n");
    before = blocks;
    blocks = 0;
    CALL(XS_RM, 0, "/n");
    printf("%lu basic blocks to add, %lu to remove\n", before, blocks);
    ck_assert_uint_le(blocks, before);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("xstore scale");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, setup, fake_end);
    tcase_add_test(t, a_transaction_costs_the_same_beside_many);
    tcase_add_test(t, a_transaction_costs_the_same_far_from_many);
    tcase_add_test(t, a_long_directory_is_read_in_one_pass);
    tcase_add_test(t, many_nodes_go_as_cheaply_as_they_came);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
