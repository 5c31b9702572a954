/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monitor without a terminal: whole screens, beside those in screens/; what keys and clicks do.
 * TOP_SCREENS=write in the environment writes those files anew.
 */
#include "top_detail.h"
#include "top_fixture.h"
#include "top_model.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCREENS "tests/unit/xl-like/screens"

static struct top t;
static struct canvas canvas;

static void take(unsigned n, unsigned guests)
{
    for (unsigned i = 0; i < n; i++)
        ck_assert(top_take(&t, fixture_sample(i, guests)));
}

static void start(void)
{
    top_init(&t, 3600);
    top_resize(&t, 24, 80);
}

static void stop(void)
{
    top_free(&t);
    canvas_free(&canvas);
}

static void keys(const char *text)
{
    while (*text)
        top_key(&t, *text++);
}

static void put_utf8(FILE *f, uint32_t glyph)
{
    if (glyph < 0x80) {
        fputc(glyph, f);
        return;
    }
    fputc(0xe0 | glyph >> 12, f);
    fputc(0x80 | (glyph >> 6 & 0x3f), f);
    fputc(0x80 | (glyph & 0x3f), f);
}

/* The screen as text, without the blanks at the ends of lines. */
static char *screen_as_text(void)
{
    char *text;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    for (int row = 0; row < canvas.rows; row++) {
        const struct cell *cells = &canvas.cells[row * canvas.cols];
        int end = canvas.cols;

        while (end > 0 && cells[end - 1].glyph == ' ')
            end--;
        for (int col = 0; col < end; col++)
            put_utf8(f, cells[col].glyph);
        fputc('\n', f);
    }
    fclose(f);
    return text;
}

static char *read_screen(const char *path)
{
    char *text = calloc(1, 100000);
    FILE *f = fopen(path, "r");

    if (f) {
        ck_assert(fread(text, 1, 99999, f) > 0);
        fclose(f);
    }
    return text;
}

static void draw(int rows, int cols, bool utf8)
{
    ck_assert(canvas_resize(&canvas, rows, cols));
    canvas.utf8 = utf8;
    top_resize(&t, rows, cols);
    top_draw(&t, &canvas);
}

static void expect_screen(const char *name)
{
    const char *mode = getenv("TOP_SCREENS");
    char path[128], *is = screen_as_text(), *wanted;

    snprintf(path, sizeof(path), SCREENS "/%s", name);
    if (mode && strcmp(mode, "write") == 0) {
        FILE *f = fopen(path, "w");

        ck_assert(f != NULL);
        fputs(is, f);
        fclose(f);
    }
    wanted = read_screen(path);
    ck_assert_msg(strcmp(is, wanted) == 0, "not as in %s:\n%s", path, is);
    free(wanted);
    free(is);
}

/* --- screens ---------------------------------------------------------------------------------- */

START_TEST(the_list)
{
    take(2, 12);
    draw(24, 80, false);
    expect_screen("list-ascii");
    draw(24, 80, true);
    expect_screen("list-utf8");
    draw(10, 300, true);
    expect_screen("list-wide");
    draw(8, 40, false);
    expect_screen("list-small");
    draw(3, 20, false);
    expect_screen("too-small");
}
END_TEST

START_TEST(sorted_by_name)
{
    take(2, 12);
    top_click(&t, TOP_HEAD_ROW, 0);
    draw(24, 80, false);
    expect_screen("by-name");
}
END_TEST

START_TEST(history_grows)
{
    take(2 * HISTORY_SAMPLES, 12);
    draw(10, 130, false);
    expect_screen("history-ascii");
}
END_TEST

START_TEST(more_domains_than_rows)
{
    take(2, 1000);
    keys("<<"); /* by number */
    for (int i = 0; i < 30; i++)
        top_key(&t, KEY_GO_DOWN);
    draw(24, 80, false);
    expect_screen("scrolled");
    top_key(&t, KEY_TO_LAST);
    draw(24, 80, false);
    expect_screen("scrolled-to-last");
}
END_TEST

