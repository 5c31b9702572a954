/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nodes, table, paths and transactions of xstored, below the protocol.
 */
#include "fake_domains.h"
#include "ops.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(children_are_sorted_and_single)
{
    struct node *n = node_new("/a");

    ck_assert_int_eq(node_add_child(n, "m"), 0);
    ck_assert_int_eq(node_add_child(n, "c"), 0);
    ck_assert_int_eq(node_add_child(n, "z"), 0);
    ck_assert_int_eq(node_add_child(n, "c"), 0);
    ck_assert_uint_eq(n->n_children, 3);
    ck_assert_str_eq(n->children[0], "c");
    ck_assert_str_eq(n->children[2], "z");
    node_remove_child(n, "m");
    node_remove_child(n, "absent");
    ck_assert_uint_eq(n->n_children, 2);
    node_free(n);
}
END_TEST

START_TEST(table_grows_and_finds)
{
    struct table t;
    char path[32];

    ck_assert_int_eq(table_init(&t), 0);
    for (int i = 0; i < 5000; i++) {
        snprintf(path, sizeof(path), "/n/%d", i);
        ck_assert_int_eq(table_insert(&t, node_new(path)), 0);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(path, sizeof(path), "/n/%d", i);
        ck_assert_str_eq(table_find(&t, path)->path, path);
    }
    ck_assert_ptr_null(table_find(&t, "/n/5000"));
    table_free(&t);
}
END_TEST

START_TEST(paths)
{
    char buf[64];

    path_parent("/a/b", buf);
    ck_assert_str_eq(buf, "/a");
    path_parent("/a", buf);
    ck_assert_str_eq(buf, "/");
    ck_assert_str_eq(path_name("/a/bc"), "bc");
    ck_assert(path_is_below("/a/b", "/a"));
    ck_assert(path_is_below("/a", "/a"));
    ck_assert(!path_is_below("/ab", "/a"));
    ck_assert(path_is_below("/ab", "/"));
}
END_TEST

START_TEST(commit_is_whole_or_not_at_all)
{
    struct txn *t = txn_new(1);
    struct view in = { &tree, t };
    int err;

    ck_assert_int_eq(tree_first_nodes(), 0);
    ck_assert_int_eq(node_set_value(view_change(&in, "/tool"), "x", 1), 0);
    ck_assert_ptr_nonnull(view_get(&in, "/local", &err));
    ck_assert_uint_eq(table_find(&tree, "/tool")->len, 0);
    node_set_value(table_find(&tree, "/local"), "changed", 7); /* what the transaction read */
    ck_assert_int_eq(txn_check(t, &tree), -EAGAIN);
    ck_assert_uint_eq(table_find(&tree, "/tool")->len, 0);
    txn_free(t);
    fake_end();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("xstore tree");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_test(t, children_are_sorted_and_single);
    tcase_add_test(t, table_grows_and_finds);
    tcase_add_test(t, paths);
    tcase_add_test(t, commit_is_whole_or_not_at_all);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
