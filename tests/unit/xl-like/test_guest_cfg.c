/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.cfg: its syntax and its schema, with the messages that a user gets for each mistake.
 */
#include "guest_cfg.h"
#include "nearest.h"

#include <check.h>
#include <ctrl.h>
#include <stdlib.h>
#include <string.h>

#define MINIMUM "name = \"g\"\nkernel = \"/k\"\nmemory = 64\n"

static struct cfg cfg;
static struct guest_cfg guest;
static char *messages;
static size_t messages_len;
static FILE *sink;

static void setup(void)
{
    messages = NULL;
    sink = open_memstream(&messages, &messages_len);
    cfg_init(&cfg, sink);
    memset(&guest, 0, sizeof(guest));
}

static void teardown(void)
{
    cfg_free(&cfg);
    guest_cfg_free(&guest);
    fclose(sink);
    free(messages);
}

static int parse(const char *text)
{
    int ret = cfg_parse(&cfg, "g.cfg", text, strlen(text));

    fflush(sink);
    return ret;
}

static int load(const char *text)
{
    int ret = parse(text);

    if (ret == 0)
        ret = guest_cfg_from(&cfg, &guest);
    fflush(sink);
    return ret;
}

START_TEST(values_of_every_kind)
{
    ck_assert_int_eq(parse("a = 12\nb=0x10 # comment\nc='it''s'\n"), -22);
    cfg_free(&cfg);
    ck_assert_int_eq(
        parse("a = 12; b=0x10 # comment\nc = 'single \\'q\\''\nd=[ 'x',\n 2, # two\n [], ]\n"), 0);
    ck_assert_uint_eq(cfg_find(&cfg, "a")->value->number, 12);
    ck_assert_uint_eq(cfg_find(&cfg, "b")->value->number, 16);
    ck_assert_str_eq(cfg_find(&cfg, "c")->value->text, "single 'q'");
    ck_assert_uint_eq(cfg_find(&cfg, "d")->value->n_items, 3);
    ck_assert_int_eq(parse("c += ' more'\na = 13"), 0);
    ck_assert_str_eq(cfg_find(&cfg, "c")->value->text, "single 'q' more");
    ck_assert_uint_eq(cfg_find(&cfg, "a")->value->number, 13);
}
END_TEST

static const struct mistake {
    const char *text, *message;
} mistakes[] = {
    { MINIMUM "memroy = 3\n", "g.cfg:4:1: unknown key 'memroy': did you mean 'memory'?" },
    { MINIMUM "  vif = ['bridge=b']\n", "g.cfg:4:3: 'vif' is valid in xl.cfg, but not served yet" },
    { MINIMUM "vcpus = 0\n", "g.cfg:4:9: 'vcpus' is 0; it must be from 1 to 128" },
    { MINIMUM "vcpus = \"two\"\n", "g.cfg:4:9: 'vcpus' takes a number" },
    { MINIMUM "on_crash = \"restrat\"\n",
      "g.cfg:4:12: 'on_crash' cannot be \"restrat\": did you mean \"restart\"?" },
    { MINIMUM "on_crash = restart\n",
      "g.cfg:4:12: 'restart' is no number (a string needs quotes)" },
    { MINIMUM "type = \"hvm\"\n", "g.cfg:4:8: type \"hvm\" is not served yet" },
    { MINIMUM "name = \"12\"\n", "g.cfg:4:8: 'name' is a number" },
    { MINIMUM "name = \"a/b\"\n", "g.cfg:4:8: 'name' holds '/'" },
    { MINIMUM "uuid = \"zzzzzzzz-0000-0000-0000-000000000000\"\n", "g.cfg:4:8: 'uuid' is none" },
    { MINIMUM "cpus = \"3-1\"\n", "g.cfg:4:8: 'cpus': \"3-1\" is no set of CPUs" },
    { MINIMUM "maxmem = 32\n", "g.cfg:4:10: 'maxmem' is smaller" },
    { MINIMUM "extra = \"no end\n", "g.cfg:4:9: the string that begins here is not closed" },
    { MINIMUM "extra = [ 'a' 'b' ]\n", "g.cfg:4:15: expected ',' or ']'" },
    { MINIMUM "extra\n", "g.cfg:4:6: expected '=' after 'extra', found the end of the line" },
    { MINIMUM "memory = 99999999999999999999999\n",
      "g.cfg:4:10: the number 99999999999999999999999 is too large" },
    { MINIMUM "= 3\n", "g.cfg:4:1: expected a key, found '='" },
    { MINIMUM "a = [[[[[[[[[[1]]]]]]]]]]\n", "nested too deep" },
    { "name = \"g\"\nmemory = 1\n", "'kernel' is missing: it is required" },
    { "", "'name' is missing" },
};

