/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every backend daemon does to become one.
 */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MANY_FILES 65536

int daemon_fail(const char *what, int err)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(err));
    return EXIT_FAILURE;
}

int daemon_open_dir(const char *path)
{
    char part[256];
    int fd;

    if (strlen(path) >= sizeof(part))
        return -ENAMETOOLONG;
    for (size_t i = 1; path[i]; i++) {
        if (path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0755) < 0 && errno != EEXIST)
            return -errno;
    }
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return -errno;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int daemon_lock_pid_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        close(fd);
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    }
    return fd;
}

void daemon_write_pid(int pid_file)
{
    if (ftruncate(pid_file, 0) < 0 || dprintf(pid_file, "%d\n", (int)getpid()) < 0)
        daemon_fail("cannot write the pid file", errno);
}

int daemon_to_background(int dir, const char *log)
{
    int null = open("/dev/null", O_RDWR), messages;
    pid_t pid = fork();

    if (pid < 0 || null < 0)
        return -errno;
    if (pid > 0)
        _exit(0);
    setsid();
    messages = openat(dir, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(null, 0);
    dup2(null, 1);
    dup2(messages >= 0 ? messages : null, 2);
    return 0;
}

int daemon_limit_capabilities(uint64_t kept)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[2] = { 0 };

    for (int i = 0; i < 2; i++)
        sets[i].effective = sets[i].permitted = kept >> (32 * i);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

void daemon_allow_many_files(void)
{
    struct rlimit r = { MANY_FILES, MANY_FILES };

    if (setrlimit(RLIMIT_NOFILE, &r) < 0)
        daemon_fail("cannot raise the limit of open files", errno);
}

int daemon_drop_capabilities(void) { return daemon_limit_capabilities(0); }

static struct loop *stopped_loop; /* by signals */

static void signalled(struct loop_source *s, uint32_t events)
{
    (void)s;
    (void)events;
    loop_stop(stopped_loop);
}

int daemon_catch_signals(struct loop *l)
{
    static struct loop_source source;
    sigset_t set;
    int fd;

    stopped_loop = l;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : loop_add(l, &source, fd, EPOLLIN, signalled);
}
