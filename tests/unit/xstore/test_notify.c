/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a service manager hears of the real xstored: once that it serves, then again and again that it is
 * alive, at a name in the file system and at an abstract one; nothing more if it has no watchdog.
 */
#include <check.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];

static int manager(const char *name)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    ck_assert_int_lt(strlen(name), sizeof(sa.sun_path));
    memcpy(sa.sun_path, name, strlen(name));
    if (name[0] == '@')
        sa.sun_path[0] = '\0';
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa,
                          offsetof(struct sockaddr_un, sun_path) + strlen(name)), 0);
    return fd;
}

static pid_t start(const char *notify, const char *limit)
{
    char path[2][96];
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    snprintf(path[0], sizeof(path[0]), "%s/socket", dir);
    snprintf(path[1], sizeof(path[1]), "%s/journal", dir);
    setenv("NOTIFY_SOCKET", notify, 1);
    if (limit)
        setenv("WATCHDOG_USEC", limit, 1);
    execl(XSTORED, XSTORED, "-F", "-S", "-s", path[0], "-j", path[1], NULL);
    _exit(127);
}

static void end(pid_t pid)
{
    int status;

    kill(pid, SIGTERM);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

static void hears(int fd, const char *what)
{
    char text[64] = "";
    ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

    ck_assert_int_gt(n, 0);
    ck_assert_str_eq(text, what);
}

static void tells(const char *name)
{
    int fd = manager(name);
    pid_t pid = start(name, "20000");

    hears(fd, "READY=1");
    for (int i = 0; i < 5; i++)
        hears(fd, "WATCHDOG=1");
    end(pid);
    close(fd);
}

START_TEST(a_name_in_the_file_system)
{
    char name[96];

    snprintf(name, sizeof(name), "%s/notify", dir);
    tells(name);
}
END_TEST

START_TEST(an_abstract_name)
{
    char name[96];

    snprintf(name, sizeof(name), "@%s", dir);
    tells(name);
}
END_TEST

START_TEST(no_watchdog)
{
    char name[96], text[64];
    pid_t pid;
    int fd;

    snprintf(name, sizeof(name), "%s/quiet", dir);
    fd = manager(name);
    pid = start(name, NULL);
    hears(fd, "READY=1");
    end(pid);
    ck_assert_int_lt(recv(fd, text, sizeof(text), MSG_DONTWAIT), 0);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("notify");
    TCase *t = tcase_create("xstored");
    SRunner *r = srunner_create(s);
    char command[96];
    int failed;

    strcpy(dir, "/tmp/test_notify.XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    tcase_add_test(t, a_name_in_the_file_system);
    tcase_add_test(t, an_abstract_name);
    tcase_add_test(t, no_watchdog);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command) || failed ? 1 : 0;
}
