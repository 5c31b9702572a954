/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The xstore command against the real xstored at a socket: what each verb prints, and its exit
 * status, a row each.
 */
#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];

static const struct row {
    const char *args; /* of xstore, as the shell takes them */
    int status;
    const char *output; /* all of it; with '*' in front: it contains this */
} rows[] = {
    { "write /a/b one /a/c two", 0, "" },
    { "write /a/b", 2, "*xstore write PATH VALUE" },
    { "write /a/b one /a/c", 2, "*'/a/c' has no value" },
    { "read /a/b /a/c", 0, "one\ntwo\n" },
    { "read /a/none", 1, "xstore: read /a/none: No such file or directory\n" },
    { "read", 2, "*xstore read PATH" },
    { "read -p /a", 2, "*xstore read PATH" },
    { "mkdir /a/d", 0, "" },
    { "list /a", 0, "b\nc\nd\n" },
    { "exists /a/b /a/c", 0, "" },
    { "exists /a/b /a/none", 1, "" },
    { "exists '/a b'", 1, "*Invalid argument" },
    { "chmod /a/c n1 r2 b3", 0, "" },
    { "chmod /a/c x1", 2, "*'x1': expected n, r, w or b" },
    { "chmod /a/none n1", 1, "*No such file" },
    { "chmod /a/c", 2, "*xstore chmod" },
    { "ls /a", 0, "/a = \"\"\n b = \"one\"\n c = \"two\"\n d = \"\"\n" },
    { "ls -p /a/c", 0, "/a/c = \"two\"  (n1,r2,b3)\n" },
    { "ls --json -p /a/c", 0,
      "{\n    \"value\": \"two\",\n    \"permissions\": [\n        \"n1\",\n        \"r2\",\n"
      "        \"b3\"\n    ]\n}\n" },
    { "ls --json /a", 0,
      "{\n    \"value\": \"\",\n    \"children\": {\n        \"b\": {\n"
      "            \"value\": \"one\"\n        },\n        \"c\": {\n"
      "            \"value\": \"two\"\n        },\n        \"d\": {\n"
      "            \"value\": \"\"\n        }\n    }\n}\n" },
    { "ls /none", 1, "*No such file" },
    { "ls /a /b", 2, "*xstore ls" },
    { "chmod -r /a n4", 0, "" },
    { "dump /a", 0, "/a (n4) \"\"\n/a/b (n4) \"one\"\n/a/c (n4) \"two\"\n/a/d (n4) \"\"\n" },
    { "dump --json /a/d", 0,
      "{\n    \"value\": \"\",\n    \"permissions\": [\n        \"n4\"\n    ]\n}\n" },
    { "write /a/b \"$(printf 'x\"\\\\\\t\\351')\"", 0, "" },
    { "dump /a/b", 0, "/a/b (n4) \"x\\\"\\\\\\x09\\xe9\"\n" },
    { "ls --json /a/b", 0, "{\n    \"value\": \"x\\\"\\\\\\t\303\251\"\n}\n" },
    { "watch -n 2 /a /none", 0, "/a\n/none\n" },
    { "watch -n 0 /a", 2, "*'0' is no number of events" },
    { "watch -n x /a", 2, "*'x' is no number of events" },
    { "rm /a", 0, "" },
    { "exists /a", 1, "" },
    { "rm /", 1, "*Invalid argument" },
    { "quota nodes=77 watches=5", 0, "" },
    { "quota", 0, "*nodes=77\nnode-size=2048\nperms=5\nwatches=5\n" },
    { "quota --json", 0, "*\"nodes\": 77,\n        \"node-size\": 2048,\n" },
    { "quota nodes=x", 1, "*nodes=x: Invalid argument" },
    { "quota nodes", 1, "*nodes: Invalid argument" },
    { "control help", 0, "help\nquota\nstat\nupgrade\n" },
    { "control stat", 0, "*nodes=" },
    { "control what", 1, "*Invalid argument" },
    { "dump >/dev/full", 1, "*cannot write what was asked for: No space left on device" },
    { "--help", 0, "*Exit status: 0 done; 1 failed; 2 wrong usage." },
    { "ls --help", 0, "*Usage: xstore VERB" },
    { "ls --nonsense", 2, "*xstore ls" },
    { "nonsense", 2, "*'nonsense' is no verb" },
    { "", 2, "*Usage: xstore VERB" },
};

static pid_t start_daemon(void)
{
    char socket_path[80], journal_path[80];
    pid_t pid;

    snprintf(socket_path, sizeof(socket_path), "%s/socket", dir);
    snprintf(journal_path, sizeof(journal_path), "%s/journal", dir);
    pid = fork();
    if (pid == 0) {
        execl(XSTORED, XSTORED, "-F", "-S", "-s", socket_path, "-j", journal_path, NULL);
        _exit(127);
    }
    ck_assert_int_gt(pid, 0);
    setenv("XENSTORED_PATH", socket_path, 1);
    while (access(socket_path, F_OK) != 0)
        usleep(10000);
    return pid;
}

static int run(const char *args, char *output, size_t room)
{
    char command[512];
    FILE *f;
    size_t n;
    int status;

    snprintf(command, sizeof(command), "{ %s %s; } 2>&1", XSTORE, args);
    f = popen(command, "r");
    n = fread(output, 1, room - 1, f);
    output[n] = '\0';
    status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool fits(const char *output, const char *expected)
{
    return expected[0] == '*' ? strstr(output, expected + 1) != NULL
                              : strcmp(output, expected) == 0;
}

START_TEST(every_verb)
{
    pid_t pid = start_daemon();
    char output[8192];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int status = run(rows[i].args, output, sizeof(output));

        ck_assert_msg(status == rows[i].status && fits(output, rows[i].output),
                      "xstore %s: status %d, output\n%s", rows[i].args, status, output);
    }
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    ck_assert_int_eq(run("read /", output, sizeof(output)), 1); /* it has ended in order */
    ck_assert_msg(fits(output, "*cannot reach the store"), "%s", output);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("xstore command");
    TCase *t = tcase_create("all");
    SRunner *r = srunner_create(s);
    char command[128];
    int failed;

    snprintf(dir, sizeof(dir), "/tmp/xstore-cli-%d", getpid());
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 300);
    tcase_add_test(t, every_verb);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command) != 0 || failed != 0;
}