START_TEST(filtered)
{
    take(2, 12);
    keys("/Guest-1");
    draw(24, 80, true);
    expect_screen("filter-edited");
    keys("9");
    draw(24, 80, false);
    expect_screen("filter-nothing");
}
END_TEST

START_TEST(the_detail)
{
    char log[] = "old\nfirst\r\n\n\x1b[1;31msecond\x1b[0m line\nthird \x1b" "c\x07\nlogin: ";

    take(2, 12);
    top_key(&t, KEY_RETURN);
    t.detail = (struct top_detail){ .domid = 1, .nr_vcpus = 2 };
    t.detail.vcpus[0] = (struct ctrl_vcpu_info){ .online = true, .running = true, .cpu = 3 };
    t.detail.vcpus[1] = (struct ctrl_vcpu_info){ .online = true, .blocked = true, .cpu = 0 };
    console_last_lines(log, t.detail.console);
    quota_read("1\nnodes 37 1000 0\nnode-size - 2048 2\nwatches 4 128 1\nbytes 900 2097152 0\n"
               "permission - - 4\n", &t.detail);
    draw(24, 80, false);
    expect_screen("detail");
    draw(7, 80, false);
    expect_screen("detail-short");
}
END_TEST

/* Another domain's, a text that is none, and more kinds than there is room for. */
START_TEST(shares_of_the_store)
{
    char many[1000] = "5\n";
    struct top_detail d = { .domid = 5 };

    quota_read("6\nnodes 37 1000 3\n", &d);
    ck_assert_uint_eq(d.nr_shares + d.refused, 0);
    quota_read("", &d);
    ck_assert_uint_eq(d.nr_shares, 0);
    quota_read("5\nnodes 37 1000 3\na-name-that-is-longer-than-all 1 2 3\nnodes\n\nx 1", &d);
    ck_assert_uint_eq(d.nr_shares, 1);
    ck_assert_str_eq(d.shares[0].name, "nodes");
    ck_assert_uint_eq(d.shares[0].has, 37);
    ck_assert_uint_eq(d.shares[0].limit, 1000);
    for (int i = 0; i < 20; i++)
        strcat(many, "k 1 2 1\n");
    quota_read(many, &d);
    ck_assert_uint_eq(d.nr_shares, DETAIL_SHARES);
}
END_TEST

/* A hypervisor without statistics: the columns are there, and say that they are not known. */
START_TEST(without_statistics)
{
    struct domain_sample d = { .usage.rate = { [COUNTER_HYPERCALLS] = 5, [COUNTER_WAITING] = 5 } };
    char text[COLUMN_TEXT];
    unsigned unknown = 0;

    for (unsigned c = 0; c < nr_columns; c++)
        if (columns[c].kind == COLUMN_FIGURE && counter_is_published(columns[c].rate)) {
            column_text(c, &d, text);
            ck_assert_str_eq(text, "-");
            unknown++;
        }
    ck_assert_uint_eq(unknown, 3);
}
END_TEST

START_TEST(cpus_and_help)
{
    take(2, 12);
    keys("c");
    draw(24, 80, true);
    expect_screen("cpus");
    draw(6, 120, false);
    expect_screen("cpus-short");
    keys("?");
    draw(30, 80, false);
    expect_screen("help");
}
END_TEST

START_TEST(before_the_first_sample)
{
    draw(6, 30, false);
    expect_screen("empty");
    keys("jkr<>/x");
    top_key(&t, KEY_PAGE_DOWN);
    top_click(&t, 3, 3);
    draw(6, 30, false);
}
END_TEST

START_TEST(no_name_can_be_a_command)
{
    struct sample s;

    s = *fixture_sample(0, 2);
    strcpy(s.domains[1].name, "a\x1b[2Jb\xc3\xa4\n");
    ck_assert(top_take(&t, &s));
    draw(24, 80, true);
    for (int i = 0; i < 24 * 80; i++)
        ck_assert(canvas.cells[i].glyph >= ' ' && canvas.cells[i].glyph != 0x7f);
}
END_TEST

