/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * consoled: serves the consoles of all guests. See consoled --help.
 *
 * It holds three descriptors of the hypervisor's devices (event channels, grants) and the store's,
 * and drops all capabilities once it has them; what it creates later are files and sockets in its
 * own two directories, and pseudo terminals.
 */
#include "guests.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
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

#define DEFAULT_LOG_DIR  "/var/log/xen-like/console"
#define DEFAULT_RUN_DIR  "/run/xen-like/console"
#define DEFAULT_PID_FILE "/run/xen-like/consoled.pid"
#define DEFAULT_LOG_SIZE (1 << 20)
#define SMALLEST_LOG     4096
#define MANY_FILES       65536

struct options {
    const char *log_dir, *run_dir, *pid_file;
    uint64_t log_size;
    bool foreground;
};

static struct loop loop;

static const char usage[] =
    "usage: consoled [options]\n"
    "Serves the consoles of all guests: keeps a log for each, and lets programs connect.\n"
    "  -f, --foreground    do not go to the background\n"
    "  -l, --log-dir DIR   logs are DIR/NAME.log, older ones .log.1 to .log.4\n"
    "                      (" DEFAULT_LOG_DIR ")\n"
    "  -s, --log-size N    bytes of a log before a new one is begun (1048576)\n"
    "  -r, --run-dir DIR   sockets are DIR/DOMID: what is sent there is the guest's input,\n"
    "                      what comes is its output, the last 64 KiB first\n"
    "                      (" DEFAULT_RUN_DIR ")\n"
    "  -p, --pid-file F    (" DEFAULT_PID_FILE ")\n"
    "  -h, --help\n"
    "Exit status: 0 ended by a signal, 1 could not start, 2 wrong usage.\n";

static int fail(const char *what, int err)
{
    fprintf(stderr, "consoled: %s: %s\n", what, strerror(err));
    return EXIT_FAILURE;
}

static void parse_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        { "foreground", no_argument, NULL, 'f' },
        { "log-dir", required_argument, NULL, 'l' },
        { "log-size", required_argument, NULL, 's' },
        { "run-dir", required_argument, NULL, 'r' },
        { "pid-file", required_argument, NULL, 'p' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "fl:s:r:p:h", longs, NULL)) != -1) {
        switch (c) {
        case 'f': o->foreground = true; break;
        case 'l': o->log_dir = optarg; break;
        case 's': o->log_size = strtoull(optarg, NULL, 10); break;
        case 'r': o->run_dir = optarg; break;
        case 'p': o->pid_file = optarg; break;
        case 'h': fputs(usage, stdout); exit(0);
        default: fputs(usage, stderr); exit(2);
        }
    }
    if (optind != argc || o->log_size < SMALLEST_LOG) {
        fputs(usage, stderr);
        exit(2);
    }
}

/* Makes a directory with those above it; only its last part is kept from others' eyes. */
static int open_dir(const char *path)
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

/* Only one consoled may serve: the file stays locked as long as it lives. */
static int lock_pid_file(const char *path)
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

static void write_pid(int fd)
{
    if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", (int)getpid()) < 0)
        fail("cannot write the pid file", errno);
}

static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[2] = { 0 };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

static void allow_many_files(void)
{
    struct rlimit r = { MANY_FILES, MANY_FILES };

    if (setrlimit(RLIMIT_NOFILE, &r) < 0)
        fail("cannot raise the limit of open files", errno);
}

static void signalled(struct loop_source *s, uint32_t events)
{
    (void)s;
    (void)events;
    loop_stop(&loop);
}

static int catch_signals(struct loop_source *s)
{
    sigset_t set;
    int fd;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : loop_add(&loop, s, fd, EPOLLIN, signalled);
}

/* From then on messages go to <log-dir>/consoled.messages. */
static int go_to_background(int log_dir)
{
    int null = open("/dev/null", O_RDWR), messages;
    pid_t pid = fork();

    if (pid < 0 || null < 0)
        return -errno;
    if (pid > 0)
        _exit(0);
    setsid();
    messages = openat(log_dir, "consoled.messages", O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(null, 0);
    dup2(null, 1);
    dup2(messages >= 0 ? messages : null, 2);
    return 0;
}

static int open_env(struct console_env *env, const struct options *o)
{
    int ret;

    env->loop = &loop;
    env->run_path = o->run_dir;
    env->log_limit = o->log_size;
    env->log_dir = open_dir(o->log_dir);
    if (env->log_dir < 0)
        return fail(o->log_dir, -env->log_dir);
    env->run_dir = open_dir(o->run_dir);
    if (env->run_dir < 0)
        return fail(o->run_dir, -env->run_dir);
    ret = ctrl_evtchn_open(&env->evtchn);
    if (ret)
        return fail("/dev/xen/evtchn", -ret);
    ret = ctrl_gnttab_open(&env->gnttab);
    if (ret)
        return fail("/dev/xen/gntdev", -ret);
    return 0;
}

int main(int argc, char **argv)
{
    struct options o = {
        .log_dir = DEFAULT_LOG_DIR,
        .run_dir = DEFAULT_RUN_DIR,
        .pid_file = DEFAULT_PID_FILE,
        .log_size = DEFAULT_LOG_SIZE,
    };
    struct console_env env = { 0 };
    struct loop_source signals;
    struct guests *all;
    int pid_file, ret;

    parse_options(argc, argv, &o);
    umask(077);
    if (open_env(&env, &o))
        return EXIT_FAILURE;
    pid_file = lock_pid_file(o.pid_file);
    if (pid_file < 0)
        return fail(o.pid_file, -pid_file);
    allow_many_files();
    if (!o.foreground && (ret = go_to_background(env.log_dir)))
        return fail("cannot go to the background", -ret);
    write_pid(pid_file);
    ret = drop_capabilities();
    if (ret)
        return fail("cannot drop capabilities", -ret);
    ret = loop_init(&loop);
    if (!ret)
        ret = catch_signals(&signals);
    if (ret)
        return fail("cannot start", -ret);
    all = guests_start(&env);
    if (!all)
        return fail("cannot start", ENOMEM);
    ret = loop_run(&loop);
    guests_stop(all);
    return ret ? fail("cannot go on", -ret) : EXIT_SUCCESS;
}
