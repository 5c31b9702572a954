/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netd: serves the network devices of all guests. See netd --help.
 */
#include "batch.h"
#include "daemon.h"
#include "vif.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_LOG_DIR  "/var/log/xen-like"
#define DEFAULT_RUN_DIR  "/run/xen-like/net"
#define DEFAULT_PID_FILE "/run/xen-like/netd.pid"

struct options {
    const char *log_dir, *run_dir, *pid_file;
    bool foreground;
};

static struct loop loop;
static struct batch batch;

static const char usage[] =
    "usage: netd [options]\n"
    "Serves the network devices of all guests: a TAP device on a bridge for each.\n"
    "  -f, --foreground    do not go to the background\n"
    "  -l, --log-dir DIR   messages go to DIR/netd.messages (" DEFAULT_LOG_DIR ")\n"
    "  -r, --run-dir DIR   notes on rings, for a successor if it is killed\n"
    "                      (" DEFAULT_RUN_DIR ")\n"
    "  -p, --pid-file F    (" DEFAULT_PID_FILE ")\n"
    "  -h, --help\n"
    "Exit status: 0 ended by a signal, 1 could not start, 2 wrong usage.\n";

static void parse_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        { "foreground", no_argument, NULL, 'f' },    { "log-dir", required_argument, NULL, 'l' },
        { "run-dir", required_argument, NULL, 'r' }, { "pid-file", required_argument, NULL, 'p' },
        { "help", no_argument, NULL, 'h' },          { 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "fl:r:p:h", longs, NULL)) != -1) {
        switch (c) {
        case 'f': o->foreground = true; break;
        case 'l': o->log_dir = optarg; break;
        case 'r': o->run_dir = optarg; break;
        case 'p': o->pid_file = optarg; break;
        case 'h': fputs(usage, stdout); exit(0);
        default: fputs(usage, stderr); exit(2);
        }
    }
    if (optind != argc) {
        fputs(usage, stderr);
        exit(2);
    }
}

/* Everything that needs privileges, or has to be in the process that goes on. */
static int start(struct net_env *env)
{
    int ret = loop_init(&loop);

    if (ret)
        return daemon_fail("epoll", -ret);
    env->loop = &loop;
    env->batch = &batch;
    ret = daemon_catch_signals(&loop);
    if (ret)
        return daemon_fail("signalfd", -ret);
    ret = events_open(&env->events);
    if (!ret)
        ret = events_start(env->events, &loop);
    if (ret)
        return daemon_fail("/dev/xen/evtchn", -ret);
    ret = ctrl_gnttab_open(&env->gnttab);
    if (ret)
        return daemon_fail("/dev/xen/gntdev", -ret);
    ret = daemon_drop_capabilities();
    if (ret)
        return daemon_fail("cannot drop capabilities", -ret);
    return xenbus_start(&loop, &vif_ops, env) ? 0 : daemon_fail("cannot start", ENOMEM);
}

int main(int argc, char **argv)
{
    struct options o = {
        .log_dir = DEFAULT_LOG_DIR,
        .run_dir = DEFAULT_RUN_DIR,
        .pid_file = DEFAULT_PID_FILE,
    };
    struct net_env env = { 0 };
    int log_dir, pid_file, ret;

    parse_options(argc, argv, &o);
    umask(077);
    env.taps = taps_start();
    if (!env.taps)
        return daemon_fail("cannot start the process that makes devices", errno);
    log_dir = daemon_open_dir(o.log_dir);
    if (log_dir < 0)
        return daemon_fail(o.log_dir, -log_dir);
    env.notes = daemon_open_dir(o.run_dir);
    if (env.notes < 0)
        return daemon_fail(o.run_dir, -env.notes);
    pid_file = daemon_lock_pid_file(o.pid_file);
    if (pid_file < 0)
        return daemon_fail(o.pid_file, -pid_file);
    daemon_allow_many_files();
    if (!o.foreground && (ret = daemon_to_background(log_dir, "netd.messages")))
        return daemon_fail("cannot go to the background", -ret);
    daemon_write_pid(pid_file);
    if (start(&env))
        return EXIT_FAILURE;
    ret = loop_run(&loop);
    return ret ? daemon_fail("cannot go on", -ret) : EXIT_SUCCESS;
}