/* --- keys ------------------------------------------------------------------------------------- */

static const char *shown(size_t row) { return t.sample->domains[t.rows[row]].name; }

START_TEST(sorting)
{
    take(2, 12);
    ck_assert_str_eq(shown(0), "web");
    ck_assert_str_eq(shown(1), "Domain-0");
    keys("r");
    ck_assert_str_eq(shown(t.nr_rows - 1), "web");
    keys("<"); /* state */
    keys("<"); /* number */
    ck_assert_str_eq(shown(0), "Domain-0");
    keys("<"); /* name */
    ck_assert_str_eq(shown(0), "Domain-0");
    ck_assert_str_eq(shown(1), "broken");
    keys("<"); /* round to the last that is on this screen */
    ck_assert_str_eq(columns[t.sort].head, "Wr/s");
    ck_assert_str_eq(shown(0), "web");
    keys(">");
    ck_assert_str_eq(columns[t.sort].head, "Name");
}
END_TEST

START_TEST(the_mark_stays_with_its_domain)
{
    take(2, 12);
    ck_assert_uint_eq(t.selected, 1);
    top_key(&t, KEY_GO_DOWN);
    ck_assert_uint_eq(t.selected, 0);
    keys("r");
    ck_assert_uint_eq(t.selected, 0);
    ck_assert_str_eq(top_selected(&t)->name, "Domain-0");
    /* the list becomes shorter, and the one that was selected goes */
    top_key(&t, KEY_TO_FIRST);
    top_key(&t, KEY_TO_LAST);
    keys("kkkkkkkkkkkkkkkkkkkkjjjj");
    ck_assert_uint_eq(t.position, 4);
    ck_assert(top_take(&t, fixture_sample(2, 1)));
    ck_assert_uint_eq(t.position, 1);
    ck_assert(top_selected(&t) != NULL);
}
END_TEST

START_TEST(paging)
{
    size_t page;

    take(2, 500);
    page = top_list_rows(&t);
    ck_assert_uint_eq(page, 20);
    top_key(&t, KEY_PAGE_DOWN);
    ck_assert_uint_eq(t.position, page);
    ck_assert_uint_eq(t.first, 1);
    top_key(&t, KEY_PAGE_UP);
    top_key(&t, KEY_PAGE_UP);
    ck_assert_uint_eq(t.position, 0);
    ck_assert_uint_eq(t.first, 0);
    top_key(&t, KEY_TO_LAST);
    ck_assert_uint_eq(t.position, 500);
    ck_assert_uint_eq(t.first, 501 - page);
    top_resize(&t, 300, 80);
    ck_assert_uint_eq(t.first, 501 - top_list_rows(&t));
}
END_TEST

START_TEST(filter_keys)
{
    take(2, 12);
    keys("/qB");
    ck_assert(!t.quit && t.editing);
    ck_assert_uint_eq(t.nr_rows, 0);
    ck_assert(top_selected(&t) == NULL);
    top_key(&t, KEY_RETURN);
    top_key(&t, KEY_GO_DOWN);
    top_key(&t, KEY_RETURN); /* nobody is selected: an empty pane */
    draw(24, 80, false);
    keys("/");
    top_key(&t, KEY_RUBOUT);
    top_key(&t, KEY_RUBOUT);
    top_key(&t, KEY_RUBOUT);
    keys("b");
    ck_assert_uint_eq(t.nr_rows, 3); /* web, database, broken */
    for (int i = 0; i < 100; i++)
        keys("b");
    ck_assert_uint_eq(strlen(t.filter), FILTER_MAX - 1);
    top_key(&t, KEY_ESCAPE);
    ck_assert_uint_eq(t.nr_rows, 13);
    ck_assert(!t.editing);
}
END_TEST

