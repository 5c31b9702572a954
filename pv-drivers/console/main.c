/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * consoled: serves the consoles of all guests. See consoled --help.
 *
 * It holds two descriptors of the hypervisor's devices (event channels, grants) and the store's,
 * and drops all capabilities once it has them; what it creates later are files and sockets in its
 * own two directories, and pseudo terminals.
 */
#include "daemon.h"
#include "guests.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_LOG_DIR  "/var/log/xen-like/console"
#define DEFAULT_RUN_DIR  "/run/xen-like/console"
#define DEFAULT_PID_FILE "/run/xen-like/consoled.pid"
#define DEFAULT_LOG_SIZE (1 << 20)
#define SMALLEST_LOG     4096

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

static int open_env(struct console_env *env, const struct options *o)
{
    int ret;

    env->loop = &loop;
    env->run_path = o->run_dir;
    env->log_limit = o->log_size;
    env->log_dir = daemon_open_dir(o->log_dir);
    if (env->log_dir < 0)
        return daemon_fail(o->log_dir, -env->log_dir);
    env->run_dir = daemon_open_dir(o->run_dir);
    if (env->run_dir < 0)
        return daemon_fail(o->run_dir, -env->run_dir);
    ret = events_open(&env->events);
    if (ret)
        return daemon_fail("/dev/xen/evtchn", -ret);
    ret = ctrl_gnttab_open(&env->gnttab);
    if (ret)
        return daemon_fail("/dev/xen/gntdev", -ret);
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
    struct guests *all;
    int pid_file, ret;

    parse_options(argc, argv, &o);
    umask(077);
    if (open_env(&env, &o))
        return EXIT_FAILURE;
    pid_file = daemon_lock_pid_file(o.pid_file);
    if (pid_file < 0)
        return daemon_fail(o.pid_file, -pid_file);
    daemon_allow_many_files();
    if (!o.foreground && (ret = daemon_to_background(env.log_dir, "consoled.messages")))
        return daemon_fail("cannot go to the background", -ret);
    daemon_write_pid(pid_file);
    ret = daemon_drop_capabilities();
    if (ret)
        return daemon_fail("cannot drop capabilities", -ret);
    ret = loop_init(&loop);
    if (!ret)
        ret = daemon_catch_signals(&loop);
    if (!ret)
        ret = events_start(env.events, &loop);
    if (ret)
        return daemon_fail("cannot start", -ret);
    all = guests_start(&env);
    if (!all)
        return daemon_fail("cannot start", ENOMEM);
    ret = loop_run(&loop);
    guests_stop(all);
    events_close(env.events);
    return ret ? daemon_fail("cannot go on", -ret) : EXIT_SUCCESS;
}
