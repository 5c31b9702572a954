/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sample in the exposition format: read back by its rules (HELP and TYPE before a family's lines,
 * which stand together; names; labels, escaped; numbers), and the figures are those of the sample.
 */
#include "stats.h"
#include "top_fixture.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static char *print(const struct sample *s)
{
    char *text;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    stats_print_prometheus(s, f);
    fclose(f);
    return text;
}

/* Whole lines that are this one. */
static unsigned count(const char *text, const char *line)
{
    size_t len = strlen(line);
    unsigned n = 0;

    for (const char *at = text; (at = strstr(at, line)); at += len)
        n += (at == text || at[-1] == '\n') && at[len] == '\n';
    return n;
}

static size_t name_length(const char *s)
{
    size_t n = 0;

    while (isalnum((unsigned char)s[n]) || s[n] == '_')
        n++;
    return n;
}

/* Behind `{name="value",...}`. */
static const char *skip_labels(const char *s)
{
    do {
        s++;
        ck_assert_uint_gt(name_length(s), 0);
        s += name_length(s);
        ck_assert(s[0] == '=' && s[1] == '"');
        for (s += 2; *s != '"'; s++) {
            ck_assert(*s != '\n' && *s);
            if (*s == '\\') {
                s++;
                ck_assert_ptr_nonnull(strchr("\\\"n", *s));
            }
        }
        s++;
    } while (*s == ',');
    ck_assert_int_eq(*s, '}');
    return s + 1;
}

/* Every line follows the rules, and belongs to the family that was announced last. How many. */
static unsigned check_rules(const char *text)
{
    char family[64] = "", seen[4000] = "";
    unsigned lines = 0;

    while (*text) {
        const char *end = strchr(text, '\n');

        ck_assert_ptr_nonnull(end);
        if (sscanf(text, "# HELP %63s", family) == 1) {
            char type[16], again[64], marked[68];

            snprintf(marked, sizeof(marked), " %s ", family);
            ck_assert_msg(!strstr(seen, marked), "%s comes again", family);
            strcat(seen, marked);
            ck_assert_int_eq(sscanf(end + 1, "# TYPE %63s %15s", again, type), 2);
            ck_assert_str_eq(again, family);
            ck_assert(!strcmp(type, "gauge") || !strcmp(type, "counter"));
            ck_assert_int_eq(strcmp(type, "counter") == 0,
                             strcmp(family + strlen(family) - 6, "_total") == 0);
            end = strchr(end + 1, '\n');
        } else {
            size_t n = name_length(text);
            char *rest;

            ck_assert_uint_eq(n, strlen(family));
            ck_assert_int_eq(strncmp(text, family, n), 0);
            text += n;
            if (*text == '{')
                text = skip_labels(text);
            ck_assert_int_eq(*text, ' ');
            strtod(text + 1, &rest);
            ck_assert(rest == end && rest > text + 1);
            lines++;
        }
        text = end + 1;
    }
    return lines;
}

START_TEST(figures_of_a_machine)
{
    char *text;

    fixture_sample(0, 12);
    text = print(fixture_sample(1, 12));
    /* 3 of the machine, 3 of 4 CPUs, 8 of 13 domains, 4 of a vif and 4 of a disk */
    ck_assert_uint_eq(check_rules(text), 3 + 3 * 4 + 8 * 13 + 8);
    ck_assert_uint_eq(count(text, "# TYPE xen_like_domain_cpu_seconds_total counter"), 1);
    ck_assert_uint_eq(count(text, "xen_like_domain_cpu_seconds_total{domid=\"1\",name=\"web\"} 11.5"),
                      1);
    ck_assert_uint_eq(count(text, "xen_like_domain_hypercalls_total{domid=\"1\",name=\"web\"} 15000"),
                      1);
    ck_assert_uint_eq(
        count(text, "xen_like_domain_waiting_seconds_total{domid=\"1\",name=\"web\"} 0.14999999999999999"),
        1);
    ck_assert_uint_eq(count(text, "xen_like_domain_memory_bytes{domid=\"0\",name=\"Domain-0\"} 536870912"),
                      1);
    ck_assert_uint_eq(
        count(text, "xen_like_domain_state{domid=\"4\",name=\"broken\",state=\"crashed\"} 1"), 1);
    ck_assert_uint_eq(
        count(text, "xen_like_disk_read_bytes_total{domid=\"1\",name=\"web\",device=\"51712\"} 4096000"),
        1);
    ck_assert_uint_eq(count(text, "xen_like_cpu_switches_total{cpu=\"3\"} 2100"), 1);
    ck_assert_uint_eq(count(text, "xen_like_cpus 4"), 1);
    free(text);
}
END_TEST

/* Names are the administrator's, or of whoever wrote them into the store. */
START_TEST(names_are_escaped)
{
    static const struct {
        const char *name, *label;
    } cases[] = {
        { "a\"b", "a\\\"b" },   { "a\\", "a\\\\" },          { "a\nb", "a\\nb" },
        { "\"} 1\n", "\\\"} 1\\n" }, { "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
        { "\xff\xc3", "??" },   { "\xe2\x82\xac", "\xe2\x82\xac" }, { "\xed\xa0\x80", "???" },
        { "\xc0\xaf", "??" },   { "\xf4\x90\x80\x80", "????" }, { "", "" },
    };
    char line[200];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct domain_sample d = { .info.domid = 7 };
        struct sample s = { .domains = &d, .nr_domains = 1 };
        char *text;

        strcpy(d.name, cases[i].name);
        text = print(&s);
        check_rules(text);
        snprintf(line, sizeof(line), "xen_like_domain_vcpus{domid=\"7\",name=\"%s\"} 0",
                 cases[i].label);
        ck_assert_msg(count(text, line) == 1, "no line %s", line);
        free(text);
    }
}
END_TEST

START_TEST(without_statistics_and_without_domains_of_devices)
{
    struct domain_sample d = { .info.domid = 7, .name = "g" };
    struct device_sample devices[] = { { .domid = 3, .type = DEVICE_VIF },
                                       { .domid = 7, .type = DEVICE_VIF, .devid = 1 },
                                       { .domid = 8, .type = DEVICE_VIF } };
    struct cpu_sample cpu = { .idle_ns = 1500000000 };
    struct sample s = { .domains = &d, .nr_domains = 1, .devices = devices, .nr_devices = 3,
                        .cpus = &cpu, .nr_cpus = 1 };
    char *text = print(&s);

    ck_assert_uint_eq(check_rules(text), 3 + 1 + 5 + 4);
    ck_assert_ptr_null(strstr(text, "hypercalls"));
    ck_assert_ptr_null(strstr(text, "switches"));
    ck_assert_uint_eq(count(text, "xen_like_cpu_idle_seconds_total{cpu=\"0\"} 1.5"), 1);
    free(text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stats");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_test(t, figures_of_a_machine);
    tcase_add_test(t, names_are_escaped);
    tcase_add_test(t, without_statistics_and_without_domains_of_devices);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