START_TEST(other_keys)
{
    take(2, 12);
    keys("+");
    ck_assert_double_eq(t.delay, 7200);
    keys("++++++");
    ck_assert_double_eq(t.delay, MAX_DELAY);
    keys("--------------------------");
    ck_assert_double_eq(t.delay, MIN_DELAY);
    keys("p");
    ck_assert(t.frozen);
    keys(" ");
    ck_assert(t.now);
    keys("?c");
    ck_assert_int_eq(t.view, VIEW_CPUS);
    top_key(&t, KEY_ESCAPE);
    ck_assert_int_eq(t.view, VIEW_DOMAINS);
    keys("d");
    ck_assert(t.detail_open);
    top_key(&t, KEY_ESCAPE);
    ck_assert(!t.detail_open);
    keys("xyz");
    ck_assert(!t.quit);
    keys("q");
    ck_assert(t.quit);
}
END_TEST

START_TEST(clicks)
{
    struct column_place places[MAX_COLUMNS];

    take(2, 12);
    columns_place(80, places);
    top_click(&t, TOP_HEAD_ROW, places[1].at + places[1].width - 1);
    ck_assert_str_eq(columns[t.sort].head, "ID");
    top_click(&t, TOP_HEAD_ROW, places[1].at);
    ck_assert(t.reverse);
    top_click(&t, TOP_HEAD_ROW + 1 + 5, 3);
    ck_assert_uint_eq(t.position, 5);
    ck_assert(!t.detail_open);
    top_click(&t, TOP_HEAD_ROW + 1 + 5, 3);
    ck_assert(t.detail_open);
    top_click(&t, TOP_HEAD_ROW + 1 + 13, 3); /* below the last */
    top_click(&t, 0, 0);
    top_click(&t, -1, -1);
    top_click(&t, 1000, 1000);
    ck_assert_uint_eq(t.position, 5);
}
END_TEST

START_TEST(rates_are_short)
{
    static const struct {
        double rate;
        const char *text;
    } rates[] = {
        { 0, "0" },        { 0.4, "0" },       { 1, "1" },         { 999.4, "999" },
        { 999.6, "1.0K" }, { 1500, "1.5K" },   { 9949, "9.9K" },   { 9951, "10K" },
        { 999499, "999K" }, { 999500, "1.0M" }, { 1.5e9, "1.5G" },  { 2e20, "200E" },
    };
    char text[COLUMN_TEXT];

    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        format_rate(rates[i].rate, text);
        ck_assert_str_eq(text, rates[i].text);
    }
}
END_TEST

/* Whatever the width, columns stand side by side, and the name has room. */
START_TEST(places_for_every_width)
{
    struct column_place p[MAX_COLUMNS];

    for (int cols = 30; cols <= 400; cols++) {
        int end = 0;

        columns_place(cols, p);
        ck_assert_int_ge(p[0].width, 10);
        for (unsigned i = 0; i < nr_columns; i++)
            if (p[i].width) {
                ck_assert_int_ge(p[i].at, end);
                end = p[i].at + p[i].width;
                ck_assert_msg(end <= cols, "%d of %d: %s", end, cols, columns[i].head);
            }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("top");
    TCase *c = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, c);
    tcase_add_checked_fixture(c, start, stop);
    tcase_add_test(c, the_list);
    tcase_add_test(c, sorted_by_name);
    tcase_add_test(c, history_grows);
    tcase_add_test(c, more_domains_than_rows);
    tcase_add_test(c, filtered);
    tcase_add_test(c, the_detail);
    tcase_add_test(c, shares_of_the_store);
    tcase_add_test(c, without_statistics);
    tcase_add_test(c, cpus_and_help);
    tcase_add_test(c, before_the_first_sample);
    tcase_add_test(c, no_name_can_be_a_command);
    tcase_add_test(c, sorting);
    tcase_add_test(c, the_mark_stays_with_its_domain);
    tcase_add_test(c, paging);
    tcase_add_test(c, filter_keys);
    tcase_add_test(c, other_keys);
    tcase_add_test(c, clicks);
    tcase_add_test(c, rates_are_short);
    tcase_add_test(c, places_for_every_width);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
