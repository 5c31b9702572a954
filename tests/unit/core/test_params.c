/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot command line.
 */
#include "fake.h"

#include <hv/params.h>
#include <hv/string.h>
#include <public/errno.h>

static bool flag_a, flag_b = true, notable;
static unsigned number;
static uint64_t bytes;
static char text[8];
static char fn_value[64];
static unsigned fn_calls;

PARAM_BOOL("a", flag_a, "a flag");
PARAM_BOOL("b", flag_b, "a flag that is on");
PARAM_BOOL("notable", notable, "a flag whose name starts with no");
PARAM_UINT("n", number, "a number");
PARAM_SIZE("size", bytes, "a size");
PARAM_STRING("text", text, "a string");

static int take(const char *value)
{
    fn_calls++;
    hv_strlcpy(fn_value, value, sizeof(fn_value));
    return !strcmp(value, "bad") ? -XEN_EINVAL : 0;
}
PARAM_FN("fn", take, "a function");

static bool logged(const char *what)
{
    size_t n = strlen(what);

    for (const char *s = fake_log; *s; s++)
        if (!strncmp(s, what, n))
            return true;
    return false;
}

START_TEST(flags)
{
    params_parse("a nob");
    ck_assert(flag_a && !flag_b);
    params_parse("a=off b=yes notable");
    ck_assert(!flag_a && flag_b && notable);
    params_parse("a=1 nonotable");
    ck_assert(flag_a && !notable);
    params_parse("noa=0"); /* not not a */
    ck_assert(flag_a);
    ck_assert_str_eq(fake_log, "");
    params_parse("a=perhaps");
    ck_assert(logged("bad value \"perhaps\" for a"));
}
END_TEST

START_TEST(numbers)
{
    params_parse("n=42");
    ck_assert_uint_eq(number, 42);
    params_parse("n=0xfFfFfFfF");
    ck_assert_uint_eq(number, UINT32_MAX);
    ck_assert_str_eq(fake_log, "");
    params_parse("n=4294967296 n=7x n= n n=-1 n=0x n=99999999999999999999999");
    ck_assert_uint_eq(number, UINT32_MAX);
    ck_assert(logged("\"4294967296\""));
    ck_assert(logged("\"7x\""));
    ck_assert(logged("\"-1\""));
    ck_assert(logged("\"0x\""));
    ck_assert(logged("\"99999999999999999999999\""));
}
END_TEST

START_TEST(sizes)
{
    static const struct { const char *s; uint64_t v; } good[] = {
        { "size=4096", 4096 }, { "size=16k", 16384 }, { "size=512M", 512ul << 20 },
        { "size=3G", 3ul << 30 },
        { "size=1t", 1ul << 40 }, { "size=100B", 100 }, { "size=0x10k", 16384 },
    };
    static const char *const bad[] = { "size=16kk", "size=k", "size=16q", "size=99999999999t",
                                       "size" };

    for (unsigned i = 0; i < ARRAY_SIZE(good); i++) {
        params_parse(good[i].s);
        ck_assert_uint_eq(bytes, good[i].v);
    }
    ck_assert_str_eq(fake_log, "");
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        fake_log_clear();
        bytes = 1;
        params_parse(bad[i]);
        ck_assert_uint_eq(bytes, 1);
        ck_assert(logged("bad value"));
    }
}
END_TEST

START_TEST(strings_and_functions)
{
    params_parse("text=1234567 fn=a,b:c=d");
    ck_assert_str_eq(text, "1234567");
    ck_assert_str_eq(fn_value, "a,b:c=d");
    ck_assert_str_eq(fake_log, "");
    params_parse("text=12345678"); /* does not fit */
    ck_assert_str_eq(text, "1234567");
    ck_assert(logged("bad value"));
    params_parse("fn");
    ck_assert_str_eq(fn_value, "");
    fake_log_clear();
    params_parse("fn=bad");
    ck_assert(logged("bad value \"bad\" for fn"));
    params_parse("fn=\"two words\" a");
    ck_assert_str_eq(fn_value, "two words");
    ck_assert(flag_a);
    params_parse("fn=\"never closed a=0");
    ck_assert_str_eq(fn_value, "never closed a=0");
    ck_assert_uint_eq(fn_calls, 5);
}
END_TEST

START_TEST(unknown_options_are_named)
{
    params_parse("  wrong=1\tnosuch   non noa ");
    ck_assert(logged("unknown option \"wrong\""));
    ck_assert(logged("unknown option \"nosuch\""));
    ck_assert(logged("unknown option \"non\"")); /* only flags can be negated */
    ck_assert(!flag_a);
    params_parse("");
    params_parse("   ");
}
END_TEST

START_TEST(a_word_without_end)
{
    static char line[4000];

    memset(line, 'x', sizeof(line) - 3);
    hv_strlcpy(line + sizeof(line) - 3, " a", 3);
    params_parse(line);
    ck_assert(flag_a);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("params");
    TCase *t = tcase_create("params");

    tcase_add_test(t, flags);
    tcase_add_test(t, numbers);
    tcase_add_test(t, sizes);
    tcase_add_test(t, strings_and_functions);
    tcase_add_test(t, unknown_options_are_named);
    tcase_add_test(t, a_word_without_end);
    suite_add_tcase(s, t);
    return s;
}