START_TEST(each_mistake_is_named_with_its_place)
{
    const struct mistake *m = &mistakes[_i];

    ck_assert_int_lt(load(m->text), 0);
    ck_assert_msg(strstr(messages, m->message) != NULL, "wanted: %s\ngot: %s", m->message,
                  messages);
}
END_TEST

START_TEST(all_mistakes_are_reported_at_once)
{
    ck_assert_int_lt(load(MINIMUM "vcpus = 0\nfoo = 1\ncpu_weight = 0\n"), 0);
    ck_assert_uint_eq(cfg.n_errors, 3);
}
END_TEST

START_TEST(defaults_and_command_line)
{
    ck_assert_int_eq(load(MINIMUM "root = \"/dev/xvda1 ro\"\nextra = \"quiet\"\nvif = []\n"), 0);
    ck_assert_str_eq(guest.cmdline, "root=/dev/xvda1 ro quiet");
    ck_assert_uint_eq(guest.vcpus, 1);
    ck_assert_uint_eq(guest.cpu_weight, 256);
    ck_assert_int_eq(guest.on_reboot, ACTION_RESTART);
    ck_assert_int_eq(guest.on_crash, ACTION_DESTROY);
}
END_TEST

START_TEST(sets_of_cpus)
{
    uint8_t map[2];

    ck_assert_int_eq(parse_cpu_set("0-3,^2,9", map, sizeof(map)), 0);
    ck_assert_uint_eq(map[0], 0x0b);
    ck_assert_uint_eq(map[1], 0x02);
    ck_assert_int_eq(parse_cpu_set("all", map, sizeof(map)), 0);
    ck_assert_uint_eq(map[1], 0xff);
    ck_assert_int_lt(parse_cpu_set("16", map, sizeof(map)), 0);
    ck_assert_int_lt(parse_cpu_set("", map, sizeof(map)), 0);
    ck_assert_int_lt(parse_cpu_set("1,", map, sizeof(map)), 0);
    ck_assert_int_lt(parse_cpu_set("1,^1", map, sizeof(map)), 0);
    ck_assert_int_lt(parse_cpu_set("-1", map, sizeof(map)), 0);
}
END_TEST

START_TEST(any_bytes_end_in_an_answer)
{
    static const char alphabet[] = "ab1=+[]\"'\\,;#\n\t x\x80";
    char text[64];

    srandom(_i);
    for (int round = 0; round < 2000; round++) {
        size_t len = random() % sizeof(text);

        for (size_t i = 0; i < len; i++)
            text[i] = alphabet[random() % (sizeof(alphabet) - 1)];
        if (cfg_parse(&cfg, "fuzz", text, len) < 0)
            ck_assert_uint_gt(cfg.n_errors, 0);
        cfg_free(&cfg);
    }
}
END_TEST

START_TEST(near_words)
{
    ck_assert_uint_eq(edit_distance("memroy", "memory"), 1);
    ck_assert_uint_eq(edit_distance("", "abc"), 3);
    ck_assert_uint_eq(edit_distance("kernel", "kernel"), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("guest.cfg");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, values_of_every_kind);
    tcase_add_loop_test(t, each_mistake_is_named_with_its_place, 0,
                        sizeof(mistakes) / sizeof(mistakes[0]));
    tcase_add_test(t, all_mistakes_are_reported_at_once);
    tcase_add_test(t, defaults_and_command_line);
    tcase_add_test(t, sets_of_cpus);
    tcase_add_loop_test(t, any_bytes_end_in_an_answer, 1, 4);
    tcase_add_test(t, near_words);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
