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

static struct table t;

static struct node *add(const char *path, struct node *parent)
{
    struct node *n = node_new(path);

    ck_assert_int_eq(node_set_value(n, "", 0), 0);
    ck_assert_int_eq(table_insert(&t, n, parent), 0);
    return n;
}

START_TEST(children_come_and_go)
{
    struct node *a, *m, *z;
    uint64_t before;

    ck_assert_int_eq(table_init(&t), 0);
    a = add("/a", NULL);
    m = add("/a/m", a);
    add("/a/c", a);
    z = add("/a/z", a);
    before = a->list_generation;
    table_remove(&t, m);
    ck_assert_uint_ne(a->list_generation, before);
    ck_assert_uint_eq(a->n_children, 2);
    ck_assert_str_eq(a->first->name, "c");
    ck_assert_ptr_eq(a->last, z);
    table_remove(&t, z);
    ck_assert_ptr_eq(a->first, a->last);
    ck_assert_ptr_null(table_find(&t, "/a/z"));
    table_free(&t);
}
END_TEST

START_TEST(walks_see_every_node_once)
{
    struct node *top;
    char seen[32] = "";

    ck_assert_int_eq(table_init(&t), 0);
    top = add("/t", NULL);
    add("/t/1/x", add("/t/1", top));
    add("/t/2", top);
    for (struct node *n = top; n; n = node_next(n, top))
        strcat(seen, n->name);
    ck_assert_str_eq(seen, "t1x2");
    seen[0] = '\0';
    for (struct node *n = node_deepest(top); n; n = node_next_up(n, top))
        strcat(seen, n->name);
    ck_assert_str_eq(seen, "x12t");
    table_free(&t);
}
END_TEST

START_TEST(table_grows_and_finds)
{
    char path[32];

    ck_assert_int_eq(table_init(&t), 0);
    for (int i = 0; i < 5000; i++) {
        snprintf(path, sizeof(path), "/n/%d", i);
        add(path, NULL);
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
}
END_TEST

START_TEST(commit_is_whole_or_not_at_all)
{
    struct txn *t = txn_new(1);
    struct view in = { &tree, t };
    int err;

    ck_assert_int_eq(tree_first_nodes(), 0);
    ck_assert_int_eq(view_set_value(&in, "/tool", "x", 1), 0);
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
    TCase *c = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, c);
    tcase_add_test(c, children_come_and_go);
    tcase_add_test(c, walks_see_every_node_once);
    tcase_add_test(c, table_grows_and_finds);
    tcase_add_test(c, paths);
    tcase_add_test(c, commit_is_whole_or_not_at_all);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
